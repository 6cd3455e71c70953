/**
 * Whether "absent subscriber" is believed. A network says it of a phone that is in a lift, or between two cells, as of one that is
 * off; so it counts when it is said twice, with a while between. Until then the answer is a message and no status. Pure: times come in.
 */
import { formatInstant, type Instant } from '../kernel/instant.ts';
import type { MlpMeaning } from './mlp-answer.ts';
import type { DeviceRecord } from './protocols/record.ts';

/** The second word counts no earlier after the first; asked for again then. */
export const ABSENT_AGAIN_MS = 15_000;

export interface MlpAbsences {
  /** The answer as it counts: a first absence asks again, a second one says since when. */
  weigh(meaning: MlpMeaning, receivedMs: Instant): MlpMeaning;
  /** Absent once, and not asked for since. */
  isOpen(device: string): boolean;
  /** Forgets all but these. */
  keepOnly(devices: ReadonlySet<string>): void;
}

interface Absence {
  readonly receivedMs: Instant;
  /** ISO 8601; by the network's clock where it says. */
  readonly since: string;
  isBelieved: boolean;
}

export function createMlpAbsences(): MlpAbsences {
  const absences = new Map<string, Absence>();

  /** What to add to the record that says it. */
  function add(device: string, record: DeviceRecord, receivedMs: Instant): Partial<DeviceRecord> {
    const known = absences.get(device);
    if (known === undefined) {
      const since = typeof record.time === 'string' ? record.time : formatInstant(receivedMs);
      absences.set(device, { receivedMs, since, isBelieved: false });
      return { asked_again: true };
    }
    if (known.isBelieved) return {};
    if (receivedMs - known.receivedMs < ABSENT_AGAIN_MS) return { asked_again: true };
    known.isBelieved = true;
    return { absent_since: known.since };
  }

  return {
    weigh: (meaning, receivedMs) => {
      const more = new Map<string, Partial<DeviceRecord>>();
      const phones = meaning.phones.map((one) => {
        const { device, address } = one.phone;
        const record = meaning.decoded.find((each) => each.device === address)?.records[0];
        if (one.result !== 'absent' || record === undefined) {
          // A busy network says nothing of the phone.
          if (one.outcome === 'done') absences.delete(device);
          return one;
        }
        const said = add(device, record, receivedMs);
        more.set(address, said);
        return said.asked_again === true ? { ...one, outcome: 'absent' as const } : one;
      });
      if (more.size === 0) return meaning;
      const decoded = meaning.decoded.map((each) => {
        const said = each.device === null ? undefined : more.get(each.device);
        if (said === undefined) return each;
        const records = each.records.map((record) => ({ ...record, ...said }));
        return {
          device: each.device,
          records,
          refusal: each.refusal,
          // Made only where it is asked for.
          get raw() {
            return each.raw;
          },
        };
      });
      return { ...meaning, phones, decoded };
    },
    isOpen: (device) => absences.get(device)?.isBelieved === false,
    keepOnly: (devices) => {
      for (const device of absences.keys()) if (!devices.has(device)) absences.delete(device);
    },
  };
}
