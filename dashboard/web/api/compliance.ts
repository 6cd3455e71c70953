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
}
export const namesBehind = (period: PeriodUnit, day: string, rate: string, organisation: string) =>
  get<Page<NameBehind>>('compliance/names', { period, day, rate, organisation, limit: 1000 });

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
}
export type LogDocument = Readonly<Record<string, unknown>> & { readonly abnormal: readonly Abnormal[] };
export interface LogDay extends LogItem {
  readonly fields: Readonly<Record<string, readonly [zh: string, en: string]>>;
  readonly asKnownNow: LogDocument;
  /** Null: not signed yet. */
  readonly asKnownThen: LogDocument | null;
  readonly sha256: string | null;
  readonly remarks: string | null;
  readonly changes: readonly {
    readonly field: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
  readonly names: Readonly<Record<string, string>>;
}
export const verificationLogs = (cursor: string | null) =>
  get<Page<LogItem>>('verification-logs', { cursor, limit: 100 });
export const verificationLog = (office: string, day: string) =>
  get<LogDay>('verification-logs/day', { office, day });
export const signVerificationLog = (office: string, day: string, remarks: string) =>
  send<{ seq: string; sha256: string }>('POST', 'verification-logs/sign', { office, day, remarks });
