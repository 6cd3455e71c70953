/** 聚集: subjects with a no-contact order between them are together beyond doubt for the policy's time. Watches each pair. */
import type { Instant } from '../../src/kernel/instant.ts';
import { duration, metres, percent, type Words } from './wording.ts';

export interface Meeting {
  /** Whose order it is. */
  readonly subject: string;
  /** Whom the order keeps apart from them. */
  readonly other: string;
  readonly sinceMs: Instant;
  readonly untilMs: Instant;
  readonly apartM: number;
  readonly confidence: number;
}

export const GATHERING = {
  name: 'gathering',
  severity: 'high',
  deadlineS: 600,
  explain: (
    { subject, other, sinceMs, untilMs, apartM, confidence }: Meeting,
    clock: (atMs: Instant) => string,
  ): Words => {
    const at = clock(sinceMs);
    const long = duration((untilMs - sinceMs) / 1000);
    return {
      zh: `${subject} 与禁止接触人员 ${other} 自 ${at} 起在一起，已 ${long.zh}，现相距 ${metres(apartM)}，置信度 ${percent(confidence)}。`,
      en: `${subject} has been together with ${other}, whom a no-contact order keeps apart from them, since ${at}, for ${long.en}, now ${metres(apartM)} from each other, confidence ${percent(confidence)}.`,
    };
  },
  explainEnd: (
    { subject, other }: Pick<Meeting, 'subject' | 'other'>,
    endMs: Instant,
    clock: (atMs: Instant) => string,
  ): Words => ({
    zh: `${subject} 与 ${other} 自 ${clock(endMs)} 起不再在一起。`,
    en: `${subject} and ${other} are no longer together since ${clock(endMs)}.`,
  }),
} as const;
