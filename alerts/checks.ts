/** Spot checks (抽查): drawn, recorded, and what follows from them, each in one transaction; the result goes to the log. */
import { randomBytes } from 'node:crypto';
import { type Told, told } from '../src/kernel/fault.ts';
import type { Instant } from '../src/kernel/instant.ts';
import type { SpotCheckMethod, SpotCheckResult } from '../src/kernel/log-event.ts';
import { encodeLogEvent } from '../src/kernel/log-line.ts';
import { fail, ok, type Result } from '../src/kernel/result.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { addToOutbox } from '../src/store/outbox.ts';
import { findDocument } from '../src/store/roster.ts';
import { findSubject } from '../src/store/roster-views.ts';
import { addChecks, addDraw, listSigns, lockCheck, saveCheck } from '../src/store/spot-checks.ts';
import type { By } from './casework/alert-stages.ts';
import { type Candidate, DRAW_RULE, draw, type Signs, weigh } from './casework/draw.ts';
import { consequenceOf, hasFailed, RESULT_WORDS } from './casework/spot-check.ts';
import { lockLedger } from './ledger-lock.ts';
import { createTask } from './tasks.ts';

export type CheckRow = Awaited<ReturnType<typeof lockCheck>>[number];
export type DrawRow = Awaited<ReturnType<typeof addDraw>>[number];
export interface CheckFault extends Told {
  readonly code: 'not-found' | 'done' | 'bad-result';
}

const LOOK_BACK_MS = 48 * 3_600_000;
/** Within the shift. */
const DUE_MS = 4 * 3_600_000;
const AGAIN_MS = 3_600_000;
const HOUR_MS = 3_600_000;
const DEFAULT_ZONE = 'Asia/Shanghai';

/** Draws from everybody within the organisation; the draw is kept with all that it was made from. */
export async function drawChecks(
  database: Database,
  given: {
    readonly organisation: string;
    readonly wanted: number;
    readonly methods: readonly SpotCheckMethod[];
    readonly by: By;
    /** In its transaction: the audit is sealed, this table is not. */
    note(db: Db, made: DrawRow): Promise<void>;
  },
): Promise<{ readonly draw: DrawRow; readonly checks: readonly CheckRow[] }> {
  const { organisation, wanted, methods, by } = given;
  const [calendar] = await findDocument(database, 'calendar');
  const timeZone = (calendar?.document as { timeZone?: string } | undefined)?.timeZone ?? DEFAULT_ZONE;
  const now = new Date(by.atMs);
  const rows = await listSigns(database, organisation, new Date(by.atMs - LOOK_BACK_MS), now, timeZone);
  const offices = new Map(rows.map(({ subject, office }) => [subject, office]));
  const candidates: Candidate[] = rows.map((row) => weigh(toSigns(row, by.atMs)));
  // Made after the candidates are fixed: whoever could choose a seed could choose whom it finds.
  const seed = randomBytes(32).toString('hex');
  const picked = draw(seed, candidates, wanted, methods);
  return database.transaction(async (db) => {
    const [made] = await addDraw(
      db,
      organisation,
      seed,
      DRAW_RULE,
      JSON.stringify(methods),
      wanted,
      JSON.stringify(candidates),
      JSON.stringify(picked),
      by.account,
      now,
    );
    if (made === undefined) throw new Error('an insert answered no row');
    const asked = picked.map(({ subject, method }) => ({ subject, method, office: offices.get(subject) }));
    const due = new Date(by.atMs + DUE_MS);
    const checks = await addChecks(db, JSON.stringify(asked), made.id, null, by.account, now, due);
    await given.note(db, made);
    return { draw: made, checks };
  });
}

function toSigns(row: Awaited<ReturnType<typeof listSigns>>[number], nowMs: Instant): Signs {
  const hoursSince = (at: Date) => (nowMs - at.getTime()) / HOUR_MS;
  return {
    subject: row.subject,
    blindH: row.last_at === null ? null : Math.max((row.gap_s ?? 0) / 3600, hoursSince(row.last_at)),
    fixes: row.fixes,
    places: row.places,
    spanH:
      row.first_at === null || row.last_at === null ? 0 : hoursSince(row.first_at) - hoursSince(row.last_at),
    chargedPct: row.charged,
    nightFixes: row.night,
    lastCheck:
      row.last_result === null || row.last_result_at === null
        ? null
        : { failed: hasFailed(row.last_result as SpotCheckResult), hoursAgo: hoursSince(row.last_result_at) },
  };
}

