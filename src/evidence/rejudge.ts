/** The lines that an alert was concluded from, without what is other people's, and the detector on them again. */
import { createDetector } from '../../consumers/detector/detector.ts';
import { type AlertEvent, encodeAlertEvent } from '../kernel/alert-event.ts';
import type { LogEvent } from '../kernel/log-event.ts';
import { encodeZone } from '../kernel/zone-file.ts';

/**
 * Broadcast lines tell every partition about everybody's zones, roll-calls and no-contact orders. Kept are those that the subject's
 * own profiles name; of a roll-call the subject's own part. A zone that is only said again is said once.
 */
export function onlyOf(subject: string, lines: readonly LogEvent[]): LogEvent[] {
  const zones = new Set<string>();
  for (const line of lines) {
    if (line.type === 'profile') {
      for (const { zone } of [...line.profile.zones, ...line.profile.curfews]) zones.add(zone);
      for (const { destination } of line.profile.permits) if (destination !== null) zones.add(destination);
    } else if (line.type === 'muster' && line.muster.subjects.includes(subject)) zones.add(line.muster.zone);
  }
  const said = new Map<string, string>();
  return lines.flatMap((line): LogEvent[] => {
    if (line.type === 'no-contact') {
      if (line.whose === subject) return [line];
      return line.others.includes(subject) ? [{ ...line, others: [subject] }] : [];
    }
    if (line.type === 'muster') {
      const { subjects, excused } = line.muster;
      if (!subjects.includes(subject)) return [];
      const own = (ids: readonly string[]) => ids.filter((id) => id === subject);
      return [{ ...line, muster: { ...line.muster, subjects: own(subjects), excused: own(excused) } }];
    }
    if (line.type !== 'zone') return [line];
    if (!zones.has(line.zone.id)) return [];
    const text = JSON.stringify(encodeZone(line.zone));
    if (said.get(line.zone.id) === text) return [];
    said.set(line.zone.id, text);
    return [line];
  });
}

export type Again = 'identical' | 'different' | 'absent' | 'by-night';

export interface Judged {
  readonly alert: string;
  readonly version: number;
  readonly result: Again;
}

/** Of each event of the ledger whether it comes out again, byte for byte. `byNight`: concluded by the night's second look at the day. */
export function rejudge(
  lines: readonly LogEvent[],
  ledger: readonly { readonly event: AlertEvent; readonly byNight: boolean }[],
): Judged[] {
  const detector = createDetector();
  const again = new Map<string, string>();
  for (const line of lines)
    detector.apply(line, (event) => again.set(`${event.alert} ${event.version}`, encodeAlertEvent(event)));
  return ledger.map(({ event, byNight }) => {
    const { alert, version } = event;
    const found = again.get(`${alert} ${version}`);
    const isSame = found === encodeAlertEvent(event);
    const result = isSame ? 'identical' : byNight ? 'by-night' : found === undefined ? 'absent' : 'different';
    return { alert, version, result };
  });
}
