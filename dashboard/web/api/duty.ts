/** The duty room: the running shift with its sheet, signatures, journal and rota; spot checks and their draw. */
import type { AlertKindName, Severity } from '../../../src/kernel/alert-event.ts';
import type { Stage } from '../../../src/kernel/casework.ts';
import type { SpotCheckMethod, SpotCheckResult } from '../../../src/kernel/log-event.ts';
import { get, type Page, send } from './call.ts';

export interface Shift {
  readonly shift: string;
  readonly organisation: string;
  readonly name: string;
  readonly group: string;
  readonly from: string;
  readonly until: string;
  readonly officer: string;
  readonly isSubstitute: boolean;
  readonly signedOnAt: string;
  readonly state: 'on' | 'handed' | 'over';
  readonly sheetSha256: string | null;
}
export interface OpenItem {
  readonly alert: string;
  readonly subject: string;
  readonly kind: AlertKindName;
  readonly severity: Severity;
  readonly stage: Stage;
  readonly owner: string | null;
  readonly startedAt: string;
  readonly dueAt: string | null;
  readonly incident: string | null;
  readonly explanation: string | null;
}
export interface Sheet {
  readonly at: string;
  readonly incidents: readonly { readonly incident: string | null; readonly parts: readonly OpenItem[] }[];
  /** `entry`: its words. */
  readonly promises: readonly { readonly entry: string; readonly by: string; readonly promisedAt: string }[];
  readonly tasksDue: readonly { readonly task: string; readonly office: string; readonly dueAt: string }[];
  readonly shelvings: readonly {
    readonly shelving: string;
    readonly subject: string;
    readonly kind: AlertKindName;
    readonly until: string;
  }[];
  readonly dyingBatteries: readonly {
    readonly subject: string;
    readonly device: string;
    readonly pct: number;
    readonly emptyAt: string;
  }[];
}
export interface ShiftInFull extends Shift {
  readonly sheet: Sheet;
  readonly unexplained: readonly OpenItem[];
  readonly signatures: readonly {
    readonly action: string;
    readonly account: string;
    readonly note: string;
    readonly at: string;
  }[];
  readonly names: Readonly<Record<string, string>>;
  /** Minors in the sheet whom the caller may not see. */
  readonly hidden: number;
}
export interface JournalEntry {
  readonly entry: string;
  readonly text: string;
  readonly account: string;
  readonly at: string;
  readonly alert: string | null;
  readonly promisedAt: string | null;
  readonly keeps: string | null;
}
export interface Rota {
  readonly since: string;
  readonly timeZone: string;
  readonly shifts: readonly { readonly name: string; readonly from: string }[];
  readonly groups: readonly { readonly name: string; readonly members: readonly string[] }[];
  readonly swaps: readonly { readonly day: string; readonly shift: string; readonly group: string }[];
}
export interface PlannedShift {
  readonly day: string;
  readonly name: string;
  readonly group: string;
  readonly members: readonly string[];
  readonly from: string;
  readonly until: string;
}

export const runningShift = () => get<ShiftInFull>('shifts/current');
export const findShift = (id: string) => get<ShiftInFull>(`shifts/${id}`);
export const listShifts = (cursor: string | null) => get<Page<Shift>>('shifts', { cursor, limit: 12 });
export const signOn = () => send<Shift>('POST', 'shifts', {});
export const handOver = (
  id: string,
  note: string,
  explanations: readonly { readonly alert: string; readonly note: string }[],
) => send<Shift>('POST', `shifts/${id}/hand-over`, { note, explanations });
export const takeOver = (id: string, note: string, sheetSha256: string) =>
  send<Shift>('POST', `shifts/${id}/take-over`, { note, sheetSha256 });
export const sendBack = (id: string, note: string) => send<Shift>('POST', `shifts/${id}/send-back`, { note });
export const journalOf = (id: string) => get<Page<JournalEntry>>(`shifts/${id}/journal`);
export const writeJournal = (id: string, entry: { text: string; promisedAt?: string; keeps?: string }) =>
  send<JournalEntry>('POST', `shifts/${id}/journal`, entry);

export const findRota = () => get<Rota>('rota');
export const saveRota = (rota: Rota) => send<Rota>('PUT', 'rota', rota);
export const rotaPlan = (from: string, days: number) =>
  get<{ items: readonly PlannedShift[] }>('rota/plan', { from, days });

export interface SpotCheck {
  readonly check: string;
  readonly draw: string | null;
  readonly follows: string | null;
  readonly subject: string;
  readonly name: string | null;
  readonly office: string;
  readonly method: SpotCheckMethod;
  readonly askedBy: string;
  readonly askedAt: string;
  readonly dueAt: string;
  readonly result: SpotCheckResult | null;
  readonly resultBy: string | null;
  readonly resultAt: string | null;
  readonly note: string;
  readonly task: string | null;
}
export interface Draw {
  readonly draw: string;
  readonly seed: string;
  readonly rule: number;
  readonly drawnBy: string;
  readonly drawnAt: string;
  readonly candidates: readonly {
    readonly subject: string;
    readonly weight: number;
    readonly reasons: readonly string[];
  }[];
  readonly picked: readonly { readonly subject: string; readonly method: SpotCheckMethod }[];
  readonly reproduced: boolean;
}
export const drawChecks = (count: number, methods: readonly SpotCheckMethod[]) =>
  send<{ draw: Draw; checks: readonly SpotCheck[] }>('POST', 'check-draws', { count, methods });
export const findDraw = (id: string) => get<Draw>(`check-draws/${id}`);
export const listChecks = (state: 'open' | 'all', cursor: string | null) =>
  get<Page<SpotCheck>>('checks', { state, cursor, limit: 50 });
export const recordCheck = (id: string, result: SpotCheckResult, note: string) =>
  send<SpotCheck>('POST', `checks/${id}/result`, note === '' ? { result } : { result, note });
