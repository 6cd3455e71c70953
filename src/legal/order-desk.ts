/** Deeds on electronic-positioning orders, each in the transaction of its caller; collection starts and stops with the terms by itself. */

import { told } from '../kernel/fault.ts';
import type { Instant } from '../kernel/instant.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import { decodeSubjectProfile } from '../kernel/roster-file.ts';
import type { Db } from '../ports/database.ts';
import {
  addOrder,
  countOverlapping,
  decideOrder,
  endOrders,
  findOrder,
  lockOrder,
} from '../store/positioning-orders.ts';
import { findSubject } from '../store/roster-views.ts';
import { dayOf } from './local-days.ts';
import { measuresOn } from './measures.ts';
import type { Officer } from './permit-desk.ts';
import {
  checkExtension,
  checkTerm,
  mayOrder,
  ORDER_GROUNDS,
  type OrderFault,
  type OrderGround,
  type OrderState,
} from './positioning-order.ts';
import { rosterWall, settleSubject } from './settle.ts';

export type OrderRow = Awaited<ReturnType<typeof findOrder>>[number];

const MOST_AHEAD_MS = 366 * 86_400_000;

export interface ProposedOrder {
  readonly subject: string;
  readonly device: string;
  readonly ground: OrderGround;
  readonly fromMs: Instant;
  readonly untilMs: Instant;
}

export async function proposeOrder(
  db: Db,
  { subject, device, ground, fromMs, untilMs }: ProposedOrder,
  by: Officer,
  nowMs: Instant,
): Promise<Result<OrderRow, OrderFault>> {
  if (untilMs <= nowMs) return fail({ code: 'bad-time', ...told('until-ahead') });
  if (fromMs - nowMs > MOST_AHEAD_MS) return fail({ code: 'bad-time', ...told('leave-within-year') });
  const wall = await rosterWall(db);
  const measures = measuresOn(dayOf(fromMs, wall));
  const term = checkTerm({ fromMs, untilMs }, wall, measures);
  if (!term.ok) return term;
  const [found] = await findSubject(db, subject);
  const profile = decodeSubjectProfile(found?.profile ?? {});
  const known = profile.ok ? profile.value.devices.find(({ id }) => id === device) : undefined;
  if (known === undefined || known.kind !== 'wristband')
    return fail({
      code: 'wrong-state',
      ...told('no-positioning-device', { device }),
    });
  const [overlapping] = await countOverlapping(db, subject, device, new Date(fromMs), new Date(untilMs));
  if ((overlapping?.n ?? 0) > 0)
    return fail({
      code: 'wrong-state',
      ...told('another-order'),
    });
  return add(
    db,
    { subject, device, ground: ORDER_GROUNDS[ground], fromMs, untilMs },
    null,
    '',
    by,
    nowMs,
    measures.version,
  );
}

export async function proposeExtension(
  db: Db,
  before: string,
  untilMs: Instant,
  assessment: string,
  by: Officer,
  nowMs: Instant,
): Promise<Result<OrderRow, OrderFault>> {
  const row = await lock(db, before);
  const fromMs = row.until_at.getTime();
  const wall = await rosterWall(db);
  const measures = measuresOn(dayOf(fromMs, wall));
  const extension = checkExtension(termOf(row), assessment, nowMs);
  if (!extension.ok) return extension;
  const term = checkTerm({ fromMs, untilMs }, wall, measures);
  if (!term.ok) return term;
  const { subject, device, ground } = row;
  return add(
    db,
    { subject, device, ground, fromMs, untilMs },
    before,
    assessment,
    by,
    nowMs,
    measures.version,
  );
}

export async function decideTerm(
  db: Db,
  id: string,
  isApproved: boolean,
  reason: string,
  by: Officer,
  nowMs: Instant,
): Promise<Result<OrderRow, OrderFault>> {
  const row = await lock(db, id);
  if (row.state !== 'proposed')
    return fail({ code: 'wrong-state', ...told('order-state', { state: row.state }) });
  const wall = await rosterWall(db);
  const level = mayOrder(by.level, measuresOn(dayOf(row.from_at.getTime(), wall)));
  if (!level.ok) return level;
  // Approval does not reach back: what was collected before it was not ordered.
  const fromMs = row.extends === null ? Math.max(row.from_at.getTime(), nowMs) : row.from_at.getTime();
  if (isApproved) {
    if (row.until_at.getTime() <= fromMs) return fail({ code: 'wrong-state', ...told('term-over') });
    if (row.extends !== null) {
      const before = checkExtension(termOf(await lock(db, row.extends)), row.assessment, nowMs);
      if (!before.ok) return before;
    }
  }
  const state: OrderState = isApproved ? 'approved' : 'refused';
  const from = isApproved ? new Date(fromMs) : row.from_at;
  await decideOrder(db, id, state, by.account, new Date(nowMs), reason, from);
  if (isApproved) await settleSubject(db, row.subject, nowMs);
  return ok(await must(db, id));
}

/** No longer necessary: it ends now, and what extends it with it (art. 29: 应当及时解除). */
export async function endOrder(
  db: Db,
  id: string,
  reason: string,
  by: Officer,
  nowMs: Instant,
): Promise<Result<OrderRow, OrderFault>> {
  const row = await lock(db, id);
  if (row.state !== 'approved' || row.until_at.getTime() <= nowMs)
    return fail({ code: 'wrong-state', ...told('order-not-running') });
  await endOrders(db, id, by.account, new Date(nowMs), reason);
  await settleSubject(db, row.subject, nowMs);
  return ok(await must(db, id));
}

function termOf(row: OrderRow) {
  // The table's own check allows no other state.
  return { fromMs: row.from_at.getTime(), untilMs: row.until_at.getTime(), state: row.state as OrderState };
}

async function add(
  db: Db,
  { subject, device, ground, fromMs, untilMs }: Omit<ProposedOrder, 'ground'> & { readonly ground: string },
  before: string | null,
  assessment: string,
  by: Officer,
  nowMs: Instant,
  measures: string,
): Promise<Result<OrderRow, OrderFault>> {
  const at = new Date(nowMs);
  const [made] = await addOrder(
    db,
    subject,
    device,
    ground,
    new Date(fromMs),
    new Date(untilMs),
    before,
    assessment,
    measures,
    by.account,
    at,
  );
  return made === undefined
    ? fail({ code: 'wrong-state', ...told('order-extended') })
    : ok(await must(db, made.id));
}

async function lock(db: Db, id: string): Promise<OrderRow> {
  const [row] = await lockOrder(db, id);
  if (row === undefined) throw new Error(`positioning order ${id} vanished`);
  return row;
}

async function must(db: Db, id: string): Promise<OrderRow> {
  const [row] = await findOrder(db, id);
  if (row === undefined) throw new Error(`positioning order ${id} vanished`);
  return row;
}
