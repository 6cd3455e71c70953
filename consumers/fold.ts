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
import type { ObservationLog, Subscription } from '../src/ports/observation-log.ts';
import { findCheckpoint, saveCheckpoint } from '../src/store/checkpoints.ts';
import { decodeBatch } from './decode-batch.ts';

export interface Fold<State> {
  /** Name of the consumer group and of the checkpoints. */
  readonly name: string;
  /** The state to begin with: of the checkpoint (a JSON value), or the empty one. */
  create(saved: unknown, partition: number): State;
  /** A JSON value from which `create` makes an equal state. */
  snapshot(state: State): unknown;
  /** Moves the state in place. What it must have done outside (ledger rows) is done when it resolves. */
  handle(state: State, events: readonly LogEvent[], partition: number): Promise<void>;
}

export interface FoldDeps {
  readonly log: ObservationLog;
  readonly database: Db;
  readonly logger: Logger;
  readonly now: () => number;
  /** How much of the log is read again after a crash, at most; 10 s unless given. */
  readonly checkpointEveryMs?: number;
  onBadLine?(line: string, refusal: Refusal, partition: number): void;
}

interface Progress<State> {
  readonly state: State;
  nextOffset: number;
  savedOffset: number;
  savedAtMs: number;
}

const deflated = promisify(deflate);
const inflated = promisify(inflate);

export async function runFold<State>(deps: FoldDeps, fold: Fold<State>): Promise<Subscription> {
  const { database, logger, checkpointEveryMs = 10_000 } = deps;
  const partitions = new Map<number, Progress<State>>();

  async function save(
    partition: number,
    progress: Progress<State>,
    commit: (next: number) => Promise<void>,
  ): Promise<void> {
    progress.savedAtMs = deps.now();
    if (progress.nextOffset === progress.savedOffset) return;
    const { nextOffset } = progress;
    const state = await deflated(JSON.stringify(fold.snapshot(progress.state)), { level: 1 });
    await saveCheckpoint(database, fold.name, partition, nextOffset, state);
    await commit(nextOffset);
    progress.savedOffset = nextOffset;
  }

  return deps.log.subscribe({
    group: fold.name,
    startAt: 'earliest',
    onAssigned: async (partition) => {
      const [saved] = await findCheckpoint(database, fold.name, partition);
      const state: unknown =
        saved === undefined ? undefined : JSON.parse((await inflated(saved.state)).toString());
      const nextOffset = saved === undefined ? 0 : Number(saved.next_offset);
      partitions.set(partition, {
        state: fold.create(state, partition),
        nextOffset,
        savedOffset: nextOffset,
        savedAtMs: deps.now(),
      });
      logger.info(
        { event: 'fold.assigned', consumer: fold.name, partition, nextOffset },
        'partition taken over',
      );
      return saved === undefined ? undefined : nextOffset;
    },
    onBatch: async (batch, commit) => {
      const progress = partitions.get(batch.partition);
      if (progress === undefined)
        throw new Error(`partition ${batch.partition} was never assigned to ${fold.name}`);
      if (batch.nextOffset <= progress.nextOffset) return;
      const events = decodeBatch(batch, (line, refusal) => {
        logger.error(
          {
            event: 'log.bad-line',
            consumer: fold.name,
            partition: batch.partition,
            offset: batch.offset,
            code: refusal.code,
          },
          'a line of the log can not be read',
        );
        deps.onBadLine?.(line, refusal, batch.partition);
      });
      await fold.handle(progress.state, events, batch.partition);
      progress.nextOffset = batch.nextOffset;
      if (deps.now() - progress.savedAtMs >= checkpointEveryMs) await save(batch.partition, progress, commit);
    },
    onRevoked: async (partition, commit) => {
      const progress = partitions.get(partition);
      if (progress !== undefined) await save(partition, progress, commit);
      partitions.delete(partition);
    },
  });
}
