/** A report as a document: headings, lines and tables, out of which the page, Excel and Word make the same. Composed from the sums. */
import type { Instant } from '../src/kernel/instant.ts';
import type { Db } from '../src/ports/database.ts';
import { type Figures, figuresOf } from './figures.ts';
import { type Period, type PeriodUnit, periodOf } from './periods.ts';
import { rankingOf } from './ranking.ts';
import { formulaWords, RATE_TEXTS, type RateId, rateValue } from './rates.ts';
import { annexThree, hazardLedger, keyPersonLedger } from './report-ledgers.ts';
import { trendOf } from './trend.ts';

export const REPORT_KINDS = [
  'daily',
  'weekly',
  'monthly',
  'quarterly',
  'statistics',
  'hazards',
  'key-persons',
] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

export type Cell = string | number | null;

/** Columns of the table: the names along the axis, and the numbers over them. */
export interface ReportChart {
  readonly kind: 'column' | 'line';
  readonly label: number;
  readonly values: readonly number[];
}

export interface ReportTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Columns that are shares from 0 to 1: shown in per cent. */
  readonly shares: readonly number[];
  /** Columns that hold organisations' paths: shown by name, as people. */
  readonly places?: readonly number[];
  /** Columns that hold subjects' ids: names are looked up when the report is shown, by what its reader may see. */
  readonly people?: readonly number[];
  /** Whom each row is about, where it says something of one person; null: of nobody. Shown to nobody. */
  readonly about?: readonly (string | null)[];
  /** What is drawn beside the table; null: nothing. */
  readonly chart?: ReportChart | null;
}

export interface ReportSection {
  readonly heading: string;
  readonly lines: readonly string[];
  readonly table: ReportTable | null;
}

export interface Report {
  readonly kind: ReportKind;
  readonly title: string;
  readonly organisation: string;
  readonly period: Period;
  readonly sections: readonly ReportSection[];
}

const UNITS: Readonly<Record<ReportKind, PeriodUnit>> = {
  daily: 'day',
  weekly: 'week',
  monthly: 'month',
  quarterly: 'quarter',
  statistics: 'month',
  hazards: 'month',
  'key-persons': 'month',
};
export const TITLES: Readonly<Record<ReportKind, string>> = {
  daily: '每日督查日报',
  weekly: '每周督查情况汇报',
  monthly: '月度通报',
  quarterly: '季度考评排名',
  statistics: '社区矫正隐患排查整治统计表',
  hazards: '社区矫正隐患排查整治工作台账',
  'key-persons': '重点社区矫正对象台账',
};
const SHOWN: readonly RateId[] = [
  'positioning',
  'coverage',
  'verification',
  'fingerprint',
  'muster',
  'violation',
  'abscond',
];

const TREND_SHOWN: readonly RateId[] = ['positioning', 'coverage', 'verification'];

export function periodOfReport(kind: ReportKind, day: string): Period {
  return periodOf(UNITS[kind], day);
}

