/** Whether an alert of the ledger comes out again of the recorded observations, byte for byte. */
import { createDetector } from '../../consumers/detector/detector.ts';
import { type AlertEvent, encodeAlertEvent } from '../kernel/alert-event.ts';
import type { Db } from '../ports/database.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import { listVersions, toAlertEvent } from '../store/alert-rows.ts';
import { readPast, replaySubject } from './past.ts';

export interface Reproduction {
  readonly alert: string;
  readonly identical: boolean;
  readonly versions: readonly {
    readonly version: number;
    /** `by-night`: concluded when the day was judged again, not from the lines in their order of receipt. `absent`: did not come out. */
    readonly result: 'identical' | 'different' | 'absent' | 'by-night';
    readonly ledger: AlertEvent;
    readonly again: AlertEvent | null;
  }[];
}

/** Undefined: the ledger has no such alert. */
export async function reproduce(
  deps: { readonly log: ObservationLog; readonly database: Db },
  alert: string,
): Promise<Reproduction | undefined> {
  const rows = await listVersions(deps.database, alert);
  const first = rows[0];
  const last = rows.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const untilMs = Math.max(...rows.map(({ detected_at }) => detected_at.getTime()));
  const again = new Map(
    (await concludeAgain(deps.log, toAlertEvent(first), untilMs))
      .filter((event) => event.alert === alert)
      .map((event) => [event.version, event]),
  );
  const versions = rows.map((row): Reproduction['versions'][number] => {
    const ledger = toAlertEvent(row);
    const found = again.get(row.version) ?? null;
    const isSame = found !== null && encodeAlertEvent(found) === encodeAlertEvent(ledger);
    const result = isSame ? 'identical' : row.by_night ? 'by-night' : found === null ? 'absent' : 'different';
    return { version: row.version, result, ledger, again: found };
  });
  return { alert, identical: versions.every(({ result }) => result === 'identical'), versions };
}

async function concludeAgain(
  log: ObservationLog,
  { kind, subject }: AlertEvent,
  untilMs: number,
): Promise<readonly AlertEvent[]> {
  if (kind !== 'gathering' && kind !== 'feed-outage')
    return (await replaySubject(log, subject, untilMs)).alerts;
  // A pair's own partition is known by both ids only, and a feed's lines stand in each.
  const alerts: AlertEvent[] = [];
  const partitions = kind === 'feed-outage' ? 1 : log.partitions;
  for (let partition = 0; partition < partitions; partition++) {
    const detector = createDetector();
    for await (const event of readPast(log, partition, subject, untilMs))
      if (event.type === 'sighting' || !('subject' in event))
        detector.apply(event, (alert) => alerts.push(alert));
  }
  return alerts;
}
