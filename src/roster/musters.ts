/**
 * Roll calls (集中点验) made, changed and cancelled. A cancelled one stays with its reason; to the log it is one at which nobody is
 * expected.
 */
import { randomBytes } from 'node:crypto';
import { type Told, told } from '../kernel/fault.ts';
import type { Instant } from '../kernel/instant.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import { fail, ok, type Refusal, type RefusalCode, type Result } from '../kernel/result.ts';
import type { Muster } from '../kernel/roster.ts';
import type { Database, Db } from '../ports/database.ts';
import {
  addMuster,
  cancelMuster,
  changeMuster,
  dropExpected,
  findMuster,
  listCallable,
  listRosterMusters,
  listWholeRoll,
  lockMuster,
  putExpected,
} from '../store/musters.ts';
import { listKnownZones } from '../store/roster.ts';
import { type Author, type Change, changeRoster, deed } from './change.ts';
import type { Refused, Written } from './subject-edit.ts';

/** Who can be named at once. */
export const MOST_EXPECTED = 5000;
const DAY_MS = 86_400_000;
const MOST_DAYS = 7;

export interface MusterEdit {
  readonly name?: string;
  readonly zone?: string;
  readonly fromMs?: Instant;
  readonly untilMs?: Instant;
  /** Absent when it is made: all under correction of `office`, by category and grade where given. */
  readonly subjects?: readonly string[];
  readonly category?: string;
  readonly grade?: string;
  /** Of them, those with written leave. */
  readonly excused?: readonly string[];
}
export type NewMuster = MusterEdit &
  Required<Pick<MusterEdit, 'name' | 'zone' | 'fromMs' | 'untilMs'>> & { readonly office: string };

export function makeMuster(
  database: Pick<Database, 'transaction'>,
  by: Author,
  nowMs: Instant,
  given: NewMuster,
): Promise<Result<Written, Refused>> {
  return changeRoster<Written, Refused>(database, by, nowMs, async (db, change) => {
    const { office, name, zone, fromMs, untilMs } = given;
    const id = `M${randomBytes(6).toString('hex')}`;
    const faults = await faultsOf(db, given, nowMs);
    const roll = await rollOf(db, office, given);
    faults.push(...roll.faults);
    if (faults.length > 0) return fail({ code: 'faults', faults });
    const [made] = await addMuster(
      db,
      id,
      office,
      name,
      zone,
      new Date(fromMs),
      new Date(untilMs),
      by.actor.name,
      new Date(nowMs),
    );
    await putExpected(db, id, roll.subjects, roll.excused);
    return tell(db, change, 'muster.make', { id, version: made?.version ?? 1 });
  });
}

/** Until it has begun; one that is named keeps its list unless another is given. */
export function changeMusterOf(
  database: Pick<Database, 'transaction'>,
  by: Author,
  nowMs: Instant,
  { id, version }: Written,
  edit: MusterEdit,
): Promise<Result<Written, Refused>> {
  return changeRoster<Written, Refused>(database, by, nowMs, async (db, change) => {
    const found = await locked(db, id, version);
    if (!found.ok) return found;
    const row = found.value;
    if (row.from_at.getTime() <= nowMs) return fail({ code: 'conflict', ...told('muster-begun') });
    const after = {
      name: edit.name ?? row.name,
      zone: edit.zone ?? row.zone,
      fromMs: edit.fromMs ?? row.from_at.getTime(),
      untilMs: edit.untilMs ?? row.until_at.getTime(),
    };
    const faults = await faultsOf(db, { ...after, zone: edit.zone }, nowMs);
    const isListed = [edit.subjects, edit.category, edit.grade, edit.excused].some(
      (each) => each !== undefined,
    );
    const roll = isListed ? await rollOf(db, row.office, edit) : undefined;
    faults.push(...(roll?.faults ?? []));
    if (faults.length > 0) return fail({ code: 'faults', faults });
    const [changed] = await changeMuster(
      db,
      id,
      after.name,
      after.zone,
      new Date(after.fromMs),
      new Date(after.untilMs),
      by.actor.name,
      new Date(nowMs),
    );
    if (roll !== undefined) {
      await dropExpected(db, id, roll.subjects);
      await putExpected(db, id, roll.subjects, roll.excused);
    }
    return tell(db, change, 'muster.change', { id, version: changed?.version ?? version });
  });
}

/** Until it is over. */
export function cancelMusterOf(
  database: Pick<Database, 'transaction'>,
  by: Author & { readonly reason: string },
  nowMs: Instant,
  { id, version }: Written,
): Promise<Result<Written, Refused>> {
  return changeRoster<Written, Refused>(database, by, nowMs, async (db, change) => {
    const found = await locked(db, id, version);
    if (!found.ok) return found;
    if (found.value.until_at.getTime() <= nowMs) return fail({ code: 'conflict', ...told('muster-over') });
    const [done] = await cancelMuster(db, id, by.actor.name, new Date(nowMs), by.reason);
    return tell(db, change, 'muster.cancel', { id, version: done?.version ?? version });
  });
}

/** Of a file: by id, as it stands there. Answers how many were new or differ. */
export async function loadMusters(db: Db, change: Change, musters: readonly Muster[]): Promise<number> {
  const known = new Map((await readMusters(db, null)).map((muster) => [muster.id, muster]));
  let changed = 0;
  for (const given of musters) {
    const muster = inOrder(given);
    const before = known.get(muster.id);
    if (JSON.stringify(before) === JSON.stringify(muster)) continue;
    const { id, zone, fromMs, untilMs, subjects, excused } = muster;
    const [from, until, at] = [fromMs, untilMs, change.nowMs].map((ms) => new Date(ms)) as [Date, Date, Date];
    const by = change.by.actor.name;
    const [row] = await findMuster(db, id);
    if (row === undefined) await addMuster(db, id, '', id, zone, from, until, by, at);
    else await changeMuster(db, id, row.name, zone, from, until, by, at);
    await dropExpected(db, id, subjects);
    await putExpected(db, id, subjects, excused);
    change.broadcast.push(lineOf(muster, change.nowMs));
    changed++;
  }
  return changed;
}

