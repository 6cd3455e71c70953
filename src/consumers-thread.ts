/**
 * Starts what reads the log (recorder, detector, board, logbook) in a thread of its own: the main one answers callers and has no time left
 * for it under load (docs/decisions/006). They share one thread because they then decode each record once.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Config } from './config.ts';
import type { AlertEvent } from './kernel/alert-event.ts';
import type { LiveChange } from './ports/live-state.ts';
import type { Subscription } from './ports/observation-log.ts';

export type ThreadRole = 'recorder' | 'detector' | 'board' | 'logbook';

export interface ThreadSettings {
  readonly databaseUrl: string;
  readonly config: Config;
  readonly roles: readonly ThreadRole[];
}

export type RaisedAlert = Pick<AlertEvent, 'kind' | 'state'>;

export type FromThread =
  | { readonly type: 'ready' }
  | {
      readonly type: 'tick';
      readonly stage: ThreadRole;
      readonly partition: number;
      readonly tickMs: number;
    }
  | { readonly type: 'recorded'; readonly positions: number }
  | { readonly type: 'judged'; readonly observations: number }
  | { readonly type: 'alerts'; readonly alerts: readonly RaisedAlert[] }
  /** What the board found, for the live state in the main thread's memory; answered by `Put` when it is in. */
  | { readonly type: 'live'; readonly id: number; readonly change: LiveChange }
  | { readonly type: 'failed'; readonly reason: string };

export type ToThread =
  | { readonly type: 'close' }
  | { readonly type: 'put'; readonly id: number; readonly error: string | null };

export interface ThreadEvents {
  onTick(stage: ThreadRole, partition: number, tickMs: number): void;
  onRecorded(positions: number): void;
  onJudged(observations: number): void;
  onAlerts(alerts: readonly RaisedAlert[]): void;
  onLive(change: LiveChange): Promise<void>;
}

/** What is not saved by then is read again from the log; the program's own stop is cut off after 9 s. */
const CLOSE_WITHIN_MS = 6000;

/**
 * Resolves when all its roles consume; rejects when one can't begin, and the thread is no more then: one that lived on would hold
 * partitions that nobody works on. `failed` also settles when one fails or the thread dies.
 */
export async function startConsumersThread(
  settings: ThreadSettings,
  events: ThreadEvents,
): Promise<Subscription> {
  const worker = new Worker(new URL('./consumers-worker.ts', import.meta.url), {
    workerData: settings,
    // Shown by the system's own tools beside the main thread.
    name: 'consumers',
  });
  const say = (message: ToThread) => worker.postMessage(message);
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
  worker.on('message', (message: FromThread) => {
    if (message.type === 'ready') ready.resolve();
    else if (message.type === 'tick') events.onTick(message.stage, message.partition, message.tickMs);
    else if (message.type === 'recorded') events.onRecorded(message.positions);
    else if (message.type === 'judged') events.onJudged(message.observations);
    else if (message.type === 'alerts') events.onAlerts(message.alerts);
    else if (message.type === 'live')
      events.onLive(message.change).then(
        () => say({ type: 'put', id: message.id, error: null }),
        (error: unknown) => say({ type: 'put', id: message.id, error: String(error) }),
      );
    else giveUp(new Error(message.reason));
  });
  worker.on('error', giveUp);
  worker.on('exit', () => {
    if (!isClosing) giveUp(new Error('the thread of the consumers ended'));
  });
  exited.catch(() => {});
  try {
    await ready.promise;
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return {
    failed: failed.promise,
    close: async () => {
      isClosing = true;
      say({ type: 'close' });
      const cutOff = setTimeout(() => void worker.terminate(), CLOSE_WITHIN_MS);
      await exited.finally(() => clearTimeout(cutOff));
    },
  };
}
