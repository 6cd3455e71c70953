import type { LoadWords } from './words.zh.ts';

export const en: LoadWords = {
  title: 'Alarm load',
  from: 'from',
  until: 'to',
  officers: 'Seats on duty',
  seen: (raised: string, shown: string) =>
    `${raised} alerts raised, ${shown} shown after merging and shelving. By ISA-18.2 / EEMUA 191.`,
  rate: 'Per seat and 10 minutes',
  peak: 'Busiest 10 minutes (per seat)',
  flood: 'Share of time in flood',
  stale: 'Standing longer than 24 h',
  chatter: 'Chattering sources',
  most: (n: string) => `limit ${n}`,
  goal: (n: string) => `goal ${n}`,
  about: (n: string) => `about ${n}`,
  aboutBoth: (n: string) => `with critical about ${n}`,
  kinds: 'What came of each kind',
  kindsHelp: 'raised → merged → shown → contacted → confirmed',
  kind: 'Kind',
  steps: ['raised', 'merged', 'shown', 'contacted', 'confirmed'],
  confirmedShare: 'Confirmed share',
  mix: 'By severity',
  worst: 'Worst sources',
  floods: 'Floods',
  nothing: 'No alert.',
};
