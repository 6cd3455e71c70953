/**
 * A few transactions at a time, each on a session of its own; what other partitions bring meanwhile goes together into the
 * next. Rows are built when they come, while the server works on the transactions before.
 */
import type { Checkin, DeviceStatus, LogEvent, Position } from '../../src/kernel/log-event.ts';
import type { Database, DatabaseSession } from '../../src/ports/database.ts';
import { recordCheckins, recordStatuses } from '../../src/store/facts.ts';
import { COPY_HEADER, COPY_TRAILER, encodePositionRows } from '../../src/store/position-rows.ts';
import {
  COPY_INTO_POSITIONS,
  COPY_INTO_STAGING,
  makeStaging,
  moveStaged,
} from '../../src/store/positions.ts';
import type { Retry } from '../retry.ts';

export interface WriterDeps {
  readonly database: Database;
  readonly retry: Retry;
  /** Makes room for the days that positions fall on (`positions-table.ts`). `isAgain`: a day was missing all the same. */
  ensureDays(instantsMs: Iterable<number>, isAgain?: boolean): Promise<void>;
}

export interface Writer {
  /** Resolves when the facts among the events are committed. */
  write(events: readonly LogEvent[]): Promise<void>;
  close(): Promise<void>;
}

interface Facts {
  readonly rows: Buffer[];
  positionCount: number;
  readonly days: Set<number>;
  readonly statuses: DeviceStatus[];
  readonly checkins: Checkin[];
}

/** Two: with one the server waits for rows while these are decoded, with three the machine's cores are used up. */
const LANES = 2;
const DAY_MS = 86_400_000;

const emptyFacts = (): Facts => ({ rows: [], positionCount: 0, days: new Set(), statuses: [], checkins: [] });

export function createWriter(deps: WriterDeps): Writer {
  const idle = Array.from({ length: LANES }, () => createLane(deps));
  const running = new Set<Promise<void>>();
  let waiting: Batch | undefined;

  function pump(): void {
    const batch = waiting;
    const lane = batch === undefined ? undefined : idle.pop();
    if (batch === undefined || lane === undefined) return;
    waiting = undefined;
    const done = lane.record(batch.facts).then(batch.resolve, batch.reject);
    running.add(done);
    void done.then(() => {
      running.delete(done);
      idle.push(lane);
      pump();
    });
  }

  return {
    write: (events) => {
      waiting ??= openBatch();
      const { facts, done } = waiting;
      add(facts, events);
      pump();
      return done;
    },
    close: async () => {
      while (running.size > 0) await Promise.all(running);
      await Promise.all(idle.map((lane) => lane.close()));
    },
  };
}

interface Batch {
  readonly facts: Facts;
  readonly done: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

function openBatch(): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { facts: emptyFacts(), done: promise, resolve, reject };
}

interface Lane {
  record(facts: Facts): Promise<void>;
  close(): Promise<void>;
}

function createLane(deps: WriterDeps): Lane {
  let session: DatabaseSession | undefined;
  /** A batch that repeats a fix is followed by others (a repeated tail, a device that sends twice): those are staged. */
  let isRepeating = false;

  async function open(): Promise<DatabaseSession> {
    if (session !== undefined) return session;
    const made = await deps.database.session();
    try {
      await made.query(makeStaging);
    } catch (error) {
      await made.release();
      throw error;
    }
    made.onLost(() => {
      if (session === made) session = undefined;
    });
    session = made;
    return made;
  }

  async function attempt(facts: Facts): Promise<void> {
    await deps.ensureDays(instantsOf(facts.days));
    try {
      await commitFacts(await open(), facts);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === UNIQUE_VIOLATION && !isRepeating) isRepeating = true;
      else if (code === NO_PARTITION) await deps.ensureDays(instantsOf(facts.days), true);
      else throw error;
      await commitFacts(await open(), facts);
    }
  }

  async function commitFacts(on: DatabaseSession, facts: Facts): Promise<void> {
    const isStaged = isRepeating;
    let inserted = facts.positionCount;
    await on.query({ text: 'BEGIN', values: [] });
    try {
      if (facts.positionCount > 0) {
        await copy(on, isStaged ? COPY_INTO_STAGING : COPY_INTO_POSITIONS, facts.rows);
        if (isStaged) inserted = (await on.query(moveStaged)).rowCount ?? 0;
      }
      await recordFacts(on, facts);
      await on.query({ text: 'COMMIT', values: [] });
    } catch (error) {
      // With the connection lost there is nothing to take back, and the first error tells why.
      await on.query({ text: 'ROLLBACK', values: [] }).catch(() => {});
      throw error;
    }
    if (isStaged && inserted === facts.positionCount) isRepeating = false;
  }

  return {
    record: async (facts) => {
      if (facts.positionCount + facts.statuses.length + facts.checkins.length === 0) return;
      await deps.retry.run(() => attempt(facts));
    },
    close: async () => session?.release(),
  };
}

const UNIQUE_VIOLATION = '23505';
/** "no partition of relation found for row": a check violation of the partition's bounds. */
const NO_PARTITION = '23514';

function add(facts: Facts, events: readonly LogEvent[]): void {
  const positions: Position[] = [];
  for (const event of events) {
    if (event.type === 'position') {
      positions.push(event);
      facts.days.add(Math.floor(event.atMs / DAY_MS));
    } else if (event.type === 'status') facts.statuses.push(event);
    else if (event.type === 'checkin') facts.checkins.push(event);
  }
  if (positions.length > 0) facts.rows.push(encodePositionRows(positions));
  facts.positionCount += positions.length;
}

const instantsOf = (days: ReadonlySet<number>) => [...days].map((day) => day * DAY_MS);

async function recordFacts(session: DatabaseSession, { statuses, checkins }: Facts): Promise<void> {
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
}

function copy(session: DatabaseSession, text: string, rows: readonly Buffer[]): Promise<void> {
  return new Promise((done, failed) => {
    const stream = session.copyFrom(text);
    stream.on('error', failed);
    stream.on('finish', done);
    stream.write(COPY_HEADER);
    for (const part of rows) stream.write(part);
    stream.end(COPY_TRAILER);
  });
}
