/**
 * Starts the recorder in a thread of its own. Everything else of a process shares one thread, and writing rows was what it had no
 * time left for: measured with all roles over Kafka, observations were recorded at three quarters of the rate at which they were
 * judged while the database and a fifth of the machine were idle (docs/decisions/006).
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Config } from './config.ts';
import type { Subscription } from './ports/observation-log.ts';

export interface RecorderSettings {
  readonly databaseUrl: string;
  readonly config: Config;
}

export type FromRecorder =
  | { readonly type: 'ready' }
  | { readonly type: 'tick'; readonly partition: number; readonly tickMs: number }
  | { readonly type: 'recorded'; readonly positions: number }
  | { readonly type: 'failed'; readonly reason: string };

export interface RecorderEvents {
  onTick(partition: number, tickMs: number): void;
  onRecorded(positions: number): void;
}

/** Resolves when it consumes; rejects when it can't begin. `failed` of the subscription also settles when the thread dies. */
export async function startRecorderThread(
  settings: RecorderSettings,
  events: RecorderEvents,
): Promise<Subscription> {
  const worker = new Worker(new URL('./recorder-worker.ts', import.meta.url), { workerData: settings });
  const exited = once(worker, 'exit');
  const ready = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<never>();
  let isClosing = false;
  const giveUp = (error: Error) => {
    ready.reject(error);
    failed.reject(error);
  };
  failed.promise.catch(() => {});
  ready.promise.catch(() => {});
  worker.on('message', (message: FromRecorder) => {
    if (message.type === 'ready') ready.resolve();
    else if (message.type === 'tick') events.onTick(message.partition, message.tickMs);
    else if (message.type === 'recorded') events.onRecorded(message.positions);
    else giveUp(new Error(message.reason));
  });
  worker.on('error', giveUp);
  worker.on('exit', () => {
    if (!isClosing) giveUp(new Error('the thread of the recorder ended'));
  });
  exited.catch(() => {});
  await ready.promise;
  return {
    failed: failed.promise,
    close: async () => {
      isClosing = true;
      worker.postMessage('close');
      await exited;
    },
  };
}
