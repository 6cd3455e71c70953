/**
 * Items E8 and F9 of some makers' terminals: blocks with a type or a mask of their own, in which dilution, battery and the emergency
 * button stand. What does not fit to its end is taken for another maker's, and nothing in it is believed. Each answers false where the
 * item is to be kept raw as well.
 */
import { hexOf, u16 } from './jt808-bytes.ts';
import { type Fields, put, type Told } from './jt808-fields.ts';

const [CHARGE, STATES, SOS] = [0x2003, 0x2005, 0x0c01];
const CHARGE_BYTES = 7;
const FULL = 6;

/** Type WORD, length BYTE, then what the type says. Three bytes are a lock's state. */
export function readExtension(
  bytes: Uint8Array,
  at: number,
  end: number,
  fields: Fields,
  told: Told,
): boolean {
  const from = at + 3;
  if (end <= from) return false;
  switch (u16(bytes, at)) {
    case CHARGE:
      return end - from === CHARGE_BYTES && readCharge(bytes, from, fields);
    case STATES:
      return fits(bytes, from, end) && readStates(bytes, from, end, fields);
    case SOS:
      told.alarms.push('sos');
      return false;
    default:
      return false;
  }
}

/** Charging, level from 1 to 6, battery and power in 0.01 V, and the signal between them. */
function readCharge(bytes: Uint8Array, at: number, fields: Fields): true {
  if (bytes[at] === 1) put(fields, 'charging', true);
  const level = bytes[at + 1] ?? 0;
  if (level >= 1 && level <= FULL) put(fields, 'battery_percent', Math.round((level * 100) / FULL));
  put(fields, 'battery_volts', u16(bytes, at + 2) / 100);
  put(fields, 'gsm_signal', bytes[at + 4] ?? 0);
  return put(fields, 'power_volts', u16(bytes, at + 5) / 100);
}

/** Whether id WORD, length BYTE and value follow one another to the end. */
function fits(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  while (at + 3 <= end) at += 3 + (bytes[at + 2] ?? 0);
  return at === end;
}

function readStates(bytes: Uint8Array, from: number, end: number, fields: Fields): boolean {
  let isUnderstood = true;
  for (let at = from; at < end; at += 3 + (bytes[at + 2] ?? 0))
    if (!readState(u16(bytes, at), bytes, at + 3, bytes[at + 2] ?? 0, fields)) isUnderstood = false;
  return isUnderstood;
}

function readState(id: number, bytes: Uint8Array, at: number, length: number, fields: Fields): boolean {
  const byte = bytes[at] ?? 0;
  switch (id) {
    case 0x0001:
      return length === 2 && put(fields, 'battery_volts', u16(bytes, at) / 100);
    case 0x0003:
      return length === 1 && byte <= 100 && put(fields, 'battery_percent', byte);
    case 0x0004:
      if (length === 1 && byte === 0) put(fields, 'charging', true);
      return length === 1;
    case 0x0005:
      return length === 10 && put(fields, 'iccid', hexOf(bytes, at, at + length).replace(/f+$/, ''));
    case 0x0007:
      return length === 2 && put(fields, 'hdop', u16(bytes, at) / 10);
    case 0x2001:
      return length === 2 && put(fields, 'power_volts', u16(bytes, at) / 10);
    default:
      return false;
  }
}

/** Bytes that each bit of the mask adds, from bit 0 on; a bit without a number is of nobody that we know. */
const MASKED: readonly (number | undefined)[] = [4, 4, 2, 6, undefined, 8, 6];
const HDOP_BIT = 2;

/** Mask WORD, then the parts whose bits are set. */
export function readMasked(bytes: Uint8Array, at: number, end: number, fields: Fields): boolean {
  if (end - at < 2) return false;
  let next = at + 2;
  let hdopAt = -1;
  for (let bit = 0, rest = u16(bytes, at); rest !== 0; bit++, rest >>>= 1) {
    if ((rest & 1) === 0) continue;
    const length = MASKED[bit];
    if (length === undefined) return false;
    if (bit === HDOP_BIT) hdopAt = next;
    next += length;
  }
  if (next === end && hdopAt >= 0) put(fields, 'hdop', u16(bytes, hdopAt) / 10);
  // The rest of it is not understood.
  return false;
}
