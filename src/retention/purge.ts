/** Purges what is past its time, class by class, but for subjects under a legal hold; each purge that removed or held something is reported. */
import type { Instant } from '../kernel/instant.ts';
import type { Database, Db } from '../ports/database.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import {
  addPurge,
  purgeCommands,
  purgeHeldPositions,
  purgeMessages,
  purgeNoticeRecords,
  purgeNotices,
  purgePhonePositions,
  purgePresence,
  purgeQuarantine,
  purgeStatuses,
} from '../store/retention.ts';
import { type ClassName, dataClasses, type RetentionSettings } from './classes.ts';

export interface Purged {
  readonly rows: number;
  readonly held: number;
}

export interface RetentionDeps {
  readonly database: Database;
  readonly log: Pick<ObservationLog, 'trim' | 'bounds'>;
  /** Makes the partitions of the coming days, and drops those past the retention (positions-table.ts). */
  readonly days: { maintain(nowMs: Instant, retentionDays: number): Promise<Purged> };
  readonly settings: RetentionSettings;
}

type Purge = (db: Db, before: Date, now: Date) => Promise<readonly { rows: string; held: string }[]>;

const DELETED: readonly (readonly [ClassName, Purge])[] = [
  ['positions', purgeHeldPositions],
  ['phone-positions', purgePhonePositions],
  ['presence', purgePresence],
  ['device-statuses', purgeStatuses],
  ['device-messages', purgeMessages],
  ['device-commands', purgeCommands],
  ['quarantine', purgeQuarantine],
  ['device-notices', purgeNotices],
  ['notices', purgeNoticeRecords],
];

const DAY_MS = 86_400_000;

export async function purgeAll(deps: RetentionDeps, nowMs: Instant): Promise<void> {
  const { database, log, days, settings } = deps;
  const classes = dataClasses(settings);
  const now = new Date(nowMs);
  const beforeOf = (name: ClassName) => new Date(nowMs - (classes[name].keepDays ?? Number.NaN) * DAY_MS);
  const report = async (db: Db, name: ClassName, before: Date, { rows, held }: Purged, unit: string) => {
    if (rows > 0) await addPurge(db, now, name, before, String(rows), String(held), unit);
  };

  // Whole days only, so the report names the day's beginning.
  const positionsBefore = new Date(Math.floor(beforeOf('positions').getTime() / DAY_MS) * DAY_MS);
  const dropped = await days.maintain(nowMs, settings.positionRetentionDays);
  await report(database, 'positions', positionsBefore, dropped, 'row');
  for (const [name, purge] of DELETED) {
    const before = name === 'positions' ? positionsBefore : beforeOf(name);
    await database.transaction(async (db) => {
      const [gone] = await purge(db, before, now);
      await report(db, name, before, { rows: Number(gone?.rows ?? 0), held: Number(gone?.held ?? 0) }, 'row');
    });
  }
  const first = async () => (await log.bounds()).reduce((sum, bounds) => sum + bounds.first, 0);
  const wasFirst = await first();
  const before = beforeOf('observations-log');
  await log.trim(before.getTime());
  await report(database, 'observations-log', before, { rows: (await first()) - wasFirst, held: 0 }, 'record');
}
