/**
 * The detector on the log: the pure core of each partition as a checkpointed fold. Ledger rows are durable before a batch
 * counts as handled; after a crash the same rows are concluded again and fall on the ledger's key.
 */

import type { Ledger } from '../../alerts/ledger.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import { pairKey, type Sighting } from '../../src/kernel/log-event.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import { isSelfTest } from '../../src/kernel/self-test.ts';
import type { Db } from '../../src/ports/database.ts';
import type { Subscription } from '../../src/ports/observation-log.ts';
import { saveFeedCounts } from '../../src/store/feed-counts.ts';
import { type FoldDeps, runFold } from '../fold.ts';
import { inTurns } from '../in-turns.ts';
import { createDetector, type Detector, type DetectorState, isDetectorState } from './detector.ts';

export interface DetectorDeps extends FoldDeps {
  readonly ledger: Ledger;
  /** Called with the newest tick that a partition has handled. */
  onTick(partition: number, tickMs: number): void;
  /** Called with how many observations a batch held, after what they raised is in the ledger. */
  onJudged?(observations: number): void;
  /** Called with what was concluded, after it is in the ledger. */
  onAlerts?(alerts: readonly AlertEvent[]): void;
}

/** Told again after a crash, it is older than the newest of its subject, and changes nothing. */
function toEntry(sighting: Sighting): { key: string; line: string } {
  return { key: pairKey(sighting.pair), line: encodeLogEvent(sighting) };
}

async function tellFeeds(database: Db, partition: number, tickMs: number, detector: Detector): Promise<void> {
  const counts = [...detector.countFeeds()];
  await saveFeedCounts(
    database,
    partition,
    new Date(tickMs),
    counts.map(([feed]) => feed),
    counts.map(([, { live }]) => live),
    counts.map(([, { overdue }]) => overdue),
    counts.map(([, { heardMs }]) => new Date(heardMs)),
  );
}

export function runDetector(deps: DetectorDeps): Promise<Subscription> {
  return runFold<Detector>(deps, {
    name: 'detector',
    isReadable: isDetectorState,
    create: (saved) => createDetector(saved as DetectorState | undefined),
    snapshot: (detector) => detector.snapshot(),
    handle: async (detector, events, partition, retry) => {
      const alerts: AlertEvent[] = [];
      let observations = 0;
      const sightings: Sighting[] = [];
      await inTurns(events, (event) => {
        detector.apply(
          event,
          (alert) => alerts.push(alert),
          (sighting) => sightings.push(sighting),
        );
        if ('subject' in event && !isSelfTest(event.subject)) observations++;
      });
      await retry.run(() => deps.ledger.append(alerts));
      if (sightings.length > 0) await retry.run(() => deps.log.append(sightings.map(toEntry)));
      deps.onJudged?.(observations);
      const ofPeople = alerts.filter(({ subject }) => !isSelfTest(subject));
      if (ofPeople.length > 0) deps.onAlerts?.(ofPeople);
      const tickMs = events.findLast((event) => event.type === 'tick')?.atMs;
      if (tickMs === undefined) return;
      await retry.run(() => tellFeeds(deps.database, partition, tickMs, detector));
      deps.onTick(partition, tickMs);
    },
  });
}
