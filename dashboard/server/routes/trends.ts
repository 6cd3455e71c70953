/** `compliance/trend` and `metrics/heat`: since when a rate has fallen, and in which hours of the day alerts come. */
import { Type } from 'typebox';
import { timeZoneOf } from '../../../compliance/figures.ts';
import { addDays, daysBetween, localDay } from '../../../compliance/periods.ts';
import { RATE_IDS } from '../../../compliance/rates.ts';
import { trendOf } from '../../../compliance/trend.ts';
import { told } from '../../../src/kernel/fault.ts';
import { countByHour } from '../../../src/store/compliance.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import type { FigureDeps } from './compliance.ts';
import { answers, Day, Nullable, OrganisationPath, readDay } from './schemas.ts';

const MAX_DAYS = 366;
const Span = { from: Type.Optional(Day), until: Type.Optional(Day), organisation: OrganisationPath };

export function registerTrendRoutes(app: App, deps: FigureDeps): void {
  const db = deps.database;

  /** `until` is exclusive; the last thirty days unless asked for others. */
  async function readSpan(query: { readonly from?: string; readonly until?: string }) {
    const until =
      query.until === undefined
        ? addDays(localDay(deps.now(), await timeZoneOf(db)), 1)
        : readDay('until', query.until);
    const from = query.from === undefined ? addDays(until, -30) : readDay('from', query.from);
    const days = daysBetween(from, until);
    if (days === 0 || days > MAX_DAYS)
      throw new Problem('bad-request', told('span-until', { days: MAX_DAYS }));
    return { from, until };
  }

  app.get(
    '/api/v1/compliance/trend',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags: ['compliance'],
        summary: 'One rate day by day or month by month',
        querystring: Type.Object({
          ...Span,
          rate: Type.Enum(RATE_IDS.filter((id) => id !== 'response')),
          by: Type.Optional(Type.Enum(['all', 'county', 'office'])),
          unit: Type.Optional(Type.Enum(['day', 'month'])),
        }),
        response: answers(
          Type.Object({
            from: Day,
            until: Day,
            items: Type.Array(
              Type.Object({
                organisation: Type.String(),
                day: Type.String({ description: 'The day, or the first of the month' }),
                numerator: Type.Number(),
                denominator: Type.Number(),
                value: Nullable(Type.Number()),
              }),
            ),
            nextCursor: Type.Null(),
          }),
        ),
      },
    },
    async (request) => {
      const { rate, by = 'all', unit = 'day', organisation = '' } = request.query;
      const scope = callerOf(request).actor.organisation;
      const span = await readSpan(request.query);
      const points = await trendOf(deps.whole, { scope, organisation, ...span, by, unit });
      const items = points.map(({ organisation: name, day, rates }) => {
        const { numerator = 0, denominator = 0, value = null } = rates.find(({ id }) => id === rate) ?? {};
        return { organisation: name, day, numerator, denominator, value };
      });
      return { ...span, items, nextCursor: null };
    },
  );

  app.get(
    '/api/v1/metrics/heat',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags: ['metrics'],
        summary:
          'Alerts by organisation, kind and the hour of the day in which they began; raised and confirmed apart',
        querystring: Type.Object({ ...Span, by: Type.Optional(Type.Enum(['county', 'office'])) }),
        response: answers(
          Type.Object({
            from: Day,
            until: Day,
            items: Type.Array(
              Type.Object({
                organisation: Type.String(),
                hour: Type.Integer({ minimum: 0, maximum: 23 }),
                kind: Type.String(),
                raised: Type.Integer(),
                confirmed: Type.Integer(),
              }),
            ),
            nextCursor: Type.Null(),
          }),
        ),
      },
    },
    async (request) => {
      const { by = 'county', organisation = '' } = request.query;
      const scope = callerOf(request).actor.organisation;
      const span = await readSpan(request.query);
      const timeZone = await timeZoneOf(db);
      const items = await countByHour(deps.whole, scope, organisation, span.from, span.until, by, timeZone);
      return { ...span, items: [...items], nextCursor: null };
    },
  );
}
