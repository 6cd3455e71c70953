/** Deeds on leave permits, each in the transaction of its caller; what was approved stands in the profile when it ends. */

import { told } from '../kernel/fault.ts';
import { formatInstant, type Instant } from '../kernel/instant.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import type { Schedule } from '../kernel/roster.ts';
import { decodeSubjectProfile } from '../kernel/roster-file.ts';
import type { WallClock } from '../kernel/wall-clock.ts';
import type { Db } from '../ports/database.ts';
import {
  addPermit,
  decidePermit,
  departOnPermit,
  findPermit,
  listApprovedPermits,
  lockPermit,
  returnFromPermit,
  withdrawPermit,
} from '../store/permits.ts';
import { findSubject } from '../store/roster-views.ts';
import { dayOf } from './local-days.ts';
import { type Level, type Measures, measuresOn } from './measures.ts';
import {
  checkLeave,
  follow,
  type Leave,
  leaveDays,
  mayApprove,
  type NeededLevel,
  neededLevel,
  type PermitDeed,
  type PermitFault,
  type PermitGround,
  type PermitKind,
  type PermitState,
  spentDays,
} from './permit.ts';
import { isOurs } from './profile.ts';
import { checkRecurrent, recurrentLevel } from './recurrent-leave.ts';
import { rosterWall, settleSubject } from './settle.ts';

export type PermitRow = Awaited<ReturnType<typeof findPermit>>[number];

export interface AskedLeave extends Leave {
  readonly subject: string;
  readonly kind: PermitKind;
  /** Of recurrent leave; null: at all times. */
  readonly schedule: Schedule | null;
  readonly ground: PermitGround;
  readonly explanation: string;
  readonly destination: string;
  readonly zone: string | null;
}

export interface Officer {
  readonly account: string;
  readonly level: Level | undefined;
}

export async function askPermit(
  db: Db,
  asked: AskedLeave,
  by: Officer,
  nowMs: Instant,
): Promise<Result<PermitRow, PermitFault>> {
  const checked = checkLeave(asked, nowMs);
  if (!checked.ok) return checked;
  const wall = await rosterWall(db);
  const measures = measuresOn(dayOf(asked.fromMs, wall));
  if (asked.kind === 'recurrent') {
    const [found] = await findSubject(db, asked.subject);
    const profile = decodeSubjectProfile(found?.profile ?? {});
    const recurrent = checkRecurrent(asked, profile.ok ? profile.value.zones : [], wall, measures);
    if (!recurrent.ok) return recurrent;
  }
  const needed = await judge(db, asked, wall, measures, null);
  const [made] = await addPermit(
    db,
    asked.subject,
    asked.kind,
    asked.schedule === null ? null : JSON.stringify(asked.schedule),
    asked.ground,
    asked.explanation,
    asked.destination,
    asked.zone,
    new Date(asked.fromMs),
    new Date(asked.untilMs),
    measures.version,
    needed.level,
    needed.days,
    needed.cumulatedDays,
    by.account,
    new Date(nowMs),
  );
  return ok(await must(db, made?.id ?? ''));
}

export async function decideLeave(
  db: Db,
  id: string,
  deed: 'approve' | 'refuse',
  reason: string,
  by: Officer,
  nowMs: Instant,
): Promise<Result<PermitRow, PermitFault>> {
  const begun = await begin(db, id, deed);
  if (!begun.ok) return begun;
  const { row, state } = begun.value;
  if (deed === 'approve' && row.until_at.getTime() <= nowMs)
    return fail({
      code: 'wrong-state',
      ...told('leave-time-over'),
    });
  // Others may have been approved since it was asked for.
  const leave = {
    subject: row.subject,
    kind: row.kind as PermitKind,
    fromMs: row.from_at.getTime(),
    untilMs: row.until_at.getTime(),
  };
  const wall = await rosterWall(db);
  const measures = measuresOn(dayOf(leave.fromMs, wall));
  const needed = await judge(db, leave, wall, measures, id);
  const level = mayApprove(by.level, needed);
  if (!level.ok) return level;
  await decidePermit(
    db,
    id,
    state,
    by.account,
    new Date(nowMs),
    by.level ?? needed.level,
    reason,
    needed.level,
    needed.days,
    needed.cumulatedDays,
  );
  if (deed === 'approve') await settleSubject(db, row.subject, nowMs);
  return ok(await must(db, id));
}

