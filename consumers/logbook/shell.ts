/**
 * The logbook on the log: the days of each partition as a checkpointed fold, written as whole rows when half a minute has gone. What
 * has changed and is not written yet stands in the checkpoint, so a crash repeats it; the same row twice is one row.
 */
import { keepBooks } from '../../compliance/books.ts';
import { addUpOffices } from '../../compliance/office-sums.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { withoutSelfTests } from '../../src/kernel/self-test.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Subscription } from '../../src/ports/observation-log.ts';
import { type PresenceRow, savePresence } from '../../src/store/presence.ts';
import { type FoldDeps, runFold } from '../fold.ts';
import type { DayAccount, Obligation } from './day-account.ts';
import { DAY_SLOTS } from './day-facts.ts';
import {
  type ChangedDay,
  createLogbook,
  isLogbookState,
  type Logbook,
  type LogbookState,
} from './logbook.ts';
import { toBits } from './runs.ts';

export interface LogbookDeps extends FoldDeps {
  readonly database: Database;
  /** Called with the newest tick up to which a partition's days are in the store. */
  onTick(partition: number, tickMs: number): void;
}

const WRITE_EVERY_MS = 30_000;
/** Frozen months and amendments: by whoever has the first partition. Twice is harmless. */
const BOOKS_EVERY_MS = 3_600_000;
const ROWS_AT_ONCE = 2000;

export function runLogbook(deps: LogbookDeps): Promise<Subscription> {
  const writtenMs = new Map<number, number>();
  let booksMs = 0;
  return runFold<Logbook>(deps, {
    name: 'logbook',
    isReadable: isLogbookState,
    create: (saved) => createLogbook(saved as LogbookState | undefined),
    snapshot: (book) => book.snapshot(),
    handle: async (book, events, partition, retry) => {
      for (const event of withoutSelfTests(events)) book.apply(event);
      const tickMs = events.findLast((event: LogEvent) => event.type === 'tick')?.atMs;
      if (tickMs === undefined || tickMs - (writtenMs.get(partition) ?? 0) < WRITE_EVERY_MS) return;
      const rows = book.drain().map((changed) => rowOf(changed, book, tickMs));
      for (let at = 0; at < rows.length; at += ROWS_AT_ONCE)
        await retry.run(() => savePresence(deps.database, JSON.stringify(rows.slice(at, at + ROWS_AT_ONCE))));
      if (rows.length > 0) await retry.run(() => addUpOffices(deps.database));
      // In turn after the first time, not all at one tick: it takes the thread's time from the detector.
      const turnMs = writtenMs.has(partition) ? 0 : (WRITE_EVERY_MS * partition) / deps.log.partitions;
      writtenMs.set(partition, tickMs - turnMs);
      if (partition === 0 && tickMs - booksMs >= BOOKS_EVERY_MS) {
        await retry.run(() => keepBooks(deps.database, tickMs));
        booksMs = tickMs;
      }
      deps.onTick(partition, tickMs);
    },
  });
}

function rowOf({ subject, facts, account, isWhole }: ChangedDay, book: Logbook, tickMs: number): PresenceRow {
  return {
    subject,
    day: new Date(facts.day * 86_400_000).toISOString().slice(0, 10),
    office: facts.office,
    grade: facts.grade,
    located: Buffer.from(toBits(facts.located, DAY_SLOTS)).toString('base64'),
    known_at: new Date(tickMs).toISOString(),
    born_at: new Date(book.bornMs() ?? tickMs).toISOString(),
    is_whole: isWhole,
    ...numbersOf(account),
  };
}

/** As the columns are called. */
export function numbersOf(account: DayAccount) {
  return {
    ...named('contact', account.contact),
    ...named('bounds', account.bounds),
    ...named('curfew', account.curfew),
    slots_due: account.slotsDue,
    slots_located: account.slotsLocated,
    checked: account.isChecked ? 1 : 0,
    on_leave: account.isOnLeave ? 1 : 0,
    checkins_due: account.checkinsDue,
    checkins_met: account.checkinsMet,
    checkins_fingerprint: account.checkinsFingerprint,
    musters_due: account.mustersDue,
    musters_met: account.mustersMet,
    leaves_due: account.leavesDue,
    leaves_kept: account.leavesKept,
    off_minutes: account.offMinutes,
  };
}

function named<Name extends string>(name: Name, minutes: Obligation) {
  return Object.fromEntries(
    Object.entries(minutes).map(([part, value]) => [`${name}_${part}`, value]),
  ) as Record<`${Name}_${keyof Obligation}`, number>;
}