/** Does the kept draw, made again from what it was made from, pick the same? */
export function isReproduced(row: DrawRow): boolean {
  if (row.rule !== DRAW_RULE) return false;
  const again = draw(row.seed, row.candidates as Candidate[], row.wanted, row.methods as SpotCheckMethod[]);
  return (
    JSON.stringify(again.map(({ subject, method }) => [subject, method])) ===
    JSON.stringify(
      (row.picked as { subject: string; method: string }[]).map(({ subject, method }) => [subject, method]),
    )
  );
}

/** By hand, without a draw. */
export async function askCheck(
  database: Db,
  given: {
    readonly subject: string;
    readonly office: string;
    readonly method: SpotCheckMethod;
    readonly by: By;
  },
): Promise<CheckRow> {
  const { subject, office, method, by } = given;
  const at = new Date(by.atMs);
  const due = new Date(by.atMs + DUE_MS);
  const [row] = await addChecks(
    database,
    JSON.stringify([{ subject, office, method }]),
    null,
    null,
    by.account,
    at,
    due,
  );
  if (row === undefined) throw new Error('an insert answered no row');
  return row;
}

/** The result: once. Nobody answered twice, or somebody else did: a task for the office. */
export function recordCheck(
  database: Pick<Database, 'transaction'>,
  given: {
    readonly check: string;
    readonly result: SpotCheckResult;
    readonly by: By;
    /** In its transaction, as of a draw. */
    note(db: Db, saved: CheckRow): Promise<void>;
  },
): Promise<Result<CheckRow, CheckFault>> {
  const { result, by } = given;
  return database.transaction(async (db) => {
    await lockLedger(db);
    const [check] = await lockCheck(db, given.check);
    if (check === undefined) return fail({ code: 'not-found', ...told('no-check') });
    if (check.result !== null)
      return fail({
        code: 'done',
        ...told('check-recorded', { by: check.result_by ?? '', result: check.result ?? '' }),
      });
    if (!mayComeOf(check.method as SpotCheckMethod, result))
      return fail({ code: 'bad-result', ...told('not-of-this-check', { result, method: check.method }) });
    const [subject] = await findSubject(db, check.subject);
    const office = subject?.office ?? check.office;
    const consequence = consequenceOf(result, check.follows !== null);
    const at = new Date(by.atMs);
    let task: string | null = null;
    if (consequence.do === 'task') {
      const words = `抽查（${METHOD_WORDS[check.method as SpotCheckMethod]}）结果：${RESULT_WORDS[result]}`;
      const what = by.note === '' ? words : `${words}。${by.note}`;
      const { severity } = consequence;
      const made = await createTask(
        db,
        {
          subject: check.subject,
          office,
          kind: 'spot-check',
          severity,
          what,
          alert: null,
          spotCheck: check.id,
          dueAtMs: null,
        },
        by,
      );
      task = made.id;
    }
    if (consequence.do === 'ask-again') {
      const again = JSON.stringify([{ subject: check.subject, office, method: 'phone' }]);
      await addChecks(db, again, check.draw, check.id, by.account, at, new Date(by.atMs + AGAIN_MS));
    }
    const line = encodeLogEvent({
      type: 'spot-check',
      subject: check.subject,
      check: check.id,
      atMs: by.atMs,
      receivedMs: by.atMs,
      method: check.method as SpotCheckMethod,
      result,
    });
    await addToOutbox(db, [check.subject], [line]);
    const [saved] = await saveCheck(db, check.id, result, by.account, at, by.note, task);
    if (saved === undefined) throw new Error(`check ${check.id} vanished under its lock`);
    await given.note(db, saved);
    return ok(saved);
  });
}

function mayComeOf(method: SpotCheckMethod, result: SpotCheckResult): boolean {
  const isOfDevice = result === 'located' || result === 'no-fix';
  if (method === 'locate') return isOfDevice || result === 'no-answer' || result === 'off';
  return !isOfDevice;
}

const METHOD_WORDS: Readonly<Record<SpotCheckMethod, string>> = {
  phone: '电话',
  photo: '实时照片',
  locate: '即时定位',
  video: '视频',
};
