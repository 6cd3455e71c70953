import type { DueWords } from './words.zh.ts';

export const en: DueWords = {
  title: 'What is due',
  asOf: (at: string) => `as of ${at}`,
  kinds: {
    'check-in': 'Check-ins today',
    'leave-return': 'Returns from leave',
    'device-order': 'Positioning orders',
    'correction-end': 'End of correction',
  },
  overdue: (n: number) => `${n} overdue`,
  noneOverdue: 'none overdue',
  who: 'Name',
  what: 'What',
  when: 'Due',
  time: 'Left',
  place: 'Organisation',
  days: (n: number) => `${n} days`,
  left: (span: string) => `${span} left`,
  over: (span: string) => `${span} overdue`,
  none: 'Nothing is due.',
  more: (n: number) => `${n} more: choose a kind.`,
};
