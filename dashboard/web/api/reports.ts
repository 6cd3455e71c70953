/** Reports: as they would be made now, kept as made, signed off, as files. And the figures of a duty room's load. */
import { get, type Page, send } from './call.ts';

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
export interface ReportSection {
  readonly heading: string;
  readonly lines: readonly string[];
  readonly table: {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly Cell[])[];
    readonly shares: readonly number[];
    readonly chart?: {
      readonly kind: 'column' | 'line';
      readonly label: number;
      readonly values: readonly number[];
    } | null;
  } | null;
}
export interface Report {
  readonly kind: ReportKind;
  readonly title: string;
  readonly organisation: string;
  readonly period: { readonly from: string; readonly until: string };
  readonly sections: readonly ReportSection[];
}
export interface ReportItem {
  readonly id: string;
  readonly kind: ReportKind;
  readonly organisation: string;
  readonly from: string;
  readonly until: string;
  readonly sha256: string;
  readonly madeBy: string | null;
  readonly madeAt: string;
  readonly signedBy: string | null;
  readonly signedAt: string | null;
}
export const reports = (cursor: string | null) => get<Page<ReportItem>>('reports', { cursor, limit: 50 });
export const report = (id: string) => get<ReportItem & { readonly document: Report }>(`reports/${id}`);
export const previewReport = (kind: ReportKind, day: string, organisation: string) =>
  get<Report>('reports/preview', { kind, day, organisation });
export const keepReport = (kind: ReportKind, day: string, organisation: string) =>
  send<{ id: string }>('POST', 'reports', { kind, day, ...(organisation === '' ? {} : { organisation }) });
export const signReport = (id: string, note: string) =>
  send<{ id: string }>('POST', `reports/${id}/signature`, { note });
export const reportFile = (id: string, format: 'xlsx' | 'docx') =>
  `/api/v1/reports/${id}/file?format=${format}`;

export interface AlarmLoad {
  readonly from: string;
  readonly to: string;
  readonly targets: Readonly<Record<string, number>>;
  readonly raised: number;
  readonly shown: number;
  readonly officers: number;
  readonly perOfficerPer10Min: number;
  readonly peakPerOfficer10Min: number;
  /** Shown in each ten minutes, from the first on, to all officers together. */
  readonly windows: readonly number[];
  readonly floodShare: number;
  readonly floods: readonly { readonly from: string; readonly to: string; readonly alerts: number }[];
  readonly stale: readonly string[];
  readonly chattering: readonly { readonly subject: string; readonly kind: string; readonly most: number }[];
  readonly priorities: Readonly<Record<string, number>>;
  readonly worstSources: readonly {
    readonly subject: string;
    /** Null: not to be seen by this reader. */
    readonly name: string | null;
    readonly kind: string;
    readonly alerts: number;
    readonly share: number;
  }[];
  readonly kinds: readonly {
    readonly kind: string;
    readonly raised: number;
    readonly merged: number;
    readonly shown: number;
    readonly contacted: number;
    readonly confirmed: number;
    readonly confirmedShare: number | null;
  }[];
}
export const alarmLoad = (from: string, to: string, officers: number) =>
  get<AlarmLoad>('metrics/alarm-load', { from, to, officers });

export interface DueItem {
  readonly subject: string;
  readonly name: string;
  readonly office: string;
  readonly kind: 'check-in' | 'leave-return' | 'device-order' | 'correction-end';
  readonly dueAt: string;
  readonly isOverdue: boolean;
}
export const due = () => get<Page<DueItem>>('due');
