/**
 * The seam to the notices: whatever somebody is to be told of is written here, in the transaction of what happened, so that none
 * is lost and none is told of what was rolled back. The notices (src/notices) take rows out of `notice_outbox` (NOTIFY `notices`) and send.
 */
import type { Instant } from '../src/kernel/instant.ts';
import type { NoticeName } from '../src/kernel/notices.ts';
import type { Db } from '../src/ports/database.ts';
import { addNotices } from '../src/store/notice-outbox.ts';

export interface Noticed {
  readonly what: NoticeName;
  readonly about: 'alert' | 'task' | 'shelving' | 'shift' | 'hazard' | 'self-test';
  readonly ref: string;
  readonly subject: string | null;
  /** The organisation that is to know; null: whoever watches the whole tree. */
  readonly office: string | null;
  /** One person of it; null: who is on duty there. */
  readonly account: string | null;
  readonly severity: string | null;
  readonly atMs: Instant;
}

export async function noticed(db: Db, facts: readonly Noticed[]): Promise<void> {
  if (facts.length === 0) return;
  await addNotices(db, JSON.stringify(facts.map(({ atMs, ...fact }) => ({ ...fact, at: new Date(atMs) }))));
}
