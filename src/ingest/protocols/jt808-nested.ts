/** Items within item EB of one family of trackers: length WORD (the type's two bytes included), type WORD, value (protocols.md A.5). */
import { hexOf, textOf, u16, u32 } from './jt808-bytes.ts';
import { append, type Fields, put, type Told } from './jt808-fields.ts';
import type { RecordValue } from './record.ts';

/** False when something in it is not understood: the item is then kept raw as well. */
export function readNestedItems(
  bytes: Uint8Array,
  from: number,
  end: number,
  fields: Fields,
  told: Told,
): boolean {
  let isUnderstood = true;
  let at = from;
  while (at + 4 <= end) {
    const next = at + 2 + u16(bytes, at);
    if (next > end || next < at + 4) return false;
    if (!readNested(u16(bytes, at + 2), bytes, at + 4, next, fields, told)) isUnderstood = false;
    at = next;
  }
  return isUnderstood && at === end;
}

const POWER_BIT = 0;
const DISMANTLED_BIT = 12;
const VIBRATION_BIT = 6;
const MOTION_BIT = 23;

function readNested(
  type: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  fields: Fields,
  told: Told,
): boolean {
  const length = end - at;
  switch (type) {
    case 0x002d:
      if (length === 4) return put(fields, 'power_volts', u32(bytes, at) / 1000);
      return length === 2 && put(fields, 'battery_volts', u16(bytes, at) / 1000);
    case 0x0089:
      // Active low, as 00C5.
      if (length !== 4) return false;
      told.isStrapOpen = ((u32(bytes, at) >>> DISMANTLED_BIT) & 1) === 0;
      return tellUnset(
        u32(bytes, at),
        { [POWER_BIT]: 'main_power_down', [DISMANTLED_BIT]: 'dismantled' },
        told,
      );
    case 0x00a8:
    case 0x00e1:
      return length === 1 && (bytes[at] ?? 0) <= 100 && put(fields, 'battery_percent', bytes[at] ?? 0);
    case 0x00b2:
      return length === 10 && put(fields, 'iccid', hexOf(bytes, at, end).replace(/f+$/, ''));
    case 0x00b9:
      return append(fields, 'wifi', networksOf(textOf(bytes, at + 1, end)));
    case 0x00c5:
      return length === 4 && readMotion(u32(bytes, at), fields, told);
    case 0x00c6:
      if (bytes[at] === 3 || bytes[at] === 4) told.states.push('low_battery');
      return length === 1;
    case 0x00ce:
      return length === 2 && put(fields, 'power_volts', u16(bytes, at) / 100);
    case 0x00d8:
      return (
        length === 9 &&
        append(fields, 'cells', [
          { mcc: u16(bytes, at), mnc: bytes[at + 2] ?? 0, lac: u16(bytes, at + 3), cid: u32(bytes, at + 5) },
        ])
      );
    default:
      return false;
  }
}

function tellUnset(word: number, names: Readonly<Record<number, string>>, { alarms }: Told): true {
  for (const [bit, name] of Object.entries(names)) if (((word >>> Number(bit)) & 1) === 0) alarms.push(name);
  return true;
}

function readMotion(word: number, fields: Fields, told: Told): boolean {
  const motion = (word >>> MOTION_BIT) & 3;
  if (motion === 0) put(fields, 'motion', true);
  if (motion === 1) put(fields, 'motion', false);
  return tellUnset(word, { [VIBRATION_BIT]: 'vibration' }, told);
}

/** `mac,rssi,mac,rssi`. */
function networksOf(text: string): RecordValue[] {
  const values = text.split(',');
  const wifi: RecordValue[] = [];
  for (let at = 0; at + 1 < values.length; at += 2) {
    const mac = values[at]?.trim().toLowerCase() ?? '';
    const rssi = Number(values[at + 1]);
    if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) && Number.isInteger(rssi)) wifi.push({ mac, rssi });
  }
  return wifi;
}
