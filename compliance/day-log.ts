/**
 * The day's log as a document: 信息化核查日志 of an office, 每日督查日志 of a command centre. Composed from the day's facts; the same facts make
 * the same document, byte for byte. It holds ids, no names. What differs between two of them is told field by field. Pure.
 */
import type { Instant } from '../src/kernel/instant.ts';
import { type Rate, type RateCounts, type RateMeasures, ratesOf } from './rates.ts';

export const LOG_KINDS = ['verification', 'inspection'] as const;
export type LogKind = (typeof LOG_KINDS)[number];

/** An alert that stood on the day, and what people made of it. */
export interface DayAlert {
  readonly alert: string;
  readonly subject: string;
  readonly kind: string;
  readonly startedAtMs: Instant;
  readonly clearedAtMs: Instant | null;
  readonly acknowledgedBy: string | null;
  /** What it was found to be; null: not decided. */
  readonly disposition: string | null;
  readonly measure: string | null;
  /** The cause and the handling in an officer's words. */
  readonly cause: string | null;
}

export interface DayCheck {
  readonly subject: string;
  readonly method: string;
  readonly result: string | null;
}

/** A shift of the command centre that touched the day. */
export interface DayShift {
  readonly name: string;
  readonly group: string;
  readonly officer: string;
  readonly isSubstitute: boolean;
  readonly signedOnAtMs: Instant;
}

/** A task that the county took under supervision (督办) on the day. */
export interface DaySupervision {
  readonly task: string;
  readonly office: string;
  readonly by: string;
  readonly demand: string;
  /** What was found and accepted; null: nothing yet. */
  readonly result: string | null;
}

export interface DayFactsOfOffice {
  readonly office: string;
  readonly day: string;
  readonly measures: RateMeasures & { readonly on_leave: number; readonly off_minutes: number };
  readonly counts: RateCounts;
  readonly alerts: readonly DayAlert[];
  readonly checks: readonly DayCheck[];
  /** Of a command centre's day only. */
  readonly centre?: { readonly shifts: readonly DayShift[]; readonly supervised: readonly DaySupervision[] };
}

export interface AbnormalSubject {
  readonly subject: string;
  readonly kind: string;
  readonly alert: string;
  readonly from: string;
  readonly until: string | null;
  readonly takenBy: string | null;
  readonly cause: string | null;
  readonly result: string | null;
  readonly measure: string | null;
}

/** Field names in Chinese where the page shows them: `DAY_LOG_FIELDS`. */
export interface DayLog {
  readonly kind: LogKind;
  readonly office: string;
  readonly day: string;
  readonly onRegister: number;
  readonly exempt: number;
  readonly shouldCheck: number;
  readonly checked: number;
  readonly located: number;
  readonly off: number;
  readonly silent: number;
  readonly outOfBounds: number;
  readonly separated: number;
  readonly onLeave: number;
  readonly checkinsDue: number;
  readonly checkinsMade: number;
  readonly spotChecks: number;
  readonly spotChecksReached: number;
  readonly spotChecksByMethod: Readonly<Record<string, number>>;
  readonly confirmedViolators: number;
  readonly rates: readonly Rate[];
  readonly abnormal: readonly AbnormalSubject[];
  /** Inspection log: who was on duty, and which offices were supervised. */
  readonly onDuty?: readonly {
    readonly shift: string;
    readonly group: string;
    readonly officer: string;
    readonly isSubstitute: boolean;
    readonly from: string;
  }[];
  readonly supervised?: readonly DaySupervision[];
}

