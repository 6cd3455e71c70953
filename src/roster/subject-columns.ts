/** The columns of a table of subjects: what they are called, and the words of their values. For reading and for writing. */
import type { ENDINGS, LEGAL_TYPES } from '../kernel/subject-record.ts';

export interface Column {
  readonly key: ColumnKey;
  readonly zh: string;
  readonly en: string;
  /** What others call it. */
  readonly also: readonly string[];
  readonly required: boolean;
}

const column = <const K extends string>(
  key: K,
  zh: string,
  en: string,
  required = false,
  also: readonly string[] = [],
) => ({ key, zh, en, required, also });

export const COLUMNS = [
  column('id', '编号', 'Id', true, ['矫正编号', '人员编号']),
  column('name', '姓名', 'Name', true, ['矫正对象姓名']),
  column('office', '司法所', 'Office', true, ['单位', '所属单位', '矫正单位']),
  column('legalType', '矫正类别', 'Legal type', true, ['矫正类型']),
  column('from', '矫正开始日期', 'Correction from', true, ['矫正起始日期', '入矫日期']),
  column('until', '矫正结束日期', 'Correction until', true, ['矫正终止日期']),
  column('grade', '管理等级', 'Grade', false, ['管理类别', '处遇等级']),
  column('minor', '未成年', 'Minor', false, ['是否未成年']),
  column('categories', '重点人员类型', 'Key-person categories', false, ['重点人员类别']),
  column('officer', '责任人', 'Responsible officer', false, ['包案责任人', '定人包案']),
  column('stayIn', '活动区域', 'Stay-in zones', false, ['禁止离开区域']),
  column('device', '设备编号', 'Device', false, ['设备号']),
  column('deviceKind', '设备类型', 'Device kind'),
  column('protocol', '协议', 'Protocol', false, ['设备协议']),
  column('address', '终端号', 'Id on the wire', false, ['IMEI', '手机号']),
  column('feed', '数据源', 'Feed'),
  column('intervalS', '上报间隔秒', 'Interval s', false, ['上报间隔（秒）', '上报间隔(秒)']),
  column('deviceFrom', '设备启用日期', 'Device from', false, ['启用日期']),
] as const;
export type ColumnKey = (typeof COLUMNS)[number]['key'];

/** Code → what it may be called; the first of each is written. */
type Words<K extends string> = { readonly [C in K]: readonly [zh: string, en: string, ...also: string[]] };

export const LEGAL_TYPE_WORDS: Words<(typeof LEGAL_TYPES)[number]> = {
  'public-surveillance': ['管制', 'public surveillance'],
  'suspended-sentence': ['缓刑', 'suspended sentence', '宣告缓刑'],
  parole: ['假释', 'parole', '裁定假释'],
  'temporary-execution-outside-prison': ['暂予监外执行', 'temporary execution outside prison', '监外执行'],
};
export const GRADE_WORDS: Words<'strict' | 'standard' | 'relaxed'> = {
  strict: ['严管', 'strict'],
  standard: ['普管', 'standard', '普通管理'],
  relaxed: ['宽管', 'relaxed', '宽松管理'],
};
export const KIND_WORDS: Words<'phone' | 'wristband'> = {
  phone: ['手机', 'phone', '定位手机'],
  wristband: ['电子腕带', 'wristband', '腕带', '电子定位腕带'],
};
export const ENDING_WORDS: Words<(typeof ENDINGS)[number]> = {
  released: ['解除矫正', 'released'],
  terminated: ['终止矫正', 'terminated'],
  'moved-away': ['变更执行地', 'moved away'],
};
export const YES_WORDS: Words<'yes' | 'no'> = {
  yes: ['是', 'yes', 'true', '1', '√'],
  no: ['否', 'no', 'false', '0'],
};
export const PROTOCOLS = ['jt808', 'watch', 'osmand', 'owntracks', 'zkteco', 'mlp'] as const;

export function findWord<K extends string>(words: Words<K>, text: string): K | undefined {
  const wanted = text.toLowerCase();
  return (Object.keys(words) as K[]).find(
    (code) => code === wanted || words[code].some((word) => word.toLowerCase() === wanted),
  );
}
