/**
 * What the board's fold found, on its way into the live state: merged by subject, the first change at once, then so many a second,
 * fewer the more has changed. One write at a time, so that the live state sees the changes of a subject in order. A live state
 * that is away loses nothing: what waits is bounded by the number of subjects, and goes when it is back.
 */
import type { Logger } from 'pino';
import type { Frontier, LastKnown, LiveState } from '../../src/ports/live-state.ts';

export interface LiveFeed {
  add(subjects: readonly LastKnown[], frontiers: readonly Frontier[]): void;
  /** Resolves when everything added so far has been written, or a write has failed. */
  flush(): Promise<void>;
  /** Writes what waits, once, and stops. */
  close(): Promise<void>;
}

/** Five writes a second: more than the board sends, so it adds little delay to it. */
const PAUSE_MS = 200;
/**
 * In a flood the changes of a subject are merged for longer: a write of 10,000 subjects takes this thread, Redis and each dashboard
 * together some 0.15 s, and five of them a second were a tenth of all that they did. Alerts do not come this way.
 */
const PAUSE_MS_A_SUBJECT = 0.1;
const RETRY_MS = 1000;

export function createLiveFeed(deps: {
  readonly liveState: Pick<LiveState, 'put'>;
  readonly logger: Logger;
}): LiveFeed {
  const subjects = new Map<string, LastKnown>();
  const frontiers = new Map<string, Frontier>();
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let nextAt = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  const write = async (): Promise<void> => {
    const change = { subjects: [...subjects.values()], frontiers: [...frontiers.values()] };
    subjects.clear();
    frontiers.clear();
    nextAt = performance.now() + PAUSE_MS + PAUSE_MS_A_SUBJECT * change.subjects.length;
    try {
      await deps.liveState.put(change);
    } catch (error) {
      deps.logger.warn(
        { event: 'board.live-state-away', err: error },
        'can not write the live state: trying again',
      );
      // Put back what nothing newer has replaced.
      for (const subject of change.subjects)
        if (!subjects.has(subject.subject)) subjects.set(subject.subject, subject);
      for (const frontier of change.frontiers) {
        const key = keyOf(frontier);
        if (!frontiers.has(key)) frontiers.set(key, frontier);
      }
      nextAt = performance.now() + RETRY_MS;
    }
  };

  const isWaiting = () => subjects.size > 0 || frontiers.size > 0;

  const writeNow = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing ??= write().finally(() => {
      writing = undefined;
      schedule();
    });
    return writing;
  };

  function schedule(): void {
    if (isClosed || timer !== undefined || writing !== undefined || !isWaiting()) return;
    timer = setTimeout(() => void writeNow(), Math.max(0, nextAt - performance.now()));
  }

  const flush = async () => {
    await writing;
    if (isWaiting()) await writeNow();
  };

  return {
    add(changed, ticked) {
      for (const subject of changed) subjects.set(subject.subject, subject);
      for (const frontier of ticked) frontiers.set(keyOf(frontier), frontier);
      schedule();
    },
    flush,
    async close() {
      await flush();
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

const keyOf = (frontier: Frontier) => `${frontier.stage} ${frontier.partition}`;
