/** A location report of JT/T 808-2013 as a device would send it, built without the decoder's code. */
const HEADER = 12;
const BODY = 28 + 3 + 3;

/** `phone`: twelve digits. Coordinates in degrees, north and east. */
export function locationFrame(phone: string, serial: number, atMs: number, lat: number, lon: number): Buffer {
  const content = Buffer.alloc(HEADER + BODY + 1);
  content.writeUInt16BE(0x0200, 0);
  content.writeUInt16BE(BODY, 2);
  content.write(phone, 4, 'hex');
  content.writeUInt16BE(serial & 0xffff, 10);
  content.writeUInt32BE(0b11, HEADER + 4);
  content.writeUInt32BE(Math.round(lat * 1e6), HEADER + 8);
  content.writeUInt32BE(Math.round(lon * 1e6), HEADER + 12);
  content.writeUInt16BE(20, HEADER + 16);
  content.writeUInt16BE(12, HEADER + 18);
  content.writeUInt16BE(90, HEADER + 20);
  const local = new Date(atMs + 8 * 3_600_000).toISOString();
  content.write(local.slice(2, 19).replace(/[-T:]/g, ''), HEADER + 22, 'hex');
  content.set([0x30, 1, 25, 0x31, 1, 9], HEADER + 28);
  content[HEADER + BODY] = content.reduce((sum, byte) => sum ^ byte, 0);
  const escaped: number[] = [0x7e];
  for (const byte of content) {
    if (byte === 0x7e) escaped.push(0x7d, 0x02);
    else if (byte === 0x7d) escaped.push(0x7d, 0x01);
    else escaped.push(byte);
  }
  escaped.push(0x7e);
  return Buffer.from(escaped);
}
