/**
 * The alert ledger: append-only, unique on (alert, version), so that a conclusion drawn again after a crash changes
 * nothing. Whoever writes alerts takes `lockLedger` first: change numbers are then in the order of the commits, and a
 * reader that follows them misses none. What is new is followed up in the same transaction: follow-ledger.ts.
 * Of a self-test nothing is kept but when it came here.
 */
import { type AlertEvent, encodeAlertEvent } from '../src/kernel/alert-event.ts';
import { isSelfTest, selfTestsIn } from '../src/kernel/self-test.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { appendAlertEvents } from '../src/store/ledger.ts';
import { concludeSelfTests } from '../src/store/self-tests.ts';
import { takeNoteS } from './casework/deadlines.ts';
import { followLedger } from './follow-ledger.ts';
import { lockLedger } from './ledger-lock.ts';

export interface Ledger {
  /** Durable when it resolves. Answers how many events were new. */
  append(events: readonly AlertEvent[]): Promise<number>;
}

export function openLedger(database: Pick<Database, 'transaction'>): Ledger {
  return {
    append: async (events) => {
      if (events.length === 0) return 0;
      const ofPeople = events.filter(({ subject }) => !isSelfTest(subject));
      return database.transaction(async (db) => {
        const added = ofPeople.length === 0 ? 0 : await appendAndFollow(db, ofPeople);
        const tests = selfTestsIn(events);
        if (tests.size > 0)
          await concludeSelfTests(
            db,
            [...tests.keys()],
            [...tests.values()].map((atMs) => new Date(atMs)),
          );
        return added;
      });
    },
  };
}

async function appendAndFollow(db: Db, events: readonly AlertEvent[]): Promise<number> {
  await lockLedger(db);
  const added = await appendAlertEvents(db, `[${events.map(encode).join(',')}]`);
  const [first] = added;
  if (first === undefined) return 0;
  const isNew = new Set(added.map(({ alert, version }) => `${version} ${alert}`));
  const fresh = events.filter(({ alert, version }) => isNew.delete(`${version} ${alert}`));
  await followLedger(db, fresh, first.recorded_at.getTime());
  return added.length;
}

function encode(event: AlertEvent): string {
  return `${encodeAlertEvent(event).slice(0, -1)},"dueS":${takeNoteS(event.kind, event.severity)}}`;
}
