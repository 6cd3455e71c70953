/** The policy in force, setting it, and the recorded past under another. */
import { get, send } from './call.ts';
import type { Difference } from './zones.ts';

/** Policy key → value; absent: as the wider scope has it. */
export type Part = Readonly<Record<string, number>>;
export interface PolicyFile {
  readonly default: Part;
  readonly grades: Readonly<Record<string, Part>>;
  readonly organisations: Readonly<Record<string, Part>>;
  readonly keyPeriods: readonly { readonly from: string; readonly until: string; readonly policy: Part }[];
}
export const readPolicy = () => get<PolicyFile & { readonly version: number }>('policies');
export const writePolicy = (policy: PolicyFile, version: number, reason: string) =>
  send<PolicyFile & { readonly version: number }>('PUT', 'policies', { ...policy, version, reason });

export interface Load {
  /** Alerts of an average day, by its hour. */
  readonly byHour: readonly number[];
  readonly perHour: number;
  readonly worstTenMinutes: number;
}
export interface Backtest {
  readonly from: string;
  readonly until: string;
  readonly counts: readonly { readonly kind: string; readonly before: number; readonly after: number }[];
  readonly load: { readonly before: Load; readonly after: Load };
  readonly differences: readonly Difference[];
}
export const backtest = (policy: PolicyFile, from: string, to: string, organisation: string) =>
  send<Backtest>('POST', 'policies/backtest', {
    policy,
    from,
    to,
    ...(organisation === '' ? {} : { organisation }),
  });

export type DayKind = 'holiday' | 'workday';
export interface CalendarFile {
  readonly version: number;
  /** Day → what it is where it differs from its weekday. */
  readonly days: Readonly<Record<string, DayKind>>;
}
export const readCalendar = () => get<CalendarFile>('calendar');
export const publicHolidays = (year: number) =>
  get<{ readonly items: readonly { readonly day: string; readonly kind: DayKind; readonly name: string }[] }>(
    'calendar/public-holidays',
    { year },
  );
export const writeCalendar = (
  version: number,
  reason: string,
  days: readonly { readonly day: string; readonly kind: DayKind }[],
) => send<CalendarFile>('PUT', 'calendar', { version, reason, days });