export async function composeReport(
  db: Db,
  ask: {
    readonly kind: ReportKind;
    readonly scope: string;
    readonly organisation: string;
    readonly day: string;
    readonly nowMs: Instant;
  },
): Promise<Report> {
  const { kind, scope, organisation, nowMs } = ask;
  const period = periodOfReport(kind, ask.day);
  const asked = { scope, organisation, period } as const;
  const sections: ReportSection[] = [];
  if (kind === 'hazards') sections.push(await hazardLedger(db, scope, organisation, period));
  else if (kind === 'key-persons') sections.push(await keyPersonLedger(db, scope, organisation));
  else if (kind === 'statistics') sections.push(await annexThree(db, scope, organisation, period));
  else {
    const whole = await figuresOf(db, { ...asked, by: 'all', asOf: 'frozen' });
    const counties = await figuresOf(db, { ...asked, by: 'county', asOf: 'frozen' });
    const offices = await figuresOf(db, { ...asked, by: 'office', asOf: 'frozen' });
    sections.push(summary(whole.items[0], period), rates('各县（市、区）情况', counties.items));
    if (kind !== 'daily') sections.push(await byDay(db, scope, organisation, period));
    sections.push(rates('各司法所情况', offices.items));
    if (kind === 'monthly' || kind === 'quarterly') {
      for (const by of ['county', 'office'] as const) {
        const { items, sheet } = await rankingOf(db, { ...asked, by, nowMs });
        sections.push({
          heading: by === 'county' ? '县（市、区）量化考核排名' : '司法所量化考核排名',
          lines: [`考核细则：${sheet.title.zh}（第 ${sheet.version} 版），基础分 ${sheet.base} 分。`],
          table: {
            columns: ['名次', '单位', '得分', '扣分明细'],
            rows: items.map(({ rank, organisation: unit, score, isVetoed, working }) => [
              rank,
              unit,
              isVetoed ? '一票否决' : score,
              working
                .filter(({ taken }) => taken > 0)
                .map(({ point, taken, back }) => {
                  const text = sheet.points.find(({ id }) => id === point)?.zh ?? point;
                  return `${text}：−${taken}${back > 0 ? `（申诉返还 ${back}）` : ''}`;
                })
                .join('；'),
            ]),
            shares: [],
            places: [1],
            chart: { kind: 'column', label: 1, values: [2] },
          },
        });
      }
    }
  }
  return { kind, title: TITLES[kind], organisation, period, sections };
}

function summary(all: Figures | undefined, { from, until }: Period): ReportSection {
  if (all === undefined)
    return { heading: '总体情况', lines: [`${from} 至 ${until}（不含）无数据。`], table: null };
  const { measures, counts } = all;
  return {
    heading: '总体情况',
    lines: [
      `${from} 至 ${until}（不含），涉及 ${all.offices} 个司法所，在册 ${measures.subjects} 人日，其中登记免定位 ${measures.exempt} 人日。`,
      `应核查 ${measures.expected} 人日，实核查 ${measures.checked} 人日。`,
      `系统报警 ${counts.alertsRaised} 件（未经核实，不计入违规）；经确认违规 ${counts.violators} 人，其中脱管 ${counts.absconders} 人。`,
      `定位义务 ${measures.contact_due} 分钟：履行 ${measures.contact_kept}；未知 ${measures.contact_due - measures.contact_kept - measures.contact_broken}（本人 ${measures.contact_person}，设备 ${measures.contact_device}，网络 ${measures.contact_network}，平台 ${measures.contact_platform}）。`,
    ],
    table: {
      columns: ['指标', '分子', '分母', '比率', '目标', '计算口径'],
      rows: all.rates.map(({ id, numerator, denominator, value, formula }) => {
        const { zh, target } = RATE_TEXTS[id];
        const { formulaZh } = formulaWords({ id, formula });
        return [zh, numerator, Math.round(denominator * 100) / 100, value, target, formulaZh];
      }),
      shares: [3, 4],
      chart: null,
    },
  };
}

function rates(heading: string, items: readonly Figures[]): ReportSection {
  return {
    heading,
    lines: [],
    table: {
      columns: ['单位', '在册人日', ...SHOWN.map((id) => RATE_TEXTS[id].zh)],
      rows: items.map(({ organisation, measures, rates: own }) => [
        organisation,
        measures.subjects,
        ...SHOWN.map((id) => rateValue(own, id)),
      ]),
      shares: SHOWN.map((_, i) => i + 2),
      places: [0],
      chart: { kind: 'column', label: 0, values: [2, 3] },
    },
  };
}

/** The days of the period one after the other: since when a rate has fallen. */
async function byDay(db: Db, scope: string, organisation: string, period: Period): Promise<ReportSection> {
  const days = await trendOf(db, { scope, organisation, from: period.from, until: period.until, by: 'all' });
  return {
    heading: '逐日走势',
    lines: [],
    table: {
      columns: ['日期', ...TREND_SHOWN.map((id) => RATE_TEXTS[id].zh)],
      rows: days.map(({ day, rates: own }) => [day, ...TREND_SHOWN.map((id) => rateValue(own, id))]),
      shares: TREND_SHOWN.map((_, i) => i + 1),
      chart: { kind: 'line', label: 0, values: TREND_SHOWN.map((_, i) => i + 1) },
    },
  };
}
