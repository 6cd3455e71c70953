/** Ranking of offices or counties over a period: the sheet in force, the facts it asks for, the working. */
import type { Instant } from '../src/kernel/instant.ts';
import type { Db } from '../src/ports/database.ts';
import {
  countScoredAlerts,
  countUnsigned,
  findSheet,
  sumPointsBack,
  sumScoreEntries,
} from '../src/store/scoring.ts';
import { figuresOf, timeZoneOf } from './figures.ts';
import { isOfMonths, localDay, type Period } from './periods.ts';
import { decodeSheet, type Score, type ScoredOffice, type ScoreSheet, scoreOffices } from './score.ts';
import shipped from './sheets/tongxiang-2018.json' with { type: 'json' };

export interface Ranking {
  readonly sheet: ScoreSheet;
  readonly frozenAt: Date | null;
  readonly items: readonly (Score & Pick<ScoredOffice, 'rates' | 'facts'>)[];
}

/** What began in the last day may still be explained. */
const WORKED_ON_MS = 86_400_000;

export async function sheetFor(db: Db, organisation: string): Promise<ScoreSheet> {
  const [row] = await findSheet(db, organisation);
  const decoded = decodeSheet(row?.sheet ?? shipped);
  if (!decoded.ok) throw new Error(`the store holds a sheet that can't be read: ${decoded.error}`);
  return decoded.value;
}

export async function rankingOf(
  db: Db,
  ask: {
    readonly scope: string;
    readonly organisation: string;
    readonly period: Period;
    readonly by: 'office' | 'county';
    readonly nowMs: Instant;
  },
): Promise<Ranking> {
  const { scope, organisation, period, by, nowMs } = ask;
  const { from, until, unit } = period;
  const timeZone = await timeZoneOf(db);
  const group = [scope, organisation, from, until, by] as const;
  const sheet = await sheetFor(db, organisation === '' ? scope : organisation);
  const figures = await figuresOf(db, { scope, organisation, period, by, asOf: 'frozen' });
  const unsigned = toMap(await countUnsigned(db, ...group, localDay(nowMs, timeZone), isOfMonths(period)));
  const alerts = toMap(await countScoredAlerts(db, ...group, new Date(nowMs - WORKED_ON_MS), timeZone));
  const entries = byOrganisation(await sumScoreEntries(db, from, until), ({ entry, count }) => [
    entry,
    count,
  ]);
  const backs = byOrganisation(await sumPointsBack(db, unit, from), ({ point, points }) => [point, points]);
  const offices = figures.items.map(
    (item): ScoredOffice => ({
      organisation: item.organisation,
      rates: item.rates,
      facts: {
        'unsigned-days': unsigned.get(item.organisation)?.count ?? 0,
        'absconds-not-followed': alerts.get(item.organisation)?.absconds_not_followed ?? 0,
        'offs-unexplained': alerts.get(item.organisation)?.offs_unexplained ?? 0,
        'leaves-not-returned': item.measures.leaves_due - item.measures.leaves_kept,
      },
      entries: entries.get(item.organisation) ?? {},
      pointsBack: backs.get(item.organisation) ?? {},
    }),
  );
  const known = toMap(offices);
  const items = scoreOffices(sheet, offices).map((score) => {
    const { rates, facts } = known.get(score.organisation) as ScoredOffice;
    return { ...score, rates, facts };
  });
  return { sheet, frozenAt: figures.frozenAt, items };
}

function toMap<T extends { readonly organisation: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.organisation, row]));
}

function byOrganisation<T extends { readonly organisation: string }>(
  rows: readonly T[],
  entryOf: (row: T) => readonly [string, number],
): Map<string, Record<string, number>> {
  const groups = new Map<string, Record<string, number>>();
  for (const row of rows) {
    const [name, value] = entryOf(row);
    groups.set(row.organisation, { ...groups.get(row.organisation), [name]: value });
  }
  return groups;
}
