/** `musters`: roll calls (集中点验) made, changed until they begin, cancelled with a reason; and who came. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { cancelMusterOf, changeMusterOf, MOST_EXPECTED, makeMuster } from '../../../src/roster/musters.ts';
import { findMuster, listMusters } from '../../../src/store/musters.ts';
import { type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { MusterResult, type MusterRow, resultOf } from './muster-result.ts';
import { authorOf, Version, Why, WrittenAnswer, writtenOr } from './roster-items.ts';
import {
  answers,
  Cursor,
  decodeCursor,
  encodeCursor,
  Grade,
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

const MAX_BODY_BYTES = 512 * 1024;
const Item = {
  id: Type.String(),
  organisation: Type.String({ description: 'Whose it is' }),
  name: Type.String(),
  zone: Type.String(),
  from: Time,
  until: Time,
  state: Type.Enum(['planned', 'running', 'over', 'cancelled']),
  version: Type.Integer(),
  madeBy: Type.String(),
  madeAt: Time,
  changedBy: Nullable(Type.String()),
  changedAt: Nullable(Time),
  cancelledBy: Nullable(Type.String()),
  cancelledAt: Nullable(Time),
  cancelReason: Nullable(Type.String()),
  mayChange: Type.Boolean({ description: 'Whether it is of the caller’s to change and to cancel' }),
};
const Listed = Type.Object({
  ...Item,
  expected: Type.Integer({ description: 'Of those whom the caller sees' }),
});
const Whole = Type.Object({ ...Item, ...MusterResult.properties });
const Moment = Type.String({ maxLength: 40, description: 'A time with its zone' });
const Ids = (description: string) => Type.Array(Id, { maxItems: MOST_EXPECTED, description });
const Fields = {
  name: PlainText({ minLength: 1, maxLength: 100 }),
  zone: Id,
  from: Moment,
  until: Moment,
};
const Whom = {
  subjects: Type.Optional(Ids('Default: all under correction of the organisation')),
  category: Type.Optional(PlainText({ minLength: 1, maxLength: 256, description: 'A key-person category' })),
  grade: Type.Optional(Grade),
  excused: Type.Optional(Ids('Of them, those with written leave; leave permits excuse by themselves')),
};
const Params = Type.Object({ id: Id });

export function registerMusterRoutes(app: App, deps: { readonly database: Database; now(): Instant }): void {
  const db = deps.database;
  const tags = ['musters'];

  app.get(
    '/api/v1/musters',
    {
      config: { action: 'subjects.read' },
      schema: {
        tags,
        summary: 'Roll calls, the newest first: one’s own and those at which one’s own people are expected',
        querystring: Type.Object({
          organisation: OrganisationPath,
          subject: Type.Optional(Id),
          over: Type.Optional(Type.Boolean({ description: 'Only those that are over, or are not' })),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Listed)),
      },
    },
    async (request) => {
      const { organisation = '', subject, over, cursor, limit = 100 } = request.query;
      const { actor } = callerOf(request);
      const [at, id = ''] = cursor === undefined ? [] : decodeCursor(cursor, 2);
      const nowMs = deps.now();
      const rows = await listMusters(
        db,
        organisation,
        subject ?? null,
        over ?? null,
        new Date(nowMs),
        at === undefined ? null : new Date(readTime('cursor', at)),
        id,
        limit + 1,
      );
      return toPage(
        rows,
        limit,
        (row) => ({ ...toItem(row, actor, nowMs), expected: row.expected }),
        (last) => encodeCursor(last.from_at.toISOString(), last.id),
      );
    },
  );

  app.get(
    '/api/v1/musters/:id',
    {
      config: { action: 'subjects.read' },
      schema: {
        tags,
        summary: 'One roll call with its result, which grows while it runs',
        params: Params,
        response: answers(Whole),
      },
    },
    async (request) => {
      const row = await findSeen(request.params.id);
      const nowMs = deps.now();
      return { ...toItem(row, callerOf(request).actor, nowMs), ...(await resultOf(db, row, nowMs)) };
    },
  );

  app.post(
    '/api/v1/musters',
    {
      config: { action: 'subjects.change' },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        tags,
        summary: 'Call people to a place: of the organisation all, or by category, grade or name',
        body: Type.Object({ organisation: OrganisationPath, ...Fields, ...Whom, reason: Why }),
        response: answers(WrittenAnswer),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { organisation = actor.organisation, reason, from, until, ...given } = request.body;
      if (!can(actor, 'subjects.change', organisation))
        throw new Problem('not-found', told('outside-organisation'));
      return writtenOr(
        await makeMuster(db, authorOf(request, reason), deps.now(), {
          ...given,
          office: organisation,
          fromMs: readTime('from', from),
          untilMs: readTime('until', until),
        }),
      );
    },
  );

  app.patch(
    '/api/v1/musters/:id',
    {
      config: { action: 'subjects.change' },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        tags,
        summary: 'Change what is given of a roll call that has not begun',
        params: Params,
        body: Type.Object({
          version: Version,
          reason: Why,
          ...Type.Partial(Type.Object(Fields)).properties,
          ...Whom,
        }),
        response: answers(WrittenAnswer),
      },
    },
    async (request) => {
      const { version, reason, from, until, ...given } = request.body;
      const { id } = await findOwn(callerOf(request).actor, request.params.id);
      return writtenOr(
        await changeMusterOf(
          db,
          authorOf(request, reason),
          deps.now(),
          { id, version },
          {
            ...given,
            ...(from === undefined ? {} : { fromMs: readTime('from', from) }),
            ...(until === undefined ? {} : { untilMs: readTime('until', until) }),
          },
        ),
      );
    },
  );

  app.post(
    '/api/v1/musters/:id/cancel',
    {
      config: { action: 'subjects.change' },
      bodyLimit: 4096,
      schema: {
        tags,
        summary: 'Cancel a roll call that is not over: it stays with the reason, and nobody is asked',
        params: Params,
        body: Type.Object({ version: Version, reason: Why }),
        response: answers(WrittenAnswer),
      },
    },
    async (request) => {
      const { version, reason } = request.body;
      const { id } = await findOwn(callerOf(request).actor, request.params.id);
      const by = { ...authorOf(request, reason), reason };
      return writtenOr(await cancelMusterOf(db, by, deps.now(), { id, version }));
    },
  );

  /** Row security says which: one's own, and those at which one's own people are expected. */
  async function findSeen(id: string): Promise<MusterRow> {
    const [row] = await findMuster(db, id);
    if (row === undefined) throw new Problem('not-found');
    return row;
  }

  async function findOwn(actor: Actor, id: string): Promise<MusterRow> {
    const row = await findSeen(id);
    if (!can(actor, 'subjects.change', row.office))
      throw new Problem('forbidden', told('another-organisations'));
    return row;
  }
}

function stateOf({ cancelled_at, from_at, until_at }: MusterRow, nowMs: Instant) {
  if (cancelled_at !== null) return 'cancelled';
  if (nowMs > until_at.getTime()) return 'over';
  return nowMs >= from_at.getTime() ? 'running' : 'planned';
}

const ItemSchema = Type.Object(Item);
function toItem(row: MusterRow, actor: Actor, nowMs: Instant): Static<typeof ItemSchema> {
  return {
    id: row.id,
    organisation: row.office,
    name: row.name,
    zone: row.zone,
    from: row.from_at.toISOString(),
    until: row.until_at.toISOString(),
    state: stateOf(row, nowMs),
    version: row.version,
    madeBy: row.made_by,
    madeAt: row.made_at.toISOString(),
    changedBy: row.changed_by,
    changedAt: timeOrNull(row.changed_at),
    cancelledBy: row.cancelled_by,
    cancelledAt: timeOrNull(row.cancelled_at),
    cancelReason: row.cancel_reason,
    mayChange: can(actor, 'subjects.change', row.office),
  };
}
