/** `permits`: leave (外出) from the request to the return (销假). What is approved is in the log before the answer's second is over. */
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import { EVERY_DAY } from '../../../src/kernel/roster.ts';
import { LEVELS, type Level, MEASURES } from '../../../src/legal/measures.ts';
import {
  isOverdue,
  PERMIT_GROUNDS,
  PERMIT_KINDS,
  PERMIT_STATES,
  type PermitGround,
  type PermitKind,
  type PermitState,
} from '../../../src/legal/permit.ts';
import {
  askPermit,
  decideLeave,
  depart,
  type PermitRow,
  recordReturn,
  withdrawLeave,
} from '../../../src/legal/permit-desk.ts';
import { findPermit, findZoneId, listPermits } from '../../../src/store/permits.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { type Action, type Actor, actionsFor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Article, type Deed, type LegalDeps, LevelName, officerOf, perform } from './legal-deeds.ts';
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
  rowNumbered,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';
import { Schedule } from './subject-changes.ts';

const Permit = Type.Object({
  permit: Type.String(),
  subject: Type.String(),
  subjectName: Type.String(),
  office: Type.String(),
  kind: Type.Enum(PERMIT_KINDS, { description: 'leave: 外出; recurrent: 经常性跨市、县活动' }),
  schedule: Nullable(Type.Object(Schedule, { description: 'Of recurrent leave; null: at all times' })),
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
      const states = state === undefined ? null : [state];
      const now = new Date(deps.now());
      const rows = await listPermits(
        db,
        actor.organisation,
        organisation,
        subject ?? null,
        states,
        open,
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
          kind: Type.Optional(Type.Enum(PERMIT_KINDS, { description: 'Default: leave' })),
          ground: Type.Enum(PERMIT_GROUNDS),
          explanation: Text(2000, 'Why, and what proves it'),
          destination: Text(200, 'Where to, in words'),
          zone: Type.Optional(Nullable(Id)),
          schedule: Type.Optional(
            Nullable(Type.Object(Schedule, { description: 'Of recurrent leave only' })),
          ),
          from: Type.String({ maxLength: 40 }),
          until: Type.String({ maxLength: 40 }),
        }),
        response: answers(Permit),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const {
        subject,
        kind = 'leave',
        ground,
        explanation,
        destination,
        zone = null,
        schedule = null,
        from,
        until,
      } = request.body;
      if (kind === 'leave' && schedule !== null)
        throw new Problem('bad-request', told('schedule-of-recurrent'));
      const [found] = await findSubject(db, subject);
      if (found === undefined || !can(actor, 'permits.write', found.office, found.minor))
        throw new Problem('not-found');
      const leave = { fromMs: readTime('from', from), untilMs: readTime('until', until) };
      if (zone !== null && (await findZoneId(db, zone)).length === 0)
        throw new Problem('bad-request', told('no-zone', { zone }));
      const asked = {
        subject,
        kind,
        schedule: schedule === null ? null : { days: EVERY_DAY, ...schedule },
        ground,
        explanation,
        destination,
        zone,
        ...leave,
      };
      return done(request, {
        action: 'permit.ask',
        office: found.office,
        reason: null,
        act: (tx, by) => askPermit(tx, asked, by, deps.now()),
      });
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
        return done(request, {
          action: `permit.${deed}`,
          office,
          reason,
          act: (tx, by) => decideLeave(tx, id, deed, reason, by, deps.now()),
        });
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
      return done(request, {
        action: 'permit.withdraw',
        office,
        reason: request.body.reason,
        act: (tx) => withdrawLeave(tx, id, deps.now()),
      });
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
      return done(request, {
        action: 'permit.depart',
        office,
        reason: null,
        act: (tx) => depart(tx, id, atMs, deps.now()),
      });
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
      return done(request, {
        action: 'permit.return',
        office,
        reason: note || null,
        act: (tx) => recordReturn(tx, id, atMs, note, deps.now()),
      });
    },
  );

  async function findSeen(actor: Actor, action: Action, id: string): Promise<PermitRow> {
    const row = await rowNumbered(id, (number) => findPermit(db, number));
    if (row === undefined || !can(actor, action, row.office, row.minor)) throw new Problem('not-found');
    return row;
  }

  async function done(request: FastifyRequest, deed: Deed<PermitRow>): Promise<Static<typeof Permit>> {
    const row = await perform(db, request, deed);
    return (await shower(callerOf(request).actor))(row);
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
    kind: row.kind as PermitKind,
    // Taken from a body of this shape.
    schedule: row.schedule as Static<typeof Permit>['schedule'],
    ground: row.ground as PermitGround,
    explanation: row.explanation,
    destination: row.destination,
    zone: row.zone,
    from: row.from_at.toISOString(),
    until: row.until_at.toISOString(),
    state,
    overdue: isOverdue(row.kind as PermitKind, state, row.until_at.getTime(), nowMs),
    days: row.days,
    cumulatedDays: row.cumulated_days,
    level,
    article: (row.kind === 'recurrent' ? measures?.permit.recurrent : limit)?.article ?? { zh: '', en: '' },
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
