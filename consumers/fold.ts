/**
 * A checkpointed fold over each partition of the observations log: state in, events in, state out. The detector and the
 * board are folds. The group's position is committed only after the checkpoint that covers it is saved, and a partition is
 * read from its checkpoint, so a crash repeats the tail and loses nothing.
 */
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { Logger } from 'pino';
import type { LogEvent } from '../src/kernel/log-event.ts';
import type { Refusal } from '../src/kernel/result.ts';
import type { Db } from '../src/ports/database.ts';
import type { LogBatch, ObservationLog, Subscription } from '../src/ports/observation-log.ts';
import { findCheckpoint, saveCheckpoint } from '../src/store/checkpoints.ts';
import { type DecodeBatch, decodeBatch } from './decode-batch.ts';
import { createRetry, type Retry } from './retry.ts';

export interface Fold<State> {
  /** Name of the consumer group and of the checkpoints. */
  readonly name: string;
  /** The state to begin with: of the checkpoint (a JSON value), or the empty one. */
  create(saved: unknown, partition: number): State;
  /** Whether a checkpoint's state is one that this program made; if not, the state is made anew from the log. All are, unless given. */
  isReadable?(saved: unknown): boolean;
  /** A JSON value from which `create` makes an equal state. */
  snapshot(state: State): unknown;
  /**
   * Moves the state in place. What it must have done outside (ledger rows) is done when it resolves; writes to the store
   * go through `retry`, because the events can't be given to the moved state a second time.
   */
  handle(state: State, events: readonly LogEvent[], partition: number, retry: Retry): Promise<void>;
}

export interface FoldDeps {
  /** Shared with other consumers of the process where given. */
  readonly decode?: DecodeBatch;
  readonly log: ObservationLog;
  readonly database: Db;
  readonly logger: Logger;
  readonly now: () => number;
  /** How much of the log is read again after a crash, at most; 30 s unless given. */
  readonly checkpointEveryMs?: number;
  onBadLine?(line: string, refusal: Refusal, partition: number): void;
}

interface Progress<State> {
  readonly state: State;
  /** While a batch is handled, and for ever after a failure in it, the state belongs to no offset: it is not to be saved. */
  isBetween: boolean;
  nextOffset: number;
  savedOffset: number;
  savedAtMs: number;
}

const deflated = promisify(deflate);
const inflated = promisify(inflate);

export async function runFold<State>(deps: FoldDeps, fold: Fold<State>): Promise<Subscription> {
  const { database, logger, checkpointEveryMs = 30_000 } = deps;
  const partitions = new Map<number, Progress<State>>();
  const retry = createRetry(logger, fold.name);

  async function save(
    partition: number,
    progress: Progress<State>,
    commit: (next: number) => Promise<void>,
  ): Promise<void> {
    progress.savedAtMs = deps.now();
    if (progress.isBetween || progress.nextOffset === progress.savedOffset) return;
    const { nextOffset } = progress;
    const state = await deflated(JSON.stringify(fold.snapshot(progress.state)), { level: 1 });
    await retry.run(() => saveCheckpoint(database, fold.name, partition, nextOffset, state));
    await commit(nextOffset);
    progress.savedOffset = nextOffset;
  }

  function tellBadLines(bad: readonly { line: string; refusal: Refusal }[], batch: LogBatch): void {
    // One line a batch: a foreign producer that writes nonsense must not fill the disk with complaints.
    logger.error(
      {
        event: 'log.bad-line',
        consumer: fold.name,
        partition: batch.partition,
        offset: batch.offset,
        lines: bad.length,
        code: bad[0]?.refusal.code,
      },
      'lines of the log can not be read',
    );
    for (const { line, refusal } of bad) deps.onBadLine?.(line, refusal, batch.partition);
  }

  const subscription = await deps.log.subscribe({
    group: fold.name,
    startAt: 'earliest',
    onAssigned: async (partition) => {
      const [saved] = await retry.run(() => findCheckpoint(database, fold.name, partition));
      const found: unknown =
        saved === undefined ? undefined : JSON.parse((await inflated(saved.state)).toString());
      const isForeign = found !== undefined && fold.isReadable?.(found) === false;
      if (isForeign)
        logger.warn(
          { event: 'fold.made-anew', consumer: fold.name, partition },
          'the state is of another version of the program: it is made anew from the log',
        );
      const state = isForeign ? undefined : found;
      // Without a checkpoint all of the log makes the state, wherever the group has been.
      const nextOffset = saved === undefined || isForeign ? 0 : Number(saved.next_offset);
      await retry.run(() => checkIsOfThisLog(deps.log, fold.name, partition, nextOffset));
      partitions.set(partition, {
        state: fold.create(state, partition),
        isBetween: false,
        nextOffset,
        savedOffset: isForeign ? -1 : nextOffset,
        // In turn: six states of a city made into text one behind the other held up the alerts of all for half a second.
        savedAtMs: deps.now() - (checkpointEveryMs * partition) / deps.log.partitions,
      });
      logger.info(
        { event: 'fold.assigned', consumer: fold.name, partition, nextOffset },
        'partition taken over',
      );
      return nextOffset;
    },
    onBatch: async (batch, commit) => {
      const progress = partitions.get(batch.partition);
      if (progress === undefined)
        throw new Error(`partition ${batch.partition} was never assigned to ${fold.name}`);
      if (batch.nextOffset <= progress.nextOffset) return;
      if (batch.offset > progress.nextOffset && progress.nextOffset > 0) {
        const { partition, offset } = batch;
        logger.error(
          { event: 'fold.gap', consumer: fold.name, partition, expected: progress.nextOffset, offset },
          'the log no longer has what comes next: its retention is shorter than this consumer was away',
        );
      }
      const bad: { line: string; refusal: Refusal }[] = [];
      const events = (deps.decode ?? decodeBatch)(batch, (line, refusal) => bad.push({ line, refusal }));
      if (bad.length > 0) tellBadLines(bad, batch);
      progress.isBetween = true;
      await fold.handle(progress.state, events, batch.partition, retry);
      progress.isBetween = false;
      progress.nextOffset = batch.nextOffset;
      if (deps.now() - progress.savedAtMs >= checkpointEveryMs) await save(batch.partition, progress, commit);
    },
    onRevoked: async (partition, commit) => {
      const progress = partitions.get(partition);
      if (progress !== undefined) await save(partition, progress, commit);
      partitions.delete(partition);
    },
  });
  return {
    failed: subscription.failed,
    close: async () => {
      retry.end();
      await subscription.close();
    },
  };
}

/** Offsets mean nothing on another log: read from there, a new topic's first events would be passed over in silence. */
async function checkIsOfThisLog(
  log: ObservationLog,
  name: string,
  partition: number,
  nextOffset: number,
): Promise<void> {
  const bounds = (await log.bounds()).find((candidate) => candidate.partition === partition);
  if (bounds !== undefined && nextOffset > bounds.next) {
    throw new Error(
      `the checkpoint of ${name} for partition ${partition} is at ${nextOffset} and the log ends at ${bounds.next}: this database has worked with another log; use that one, or another database`,
    );
  }
}
