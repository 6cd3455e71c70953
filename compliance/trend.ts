/** Rates day by day or month by month, from the sums: since when a rate has fallen, and whose. */
import type { Db } from '../src/ports/database.ts';
import { confirmedByDay, sumEachDay, sumEachMonth } from '../src/store/compliance.ts';
import type { Measures } from '../src/store/presence.ts';
import { timeZoneOf } from './figures.ts';
import { type Rate, ratesOf } from './rates.ts';

export interface TrendPoint {
  readonly organisation: string;
  /** The day, or the first of the month. */
  readonly day: string;
  readonly rates: readonly Rate[];
}

/** How quickly alerts were answered is a figure of the period, and not among them. In order of day, then organisation. */
export async function trendOf(
  db: Db,
  ask: {
    readonly scope: string;
    readonly organisation: string;
    readonly from: string;
    readonly until: string;
    readonly by: 'all' | 'county' | 'office';
    readonly unit?: 'day' | 'month';
  },
): Promise<TrendPoint[]> {
  const { scope, organisation, from, until, by, unit = 'day' } = ask;
  const group = [scope, organisation, from, until, by] as const;
  const rows = await (unit === 'day' ? sumEachDay : sumEachMonth)(db, ...group);
  const confirmed = new Map(
    (await confirmedByDay(db, ...group, await timeZoneOf(db), unit)).map((row) => [
      `${row.organisation} ${row.day}`,
      row,
    ]),
  );
  return rows.map(({ organisation: name, day, days, measures }) => {
    const { violators = 0, absconders = 0 } = confirmed.get(`${name} ${day}`) ?? {};
    const counts = { violators, absconders, alertsRaised: 0, alertsDue: 0, alertsInTime: 0 };
    const own = measures as Measures;
    return {
      organisation: name,
      day,
      rates: ratesOf(own, counts, days).filter(({ id }) => id !== 'response'),
    };
  });
}
