/** `legal-clocks`: what is due of whom by which article, what the clocks run from, and the law's numbers as reference data. */
import { type Static, Type } from 'typebox';
import type { Instant } from '../../../src/kernel/instant.ts';
import {
  CLOCK_KINDS,
  CLOCK_STAGES,
  type ClockKind,
  type ClockStage,
  collectionEndMs,
} from '../../../src/legal/clocks.ts';
import { DEVICE_CLASSES, LEGAL_CLASSES } from '../../../src/legal/device-classes.ts';
import { MEASURES } from '../../../src/legal/measures.ts';
import { rosterWall, settleSubject } from '../../../src/legal/settle.ts';
import { countClocks, listClocks, listDates, setDates } from '../../../src/store/legal-clocks.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { listUncollected } from '../../../src/store/uncollected.ts';
import { audit } from '../audit.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Article, type LegalDeps, LevelName } from './permits.ts';
import {
  answers,
  Cursor,
  Day,
  decodeCursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  PlainText,
  readDay,
  readTime,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

export const Clock = Type.Object({
  subject: Type.String(),
  subjectName: Type.String(),
  office: Type.String(),
  kind: Type.Enum(CLOCK_KINDS),
  stage: Type.Enum(CLOCK_STAGES, {
    description: 'due, or what it can lead to: 训诫, 警告, 提请撤销',
  }),
  about: Type.String({ description: 'Permit or device' }),
  since: Time,
  dueAt: Nullable(Time),
  overdue: Type.Boolean(),
  article: Article,
  measures: Type.String(),
});
const Dates = {
  effectiveOn: Nullable(Day),
  reportedOn: Nullable(Day),
  lostSince: Nullable(Type.String({ maxLength: 40, description: '脱管, with its zone' })),
  endsOn: Nullable(Day),
  endedAt: Nullable(Type.String({ maxLength: 40, description: 'Ended before endsOn, with its zone' })),
};
const Supervision = Type.Object({
  subject: Type.String(),
  ...Dates,
  collectsUntil: Nullable(Time),
  version: Type.Integer({ description: '0: nothing is entered yet' }),
  changedBy: Nullable(Type.String()),
  changedAt: Nullable(Time),
});
const Measure = Type.Object({
  version: Type.String(),
  from: Day,
  permitLimits: Type.Array(
    Type.Object({ level: LevelName, mostDays: Nullable(Type.Integer()), article: Article }),
  ),
  cumulated: Type.Object({
    months: Type.Integer(),
    mostDays: Type.Integer(),
    level: LevelName,
    article: Article,
  }),
  order: Type.Object({ mostMonths: Type.Integer(), level: LevelName, article: Article }),
  reportInDays: Type.Integer(),
  reportIn: Article,
  lost: Type.Array(
    Type.Object({
      stage: Type.Enum(CLOCK_STAGES),
      untilDays: Nullable(Type.Integer()),
      untilMonths: Nullable(Type.Integer()),
      article: Article,
    }),
  ),
});
const Class = Type.Object({
  legalClass: Type.Enum(LEGAL_CLASSES),
  kinds: Type.Array(Type.String()),
  needsOrder: Type.Boolean(),
  name: Article,
  collects: Article,
  article: Article,
  retention: Type.String({ description: 'Class of /api/v1/retention that its positions are of' }),
});
const Uncollected = Type.Object({
  subject: Type.String(),
  device: Type.String(),
  code: Type.String({ description: 'outside-order or correction-ended' }),
  day: Day,
  count: Type.Integer(),
  firstAt: Time,
  lastAt: Time,
});
const Params = Type.Object({ id: Id });
/** Community corrections began in 2003. */
const OLDEST_MS = Date.UTC(2003, 0, 1);
/** What counts as soon. */
const SOON_MS = 7 * 86_400_000;

export function registerLegalClockRoutes(app: App, deps: LegalDeps): void {
  const db = deps.database;
  const tags = ['legal-clocks'];
  const read = { action: 'subjects.read' } as const;

  app.get(
    '/api/v1/legal-clocks',
    {
      config: read,
      schema: {
        tags,
        summary: 'What is due of whom, the earliest first; what is at its last stage before all others',
        querystring: Type.Object({
          organisation: OrganisationPath,
          subject: Type.Optional(Id),
          kind: Type.Optional(Type.Enum(CLOCK_KINDS)),
          dueBefore: Type.Optional(Type.String({ maxLength: 40 })),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Clock)),
      },
    },
    async (request) => {
      const { organisation = '', subject, kind, dueBefore, cursor, limit = 100 } = request.query;
      const [due, ofSubject = '', ofKind = '', about = ''] =
        cursor === undefined ? [] : decodeCursor(cursor, 4);
      const nowMs = deps.now();
      const rows = await listClocks(
        db,
        callerOf(request).actor.organisation,
        organisation,
        new Date(nowMs),
        subject ?? null,
        kind ?? null,
        dueBefore === undefined ? null : new Date(readTime('dueBefore', dueBefore)),
        due === undefined ? null : new Date(readTime('cursor', due)),
        ofSubject,
        ofKind,
        about,
        limit + 1,
      );
      return toPage(
        rows,
        limit,
        (row) => toClock(row, nowMs),
        (last) => encodeCursor(last.order_at.toISOString(), last.subject, last.kind, last.about),
      );
    },
  );

  app.get(
    '/api/v1/legal-clocks/count',
    {
      config: read,
      schema: {
        tags,
        summary: 'How many are overdue, and how many are due within seven days',
        querystring: Type.Object({ organisation: OrganisationPath }),
        response: answers(Type.Object({ overdue: Type.Integer(), soon: Type.Integer() })),
      },
    },
    async (request) => {
      const scope = callerOf(request).actor.organisation;
      const nowMs = deps.now();
      const soon = new Date(nowMs + SOON_MS);
      const [row] = await countClocks(db, scope, request.query.organisation ?? '', new Date(nowMs), soon);
      return { overdue: row?.overdue ?? 0, soon: row?.soon ?? 0 };
    },
  );

  app.get(
    '/api/v1/legal-limits',
    {
      config: { action: 'account.own' },
      schema: {
        tags,
        summary: 'What the law sets by number, by version, with its articles',
        response: answers(Type.Object({ items: Type.Array(Measure) })),
      },
    },
    async () => ({ items: MEASURES.map(toMeasure) }),
  );

  app.get(
    '/api/v1/device-classes',
    {
      config: { action: 'account.own' },
      schema: {
        tags,
        summary: 'The two legal classes of position source: what is collected when by each',
        response: answers(Type.Object({ items: Type.Array(Class) })),
      },
    },
    async () => ({
      items: DEVICE_CLASSES.map(({ zh, en, collectsZh, collectsEn, kinds, ...rest }) => ({
        ...rest,
        kinds: [...kinds],
        name: { zh, en },
        collects: { zh: collectsZh, en: collectsEn },
      })),
    }),
  );

  app.get(
    '/api/v1/uncollected',
    {
      config: { action: 'devices.read' },
      schema: {
        tags,
        summary: 'What was refused because nobody may collect it, by device and day: counted, and not kept',
        querystring: Type.Object({
          organisation: OrganisationPath,
          subject: Type.Optional(Id),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Uncollected)),
      },
    },
    async (request) => {
      const { organisation = '', subject, cursor, limit = 100 } = request.query;
      const [day, ofSubject = '', device = '', code = ''] =
        cursor === undefined ? [] : decodeCursor(cursor, 4);
      const rows = await listUncollected(
        db,
        callerOf(request).actor.organisation,
        organisation,
        subject ?? null,
        day === undefined ? null : readDay('cursor', day),
        ofSubject,
        device,
        code,
        limit + 1,
      );
      return toPage(
        rows,
        limit,
        ({ first_at, last_at, count, ...row }) => ({
          ...row,
          count: Number(count),
          firstAt: first_at.toISOString(),
          lastAt: last_at.toISOString(),
        }),
        (last) => encodeCursor(last.day, last.subject, last.device, last.code),
      );
    },
  );

  app.get(
    '/api/v1/subjects/:id/supervision',
    {
      config: read,
      schema: {
        tags,
        summary: "What the subject's legal clocks run from",
        params: Params,
        response: answers(Supervision),
      },
    },
    async (request) => {
      const { id } = await findSeen(callerOf(request).actor, 'subjects.read', request.params.id);
      const [row] = await listDates(db, [id]);
      return toSupervision(id, row);
    },
  );

  app.put(
    '/api/v1/subjects/:id/supervision',
    {
      config: { action: 'clocks.write' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'Enter the dates; with the end of correction collection stops at once',
        params: Params,
        body: Type.Object({
          ...Dates,
          version: Type.Integer({ minimum: 0, maximum: 2_147_483_646 }),
          reason: PlainText({ minLength: 1, maxLength: 1000 }),
        }),
        response: answers(Supervision),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id, office } = await findSeen(actor, 'clocks.write', request.params.id);
      const { version, reason, ...given } = request.body;
      const nowMs = deps.now();
      const dates = readDates(given, nowMs);
      const row = await db.transaction(async (tx) => {
        const collectsMs = collectionEndMs(dates, await rosterWall(tx));
        const [saved] = await setDates(
          tx,
          id,
          version,
          dates.effectiveOn,
          dates.reportedOn,
          dateOrNull(dates.lostSinceMs),
          dates.endsOn,
          dateOrNull(dates.endedMs),
          dateOrNull(collectsMs),
          actor.name,
          new Date(nowMs),
        );
        if (saved === undefined) return undefined;
        await settleSubject(tx, id, nowMs);
        await audit(tx, request, {
          action: 'supervision.change',
          subject: id,
          office,
          reason,
          detail: given,
        });
        return saved;
      });
      if (row === undefined)
        throw new Problem('conflict', 'somebody has changed it meanwhile: read it again');
      return toSupervision(id, row);
    },
  );

  async function findSeen(actor: Actor, action: Action, id: string) {
    const [row] = await findSubject(db, id);
    if (row === undefined || !can(actor, action, row.office, row.minor)) throw new Problem('not-found');
    return row;
  }
}

type GivenDates = { readonly [Key in keyof typeof Dates]: string | null };

function readDates(given: GivenDates, nowMs: Instant) {
  const day = (name: 'effectiveOn' | 'reportedOn' | 'endsOn') =>
    given[name] === null ? null : readDay(name, given[name]);
  const time = (name: 'lostSince' | 'endedAt') => {
    const at = given[name] === null ? null : readTime(name, given[name]);
    if (at !== null && (at > nowMs || at < OLDEST_MS))
      throw new Problem('bad-request', `${name} must not lie ahead, nor before the law`);
    return at;
  };
  const dates = {
    effectiveOn: day('effectiveOn'),
    reportedOn: day('reportedOn'),
    lostSinceMs: time('lostSince'),
    endsOn: day('endsOn'),
    endedMs: time('endedAt'),
  };
  const { effectiveOn, reportedOn, endsOn } = dates;
  if (effectiveOn !== null && reportedOn !== null && reportedOn < effectiveOn)
    throw new Problem('bad-request', 'reportedOn lies before effectiveOn');
  if (effectiveOn !== null && endsOn !== null && endsOn < effectiveOn)
    throw new Problem('bad-request', 'endsOn lies before effectiveOn');
  return dates;
}

const dateOrNull = (at: Instant | null) => (at === null ? null : new Date(at));

export function toClock(
  row: Awaited<ReturnType<typeof listClocks>>[number],
  nowMs: Instant,
): Static<typeof Clock> {
  return {
    subject: row.subject,
    subjectName: row.name,
    office: row.office,
    // Written by the core, which knows no others.
    kind: row.kind as ClockKind,
    stage: row.stage as ClockStage,
    about: row.about,
    since: row.opens_at.toISOString(),
    dueAt: timeOrNull(row.due_at),
    overdue: row.stage !== 'due' || row.due_at === null || row.due_at.getTime() <= nowMs,
    article: { zh: row.article, en: row.article_en },
    measures: row.measures,
  };
}

function toSupervision(
  subject: string,
  row: Awaited<ReturnType<typeof listDates>>[number] | undefined,
): Static<typeof Supervision> {
  return {
    subject,
    effectiveOn: row?.effective_on ?? null,
    reportedOn: row?.reported_on ?? null,
    lostSince: timeOrNull(row?.lost_since ?? null),
    endsOn: row?.ends_on ?? null,
    endedAt: timeOrNull(row?.ended_at ?? null),
    collectsUntil: timeOrNull(row?.collects_until ?? null),
    version: row?.version ?? 0,
    changedBy: row?.changed_by ?? null,
    changedAt: timeOrNull(row?.changed_at ?? null),
  };
}

function toMeasure({
  permit,
  order,
  lost,
  version,
  from,
  reportInDays,
  reportIn,
}: (typeof MEASURES)[number]) {
  return {
    version,
    from,
    permitLimits: permit.limits.map((limit) => ({ ...limit })),
    cumulated: permit.cumulated,
    order,
    reportInDays,
    reportIn,
    lost: lost.map(({ stage, until, article }) => ({
      stage,
      untilDays: until !== null && 'days' in until ? until.days : null,
      untilMonths: until !== null && 'months' in until ? until.months : null,
      article,
    })),
  };
}
