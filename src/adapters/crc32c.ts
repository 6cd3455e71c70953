/** The checksum of Kafka's records (CRC-32C, Castagnoli), eight bytes at a time: a quarter of the time of one by one. */

const POLYNOMIAL = 0x82f63b78;

/** Eight tables of 256: table n says what a byte does that n bytes follow. */
const TABLES = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  TABLES[byte] = crc;
}
for (let at = 256; at < TABLES.length; at++) {
  const before = TABLES[at - 256] as number;
  TABLES[at] = (before >>> 8) ^ (TABLES[before & 255] as number);
}

export function crc32c(bytes: Uint8Array): number {
  const table = (n: number, byte: number) => TABLES[n * 256 + byte] as number;
  const at = (i: number) => bytes[i] as number;
  let crc = -1;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    const first = crc ^ (at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24));
    crc =
      table(7, first & 255) ^
      table(6, (first >>> 8) & 255) ^
      table(5, (first >>> 16) & 255) ^
      table(4, first >>> 24) ^
      table(3, at(i + 4)) ^
      table(2, at(i + 5)) ^
      table(1, at(i + 6)) ^
      table(0, at(i + 7));
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ table(0, (crc ^ at(i)) & 255);
  return ~crc >>> 0;
}
