/**
 * The clock: writes the time itself into every partition of the log, and relays what the tables' transactions left in the
 * outbox. One leader by a session-level advisory lock; the others wait and follow within a second when it is gone.
 *
 * A tick is stored before it is written, through the connection that holds the lock: who has lost it can store none. A tick that
 * could not be written is tried again before anything else, and a new leader first repeats the stored one, so every
 * partition carries the same ticks in the same order, and repeating one is harmless. Those that fall due meanwhile are missing: a
 * gap between ticks is our own blindness, and the detector counts it as such. After each tick the states of the feeds: feeds.ts.
 */
import type { Logger } from 'pino';
import type { Instant } from '../../src/kernel/instant.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import { EMPTY_POLICY_DOCUMENT, type PolicyDocument } from '../../src/kernel/policy.ts';
import { decodePolicyDocument } from '../../src/kernel/policy-file.ts';
import type { Database, DatabaseSession } from '../../src/ports/database.ts';
import type { ObservationLog } from '../../src/ports/observation-log.ts';
import { findLastTick, saveLastTick, tryClockLock } from '../../src/store/clock.ts';
import { nextOutbox, removeFromOutbox } from '../../src/store/outbox.ts';
import { findDocument } from '../../src/store/roster.ts';
import type { NightWatch } from '../night/night-watch.ts';
import { watchFeeds } from './feeds.ts';
import { writeSelfTests } from './self-test.ts';

export interface ClockDeps {
  readonly log: ObservationLog;
  readonly database: Database;
  readonly logger: Logger;
  readonly now: () => Instant;
  /** Where the policy of the database says nothing. */
  readonly tickSeconds: number;
  /** How often each partition tests itself, seconds; 0 or absent: never. */
  readonly selfTestS?: number;
  /** What the leader does beside the time: told of each tick. */
  readonly night?: NightWatch;
  /** Missed deadlines of the casework (alerts/deadline-watch.ts). */
  readonly deadlines?: NightWatch;
}

export interface Clock {
  readonly isLeader: boolean;
  stop(): Promise<void>;
}

const LEADER_LOCK = 7_261_003;
const FOLLOW_EVERY_MS = 1000;
const RETRY_MS = 1000;
const RELAY_BATCH = 500;
/** Timers can fire a few milliseconds early by the wall clock. */
const EARLY_MS = 50;

export async function runClock(deps: ClockDeps): Promise<Clock> {
  let session: DatabaseSession | undefined;
  let isLeader = false;
  let isStopped = false;
  let isTurning = false;
  let turning: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  /** A stored tick that the log does not have for certain. */
  let owedMs: Instant | undefined;
  /** Everything that writes to the log goes through this chain: ticks and relayed lines must not overtake each other. */
  let writing: Promise<unknown> = Promise.resolve();

  /** Answers whether it went well. */
  const inOrder = (work: () => Promise<void>): Promise<boolean> => {
    const done = writing.then(work).then(
      () => true,
      (error: unknown) => {
        deps.logger.warn(
          { event: 'clock.write-failed', error: String(error) },
          'the log or the database is away: ticks are missing',
        );
        return false;
      },
    );
    writing = done;
    return done;
  };

  async function openSession(): Promise<DatabaseSession> {
    const made = await deps.database.session();
    made.onLost(() => {
      if (session !== made) return;
      session = undefined;
      isLeader = false;
      if (!isTurning) schedule(FOLLOW_EVERY_MS);
    });
    return made;
  }

  async function tryToLead(): Promise<void> {
    session ??= await openSession();
    const [row] = await tryClockLock(session, LEADER_LOCK);
    if (row?.leads !== true) return;
    const [last] = await findLastTick(session);
    owedMs = last?.last_tick.getTime();
    isLeader = true;
    deps.logger.info({ event: 'clock.leads' }, 'this process writes the ticks');
  }

  async function payTick(): Promise<void> {
    if (owedMs === undefined) return;
    await deps.log.appendToAll(encodeLogEvent({ type: 'tick', atMs: owedMs }));
    owedMs = undefined;
  }

  /** On the grid of the wall clock, so that all leaders make the same ticks. Answers the tick that was written. */
  async function tick(everyMs: number): Promise<Instant | undefined> {
    await payTick();
    if (session === undefined) return undefined;
    const atMs = Math.floor((deps.now() + EARLY_MS) / everyMs) * everyMs;
    const [saved] = await saveLastTick(session, new Date(atMs));
    // Not forward: this tick is written already, or the wall clock was set back.
    if (saved === undefined) return undefined;
    owedMs = atMs;
    await payTick();
    return atMs;
  }

  async function selfTest(atMs: Instant, everyMs: number): Promise<void> {
    const { selfTestS = 0, log, database } = deps;
    if (selfTestS > 0) await writeSelfTests(database, log.partitions, selfTestS, atMs, everyMs);
  }

  /** In order; a line leaves the outbox when the log has it, so a crash can only repeat some. */
  async function relay(): Promise<void> {
    await payTick();
    while (isLeader && !isStopped) {
      const rows = await nextOutbox(deps.database, RELAY_BATCH);
      if (rows.length === 0) return;
      // Called in order, which is the order that the log keeps; awaited together, so that it writes them together.
      const results = await Promise.allSettled(
        rows.map(({ key, line }) =>
          key === null ? deps.log.appendToAll(line) : deps.log.append([{ key, line }]),
        ),
      );
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      const ids = rows.map((row) => row.id);
      await removeFromOutbox(deps.database, ids);
    }
  }

  async function turn(): Promise<void> {
    let waitMs = FOLLOW_EVERY_MS;
    isTurning = true;
    try {
      if (!isLeader) await tryToLead();
      if (isLeader) {
        const policy = await readPolicy(deps);
        const everyMs = 1000 * (policy.default.tickSeconds ?? deps.tickSeconds);
        const isWritten = await inOrder(async () => {
          const atMs = await tick(everyMs);
          if (atMs !== undefined) {
            await watchFeeds(deps.database, policy, atMs, everyMs);
            await selfTest(atMs, everyMs);
            deps.night?.look(atMs);
            deps.deadlines?.look(atMs);
          }
          await relay();
        });
        waitMs = isWritten ? everyMs - (deps.now() % everyMs) : RETRY_MS;
      }
    } catch (error) {
      deps.logger.warn(
        { event: 'clock.waits', error: String(error) },
        'the database is away: the clock waits',
      );
    }
    isTurning = false;
    schedule(isLeader ? waitMs : FOLLOW_EVERY_MS);
  }

  function schedule(waitMs: number): void {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(() => {
      turning = turn();
    }, waitMs);
  }

  const relayNow = () => {
    if (isLeader && !isStopped) void inOrder(relay);
  };
  const stopListening = await deps.database.listen('outbox', relayNow, relayNow);
  turning = turn();
  await turning;
  return {
    get isLeader() {
      return isLeader;
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await stopListening();
      await turning;
      await writing;
      await deps.night?.settle();
      await deps.deadlines?.settle();
      isLeader = false;
      await session?.release();
    },
  };
}

async function readPolicy({ database }: ClockDeps): Promise<PolicyDocument> {
  const [row] = await findDocument(database, 'policy');
  const policy = decodePolicyDocument(row?.document ?? {});
  return policy.ok ? policy.value : EMPTY_POLICY_DOCUMENT;
}
