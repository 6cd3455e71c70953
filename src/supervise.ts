/**
 * Keeps a consumer running: when it fails (a bug, a store that is away) it is told as an error and started again with
 * growing pauses. Nothing was committed past the failure, so nothing is skipped.
 */
import type { Logger } from 'pino';
import type { Subscription } from './ports/observation-log.ts';

export interface Supervised {
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export function supervise(role: {
  name: string;
  start: () => Promise<Subscription>;
  logger: Logger;
  onRestart: () => void;
}): Supervised {
  let isStopped = false;
  let endPause: () => void = () => {};
  let subscription: Subscription | undefined;

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  let stopNow: () => void = () => {};
  const stopped = new Promise<void>((resolve) => {
    stopNow = resolve;
  });

  const running = (async () => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!isStopped) {
      const startedMs = performance.now();
      try {
        subscription = await role.start();
        await Promise.race([subscription.failed, stopped]);
      } catch (error) {
        role.logger.error(
          { event: 'role.failed', role: role.name, err: error },
          'a role failed and is started again',
        );
        role.onRestart();
        if (performance.now() - startedMs > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
      }
      await subscription
        ?.close()
        .catch((error: unknown) =>
          role.logger.warn(
            { event: 'role.close-failed', role: role.name, error: String(error) },
            'closing failed',
          ),
        );
      subscription = undefined;
      if (!isStopped) await pause(pauseMs);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  })();

  return {
    stop: async () => {
      isStopped = true;
      stopNow();
      endPause();
      await running;
    },
  };
}