export const DAY_LOG_FIELDS: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  onRegister: ['在册', 'On the register'],
  exempt: ['已登记免定位', 'Exempt by record'],
  shouldCheck: ['应核查人数', 'To be checked'],
  checked: ['实核查人数', 'Checked'],
  located: ['定位在线', 'Located in every slot'],
  off: ['关机', 'Off'],
  silent: ['失联', 'Silent'],
  outOfBounds: ['越界', 'Out of bounds'],
  separated: ['人机分离', 'Separated'],
  onLeave: ['请假', 'On leave'],
  checkinsDue: ['应报到', 'Check-ins due'],
  checkinsMade: ['已报到', 'Check-ins made'],
  spotChecks: ['抽查', 'Spot checks'],
  spotChecksReached: ['抽查本人接通', 'Spot checks that reached the person'],
  confirmedViolators: ['经确认违规人数', 'Confirmed violators'],
  abnormal: ['异常人员', 'Abnormal subjects'],
  onDuty: ['值班', 'On duty'],
  supervised: ['督办', 'Supervised'],
};

export function composeDayLog(kind: LogKind, facts: DayFactsOfOffice): DayLog {
  const { office, day, measures, counts, alerts, checks, centre } = facts;
  const people = (...kinds: string[]) =>
    new Set(alerts.flatMap((alert) => (kinds.includes(alert.kind) ? [alert.subject] : []))).size;
  const byMethod: Record<string, number> = {};
  for (const { method } of [...checks].sort(by(({ method }) => method)))
    byMethod[method] = (byMethod[method] ?? 0) + 1;
  return {
    kind,
    office,
    day,
    onRegister: measures.subjects,
    exempt: measures.exempt,
    shouldCheck: measures.expected,
    checked: measures.checked,
    located: measures.positioned,
    off: people('phone-off'),
    silent: people('silent'),
    outOfBounds: people('out-of-bounds'),
    separated: people('separation'),
    onLeave: measures.on_leave,
    checkinsDue: measures.checkins_due,
    checkinsMade: measures.checkins_met,
    spotChecks: checks.length,
    spotChecksReached: checks.filter(({ result }) => result === 'self' || result === 'located').length,
    spotChecksByMethod: byMethod,
    confirmedViolators: counts.violators,
    rates: ratesOf(measures, counts, 1),
    abnormal: [...alerts]
      .sort(by(({ subject, startedAtMs, alert }) => `${subject} ${startedAtMs} ${alert}`))
      .map(toAbnormal),
    ...(centre === undefined
      ? {}
      : {
          onDuty: [...centre.shifts]
            .sort(by(({ signedOnAtMs, officer }) => `${new Date(signedOnAtMs).toISOString()} ${officer}`))
            .map(({ name, group, officer, isSubstitute, signedOnAtMs }) => ({
              shift: name,
              group,
              officer,
              isSubstitute,
              from: new Date(signedOnAtMs).toISOString(),
            })),
          supervised: [...centre.supervised].sort(by(({ task }) => task.padStart(20, '0'))),
        }),
  };
}

function toAbnormal(alert: DayAlert): AbnormalSubject {
  return {
    subject: alert.subject,
    kind: alert.kind,
    alert: alert.alert,
    from: new Date(alert.startedAtMs).toISOString(),
    until: alert.clearedAtMs === null ? null : new Date(alert.clearedAtMs).toISOString(),
    takenBy: alert.acknowledgedBy,
    cause: alert.cause,
    result: alert.disposition,
    measure: alert.measure,
  };
}

function by<T>(key: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

export interface LogChange {
  /** Path into the document; a person or a rate by its id. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What is different now. Of abnormal subjects each alert is compared by itself, of rates each rate: its figures, not the version of its words. */
export function changesBetween(then: DayLog, now: DayLog): LogChange[] {
  const before = flat(then);
  const after = flat(now);
  const changes: LogChange[] = [];
  for (const field of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [a, b] = [before.get(field), after.get(field)];
    if (JSON.stringify(a) !== JSON.stringify(b)) changes.push({ field, before: a ?? null, after: b ?? null });
  }
  return changes;
}

function flat({ abnormal, rates, ...rest }: DayLog): Map<string, unknown> {
  const fields = new Map<string, unknown>(Object.entries(rest));
  for (const item of abnormal) fields.set(`abnormal.${item.alert}`, item);
  for (const rate of rates) fields.set(`rates.${rate.id}`, { ...rate, formula: undefined });
  return fields;
}
