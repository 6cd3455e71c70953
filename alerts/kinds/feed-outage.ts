/** 数据源中断: a feed as a whole has stopped. About the feed, not a subject; while it stands, its devices' silence accuses nobody. */
import type { Instant } from '../../src/kernel/instant.ts';
import { duration, type Words } from './wording.ts';

export interface FeedOutage {
  readonly feed: string;
  /** When it was found. */
  readonly atMs: Instant;
  /** Since when nothing has come. */
  readonly sinceMs: Instant;
  /** How many of its live devices were overdue, of how many; null: whoever told it did not say. */
  readonly overdue: number | null;
  readonly live: number | null;
  /** Found by the platform's own questions, which are not answered. */
  readonly cause?: 'operator';
}

export const FEED_OUTAGE = {
  name: 'feed-outage',
  about: 'feed',
  severity: 'high',
  deadlineS: 600,
  explain: ({ feed, sinceMs, overdue, live, cause }: FeedOutage, clock: (atMs: Instant) => string): Words => {
    const at = clock(sinceMs);
    if (cause === 'operator')
      return {
        zh: `运营商定位服务自 ${at} 起无法查询（数据源 ${feed}）。恢复前不判其手机失联。`,
        en: `The operator's location service has answered of no phone since ${at} (feed ${feed}). Its phones are not called silent until it is back.`,
      };
    const many =
      overdue === null || live === null
        ? { zh: '', en: '' }
        : {
            zh: `：${live} 台在线装置中 ${overdue} 台同时无数据`,
            en: `: ${overdue} of ${live} live devices silent together`,
          };
    return {
      zh: `数据源 ${feed} 自 ${at} 起中断${many.zh}。恢复前不判其装置失联。`,
      en: `Feed ${feed} has been out since ${at}${many.en}. Its devices are not called silent until it is back.`,
    };
  },
  explainEnd: ({ feed, sinceMs }: FeedOutage, endMs: Instant, clock: (atMs: Instant) => string): Words => {
    const long = duration((endMs - sinceMs) / 1000);
    return {
      zh: `数据源 ${feed} 已于 ${clock(endMs)} 恢复，中断 ${long.zh}。`,
      en: `Feed ${feed} is back since ${clock(endMs)}, after ${long.en}.`,
    };
  },
} as const;
