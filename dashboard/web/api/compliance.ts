/** Rates of a period, the names behind each, and the daily logs of offices. */
import { get, type Page, send } from './call.ts';

export const PERIODS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type PeriodUnit = (typeof PERIODS)[number];

export interface RateShown {
  readonly id: string;
  readonly zh: string;
  readonly en: string;
  readonly formulaZh: string;
  readonly formulaEn: string;
  readonly formulaVersion: number;
  readonly numerator: number;
  readonly denominator: number;
  /** Null: nothing was asked for. */
  readonly value: number | null;
  readonly excludedPersonDays: number;
  readonly better: 'more' | 'less';
  readonly target: number | null;
}
export interface Minutes {
  readonly due: number;
  readonly kept: number;
  readonly broken: number;
  readonly unknown: {
    readonly person: number;
    readonly device: number;
    readonly network: number;
    readonly platform: number;
  };
}
export interface Group {
  readonly organisation: string;
  readonly offices: number;
  readonly personDays: number;
  readonly rates: readonly RateShown[];
  readonly minutes: { readonly contact: Minutes; readonly bounds: Minutes; readonly curfew: Minutes };
}
export interface Compliance {
  readonly period: { readonly unit: PeriodUnit; readonly from: string; readonly until: string };
  /** Null: the period is not over, and its figures are not final. */
  readonly frozenAt: string | null;
  readonly items: readonly Group[];
}
export const compliance = (
  period: PeriodUnit,
  day: string,
  by: 'all' | 'county' | 'office',
  organisation = '',
) => get<Compliance>('compliance', { period, day, by, organisation });

export interface NameBehind {
  readonly subject: string;
  readonly name: string | null;
  readonly office: string | null;
  readonly days: number;
  readonly isExempt: boolean;
  readonly numerator: number;
  readonly denominator: number;
  /** Null: of a confirmed violation, which is no matter of minutes. */
  readonly contact: Minutes | null;
}
export const namesBehind = (period: PeriodUnit, day: string, rate: string, organisation: string) =>
  get<Page<NameBehind>>('compliance/names', { period, day, rate, organisation, limit: 1000 });

export interface TrendPoint {
  readonly organisation: string;
  readonly day: string;
  readonly numerator: number;
  readonly denominator: number;
  readonly value: number | null;
}
export const rateTrend = (
  rate: string,
  from: string,
  until: string,
  unit: 'day' | 'month',
  organisation: string,
) => get<Page<TrendPoint>>('compliance/trend', { rate, from, until, unit, organisation, by: 'all' });

export interface HeatCell {
  readonly organisation: string;
  readonly hour: number;
  readonly kind: string;
  readonly raised: number;
  readonly confirmed: number;
}
export const alertHeat = (from: string, until: string, by: 'county' | 'office', organisation: string) =>
  get<Page<HeatCell>>('metrics/heat', { from, until, by, organisation });

export type LogKind = 'verification' | 'inspection';
export interface LogItem {
  readonly office: string;
  readonly day: string;
  readonly state: 'running' | 'unsigned' | 'signed' | 'amended';
  readonly signedBy: string | null;
  readonly signedAt: string | null;
}
export interface Abnormal {
  readonly subject: string;
  readonly kind: string;
  readonly from: string;
  readonly until: string | null;
  readonly cause: string | null;
  readonly result: string | null;
  readonly measure?: string | null;
}
export type LogDocument = Readonly<Record<string, unknown>> & {
  readonly abnormal: readonly Abnormal[];
  readonly rates?: readonly {
    readonly id: string;
    readonly numerator: number;
    readonly denominator: number;
    readonly value: number | null;
  }[];
  readonly onDuty?: readonly {
    readonly shift: string;
    readonly group: string;
    readonly officer: string;
    readonly isSubstitute: boolean;
    readonly from: string;
  }[];
  readonly supervised?: readonly {
    readonly task: string;
    readonly office: string;
    readonly by: string;
    readonly demand: string;
    readonly result: string | null;
  }[];
};
export interface LogDay extends LogItem {
  readonly fields: Readonly<Record<string, readonly [zh: string, en: string]>>;
  readonly asKnownNow: LogDocument;
  /** Null: not signed yet. */
  readonly asKnownThen: LogDocument | null;
  readonly sha256: string | null;
  readonly sha256Now: string;
  readonly remarks: string | null;
  readonly changes: readonly {
    readonly field: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
  readonly names: Readonly<Record<string, string>>;
  /** Rows about minors that the caller may not see. */
  readonly hidden: number;
}
export const dailyLogs = (
  kind: LogKind,
  span: { readonly from?: string; readonly until?: string; readonly organisation?: string },
  cursor: string | null,
) => get<Page<LogItem>>(`${kind}-logs`, { ...span, cursor, limit: 200 });
export const dailyLog = (kind: LogKind, office: string, day: string) =>
  get<LogDay>(`${kind}-logs/day`, { office, day });
/** `sha256`: of the day that was looked at. */
export const signDailyLog = (
  kind: LogKind,
  given: {
    readonly office: string;
    readonly day: string;
    readonly remarks: string;
    readonly sha256: string;
  },
) => send<{ seq: string; sha256: string }>('POST', `${kind}-logs/sign`, given);
