/** What kinds and severities are called in Chinese, wherever a person reads them: the page, a notice, a pack. Words: the project's glossary. */
import type { AlertKindName, Severity } from './alert-event.ts';

export const KINDS_ZH: Readonly<Record<AlertKindName, string>> = {
  'out-of-bounds': '越界',
  'exclusion-entry': '进入禁止区域',
  curfew: '违反宵禁',
  abscond: '疑似脱管',
  'phone-off': '关机',
  silent: '失联',
  separation: '人机分离',
  'strap-tamper': '腕带拆卸',
  'low-battery': '低电量',
  'missed-checkin': '未按时报到',
  'leave-deviation': '偏离外出目的地',
  'overdue-leave': '逾期未销假',
  'implausible-fix': '定位异常',
  gathering: '聚集',
  'feed-outage': '数据源中断',
  'device-expiry': '定位装置到期',
};

export const SEVERITIES_ZH: Readonly<Record<Severity, string>> = {
  critical: '紧急',
  high: '高',
  medium: '中',
  low: '低',
};
