/** Big-endian numbers, BCD and hexadecimal of JT/T 808. Beyond the end there is 0: who reads asks for the length first. */
export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function i16(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) << 16) >> 16;
}

export function u24(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) << 8) | (bytes[at + 2] ?? 0);
}

export function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
}

export function i8(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) >> 24;
}

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Two lower-case digits a byte. */
export function hexOf(bytes: Uint8Array, from = 0, to = bytes.length, between = ''): string {
  let text = '';
  for (let at = from; at < to; at++) text += (at > from ? between : '') + (PAIRS[bytes[at] ?? 0] ?? '');
  return text;
}

/** `0x0000001f` for 31. */
export function hex32(value: number): string {
  return `0x${pair(value >>> 24)}${pair(value >>> 16)}${pair(value >>> 8)}${pair(value)}`;
}

export function hex16(value: number): string {
  return `0x${pair(value >>> 8)}${pair(value)}`;
}

function pair(value: number): string {
  return PAIRS[value & 0xff] ?? '';
}

/** A byte of two decimal digits; NaN where it is none. */
export function bcd(byte = 0): number {
  const high = byte >> 4;
  const low = byte & 15;
  return high > 9 || low > 9 ? Number.NaN : high * 10 + low;
}

export function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}

const gbk = new TextDecoder('gbk');

/** Texts of terminals are GBK; ASCII is part of it. */
export function textOf(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return gbk.decode(bytes.subarray(from, to));
}
