/** The recorded past of one subject, or of all, out of the log; and the detector on it. */
import { createDetector, type Detector } from '../../consumers/detector/detector.ts';
import { createTurns } from '../../consumers/in-turns.ts';
import type { AlertEvent } from '../kernel/alert-event.ts';
import type { Instant } from '../kernel/instant.ts';
import { type LogEvent, receiptOf } from '../kernel/log-event.ts';
import { decodeLogLine } from '../kernel/log-line.ts';
import { partitionOf } from '../kernel/partition.ts';
import { isSelfTestEvent } from '../kernel/self-test.ts';
import type { ObservationLog } from '../ports/observation-log.ts';

/** The broadcast lines of a partition, and those about a subject (its sightings too); all lines where `subject` is null. In order. */
export async function* readPast(
  log: ObservationLog,
  partition: number,
  subject: string | null,
  untilMs: Instant,
): AsyncGenerator<LogEvent> {
  const bounds = (await log.bounds()).find((candidate) => candidate.partition === partition);
  const id = subject === null ? '' : JSON.stringify(subject);
  // A long past must not keep the process from everything else, nor what the caller does with it.
  const turn = createTurns();
  for await (const batch of log.read(partition, bounds?.first ?? 0)) {
    for (const line of batch.lines) {
      const others = turn();
      if (others !== undefined) await others;
      // Most lines are about somebody else: to look for an id is much quicker than to read the line.
      if (subject !== null && isKeyed(line) && !line.includes(id)) continue;
      const decoded = decodeLogLine(line);
      if (!decoded.ok || receiptOf(decoded.value) > untilMs || !isAbout(decoded.value, subject)) continue;
      if (!isSelfTestEvent(decoded.value)) yield decoded.value;
    }
  }
}

function isKeyed(line: string): boolean {
  return (
    line.includes('"subject":') ||
    line.startsWith('{"type":"profile"') ||
    line.startsWith('{"type":"sighting"')
  );
}

function isAbout(event: LogEvent, subject: string | null): boolean {
  if (subject === null) return true;
  if (event.type === 'profile') return event.profile.id === subject;
  if (event.type === 'sighting') return event.pair.includes(subject);
  return !('subject' in event) || event.subject === subject;
}

const FACTS: ReadonlySet<LogEvent['type']> = new Set([
  'position',
  'status',
  'checkin',
  'sighting',
  'spot-check',
  'tick',
]);

/** What says who is watched and how, as against what was seen. */
export function isRule({ type }: LogEvent): boolean {
  return !FACTS.has(type);
}

/** What was concluded of a subject up to `untilMs` by receipt, and the detector as it was then. */
export async function replaySubject(
  log: ObservationLog,
  subject: string,
  untilMs: Instant,
): Promise<{ readonly detector: Detector; readonly alerts: readonly AlertEvent[] }> {
  const detector = createDetector();
  const alerts: AlertEvent[] = [];
  const emit = (alert: AlertEvent) => alerts.push(alert);
  for await (const event of readPast(log, partitionOf(subject, log.partitions), subject, untilMs))
    detector.apply(event, emit);
  return { detector, alerts };
}
