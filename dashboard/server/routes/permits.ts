/** `permits`: leave (外出) from the request to the return (销假). What is approved is in the log before the answer's second is over. */
import { type Static, Type } from 'typebox';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Result } from '../../../src/kernel/result.ts';
import { LEVELS, type Level, levelOf, MEASURES } from '../../../src/legal/measures.ts';
import {
  isOverdue,
  PERMIT_GROUNDS,
  PERMIT_STATES,
  type PermitFault,
  type PermitGround,
  type PermitState,
} from '../../../src/legal/permit.ts';
import {
  askPermit,
  decideLeave,
  depart,
  type Officer,
  type PermitRow,
  recordReturn,
  withdrawLeave,
} from '../../../src/legal/permit-desk.ts';
import type { Database, Db } from '../../../src/ports/database.ts';
import { findOrganisationKind } from '../../../src/store/organisations.ts';
import { findPermit, findZoneId, listPermits } from '../../../src/store/permits.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { audit } from '../audit.ts';
import { type Action, type Actor, actionsFor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
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
  PlainText,
  readTime,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

export const Article = Type.Object({ zh: Type.String(), en: Type.String() });
export const LevelName = Type.Enum(LEVELS, {
  description: 'office: 受委托的司法所; county: 县级社区矫正机构; city: 上一级; province',
});
const Permit = Type.Object({
  permit: Type.String(),
  subject: Type.String(),
  subjectName: Type.String(),
  office: Type.String(),
  ground: Type.Enum(PERMIT_GROUNDS, { description: '就医, 就学, 诉讼, 家庭或者工作重要事务' }),
  explanation: Type.String(),
  destination: Type.String(),
  zone: Nullable(Type.String({ description: 'Zone of the destination; null: no place is judged' })),
  from: Time,
  until: Time,
  state: Type.Enum(PERMIT_STATES),
  overdue: Type.Boolean({ description: '逾期未销假' }),
  days: Type.Integer({ description: 'Days of the calendar, with those of leaves that it goes on from' }),
  cumulatedDays: Type.Integer({ description: 'The most days away within two months' }),
  level: LevelName,
  article: Article,
  measures: Type.String({ description: 'Version of the numbers that decide: /api/v1/legal-limits' }),
  short: Type.Boolean({ description: 'Asked for later than the days ahead that the measures want' }),
  mayDecide: Type.Boolean({ description: 'Whether the caller may, by role and level' }),
  askedBy: Type.String(),
  askedAt: Time,
  decidedBy: Nullable(Type.String()),
  decidedAt: Nullable(Time),
  decidedLevel: Nullable(LevelName),
  reason: Type.String({ description: 'Of the decision' }),
  departedAt: Nullable(Time),
  returnedAt: Nullable(Time),
  returnNote: Type.String(),
});
const Params = Type.Object({ id: Id });
const Text = (maxLength: number, description: string) => PlainText({ minLength: 1, maxLength, description });
const At = Type.Optional(Type.String({ maxLength: 40, description: 'With its zone; default: now' }));

export interface LegalDeps {
  readonly database: Database;
  now(): Instant;
}

/** Who decides, and at which level of the tree. */
export async function officerOf(db: Db, { name, organisation }: Actor): Promise<Officer> {
  const [row] = await findOrganisationKind(db, organisation);
  return { account: name, level: levelOf(organisation, row?.kind) };
}

export function refused({ code, message }: { readonly code: string; readonly message: string }): Problem {
  if (code === 'wrong-level') return new Problem('forbidden', message);
  return new Problem(code === 'wrong-state' ? 'conflict' : 'bad-request', message);
}

export function registerPermitRoutes(app: App, deps: LegalDeps): void {
  const db = deps.database;
  const tags = ['permits'];

  app.get(
    '/api/v1/permits',
    {
      config: { action: 'subjects.read' },
      schema: {
        tags,
        summary: 'Leave permits, newest first',
        querystring: Type.Object({
          state: Type.Optional(Type.Enum(PERMIT_STATES)),
          open: Type.Optional(
            Type.Boolean({ description: 'Only those that wait for a decision or a return' }),
          ),
          overdue: Type.Optional(Type.Boolean({ description: 'Only those whose return is overdue' })),
          subject: Type.Optional(Id),
          organisation: OrganisationPath,
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Permit)),
      },
    },
    async (request) => {
      const {
        state,
        open = false,
        overdue = false,
        subject,
        organisation = '',
        cursor,
        limit = 100,
      } = request.query;
      const { actor } = callerOf(request);
      const states = state !== undefined ? [state] : open ? ['asked', 'approved', 'away'] : null;
      const now = new Date(deps.now());
      const rows = await listPermits(
        db,
        actor.organisation,
        organisation,
        subject ?? null,
        states,
        overdue,
        now,
        beforeOf(cursor),
        limit + 1,
      );
      const show = await shower(actor);
      return toPage(rows, limit, show, (last) => encodeCursor(last.id));
    },
  );

  app.get(
    '/api/v1/permits/:id',
    {
      config: { action: 'subjects.read' },
      schema: { tags, summary: 'One permit', params: Params, response: answers(Permit) },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const row = await findSeen(actor, 'subjects.read', request.params.id);
      return (await shower(actor))(row);
    },
  );

  app.post(
    '/api/v1/permits',
    {
      config: { action: 'permits.write' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: "Enter a subject's request for leave",
        body: Type.Object({
          subject: Id,
          ground: Type.Enum(PERMIT_GROUNDS),
          explanation: Text(2000, 'Why, and what proves it'),
          destination: Text(200, 'Where to, in words'),
          zone: Type.Optional(Nullable(Id)),
          from: Type.String({ maxLength: 40 }),
          until: Type.String({ maxLength: 40 }),
        }),
        response: answers(Permit),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { subject, ground, explanation, destination, zone = null, from, until } = request.body;
      const [found] = await findSubject(db, subject);
      if (found === undefined || !can(actor, 'permits.write', found.office, found.minor))
        throw new Problem('not-found');
      const leave = { fromMs: readTime('from', from), untilMs: readTime('until', until) };
      if (zone !== null && (await findZoneId(db, zone)).length === 0)
        throw new Problem('bad-request', `zone: there is none called ${JSON.stringify(zone)}`);
      const asked = { subject, ground, explanation, destination, zone, ...leave };
      return act(request, actor, found.office, 'permit.ask', null, (tx, by) =>
        askPermit(tx, asked, by, deps.now()),
      );
    },
  );

  for (const deed of ['approve', 'refuse'] as const)
    app.post(
      `/api/v1/permits/:id/${deed}`,
      {
        config: { action: 'permits.decide' },
        bodyLimit: 16_384,
        schema: {
          tags,
          summary:
            deed === 'approve' ? 'Approve: by the level that its days need' : 'Refuse, with the reason',
          params: Params,
          body: Type.Object({
            reason: deed === 'approve' ? PlainText({ maxLength: 1000 }) : Text(1000, 'Why it is refused'),
          }),
          response: answers(Permit),
        },
      },
      async (request) => {
        const { actor } = callerOf(request);
        const { id, office } = await findSeen(actor, 'permits.decide', request.params.id);
        const { reason } = request.body;
        return act(request, actor, office, `permit.${deed}`, reason, (tx, by) =>
          decideLeave(tx, id, deed, reason, by, deps.now()),
        );
      },
    );

  app.post(
    '/api/v1/permits/:id/withdraw',
    {
      config: { action: 'permits.write' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'Withdraw a request, or a leave that has not begun',
        params: Params,
        body: Type.Object({ reason: Text(1000, 'Why') }),
        response: answers(Permit),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id, office } = await findSeen(actor, 'permits.write', request.params.id);
      return act(request, actor, office, 'permit.withdraw', request.body.reason, (tx) =>
        withdrawLeave(tx, id, deps.now()),
      );
    },
  );

  app.post(
    '/api/v1/permits/:id/depart',
    {
      config: { action: 'permits.write' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'The subject has left',
        params: Params,
        body: Type.Object({ at: At }),
        response: answers(Permit),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id, office } = await findSeen(actor, 'permits.write', request.params.id);
      const { at } = request.body;
      const atMs = at === undefined ? deps.now() : readTime('at', at);
      return act(request, actor, office, 'permit.depart', null, (tx) => depart(tx, id, atMs, deps.now()));
    },
  );

  app.post(
    '/api/v1/permits/:id/return',
    {
      config: { action: 'permits.write' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: '销假: the subject has reported back',
        params: Params,
        body: Type.Object({ at: At, note: Type.Optional(PlainText({ maxLength: 1000 })) }),
        response: answers(Permit),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id, office } = await findSeen(actor, 'permits.write', request.params.id);
      const { at, note = '' } = request.body;
      const atMs = at === undefined ? deps.now() : readTime('at', at);
      return act(request, actor, office, 'permit.return', note || null, (tx) =>
        recordReturn(tx, id, atMs, note, deps.now()),
      );
    },
  );

  /** The deed and its entry in the audit, both or neither. */
  async function act(
    request: Parameters<typeof audit>[1],
    actor: Actor,
    office: string,
    action: string,
    reason: string | null,
    deed: (tx: Db, by: Officer) => Promise<Result<PermitRow, PermitFault>>,
  ): Promise<Static<typeof Permit>> {
    const done = await db.transaction(async (tx) => {
      const result = await deed(tx, await officerOf(tx, actor));
      if (result.ok) {
        const { id: target, subject } = result.value;
        await audit(tx, request, { action, subject, office, target, reason });
      }
      return result;
    });
    if (!done.ok) throw refused(done.error);
    return (await shower(actor))(done.value);
  }

  async function findSeen(actor: Actor, action: Action, id: string): Promise<PermitRow> {
    const [row] = /^\d{1,18}$/.test(id) ? await findPermit(db, id) : [];
    if (row === undefined || !can(actor, action, row.office, row.minor)) throw new Problem('not-found');
    return row;
  }

  async function shower(actor: Actor): Promise<(row: PermitRow) => Static<typeof Permit>> {
    const { level } = await officerOf(db, actor);
    const decides = actionsFor(actor).includes('permits.decide') ? level : undefined;
    return (row) => toPermit(row, decides, deps.now());
  }
}

const DAY_MS = 86_400_000;

function toPermit(row: PermitRow, decides: Level | undefined, nowMs: Instant): Static<typeof Permit> {
  // The table's own checks allow no others, and the desk writes levels and versions that there are.
  const state = row.state as PermitState;
  const level = row.level as Level;
  const measures = MEASURES.find(({ version }) => version === row.measures) ?? MEASURES[0];
  const limit = measures?.permit.limits.find((each) => each.level === level);
  return {
    permit: row.id,
    subject: row.subject,
    subjectName: row.name,
    office: row.office,
    ground: row.ground as PermitGround,
    explanation: row.explanation,
    destination: row.destination,
    zone: row.zone,
    from: row.from_at.toISOString(),
    until: row.until_at.toISOString(),
    state,
    overdue: isOverdue(state, row.until_at.getTime(), nowMs),
    days: row.days,
    cumulatedDays: row.cumulated_days,
    level,
    article: limit?.article ?? { zh: '', en: '' },
    measures: row.measures,
    short: row.from_at.getTime() - row.asked_at.getTime() < (measures?.permit.aheadDays ?? 0) * DAY_MS,
    mayDecide: state === 'asked' && decides !== undefined && LEVELS.indexOf(decides) >= LEVELS.indexOf(level),
    askedBy: row.asked_by,
    askedAt: row.asked_at.toISOString(),
    decidedBy: row.decided_by,
    decidedAt: timeOrNull(row.decided_at),
    decidedLevel: row.decided_level as Level | null,
    reason: row.reason,
    departedAt: timeOrNull(row.departed_at),
    returnedAt: timeOrNull(row.returned_at),
    returnNote: row.return_note,
  };
}
