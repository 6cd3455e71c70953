/** `uncollected`: what was refused because nobody may collect it. */
import { Type } from 'typebox';
import { listUncollected } from '../../../src/store/uncollected.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import type { LegalDeps } from './legal-deeds.ts';
import {
  answers,
  Cursor,
  Day,
  decodeCursor,
  encodeCursor,
  Id,
  Limit,
  OrganisationPath,
  Page,
  readDay,
  Time,
  toPage,
} from './schemas.ts';

const Uncollected = Type.Object({
  subject: Type.String(),
  device: Type.String(),
  code: Type.String({ description: 'outside-order or correction-ended' }),
  day: Day,
  count: Type.Integer(),
  firstAt: Time,
  lastAt: Time,
});

export function registerUncollectedRoutes(app: App, { database: db }: LegalDeps): void {
  const tags = ['legal-clocks'];

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
}
