import type { InsightWords } from './words.zh.ts';

export const en: InsightWords = {
  sides: { 'only-before': 'no longer raised', 'only-after': 'new', changed: 'other times or severity' },
  side: 'Difference',
  kind: 'Kind',
  who: 'Subject',
  from: 'Began',
  until: 'Ended',
  open: 'stands',
  doubtful: 'doubtful',
  more: (n) => `${n} more are not listed`,
};
