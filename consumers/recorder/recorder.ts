/**
 * Writes what the log carries into the store: positions by COPY, statuses and check-ins beside them, in one transaction. The
 * group's position is committed after that, so a crash records a tail twice and the keys make it once.
 */
import type { Logger } from 'pino';
import type { ObservationLog, Subscription } from '../../src/ports/observation-log.ts';
import { type DecodeBatch, decodeBatch } from '../decode-batch.ts';
import { createRetry } from '../retry.ts';
import { createWriter, type WriterDeps } from './writer.ts';

export interface RecorderDeps extends Omit<WriterDeps, 'retry'> {
  /** Shared with other consumers of the process where given. */
  readonly decode?: DecodeBatch;
  readonly log: ObservationLog;
  readonly logger: Logger;
  /** Called with the newest tick that a partition has recorded. */
  onTick(partition: number, tickMs: number): void;
  /** Positions handed to the store, repeated ones included. */
  onRecorded?(positions: number): void;
  onBadLine?(line: string): void;
}

export async function runRecorder(deps: RecorderDeps): Promise<Subscription> {
  const retry = createRetry(deps.logger, 'recorder');
  const writer = createWriter({ ...deps, retry });
  const subscription = await deps.log.subscribe({
    group: 'recorder',
    startAt: 'earliest',
    onBatch: async (batch, commit) => {
      const events = (deps.decode ?? decodeBatch)(batch, (line) => deps.onBadLine?.(line));
      await writer.write(events);
      await commit(batch.nextOffset);
      deps.onRecorded?.(events.reduce((n, event) => (event.type === 'position' ? n + 1 : n), 0));
      const tick = events.findLast((event) => event.type === 'tick');
      if (tick !== undefined) deps.onTick(batch.partition, tick.atMs);
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
