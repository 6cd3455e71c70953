/**
 * Writes what the log carries into the store: positions by COPY, statuses and check-ins beside them, in one transaction. The
 * group's position is committed after that, at most once a second, so a crash records a tail twice and the keys make it once.
 */
import type { Logger } from 'pino';
import type { Refusal } from '../../src/kernel/result.ts';
import { withoutSelfTests } from '../../src/kernel/self-test.ts';
import type { ObservationLog, Subscription } from '../../src/ports/observation-log.ts';
import { type DecodeBatch, decodeBatch } from '../decode-batch.ts';
import { createRetry } from '../retry.ts';
import { createWriter, type WriterDeps } from './writer.ts';

export interface RecorderDeps extends Omit<WriterDeps, 'retry'> {
  /** Shared with other consumers of the process where given. */
  readonly decode?: DecodeBatch;
  readonly log: ObservationLog;
  readonly logger: Logger;
  readonly now: () => number;
  /** Called with the newest tick that a partition has recorded. */
  onTick(partition: number, tickMs: number): void;
  /** Positions handed to the store, repeated ones included. */
  onRecorded?(positions: number): void;
  /** Keeps lines that can't be read, before the batch that had them counts as handled. */
  setAside?(bad: readonly BadLine[]): Promise<void>;
}

export interface BadLine {
  readonly line: string;
  readonly refusal: Refusal;
}

/** A commit is a round trip that the next batch would wait for; measured, committing each batch cost a fifth of the rate. */
const COMMIT_EVERY_MS = 1000;

interface Progress {
  nextOffset: number;
  committedOffset: number;
  committedAtMs: number;
}

export async function runRecorder(deps: RecorderDeps): Promise<Subscription> {
  const retry = createRetry(deps.logger, 'recorder');
  const writer = createWriter({ ...deps, retry });
  const partitions = new Map<number, Progress>();
  const commitNow = async (progress: Progress, commit: (nextOffset: number) => Promise<void>) => {
    const { nextOffset, committedOffset } = progress;
    progress.committedAtMs = deps.now();
    if (nextOffset === committedOffset) return;
    await commit(nextOffset);
    progress.committedOffset = nextOffset;
  };
  const subscription = await deps.log.subscribe({
    group: 'recorder',
    startAt: 'earliest',
    onBatch: async (batch, commit) => {
      const bad: BadLine[] = [];
      const decode = deps.decode ?? decodeBatch;
      const events = withoutSelfTests(decode(batch, (line, refusal) => bad.push({ line, refusal })));
      await writer.write(events);
      if (bad.length > 0) await retry.run(async () => deps.setAside?.(bad));
      const progress = progressOf(partitions, batch.partition);
      progress.nextOffset = batch.nextOffset;
      if (deps.now() - progress.committedAtMs >= COMMIT_EVERY_MS) await commitNow(progress, commit);
      deps.onRecorded?.(events.reduce((n, event) => (event.type === 'position' ? n + 1 : n), 0));
      const tick = events.findLast((event) => event.type === 'tick');
      if (tick !== undefined) deps.onTick(batch.partition, tick.atMs);
    },
    onRevoked: async (partition, commit) => {
      const progress = partitions.get(partition);
      partitions.delete(partition);
      if (progress !== undefined) await commitNow(progress, commit);
    },
  });
  return {
    failed: subscription.failed,
    close: async () => {
      retry.end();
      await subscription.close();
      await writer.close();
    },
  };
}

function progressOf(partitions: Map<number, Progress>, partition: number): Progress {
  const known = partitions.get(partition);
  if (known !== undefined) return known;
  const made = { nextOffset: 0, committedOffset: 0, committedAtMs: 0 };
  partitions.set(partition, made);
  return made;
}
