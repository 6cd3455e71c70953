/** Rates of groups of offices over a period, from the sums. A month that is over is shown as it was frozen, unless asked otherwise. */
import type { Db } from '../src/ports/database.ts';
import {
  countConfirmed,
  countFrozen,
  countResponses,
  findLiveFrom,
  isFrozen,
  sumByDays,
  sumByMonths,
  sumFrozen,
} from '../src/store/compliance.ts';
import type { Measures } from '../src/store/presence.ts';
import { findDocument } from '../src/store/roster.ts';
import { daysBetween, isOfMonths, type Period } from './periods.ts';
import { FORMULA_VERSION, type Rate, type RateCounts, ratesOf } from './rates.ts';

export const GROUPINGS = ['office', 'county', 'city', 'all'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Figures {
  readonly organisation: string;
  readonly offices: number;
  readonly measures: Measures;
  readonly counts: RateCounts;
  readonly responseMedianS: number | null;
  readonly rates: readonly Rate[];
}

export interface FiguresOf {
  readonly items: readonly Figures[];
  /** When the figures were frozen; null: they are live. */
  readonly frozenAt: Date | null;
  /** Version of the formulas: a frozen month keeps the one by which it was frozen. */
  readonly formula: number;
}

/** Taken note of within: domain figures of a duty room for what weighs; the alert kinds' own deadline for the rest. Seconds. */
export const WEIGHTY_RESPONSE_S = 600;
export const OTHER_RESPONSE_S = 1800;
const NOBODY: RateCounts = { violators: 0, absconders: 0, alertsRaised: 0, alertsDue: 0, alertsInTime: 0 };

export async function figuresOf(
  db: Db,
  ask: {
    readonly scope: string;
    readonly organisation: string;
    readonly period: Period;
    readonly by: Grouping;
    /** As frozen where frozen, or as they are known now. */
    readonly asOf: 'frozen' | 'now';
  },
): Promise<FiguresOf> {
  const { scope, organisation, period, by } = ask;
  const { from, until } = period;
  const group = [scope, organisation, from, until, by] as const;
  const [frozen] = period.unit === 'month' && ask.asOf === 'frozen' ? await isFrozen(db, from) : [];
  const frozenAt = frozen?.frozen_at ?? null;
  const formula = frozen?.formula ?? FORMULA_VERSION;
  const timeZone = await timeZoneOf(db);
  const query = !isOfMonths(period) ? sumByDays : ask.asOf === 'now' ? sumByMonths : sumFrozen;
  const rows = await query(db, ...group);
  const counts = new Map<string, RateCounts>();
  const medians = new Map<string, number | null>();
  if (frozenAt !== null) {
    // Frozen an hour after its end, a month has no alert whose time still runs, but for what came in late.
    for (const row of await countFrozen(db, ...group))
      counts.set(row.organisation, {
        violators: row.violators,
        absconders: row.absconders,
        alertsRaised: row.raised,
        alertsDue: row.raised,
        alertsInTime: row.in_time,
      });
  } else {
    for (const row of await countConfirmed(db, ...group, timeZone))
      counts.set(row.organisation, { ...NOBODY, violators: row.violators, absconders: row.absconders });
    // A year's alerts are many: of months that are frozen they were counted once and for all. People are counted once over all months.
    const isPartlyFrozen = isOfMonths(period) && ask.asOf === 'frozen';
    const liveFrom = isPartlyFrozen ? ((await findLiveFrom(db, from, until))[0]?.day ?? from) : from;
    const add = (organisation: string, raised: number, due: number, inTime: number) => {
      const known = counts.get(organisation) ?? NOBODY;
      counts.set(organisation, {
        ...known,
        alertsRaised: known.alertsRaised + raised,
        alertsDue: known.alertsDue + due,
        alertsInTime: known.alertsInTime + inTime,
      });
    };
    if (liveFrom !== from)
      for (const row of await countFrozen(db, ...group))
        add(row.organisation, row.raised, row.raised, row.in_time);
    const live = [scope, organisation, liveFrom, until, by] as const;
    const responses = await countResponses(db, ...live, timeZone, WEIGHTY_RESPONSE_S, OTHER_RESPONSE_S);
    for (const row of responses) {
      add(row.organisation, row.raised, row.due, row.in_time);
      if (liveFrom === from) medians.set(row.organisation, row.median_s);
    }
  }
  const items = rows.map((row): Figures => {
    const measures = row.measures as Measures;
    const own = counts.get(row.organisation) ?? NOBODY;
    return {
      organisation: row.organisation,
      offices: row.offices,
      measures,
      counts: own,
      responseMedianS: medians.get(row.organisation) ?? null,
      // The first version took every day of the calendar, those before the installation too.
      rates: ratesOf(measures, own, formula === 1 ? daysBetween(from, until) : row.days, formula),
    };
  });
  return { items, frozenAt, formula };
}

export async function timeZoneOf(db: Db): Promise<string> {
  const calendar = (await findDocument(db, 'calendar'))[0]?.document as { timeZone?: string } | undefined;
  return calendar?.timeZone ?? 'Asia/Shanghai';
}
