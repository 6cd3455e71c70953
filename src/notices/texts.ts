/** The words of messages. What may stand beside what is decided by the types of `message.ts`. */
import type { AlertKindName, Severity } from '../kernel/alert-event.ts';
import { KINDS_ZH, SEVERITIES_ZH } from '../kernel/alert-words.ts';
import type { NoticeName } from '../kernel/notices.ts';
import type { Language } from './kinds.ts';
import type { MaskedName } from './masked-name.ts';

interface Texts {
  readonly product: string;
  readonly test: string;
  readonly between: string;
  readonly what: Readonly<Record<NoticeName, string>>;
  readonly kinds: Readonly<Record<AlertKindName, string>>;
  readonly severities: Readonly<Record<Severity, string>>;
  severity(word: string): string;
  several(n: number): string;
  more(n: number): string;
  person(name: MaskedName, office: string): string;
  place(text: string): string;
  ref(id: string): string;
}

const zh: Texts = {
  product: '【守界】',
  test: '测试消息：通知渠道可用。',
  between: ' · ',
  what: {
    'alert-opened': '新告警',
    'alert-assigned': '告警已指派',
    'alert-overdue': '告警逾期未处置',
    'alert-reopened': '告警重新开启',
    'task-sent': '异常定位任务',
    'task-answered': '任务已反馈',
    'task-returned': '任务被退回',
    'task-supervised': '任务督办',
    'task-overdue': '任务逾期未反馈',
    'task-handed-over': '任务移交',
    'shelving-asked': '搁置申请待审批',
    'shelving-ended': '搁置到期',
    'hazard-opened': '新增隐患',
    'shift-handed-over': '值班已交接',
    'self-test-late': '自检未到',
  },
  kinds: KINDS_ZH,
  severities: SEVERITIES_ZH,
  severity: (word) => `〔${word}〕`,
  several: (n) => `${n} 条通知`,
  more: (n) => `另有 ${n} 条，请登录平台查看。`,
  person: (name, office) => `${name}（${office}）`,
  place: (text) => `位置 ${text}`,
  ref: (id) => `编号 ${id}`,
};

const en: Texts = {
  product: '[Wardline]',
  test: 'Test message: this channel works.',
  between: ' · ',
  what: {
    'alert-opened': 'new alert',
    'alert-assigned': 'alert assigned',
    'alert-overdue': 'alert overdue',
    'alert-reopened': 'alert opened again',
    'task-sent': 'task for the office',
    'task-answered': 'task answered',
    'task-returned': 'task returned',
    'task-supervised': 'task under supervision',
    'task-overdue': 'task overdue',
    'task-handed-over': 'task handed over',
    'shelving-asked': 'shelving waits for approval',
    'shelving-ended': 'shelving ended',
    'hazard-opened': 'new hazard',
    'shift-handed-over': 'shift handed over',
    'self-test-late': 'self-test missing',
  },
  kinds: {
    'out-of-bounds': 'out of bounds',
    'exclusion-entry': 'entered an exclusion zone',
    curfew: 'curfew broken',
    abscond: 'suspected absconding',
    'phone-off': 'phone off',
    silent: 'silent',
    separation: 'separated from the phone',
    'strap-tamper': 'strap tamper',
    'low-battery': 'low battery',
    'missed-checkin': 'missed check-in',
    'leave-deviation': 'off the way of the leave',
    'overdue-leave': 'overdue from leave',
    'implausible-fix': 'implausible fix',
    gathering: 'gathering',
    'feed-outage': 'feed outage',
    'device-expiry': 'device approval ends',
  },
  severities: { critical: 'CRITICAL', high: 'high', medium: 'medium', low: 'low' },
  severity: (word) => `${word}: `,
  several: (n) => `${n} notices`,
  more: (n) => `and ${n} more: sign in to see them.`,
  person: (name, office) => `${name} (${office})`,
  place: (text) => `position ${text}`,
  ref: (id) => `ref ${id}`,
};

export const TEXTS: Readonly<Record<Language, Texts>> = { zh, en };
