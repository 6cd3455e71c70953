/**
 * Writes what the log carries into the store: positions by COPY, statuses and check-ins beside them, in one transaction. The
 * group's position is committed after that, so a crash records a tail twice and the keys make it once.
 */
import type { Logger } from 'pino';
import type { Checkin, DeviceStatus, LogEvent, Position } from '../../src/kernel/log-event.ts';
import type { Database, DatabaseSession } from '../../src/ports/database.ts';
import type { ObservationLog, Subscription } from '../../src/ports/observation-log.ts';
import { recordCheckins, recordStatuses } from '../../src/store/facts.ts';
import { COPY_INTO_STAGING, makeStaging, moveStaged, toCopyText } from '../../src/store/positions.ts';
import { decodeBatch } from '../decode-batch.ts';

export interface RecorderDeps {
  readonly log: ObservationLog;
  readonly database: Database;
  readonly logger: Logger;
  /** Makes room for the days that positions fall on (`positions-table.ts`). */
  ensureDays(instantsMs: Iterable<number>): Promise<void>;
  /** Called with the newest tick that a partition has recorded. */
  onTick(partition: number, tickMs: number): void;
  onRecorded?(positions: number): void;
  onBadLine?(line: string): void;
}

interface Facts {
  readonly positions: Position[];
  readonly statuses: DeviceStatus[];
  readonly checkins: Checkin[];
}

export async function runRecorder(deps: RecorderDeps): Promise<Subscription> {
  const session = await deps.database.session();
  await session.query(makeStaging);
  const writer = createWriter(deps, session);
  const subscription = await deps.log.subscribe({
    group: 'recorder',
    startAt: 'earliest',
    onBatch: async (batch, commit) => {
      const events = decodeBatch(batch, (line) => deps.onBadLine?.(line));
      await writer.write(sortOut(events));
      await commit(batch.nextOffset);
      const tick = events.findLast((event) => event.type === 'tick');
      if (tick !== undefined) deps.onTick(batch.partition, tick.atMs);
    },
  });
  return {
    failed: subscription.failed,
    close: async () => {
      await subscription.close();
      await session.release();
    },
  };
}

function sortOut(events: readonly LogEvent[]): Facts {
  const facts: Facts = { positions: [], statuses: [], checkins: [] };
  for (const event of events) {
    if (event.type === 'position') facts.positions.push(event);
    else if (event.type === 'status') facts.statuses.push(event);
    else if (event.type === 'checkin') facts.checkins.push(event);
  }
  return facts;
}

/** One transaction at a time on one session; what other partitions bring meanwhile goes together into the next. */
function createWriter(deps: RecorderDeps, session: DatabaseSession) {
  let waiting: Facts[] = [];
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const run = async () => {
    const taken = waiting;
    waiting = [];
    next = undefined;
    await record(deps, session, {
      positions: taken.flatMap((facts) => facts.positions),
      statuses: taken.flatMap((facts) => facts.statuses),
      checkins: taken.flatMap((facts) => facts.checkins),
    });
  };

  return {
    /** Resolves when the facts are committed. */
    write: (facts: Facts): Promise<void> => {
      waiting.push(facts);
      if (next === undefined) {
        const before = running ?? Promise.resolve();
        // Whoever comes while `before` runs is taken along; its failure is told to its own callers.
        next = before.catch(() => {}).then(run);
        running = next;
      }
      return next;
    },
  };
}

async function record(
  deps: RecorderDeps,
  session: DatabaseSession,
  { positions, statuses, checkins }: Facts,
): Promise<void> {
  if (positions.length + statuses.length + checkins.length === 0) return;
  await deps.ensureDays(
    new Set(positions.map((position) => Math.floor(position.atMs / 86_400_000) * 86_400_000)),
  );
  await session.query({ text: 'BEGIN', values: [] });
  try {
    if (positions.length > 0) {
      await copy(session, toCopyText(positions));
      await session.query(moveStaged);
    }
    if (statuses.length > 0) {
      await recordStatuses(
        session,
        statuses.map((status) => status.device),
        statuses.map((status) => new Date(status.atMs)),
        statuses.map((status) => status.status),
        statuses.map((status) => status.subject),
        statuses.map((status) => new Date(status.receivedMs)),
      );
    }
    if (checkins.length > 0) {
      await recordCheckins(
        session,
        checkins.map((checkin) => checkin.terminal),
        checkins.map((checkin) => checkin.subject),
        checkins.map((checkin) => new Date(checkin.atMs)),
        checkins.map((checkin) => checkin.method),
        checkins.map((checkin) => new Date(checkin.receivedMs)),
      );
    }
    await session.query({ text: 'COMMIT', values: [] });
  } catch (error) {
    await session.query({ text: 'ROLLBACK', values: [] }).catch(() => {});
    throw error;
  }
  deps.onRecorded?.(positions.length);
}

function copy(session: DatabaseSession, text: string): Promise<void> {
  return new Promise((done, failed) => {
    const stream = session.copyFrom(COPY_INTO_STAGING);
    stream.on('error', failed);
    stream.on('finish', done);
    stream.end(text);
  });
}
