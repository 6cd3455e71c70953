/** The last day of correction and its end are of the record; the legal clocks and the intake go by the table of dates. */
import { formatInstant, type Instant } from '../kernel/instant.ts';
import type { SubjectProfile } from '../kernel/roster.ts';
import { collectionEndMs } from '../legal/clocks.ts';
import { datesOf, rosterWall } from '../legal/settle.ts';
import type { Db } from '../ports/database.ts';
import { listDates, mergeDates } from '../store/legal-clocks.ts';

/** Of those that have a record; what else was entered about them stays. */
export async function writeDates(
  db: Db,
  profiles: readonly SubjectProfile[],
  by: string,
  nowMs: Instant,
): Promise<void> {
  const recorded = profiles.filter(({ record }) => record !== undefined);
  if (recorded.length === 0) return;
  const wall = await rosterWall(db);
  const known = await listDates(
    db,
    recorded.map(({ id }) => id),
  );
  const before = new Map(known.map((row) => [row.subject, datesOf(row)]));
  const rows = recorded.flatMap(({ id, record }) => {
    const old = before.get(id);
    const endsOn = record?.until ?? null;
    const endedMs = record?.ended?.atMs ?? old?.endedMs ?? null;
    if (old !== undefined && old.endsOn === endsOn && old.endedMs === endedMs) return [];
    const endMs = collectionEndMs({ endsOn, endedMs }, wall);
    return [{ subject: id, ends_on: endsOn, ended_at: instant(endedMs), collects_until: instant(endMs) }];
  });
  if (rows.length > 0) await mergeDates(db, JSON.stringify(rows), by, new Date(nowMs));
}

const instant = (at: Instant | null) => (at === null ? null : formatInstant(at));
