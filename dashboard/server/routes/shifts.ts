/** `shifts`: who is on duty, handing over with two signatures, the journal. The rota: rota.ts. */
import { Type } from 'typebox';
import type { Sheet } from '../../../alerts/casework/hand-over.ts';
import {
  draftSheet,
  handOver,
  type ShiftRow,
  sendBack,
  signOn,
  takeOver,
  writeJournal,
} from '../../../alerts/duty-room.ts';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import type { LiveState } from '../../../src/ports/live-state.ts';
import { listNames } from '../../../src/store/daily-logs.ts';
import {
  findRunningShift,
  listJournal,
  listShifts,
  listSignatures,
  lockShift,
} from '../../../src/store/duty-room.ts';
import { hiddenFrom } from '../../../src/store/minors.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { findSeenAlert } from './alert-items.ts';
import { Note } from './alert-work.ts';
import {
  answers,
  beforeOf,
  Cursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  Page,
  readTime,
  rowNumbered,
  toPage,
} from './schemas.ts';
import {
  JournalEntry,
  Shift,
  ShiftInFull,
  shiftProblem,
  subjectsOf,
  toEntry,
  toItem,
  toSheet,
  toShift,
  withoutHidden,
} from './shift-items.ts';

/** Above it nothing dies within two shifts. */
const LOW_PCT = 60;

