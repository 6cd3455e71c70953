/** Texts of legal clocks and leave. */
import type { LeavePermit, LegalClock } from '../api/legal.ts';

const kinds: Record<LegalClock['kind'], string> = {
  'report-in': '报到期限',
  'report-in-late': '逾期未报到',
  'out-of-supervision': '脱管',
  'leave-return': '外出销假',
  'order-end': '电子定位到期',
  'correction-end': '矫正期满',
};
const stages: Record<LegalClock['stage'], string> = {
  due: '',
  admonition: '未超过十日，可予训诫',
  warning: '超过十日，可予警告',
  revocation: '超过一个月，可提请撤销',
};
const states: Record<LeavePermit['state'], string> = {
  asked: '待审批',
  approved: '已批准',
  refused: '未批准',
  withdrawn: '已撤回',
  away: '外出中',
  returned: '已销假',
};
const grounds: Record<LeavePermit['ground'], string> = {
  medical: '就医',
  study: '就学',
  litigation: '参与诉讼',
  family: '家庭重要事务',
  work: '工作重要事务',
};
const levels: Record<LeavePermit['level'], string> = {
  office: '司法所审批',
  county: '县级审批',
  city: '上一级审批',
  province: '省级审批',
};

export const zh = {
  due: '法定期限',
  dueNone: '没有临近或逾期的法定期限。',
  kinds,
  stages,
  left: (time: string) => `剩余 ${time}`,
  over: (time: string) => `逾期 ${time}`,
  days: (n: number) => `${n} 天`,
  until: (at: string) => `至 ${at}`,
  last: '已到最后阶段',
  more: (n: number) => `另有 ${n} 项`,
  counter: '法定期限',
  counterWords: (overdue: number, soon: number) => `逾期 ${overdue} · 七日内 ${soon}`,
  leave: '外出请销假',
  leaveNone: '没有待审批或待销假的外出。',
  states,
  grounds,
  levels,
  overdue: '逾期未销假',
  short: '未提前三日申请',
  length: (days: number, cumulated: number) => `连续 ${days} 天，两个月内累计 ${cumulated} 天`,
  approve: '批准',
  refuse: '不予批准',
  reason: '不予批准的理由',
  depart: '登记离开',
  return: '登记销假',
  notYours: (level: string) => `须由${level}`,
};
export type LegalWords = typeof zh;
