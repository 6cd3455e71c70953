/** When the night's work is due: once a local day, in the small hours, and made up for when nobody ran then. */
import type { Logger } from 'pino';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Db } from '../../src/ports/database.ts';
import { findLastNight } from '../../src/store/night.ts';
import { findDocument } from '../../src/store/roster.ts';

/** What was stored over the day has come by then, and few are on duty. */
const HOUR = 3;
const HOUR_MS = 3_600_000;
const DEFAULT_ZONE = 'Asia/Shanghai';

/** The last local midnight, if it is past the hour; else the one before. */
export function horizonOf(nowMs: Instant, timeZone: string): Instant {
  const midnight = (atMs: Instant) => {
    const clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    }).formatToParts(atMs);
    const [hour = 0, minute = 0, second = 0] = ['hour', 'minute', 'second'].map((type) =>
      Number(clock.find((part) => part.type === type)?.value),
    );
    return Math.floor(atMs / 1000) * 1000 - ((hour * 60 + minute) * 60 + second) * 1000;
  };
  const today = midnight(nowMs);
  return nowMs - today >= HOUR * HOUR_MS ? today : midnight(today - 12 * HOUR_MS);
}

export interface NightWatch {
  /** After each tick of the leader. Begins the night's work when it is due and none is under way; never waits for it. */
  look(nowMs: Instant): void;
  /** Resolves when what is under way is done. */
  settle(): Promise<void>;
}

export function createNightWatch(deps: {
  readonly database: Db;
  readonly logger: Logger;
  work(horizonMs: Instant): Promise<unknown>;
}): NightWatch {
  let isUnderWay = false;
  let doneMs: Instant | undefined;
  let current: Promise<void> = Promise.resolve();

  async function run(nowMs: Instant): Promise<void> {
    const [calendar] = await findDocument(deps.database, 'calendar');
    const timeZone = (calendar?.document as { timeZone?: string } | undefined)?.timeZone ?? DEFAULT_ZONE;
    const horizonMs = horizonOf(nowMs, timeZone);
    if (doneMs === undefined) {
      const [last] = await findLastNight(deps.database);
      // A new platform has no past before today.
      doneMs = last?.until_at?.getTime() ?? Number.NEGATIVE_INFINITY;
    }
    if (doneMs >= horizonMs) return;
    await deps.work(horizonMs);
    doneMs = horizonMs;
  }

  return {
    look: (nowMs) => {
      if (isUnderWay) return;
      isUnderWay = true;
      current = run(nowMs)
        .catch((error: unknown) =>
          deps.logger.error(
            { event: 'night.failed', error: String(error) },
            'the past could not be judged again: it is tried again',
          ),
        )
        .finally(() => {
          isUnderWay = false;
        });
    },
    settle: () => current,
  };
}
