/** `legal-clocks`: what is due of whom, by which article. */
import { type Static, Type } from 'typebox';
import type { Instant } from '../../../src/kernel/instant.ts';
import { CLOCK_KINDS, CLOCK_STAGES, type ClockKind, type ClockStage } from '../../../src/legal/clocks.ts';
import { countClocks, listClocks } from '../../../src/store/legal-clocks.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Article, type LegalDeps } from './legal-deeds.ts';
import {
  answers,
  Cursor,
  decodeCursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
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
}

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
