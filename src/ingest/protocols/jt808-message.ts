/** Header and check of a JT/T 808 message, 2013 and 2019 (protocols.md A.1, A.2); 2011 has the header of 2013. */
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import { u16, u32 } from './jt808-bytes.ts';
import { frameOf, unescapeFrame } from './jt808-frame.ts';
import { SHORT_LOCATION, SHORT_STORED } from './jt808-short.ts';

export interface Jt808Message {
  readonly id: number;
  readonly serial: number;
  /** Digits without leading zeros; of an IMEI in binary its 15 digits. */
  readonly device: string;
  /** The phone number's bytes as they came: 6, in 2019 10. */
  readonly phone: Uint8Array;
  /** Protocol version byte of 2019; undefined: 2013. */
  readonly version: number | undefined;
  readonly body: Uint8Array;
  /** Its header counts messages in one byte, and so does that of the answer. */
  readonly isShort: boolean;
  /** Of a short one: whether it waits for an answer. */
  readonly wantsAnswer: boolean;
  /** Of how many sub-packets this is which, from 1. */
  readonly part: { readonly total: number; readonly index: number } | undefined;
}

const IS_2019 = 0x4000;
const HAS_PARTS = 0x2000;
const ENCRYPTION = 0x1c00;
const BODY_LENGTH = 0x03ff;
const WANTS_ANSWER = 0x8000;

/** `frame` with its delimiters. A frame whose check or length is wrong is not believed in anything it says. */
export function readJt808Message(frame: Uint8Array): Result<Jt808Message, Refusal> {
  const content = unescapeFrame(frame);
  const end = content.length - 1;
  const attributes = u16(content, 2);
  const id = u16(content, 0);
  const isShort = id === SHORT_LOCATION || id === SHORT_STORED;
  const is2019 = (attributes & IS_2019) !== 0;
  const phoneAt = is2019 ? 5 : 4;
  const serialAt = phoneAt + (is2019 ? 10 : 6);
  const hasParts = (attributes & HAS_PARTS) !== 0;
  const bodyAt = serialAt + (isShort ? 1 : hasParts ? 6 : 2);
  if (bodyAt > end)
    return refuse('bad-shape', 'header', `has ${content.length} bytes: too few for a header and a check`);
  let check = 0;
  for (let at = 0; at <= end; at++) check ^= content[at] ?? 0;
  if (check !== 0) return refuse('bad-shape', 'check', 'the check byte does not match: the frame is damaged');
  const length = attributes & BODY_LENGTH;
  if (end - bodyAt !== length)
    return refuse('bad-shape', 'attributes', `tell ${length} bytes of body, there are ${end - bodyAt}`);
  // In short ones these bits are set, and nothing is encrypted.
  if ((attributes & ENCRYPTION) !== 0 && !isShort)
    return refuse('unknown-value', 'attributes', 'the body is encrypted: set the terminal to send it plain');
  const phone = content.subarray(phoneAt, serialAt);
  return ok({
    id,
    serial: isShort ? (content[serialAt] ?? 0) : u16(content, serialAt),
    device: deviceOf(phone),
    phone,
    version: is2019 ? content[4] : undefined,
    body: content.subarray(bodyAt, end),
    isShort,
    wantsAnswer: (attributes & WANTS_ANSWER) !== 0,
    part:
      hasParts && !isShort
        ? { total: u16(content, serialAt + 2), index: u16(content, serialAt + 4) }
        : undefined,
  });
}

function deviceOf(phone: Uint8Array): string {
  let digits = '';
  for (let at = 0; at < phone.length; at++) {
    const byte = phone[at] ?? 0;
    const [high, low] = [byte >> 4, byte & 15];
    // Some vendors send the first 14 digits of the IMEI as a number of 48 bits (protocols.md A.2).
    if (phone.length === 6 && (high > 9 || low > 9)) return imeiOf(u16(phone, 0) * 2 ** 32 + u32(phone, 2));
    if (digits !== '' || high > 0) digits += high.toString(16);
    if (digits !== '' || low > 0) digits += low.toString(16);
  }
  return digits === '' ? '0' : digits;
}

function imeiOf(first14: number): string {
  return `${first14}${luhnDigit(first14)}`;
}

/** The digit that makes the number's Luhn sum a multiple of ten. */
function luhnDigit(value: number): number {
  let sum = 0;
  let isDoubled = true;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 10)) {
    const digit = (rest % 10) * (isDoubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
    isDoubled = !isDoubled;
  }
  return (10 - (sum % 10)) % 10;
}

/** A message to a terminal, in the header style that it uses itself; with `isShort` its serial is one byte. */
export function writeJt808Message(
  to: Pick<Jt808Message, 'phone' | 'version'> & Partial<Pick<Jt808Message, 'isShort'>>,
  id: number,
  serial: number,
  body: readonly number[],
): Uint8Array {
  const attributes = body.length | (to.version === undefined ? 0 : IS_2019);
  return frameOf([
    ...word(id),
    ...word(attributes),
    ...(to.version === undefined ? [] : [to.version]),
    ...to.phone,
    ...(to.isShort === true ? [serial & 0xff] : word(serial)),
    ...body,
  ]);
}

export function word(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}

export function dword(value: number): [number, number, number, number] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
