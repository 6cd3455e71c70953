/** Texts of what is due at the office's desk. */
export const zh = {
  title: '到期事项',
  asOf: (at: string) => `截至 ${at}`,
  kinds: {
    'check-in': '今日报到',
    'leave-return': '外出销假',
    'device-order': '定位决定到期',
    'correction-end': '矫正期满',
  },
  overdue: (n: number) => `逾期 ${n}`,
  noneOverdue: '无逾期',
  who: '姓名',
  what: '事项',
  when: '期限',
  time: '剩余',
  place: '单位',
  days: (n: number) => `${n} 天`,
  left: (span: string) => `剩余 ${span}`,
  over: (span: string) => `逾期 ${span}`,
  none: '没有到期事项。',
  more: (n: number) => `另有 ${n} 项，请按种类查看。`,
};
export type DueWords = typeof zh;