export function registerShiftRoutes(
  app: App,
  deps: {
    readonly database: Database;
    /** Sees the whole tree: what is open is handed over, also what the officer who signs may not see. */
    readonly whole: Database;
    readonly liveState: LiveState;
    now(): Instant;
  },
): void {
  const db = deps.database;
  const tags = ['shifts'];
  const params = Type.Object({ id: Id });
  const by = (actor: Actor, note = '') => ({ account: actor.name, atMs: deps.now(), note });

  app.get(
    '/api/v1/shifts',
    {
      config: { action: 'shifts.read' },
      schema: {
        tags,
        summary: 'Shifts, newest first',
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: answers(Page(Shift)),
      },
    },
    async (request) => {
      const { cursor, limit = 100 } = request.query;
      const before = beforeOf(cursor);
      const rows = await listShifts(db, callerOf(request).actor.organisation, before, limit + 1);
      return toPage(rows, limit, toShift, (last) => encodeCursor(last.id));
    },
  );

  app.get(
    '/api/v1/shifts/current',
    {
      config: { action: 'shifts.read' },
      schema: {
        tags,
        summary: 'The running shift of the caller’s duty room with the hand-over sheet as it would be now',
        response: answers(ShiftInFull),
      },
    },
    async (request) => {
      const [row] = await findRunningShift(db, callerOf(request).actor.organisation);
      if (row === undefined) throw new Problem('not-found', told('nobody-on-duty'));
      return inFull(callerOf(request).actor, row);
    },
  );

  app.get(
    '/api/v1/shifts/:id',
    {
      config: { action: 'shifts.read' },
      schema: {
        tags,
        summary: 'One shift with its sheet and signatures',
        params,
        response: answers(ShiftInFull),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      return inFull(actor, await findSeen(actor, 'shifts.read', request.params.id));
    },
  );

  app.post(
    '/api/v1/shifts',
    {
      config: { action: 'shifts.keep' },
      schema: {
        tags,
        summary: 'Sign on, where nobody is on duty',
        body: Type.Optional(Nullable(Type.Object({ note: Type.Optional(Note) }))),
        response: answers(Shift),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const done = await signOn(db, actor.organisation, by(actor, request.body?.note));
      if (!done.ok) throw shiftProblem(done.error);
      return toShift(done.value);
    },
  );

  app.post(
    '/api/v1/shifts/:id/hand-over',
    {
      config: { action: 'shifts.keep' },
      bodyLimit: 262_144,
      schema: {
        tags,
        summary: 'First signature: freezes the sheet. Refused while something critical is not explained',
        params,
        body: Type.Object({
          note: Type.Optional(Note),
          explanations: Type.Optional(Type.Array(Type.Object({ alert: Id, note: Note }), { maxItems: 200 })),
        }),
        response: answers(Shift),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id } = await findSeen(actor, 'shifts.keep', request.params.id);
      const { note, explanations = [] } = request.body;
      for (const { alert } of explanations) await findSeenAlert(db, actor, 'alerts.read', alert);
      const done = await handOver(deps.whole, {
        shift: id,
        explanations,
        lowSubjects: await lowSubjects(),
        by: by(actor, note),
        mayMinors: actor.minors,
      });
      if (!done.ok) throw shiftProblem(done.error);
      request.log.info(
        { event: 'shift.handed-over', shift: id, account: actor.name },
        'a shift was handed over',
      );
      return toShift(done.value);
    },
  );

  app.post(
    '/api/v1/shifts/:id/take-over',
    {
      config: { action: 'shifts.keep' },
      schema: {
        tags,
        summary: 'Second signature, on the sheet that was read; answers the next shift, which begins',
        params,
        body: Type.Object({ note: Type.Optional(Note), sheetSha256: Type.String({ maxLength: 64 }) }),
        response: answers(Shift),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id } = await findSeen(actor, 'shifts.keep', request.params.id);
      const { note, sheetSha256 } = request.body;
      const done = await takeOver(db, { shift: id, sha256: sheetSha256, by: by(actor, note) });
      if (!done.ok) throw shiftProblem(done.error);
      request.log.info(
        { event: 'shift.taken-over', shift: id, account: actor.name },
        'a shift was taken over',
      );
      return toShift(done.value);
    },
  );

  app.post(
    '/api/v1/shifts/:id/send-back',
    {
      config: { action: 'shifts.keep' },
      schema: {
        tags,
        summary: 'The sheet is not accepted: the officer on duty goes on',
        params,
        body: Type.Object({ note: Type.String({ minLength: 1, maxLength: 2000 }) }),
        response: answers(Shift),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id } = await findSeen(actor, 'shifts.keep', request.params.id);
      const done = await sendBack(db, id, by(actor, request.body.note));
      if (!done.ok) throw shiftProblem(done.error);
      return toShift(done.value);
    },
  );

  app.get(
    '/api/v1/shifts/:id/journal',
    {
      config: { action: 'shifts.read' },
      schema: {
        tags,
        summary: 'The on-duty journal of a shift',
        params,
        response: answers(Type.Object({ items: Type.Array(JournalEntry), nextCursor: Type.Null() })),
      },
    },
    async (request) => {
      const { id } = await findSeen(callerOf(request).actor, 'shifts.read', request.params.id);
      return { items: (await listJournal(db, id)).map(toEntry), nextCursor: null };
    },
  );

  app.post(
    '/api/v1/shifts/:id/journal',
    {
      config: { action: 'shifts.keep' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary:
          'Write into the journal: what happened, what was promised until when, which promise was kept',
        params,
        body: Type.Object({
          text: Type.String({ minLength: 1, maxLength: 4000 }),
          alert: Type.Optional(Id),
          promisedAt: Type.Optional(Type.String()),
          keeps: Type.Optional(Type.String({ pattern: '^\\d{1,18}$' })),
        }),
        response: answers(JournalEntry),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id } = await findSeen(actor, 'shifts.keep', request.params.id);
      const { text, alert, promisedAt, keeps = null } = request.body;
      if (alert !== undefined) await findSeenAlert(db, actor, 'alerts.read', alert);
      const promisedAtMs = promisedAt === undefined ? null : readTime('promisedAt', promisedAt);
      const given = { shift: id, alert: alert ?? null, promisedAtMs, keeps, by: by(actor, text) };
      const done = await writeJournal(db, given);
      if (!done.ok) throw shiftProblem(done.error);
      return toEntry(done.value);
    },
  );

  async function inFull(actor: Actor, row: ShiftRow) {
    const signatures = (await listSignatures(db, row.id)).map(({ sheet_sha256, at, ...signature }) => ({
      ...signature,
      sheetSha256: sheet_sha256,
      at: at.toISOString(),
    }));
    // Signed: as it was then. Not yet: as it is now.
    const { sheet, unexplained } =
      row.sheet === null
        ? await draftSheet(deps.whole, row, await lowSubjects(), deps.now())
        : { sheet: JSON.parse(row.sheet) as Sheet, unexplained: [] };
    const names = await listNames(db, subjectsOf(sheet));
    const hidden = await hiddenFrom(db, actor.minors, subjectsOf(sheet));
    return {
      ...toShift(row),
      sheet: toSheet(withoutHidden(sheet, hidden)),
      hidden: hidden.size,
      unexplained: unexplained.filter(({ subject }) => !hidden.has(subject)).map(toItem),
      signatures,
      names: Object.fromEntries(names.map(({ id, name }) => [id, name])),
    };
  }

  async function lowSubjects(): Promise<string[]> {
    const { subjects } = await deps.liveState.all();
    return subjects.flatMap(({ subject, batteryPct }) =>
      batteryPct !== null && batteryPct <= LOW_PCT ? [subject] : [],
    );
  }

  async function findSeen(actor: Actor, action: Action, id: string): Promise<ShiftRow> {
    const row = await rowNumbered(id, (number) => lockShift(db, number));
    if (row === undefined || !can(actor, action, row.organisation)) throw new Problem('not-found');
    return row;
  }
}
