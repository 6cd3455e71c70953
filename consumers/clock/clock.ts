/**
 * The clock: writes the time itself into every partition of the log, and relays what the tables' transactions left in the
 * outbox. One leader by a session-level advisory lock; the others wait and follow within a second when it is gone.
 *
 * A tick is stored before it is written, and a new leader first repeats the stored one: every partition then carries the
 * same ticks in the same order, and repeating one is harmless. What can't be written because the log is away is missing
 * from it: a gap between ticks is our own blindness, and the detector counts it as such.
 */
import type { Logger } from 'pino';
import type { Instant } from '../../src/kernel/instant.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import type { Database, DatabaseSession } from '../../src/ports/database.ts';
import type { ObservationLog } from '../../src/ports/observation-log.ts';
import { findLastTick, saveLastTick, tryClockLock } from '../../src/store/clock.ts';
import { nextOutbox, removeFromOutbox } from '../../src/store/outbox.ts';

export interface ClockDeps {
  readonly log: ObservationLog;
  readonly database: Database;
  readonly logger: Logger;
  readonly now: () => Instant;
  readonly tickSeconds: number;
}

export interface Clock {
  readonly isLeader: boolean;
  stop(): Promise<void>;
}

const LEADER_LOCK = 7_261_003;
const FOLLOW_EVERY_MS = 1000;
const RELAY_BATCH = 500;

export async function runClock(deps: ClockDeps): Promise<Clock> {
  let session: DatabaseSession | undefined;
  let isLeader = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  /** Everything that writes to the log goes through this chain: ticks and relayed lines must not overtake each other. */
  let writing: Promise<void> = Promise.resolve();

  const inOrder = (work: () => Promise<void>) => {
    writing = writing.then(work).catch((error: unknown) => {
      deps.logger.warn(
        { event: 'clock.write-failed', error: String(error) },
        'the log is away: ticks are missing',
      );
    });
    return writing;
  };

  async function lead(): Promise<void> {
    session ??= await openSession();
    const [row] = await tryClockLock(session, LEADER_LOCK);
    isLeader = row?.leads === true;
    if (!isLeader) return;
    deps.logger.info({ event: 'clock.leads' }, 'this process writes the ticks');
    const [last] = await findLastTick(deps.database);
    if (last !== undefined) await inOrder(() => writeTick(deps, last.last_tick.getTime()));
    await inOrder(() => relay(deps));
  }

  async function openSession(): Promise<DatabaseSession> {
    const made = await deps.database.session();
    made.onLost(() => {
      session = undefined;
      isLeader = false;
    });
    return made;
  }

  async function turn(): Promise<void> {
    try {
      if (isLeader) await inOrder(() => tick(deps));
      else await lead();
    } catch (error) {
      deps.logger.warn(
        { event: 'clock.waits', error: String(error) },
        'the database is away: the clock waits',
      );
    }
    if (!isStopped) timer = setTimeout(() => void turn(), isLeader ? untilNextTick(deps) : FOLLOW_EVERY_MS);
  }

  const relayNow = () => {
    if (isLeader && !isStopped) void inOrder(() => relay(deps));
  };
  const stopListening = await deps.database.listen('outbox', relayNow, relayNow);
  await turn();
  return {
    get isLeader() {
      return isLeader;
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await stopListening();
      await writing;
      await session?.release();
    },
  };
}

function untilNextTick({ now, tickSeconds }: ClockDeps): number {
  const everyMs = tickSeconds * 1000;
  return everyMs - (now() % everyMs);
}

/** On the grid of the wall clock, so that all leaders make the same ticks. */
async function tick(deps: ClockDeps): Promise<void> {
  const everyMs = deps.tickSeconds * 1000;
  // Timers can fire a few milliseconds early by the wall clock.
  const atMs = Math.floor((deps.now() + 50) / everyMs) * everyMs;
  const [saved] = await saveLastTick(deps.database, new Date(atMs));
  // Not forward: the wall clock was set back, or this tick is written already.
  if (saved !== undefined) await writeTick(deps, atMs);
  await relay(deps);
}

async function writeTick(deps: ClockDeps, atMs: Instant): Promise<void> {
  await deps.log.appendToAll(encodeLogEvent({ type: 'tick', atMs }));
}

/** In order; a line leaves the outbox when the log has it, so a crash can only repeat one. */
async function relay(deps: ClockDeps): Promise<void> {
  for (;;) {
    const rows = await nextOutbox(deps.database, RELAY_BATCH);
    if (rows.length === 0) return;
    let keyed: { key: string; line: string }[] = [];
    const flush = async () => {
      if (keyed.length > 0) await deps.log.append(keyed);
      keyed = [];
    };
    for (const row of rows) {
      if (row.key !== null) keyed.push({ key: row.key, line: row.line });
      else {
        await flush();
        await deps.log.appendToAll(row.line);
      }
    }
    await flush();
    await removeFromOutbox(
      deps.database,
      rows.map((row) => row.id),
    );
  }
}