export async function withdrawLeave(
  db: Db,
  id: string,
  nowMs: Instant,
): Promise<Result<PermitRow, PermitFault>> {
  const begun = await begin(db, id, 'withdraw');
  if (!begun.ok) return begun;
  await withdrawPermit(db, id);
  await settleSubject(db, begun.value.row.subject, nowMs);
  return ok(await must(db, id));
}

/** `atMs` must not lie ahead. */
export async function depart(
  db: Db,
  id: string,
  atMs: Instant,
  nowMs: Instant,
): Promise<Result<PermitRow, PermitFault>> {
  const begun = await begin(db, id, 'depart');
  if (!begun.ok) return begun;
  const when = checkDone(atMs, nowMs);
  if (!when.ok) return when;
  await departOnPermit(db, id, new Date(atMs));
  return ok(await must(db, id));
}

/** 销假. `atMs`: when the subject was back, not before the leave and not ahead. */
export async function recordReturn(
  db: Db,
  id: string,
  atMs: Instant,
  note: string,
  nowMs: Instant,
): Promise<Result<PermitRow, PermitFault>> {
  const begun = await begin(db, id, 'return');
  if (!begun.ok) return begun;
  const { row } = begun.value;
  const when = checkDone(atMs, nowMs);
  if (!when.ok) return when;
  if (row.departed_at !== null && atMs < row.departed_at.getTime())
    return fail({
      code: 'bad-time',
      ...told('departed-at', { at: formatInstant(row.departed_at.getTime()) }),
    });
  await returnFromPermit(db, id, new Date(atMs), note);
  await settleSubject(db, row.subject, nowMs);
  return ok(await must(db, id));
}

function checkDone(atMs: Instant, nowMs: Instant): Result<void, PermitFault> {
  return atMs > nowMs ? fail({ code: 'bad-time', ...told('at-not-ahead') }) : ok(undefined);
}

async function begin(
  db: Db,
  id: string,
  deed: PermitDeed,
): Promise<Result<{ row: PermitRow; state: PermitState }, PermitFault>> {
  const [row] = await lockPermit(db, id);
  if (row === undefined) throw new Error(`permit ${id} vanished`);
  // The table's own check allows no other.
  const state = follow(row.kind as PermitKind, row.state as PermitState, deed);
  return state.ok ? ok({ row, state: state.value }) : state;
}

async function must(db: Db, id: string): Promise<PermitRow> {
  const [row] = await findPermit(db, id);
  if (row === undefined) throw new Error(`permit ${id} vanished`);
  return row;
}

async function judge(
  db: Db,
  leave: Leave & { readonly subject: string; readonly kind: PermitKind },
  wall: WallClock,
  measures: Measures,
  id: string | null,
): Promise<NeededLevel> {
  if (leave.kind === 'recurrent') return recurrentLevel(measures);
  const { subject } = leave;
  const others = (await listApprovedPermits(db, [subject]))
    .filter((row) => row.kind === 'leave' && row.id !== id)
    .map((row) =>
      spentDays(
        { fromMs: row.from_at.getTime(), untilMs: row.until_at.getTime() },
        row.returned_at?.getTime() ?? null,
        wall,
      ),
    );
  const [found] = await findSubject(db, subject);
  const profile = decodeSubjectProfile(found?.profile ?? {});
  if (profile.ok)
    for (const permit of profile.value.permits)
      if (!isOurs(permit)) others.push(spentDays(permit, permit.returnedAtMs, wall));
  return neededLevel(leaveDays(leave, wall), others, measures);
}
