/**
 * From the outbox to messages: each notice goes into the messages of those who asked for it, and each message has a job. One transaction
 * a batch, so that a kill loses none and doubles none. Rules: SPEC.md, N and Q1.
 */
import type { Severity } from '../kernel/alert-event.ts';
import type { Instant } from '../kernel/instant.ts';
import type { Database, Db } from '../ports/database.ts';
import type { NoticeQueue } from '../ports/notice-queue.ts';
import {
  addDelivery,
  addPart,
  findGroup,
  hasPart,
  lockGrouping,
  takeUnqueued,
} from '../store/notice-deliveries.ts';
import { takeNotices } from '../store/notice-outbox.ts';
import { listLiveSubscriptions } from '../store/notices.ts';
import { uuidOf } from './ids.ts';
import type { Language, Notice, Subscription } from './kinds.ts';
import { asksFor, dueAt, isUrgent } from './routing.ts';

const BATCH = 200;

export interface RelayDeps {
  readonly database: Pick<Database, 'transaction'>;
  readonly queue: Pick<NoticeQueue, 'put'>;
  /** Of the office's clock. */
  offsetMs(at: Instant): number;
}

/** Everything that waits; answers how many notices were taken. `batch`: in one transaction at most. */
export async function relayAll(deps: RelayDeps, nowMs: Instant, batch = BATCH): Promise<number> {
  let count = 0;
  for (;;) {
    const { taken, queued } = await deps.database.transaction(async (db) => {
      await lockGrouping(db);
      const notices = await takeNotices(db, batch);
      if (notices.length > 0) await sortIntoMessages(deps, db, notices, nowMs);
      return { taken: notices.length, queued: await queueDue(deps, db, batch) };
    });
    count += taken;
    if (taken < batch && queued < batch) return count;
  }
}

async function sortIntoMessages(
  deps: RelayDeps,
  db: Db,
  rows: Awaited<ReturnType<typeof takeNotices>>,
  nowMs: Instant,
): Promise<void> {
  const subscriptions = (await listLiveSubscriptions(db)).map(toSubscription);
  const notices = rows
    .map((row): Notice => ({ ...row, severity: row.severity as Severity | null }))
    .sort((a, b) => Number(a.id) - Number(b.id));
  for (const notice of notices)
    for (const subscription of subscriptions)
      if (asksFor(subscription, notice)) await sortIn(deps, db, subscription, notice, nowMs);
}

async function sortIn(
  deps: RelayDeps,
  db: Db,
  subscription: Subscription,
  notice: Notice,
  nowMs: Instant,
): Promise<void> {
  const { id, organisation, channel, recipient, language, quiet } = subscription;
  // Two subscriptions of one recipient: no second message, not even an empty one.
  const [known] = await hasPart(db, notice.id, channel, recipient);
  if (known?.has === true) return;
  const urgent = isUrgent(notice);
  const [group] = await findGroup(db, id, urgent);
  if (group?.state === 'gathering') {
    await addPart(db, notice.id, channel, recipient, group.id);
    return;
  }
  const delivery = uuidOf('delivery', id, notice.id);
  const due = dueAt(nowMs, urgent, quiet, group?.due_at.getTime(), deps.offsetMs(nowMs));
  await addDelivery(
    db,
    delivery,
    organisation,
    id,
    channel,
    recipient,
    language,
    urgent,
    new Date(nowMs),
    new Date(due),
  );
  await addPart(db, notice.id, channel, recipient, delivery);
}

/** Also of what a person has sent again, and of tests. */
async function queueDue(deps: RelayDeps, db: Db, batch: number): Promise<number> {
  const rows = await takeUnqueued(db, batch);
  await deps.queue.put(
    db,
    rows.map(({ id, round, due_at }) => ({
      id: uuidOf('job', id, String(round)),
      delivery: id,
      round,
      atMs: due_at.getTime(),
    })),
  );
  return rows.length;
}

/** The table's own checks allow no other words. */
function toSubscription(row: Awaited<ReturnType<typeof listLiveSubscriptions>>[number]): Subscription {
  return {
    id: row.id,
    organisation: row.organisation,
    reach: row.reach as Subscription['reach'],
    kinds: row.kinds as string[] | null,
    fromSeverity: row.from_severity as Severity,
    channel: row.channel,
    recipient: row.recipient,
    language: row.language as Language,
    tells: row.tells as Subscription['tells'],
    quiet:
      row.quiet_from === null || row.quiet_until === null
        ? null
        : { from: row.quiet_from, until: row.quiet_until },
  };
}
