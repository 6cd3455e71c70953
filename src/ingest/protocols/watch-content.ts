import { hexDigit, valuesOf, type WatchValues } from './watch-values.ts';

/** A whole watch frame, taken apart: `[MM*ID*LEN*CONTENT]` or `[MM*ID*INDEX*LEN*CONTENT]`. */
export interface WatchContent {
  readonly maker: string;
  readonly device: string;
  /** Four hexadecimal digits, on some models (ZJ) only. */
  readonly index: string | undefined;
  /** The word before the first comma: `LK`, `UD_LTE`, `heart`. */
  readonly type: string;
  /** What is between the commas after it. */
  readonly values: WatchValues;
}

const decoder = new TextDecoder();

/** Of a frame as the framing gives it: its header has the form that it has looked for. */
export function readWatchContent(frame: Uint8Array): WatchContent {
  const decoded = decoder.decode(frame);
  // No store keeps a NUL within a text.
  const text = decoded.includes('\0') ? decoded.replaceAll('\0', '\ufffd') : decoded;
  const idEnd = text.indexOf('*', ID);
  const hasIndex = isNumberAt(text, idEnd + 6);
  const from = idEnd + (hasIndex ? 11 : 6);
  const end = text.length - 1;
  const comma = text.indexOf(',', from);
  const typeEnd = comma < 0 ? end : comma;
  return {
    maker: text.slice(1, ID - 1),
    device: text.slice(ID, idEnd),
    index: hasIndex ? text.slice(idEnd + 1, idEnd + 5) : undefined,
    type: text.slice(from, typeEnd),
    values: valuesOf(text, typeEnd + 1, end),
  };
}

/** Behind `[MM*`. */
const ID = 4;

/** Four hexadecimal digits and an asterisk: where they follow LEN's place, that was an INDEX. */
function isNumberAt(text: string, at: number): boolean {
  for (let digit = at; digit < at + 4; digit++) if (hexDigit(text.charCodeAt(digit)) < 0) return false;
  return text.charAt(at + 4) === '*';
}

/** A frame for the device: LEN counts the content's bytes. All content is ASCII. */
export function writeWatchFrame(
  { maker, device, index }: Pick<WatchContent, 'maker' | 'device' | 'index'>,
  content: string,
): Uint8Array {
  const length = content.length.toString(16).toUpperCase().padStart(4, '0');
  const middle = index === undefined ? '' : `${index}*`;
  return encoder.encode(`[${maker}*${device}*${middle}${length}*${content}]`);
}

const encoder = new TextEncoder();
