/** Photographs before they are sent: a telephone makes tens of megabytes, in forms that only it can show. */

/** Longer side, pixels: a number plate at twenty metres stays legible. */
export const MOST_PX = 2560;
const QUALITY = 0.85;

/** Width and height of a picture, no longer than `MOST_PX` and as wide to its height as before; never larger. Pure. */
export function shrunk(width: number, height: number): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, MOST_PX / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** By the type or, as some browsers know no type of it, by the name. */
export const isPicture = ({ type, name }: Pick<File, 'type' | 'name'>): boolean =>
  type.startsWith('image/') || (type === '' && /\.(hei[cf]|avif|jpe?g|png|webp)$/i.test(name));

/** A picture drawn anew as JPEG, the right way up; other files as they are. Null: this browser can't show the picture. */
export async function readyToSend(file: File): Promise<File | null> {
  if (!isPicture(file)) return file;
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null);
  if (picture === null) return null;
  const canvas = document.createElement('canvas');
  Object.assign(canvas, shrunk(picture.width, picture.height));
  const pen = canvas.getContext('2d');
  if (pen === null) return null;
  // JPEG knows no transparency: what is see-through would be black.
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const jpeg = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
  return jpeg && new File([jpeg], file.name.replace(/(\.[^.]*)?$/, '.jpg'), { type: 'image/jpeg' });
}