/** As files and the log have them, cancelled ones without anybody; `sinceMs`: those over before it are left out. */
export async function readMusters(db: Db, sinceMs: Instant | null): Promise<Muster[]> {
  const rows = await listRosterMusters(db, sinceMs === null ? null : new Date(sinceMs));
  return rows.map(({ id, zone, from_at, until_at, cancelled, roll }) =>
    musterOf({ id, zone, from_at, until_at, cancelled }, roll as [string, boolean][]),
  );
}

export const lineOf = (muster: Muster, atMs: Instant): string =>
  encodeLogEvent({ type: 'muster', atMs, muster });

interface Kept {
  readonly id: string;
  readonly zone: string;
  readonly from_at: Date;
  readonly until_at: Date;
  readonly cancelled: boolean;
}

function musterOf(
  { id, zone, from_at, until_at, cancelled }: Kept,
  roll: readonly (readonly [subject: string, excused: boolean])[],
): Muster {
  const expected = cancelled ? [] : roll;
  return {
    id,
    zone,
    fromMs: from_at.getTime(),
    untilMs: until_at.getTime(),
    subjects: expected.map(([subject]) => subject),
    excused: expected.flatMap(([subject, isExcused]) => (isExcused ? [subject] : [])),
  };
}

/** Who is excused is expected too; a list has one order. */
function inOrder({ id, zone, fromMs, untilMs, subjects, excused }: Muster): Muster {
  const sorted = (ids: readonly string[]) => [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1));
  return { id, zone, fromMs, untilMs, subjects: sorted([...subjects, ...excused]), excused: sorted(excused) };
}

async function locked(db: Db, id: string, version: number) {
  const [row] = await lockMuster(db, id);
  if (row === undefined) return fail({ code: 'not-found' } as const);
  if (row.version !== version) return fail({ code: 'stale', version: row.version } as const);
  if (row.cancelled_at !== null) return fail({ code: 'conflict', ...told('muster-cancelled') } as const);
  return ok(row);
}

const refusal = (code: RefusalCode, where: string, said: Told): Refusal => ({
  code,
  where,
  message: said.message,
  told: said,
});

async function faultsOf(
  db: Db,
  { zone, fromMs, untilMs }: { readonly zone: string | undefined; fromMs: Instant; untilMs: Instant },
  nowMs: Instant,
): Promise<Refusal[]> {
  const faults: Refusal[] = [];
  const add = (said: Told) => faults.push(refusal('out-of-range', 'until', said));
  if (untilMs <= fromMs) add(told('until-after-from'));
  else if (untilMs - fromMs > MOST_DAYS * DAY_MS) add(told('muster-days', { days: MOST_DAYS }));
  if (untilMs <= nowMs) add(told('until-ahead'));
  if (zone !== undefined && (await listKnownZones(db, [zone])).length === 0)
    faults.push(refusal('unknown-reference', 'zone', told('no-zone', { zone })));
  return faults;
}

interface Roll {
  readonly subjects: readonly string[];
  readonly excused: readonly string[];
  readonly faults: readonly Refusal[];
}

/** Of the organisation, as far as the caller sees it. */
async function rollOf(db: Db, office: string, edit: MusterEdit): Promise<Roll> {
  const { category = null, grade = null, excused = [] } = edit;
  const found = await listCallable(db, office, category, grade, MOST_EXPECTED + 1);
  const callable = found.map(({ id }) => id);
  const wanted = edit.subjects === undefined ? null : new Set(edit.subjects);
  const subjects = wanted === null ? callable : callable.filter((id) => wanted.has(id));
  const faults: Refusal[] = [];
  const there = new Set(subjects);
  const strays = (where: string, ids: readonly string[]) => {
    for (const id of ids)
      if (!there.has(id)) faults.push(refusal('unknown-reference', where, told('nobody-here', { id })));
  };
  if (wanted !== null) strays('subjects', [...wanted]);
  strays('excused', excused);
  if (subjects.length === 0) faults.push(refusal('missing-field', 'subjects', told('nobody-expected')));
  if (callable.length > MOST_EXPECTED)
    faults.push(refusal('too-large', 'subjects', told('too-many-expected', { n: MOST_EXPECTED })));
  const isExcused = new Set(excused);
  return { subjects, excused: subjects.filter((id) => isExcused.has(id)), faults };
}

async function tell(
  db: Db,
  change: Change,
  action: string,
  { id, version }: Written,
): Promise<Result<Written, never>> {
  const [row] = await findMuster(db, id);
  if (row === undefined) throw new Error(`roll call ${id} is not there any more`);
  const roll = await listWholeRoll(db, id);
  const cancelled = row.cancelled_at !== null;
  const muster = musterOf(
    { ...row, cancelled },
    roll.map(({ subject, excused }) => [subject, excused] as const),
  );
  change.broadcast.push(lineOf(muster, change.nowMs));
  const { name, zone, from_at, until_at, office } = row;
  const detail = {
    version,
    name,
    zone,
    from: from_at.toISOString(),
    until: until_at.toISOString(),
    expected: roll.length,
  };
  change.deeds.push(deed(change, { action, target: id, office, detail }));
  return ok({ id, version });
}
