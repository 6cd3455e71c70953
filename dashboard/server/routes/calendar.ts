/** `calendar`: which days are holidays and make-up workdays; what is due on working days goes by it. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import { fail, ok } from '../../../src/kernel/result.ts';
import { type Calendar, EMPTY_ROSTER } from '../../../src/kernel/roster.ts';
import { decodeCalendar } from '../../../src/kernel/roster-file.ts';
import type { Database, Db } from '../../../src/ports/database.ts';
import { changeRoster, writeCalendar } from '../../../src/roster/change.ts';
import { daysOfLibrary } from '../../../src/roster/public-holidays.ts';
import { findDocument } from '../../../src/store/roster.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { authorOf, faultsProblem, staleProblem, Why } from './roster-items.ts';
import { answers, Day, readDay } from './schemas.ts';

const Kind = Type.Enum(['holiday', 'workday'], { description: '休, 班' });
const Answer = Type.Object({
  version: Type.Integer({ description: '0: none was set yet' }),
  timeZone: Type.String(),
  days: Type.Record(Type.String(), Kind, {
    description: 'Day → what it is where it differs from its weekday',
  }),
});
/** Ten years of holidays. */
const MAX_DAYS = 1000;

export function registerCalendarRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['policies'];

  app.get(
    '/api/v1/calendar',
    {
      config: { action: 'policies.read' },
      schema: { tags, summary: 'The calendar in force', response: answers(Answer) },
    },
    async () => toAnswer(await readCalendar(db)),
  );

  app.get(
    '/api/v1/calendar/public-holidays',
    {
      config: { action: 'policies.read' },
      schema: {
        tags,
        summary:
          'What the State Council has arranged for a year; empty where this version does not know it yet',
        querystring: Type.Object({ year: Type.Integer({ minimum: 2000, maximum: 2100 }) }),
        response: answers(
          Type.Object({ items: Type.Array(Type.Object({ day: Day, kind: Kind, name: Type.String() })) }),
        ),
      },
    },
    async (request) => ({
      items: daysOfLibrary(request.query.year).map(({ date, name, isOff }) => ({
        day: date,
        kind: isOff ? ('holiday' as const) : ('workday' as const),
        name,
      })),
    }),
  );

  app.put(
    '/api/v1/calendar',
    {
      config: { action: 'policies.write' },
      bodyLimit: 128 * 1024,
      schema: {
        tags,
        summary: 'Set the calendar as a whole: it is one for the whole tree',
        body: Type.Object({
          version: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
          reason: Why,
          days: Type.Array(Type.Object({ day: Day, kind: Kind }), { maxItems: MAX_DAYS }),
        }),
        response: answers(Answer),
      },
    },
    async (request) => {
      const { version, reason, days } = request.body;
      if (callerOf(request).actor.organisation !== '')
        throw new Problem('forbidden', told('calendar-whole-tree'));
      const kinds = Object.fromEntries(days.map(({ day, kind }) => [readDay('days', day), kind]));
      const done = await changeRoster(db, authorOf(request, reason), deps.now(), async (tx, change) => {
        const before = await readCalendar(tx);
        if (before.version !== version) return fail(staleProblem(before.version));
        const given = decodeCalendar({ days: kinds, timeZone: before.calendar.timeZone });
        if (!given.ok) return fail(faultsProblem(given.error));
        const written = await writeCalendar(tx, change, given.value);
        return ok({ calendar: given.value, version: written ?? before.version });
      });
      if (!done.ok) throw done.error;
      return toAnswer(done.value);
    },
  );
}

interface Kept {
  readonly calendar: Calendar;
  readonly version: number;
}

async function readCalendar(db: Db): Promise<Kept> {
  const [row] = await findDocument(db, 'calendar');
  if (row === undefined) return { calendar: EMPTY_ROSTER.calendar, version: 0 };
  const calendar = decodeCalendar(row.document);
  if (!calendar.ok) throw new Error(`the store holds a calendar that the program can't read`);
  return { calendar: calendar.value, version: row.version };
}

const toAnswer = ({ calendar, version }: Kept): Static<typeof Answer> => ({
  version,
  timeZone: calendar.timeZone,
  days: { ...calendar.days },
});
