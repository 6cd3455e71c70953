/** `checks` and `check-draws`: spot checks (抽查) by draw and by hand, and what came of them. Locating: spot-checks.ts. */
import { type Static, Type } from 'typebox';
import type { Candidate } from '../../../alerts/casework/draw.ts';
import {
  askCheck,
  type CheckRow,
  type DrawRow,
  drawChecks,
  isReproduced,
  recordCheck,
} from '../../../alerts/checks.ts';
import { hashOf } from '../../../compliance/daily-logs.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import {
  SPOT_CHECK_METHODS,
  SPOT_CHECK_RESULTS,
  type SpotCheckMethod,
  type SpotCheckResult,
} from '../../../src/kernel/log-event.ts';
import type { Database } from '../../../src/ports/database.ts';
import { listNames } from '../../../src/store/daily-logs.ts';
import { hiddenFrom } from '../../../src/store/minors.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { findDraw, listChecks, lockCheck } from '../../../src/store/spot-checks.ts';
import { audit } from '../audit.ts';
import { type Actor, can, covers } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Note } from './alert-work.ts';
import {
  answers,
  beforeOf,
  Cursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  rowNumbered,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Method = Type.Enum(SPOT_CHECK_METHODS);
const ResultCode = Type.Enum(SPOT_CHECK_RESULTS, {
  description:
    '本人接通, 他人代接, 未接, 关机, 空号, 呼叫转移; located: the device answered; no-fix: it was reached and had no place (both: locate only)',
});
const Check = Type.Object({
  check: Type.String(),
  draw: Nullable(Type.String()),
  follows: Nullable(Type.String({ description: 'The check that nobody answered before' })),
  subject: Type.String(),
  name: Nullable(Type.String()),
  office: Type.String(),
  method: Method,
  askedBy: Type.String(),
  askedAt: Time,
  dueAt: Time,
  result: Nullable(ResultCode),
  resultBy: Nullable(Type.String()),
  resultAt: Nullable(Time),
  note: Type.String(),
  task: Nullable(Type.String({ description: 'What followed from it' })),
});
const Draw = Type.Object({
  draw: Type.String(),
  organisation: Type.String(),
  seed: Type.String(),
  rule: Type.Integer(),
  wanted: Type.Integer(),
  methods: Type.Array(Method),
  drawnBy: Type.String(),
  drawnAt: Time,
  candidates: Type.Array(
    Type.Object({ subject: Type.String(), weight: Type.Number(), reasons: Type.Array(Type.String()) }),
  ),
  picked: Type.Array(Type.Object({ subject: Type.String(), method: Method })),
  reproduced: Type.Boolean({ description: 'Drawn again from seed and candidates it picks the same' }),
});

export function registerCheckRoutes(app: App, deps: { readonly database: Database; now(): Instant }): void {
  const db = deps.database;
  const tags = ['spot-checks'];

  app.post(
    '/api/v1/check-draws',
    {
      config: { action: 'spot-checks.draw' },
      schema: {
        tags,
        summary:
          'Draw whom to check, by a recorded random seed; the blind and the suspicious more often, everybody sometimes',
        body: Type.Object({
          count: Type.Integer({ minimum: 1, maximum: 200 }),
          organisation: OrganisationPath,
          methods: Type.Optional(Type.Array(Method, { minItems: 1, maxItems: 4 })),
        }),
        response: answers(Type.Object({ draw: Draw, checks: Type.Array(Check) })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { count, organisation = actor.organisation, methods = ['phone'] } = request.body;
      if (!can(actor, 'spot-checks.draw', organisation)) throw new Problem('not-found');
      const by = { account: actor.name, atMs: deps.now(), note: '' };
      const made = await drawChecks(db, {
        organisation,
        wanted: count,
        methods,
        by,
        note: (tx, { id: target, seed, rule, candidates, picked }) =>
          audit(tx, request, {
            action: 'check.draw',
            office: organisation,
            target,
            detail: {
              seed,
              rule,
              wanted: count,
              methods,
              sha256: hashOf(JSON.stringify([candidates, picked])),
            },
          }),
      });
      request.log.info(
        { event: 'checks.drawn', draw: made.draw.id, account: actor.name },
        'spot checks were drawn',
      );
      return { draw: await shown(actor, made.draw), checks: await named(made.checks) };
    },
  );

  app.get(
    '/api/v1/check-draws/:id',
    {
      config: { action: 'shifts.read' },
      schema: {
        tags,
        summary: 'A draw with all that it was made from',
        params: Type.Object({ id: Id }),
        response: answers(Draw),
      },
    },
    async (request) => {
      const { id } = request.params;
      const row = await rowNumbered(id, (number) => findDraw(db, number));
      const { actor } = callerOf(request);
      if (row === undefined || !covers(actor.organisation, row.organisation)) throw new Problem('not-found');
      return shown(actor, row);
    },
  );

  app.get(
    '/api/v1/checks',
    {
      config: { action: 'shifts.read' },
      schema: {
        tags,
        summary: 'Spot checks, newest first',
        querystring: Type.Object({
          state: Type.Optional(Type.Enum(['open', 'all'])),
          subject: Type.Optional(Id),
          draw: Type.Optional(Type.String({ pattern: '^\\d{1,18}$' })),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Check)),
      },
    },
    async (request) => {
      const { state = 'open', subject = null, draw = null, cursor, limit = 100 } = request.query;
      const before = beforeOf(cursor);
      const scope = callerOf(request).actor.organisation;
      const rows = await listChecks(db, scope, subject, draw, state === 'open', before, limit + 1);
      const nameOf = await namesOf(rows);
      return toPage(
        rows,
        limit,
        (row) => toCheck(row, nameOf),
        (last) => encodeCursor(last.id),
      );
    },
  );

  app.post(
    '/api/v1/checks',
    {
      config: { action: 'spot-checks.draw' },
      schema: {
        tags,
        summary: 'A check by hand, without a draw',
        body: Type.Object({ subject: Id, method: Method }),
        response: answers(Check),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const [subject] = await findSubject(db, request.body.subject);
      if (subject === undefined || !can(actor, 'spot-checks.draw', subject.office))
        throw new Problem('not-found');
      const by = { account: actor.name, atMs: deps.now(), note: '' };
      const asked = await askCheck(db, {
        subject: subject.id,
        office: subject.office,
        method: request.body.method,
        by,
      });
      return toCheck(asked, new Map([[subject.id, subject.name]]));
    },
  );

  app.post(
    '/api/v1/checks/:id/result',
    {
      config: { action: 'spot-checks.draw' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'What came of it: once. It goes into the log; a failed one becomes a task of the office',
        params: Type.Object({ id: Id }),
        body: Type.Object({ result: ResultCode, note: Type.Optional(Note) }),
        response: answers(Check),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id } = request.params;
      const check = await rowNumbered(id, (number) => lockCheck(db, number));
      if (check === undefined || !can(actor, 'spot-checks.draw', check.office))
        throw new Problem('not-found');
      const { result, note = '' } = request.body;
      const done = await recordCheck(db, {
        check: id,
        result,
        by: { account: actor.name, atMs: deps.now(), note },
        note: (tx, { subject, office, method }) =>
          audit(tx, request, {
            action: 'check.result',
            subject,
            office,
            target: id,
            reason: note === '' ? null : note,
            detail: { method, result },
          }),
      });
      if (!done.ok)
        throw new Problem(done.error.code === 'bad-result' ? 'bad-request' : 'conflict', done.error);
      request.log.info(
        { event: 'check.recorded', check: id, account: actor.name },
        'a spot check was recorded',
      );
      return toCheck(done.value, await namesOf([done.value]));
    },
  );

  /** Without the minors in it for who is not cleared; whether it is reproduced is asked of the whole. */
  async function shown(actor: Actor, row: DrawRow): Promise<Static<typeof Draw>> {
    const whole = toDraw(row);
    const hidden = await hiddenFrom(
      db,
      actor.minors,
      whole.candidates.map(({ subject }) => subject),
    );
    const isSeen = ({ subject }: { readonly subject: string }) => !hidden.has(subject);
    return {
      ...whole,
      candidates: whole.candidates.filter(isSeen),
      picked: whole.picked.filter(isSeen),
    };
  }

  /** Of those whom the caller may see: the others are not there for this database. */
  async function namesOf(rows: readonly CheckRow[]): Promise<ReadonlyMap<string, string>> {
    const found = await listNames(db, [...new Set(rows.map(({ subject }) => subject))]);
    return new Map(found.map(({ id, name }) => [id, name]));
  }
  async function named(rows: readonly CheckRow[]) {
    const nameOf = await namesOf(rows);
    return rows.map((row) => toCheck(row, nameOf));
  }
}

/** The columns are written from these types only. */
function toCheck(row: CheckRow, nameOf: ReadonlyMap<string, string>): Static<typeof Check> {
  return {
    check: row.id,
    draw: row.draw,
    follows: row.follows,
    subject: row.subject,
    name: nameOf.get(row.subject) ?? null,
    office: row.office,
    method: row.method as SpotCheckMethod,
    askedBy: row.asked_by,
    askedAt: row.asked_at.toISOString(),
    dueAt: row.due_at.toISOString(),
    result: row.result as SpotCheckResult | null,
    resultBy: row.result_by,
    resultAt: timeOrNull(row.result_at),
    note: row.note,
    task: row.task,
  };
}

function toDraw(row: DrawRow): Static<typeof Draw> {
  return {
    draw: row.id,
    organisation: row.organisation,
    seed: row.seed,
    rule: row.rule,
    wanted: row.wanted,
    methods: row.methods as SpotCheckMethod[],
    drawnBy: row.account,
    drawnAt: row.at.toISOString(),
    candidates: (row.candidates as Candidate[]).map((each) => ({ ...each, reasons: [...each.reasons] })),
    picked: row.picked as { subject: string; method: SpotCheckMethod }[],
    reproduced: isReproduced(row),
  };
}
