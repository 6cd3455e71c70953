/** `rota`: which group has which shift; the plan that follows from it. */
import { Type } from 'typebox';
import { checkRota, localDay, planDays, type Rota } from '../../../alerts/casework/rota.ts';
import { told } from '../../../src/kernel/fault.ts';
import { formatInstant, type Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { addRota, findRota } from '../../../src/store/duty-room.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, Time } from './schemas.ts';

const Name = Type.String({ minLength: 1, maxLength: 100 });
const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' });
const RotaBody = Type.Object({
  since: Day,
  timeZone: Type.String({ maxLength: 64 }),
  shifts: Type.Array(
    Type.Object({ name: Name, from: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }) }),
    { minItems: 1, maxItems: 24 },
  ),
  groups: Type.Array(Type.Object({ name: Name, members: Type.Array(Name, { maxItems: 100 }) }), {
    minItems: 1,
    maxItems: 100,
  }),
  swaps: Type.Array(Type.Object({ day: Day, shift: Name, group: Name }), { maxItems: 1000 }),
});
const Planned = Type.Object({
  day: Day,
  name: Name,
  group: Name,
  members: Type.Array(Name),
  from: Time,
  until: Time,
});

export function registerRotaRoutes(app: App, deps: { readonly database: Database; now(): Instant }): void {
  const db = deps.database;
  const tags = ['shifts'];

  const find = async (organisation: string): Promise<Rota> => {
    const [row] = await findRota(db, organisation);
    if (row === undefined) throw new Problem('not-found', told('no-rota'));
    return row.rota as Rota;
  };

  app.get(
    '/api/v1/rota',
    {
      config: { action: 'shifts.read' },
      schema: { tags, summary: 'The rota of the caller’s duty room', response: answers(RotaBody) },
    },
    async (request) => copy(await find(callerOf(request).actor.organisation)),
  );

  app.put(
    '/api/v1/rota',
    {
      config: { action: 'cards.write' },
      bodyLimit: 262_144,
      schema: {
        tags,
        summary: 'Write the rota of the caller’s duty room',
        body: RotaBody,
        response: answers(RotaBody),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const checked = checkRota(request.body);
      if (!checked.ok) throw new Problem('bad-request', told('document-invalid', { what: checked.error }));
      await addRota(db, actor.organisation, JSON.stringify(checked.value), actor.name, new Date(deps.now()));
      return copy(checked.value);
    },
  );

  app.get(
    '/api/v1/rota/plan',
    {
      config: { action: 'shifts.read' },
      schema: {
        tags,
        summary: 'Who has which shift, from a day on',
        querystring: Type.Object({
          from: Type.Optional(Day),
          days: Type.Optional(Type.Integer({ minimum: 1, maximum: 62 })),
        }),
        response: answers(Type.Object({ items: Type.Array(Planned) })),
      },
    },
    async (request) => {
      const rota = await find(callerOf(request).actor.organisation);
      const { from = localDay(deps.now(), rota.timeZone), days = 7 } = request.query;
      if (Number.isNaN(Date.parse(`${from}T00:00:00Z`)))
        throw new Problem('bad-request', told('no-day', { day: from }));
      return {
        items: planDays(rota, from, days).map(({ fromMs, untilMs, members, ...shift }) => ({
          ...shift,
          members: [...members],
          from: formatInstant(fromMs),
          until: formatInstant(untilMs),
        })),
      };
    },
  );
}

function copy({ since, timeZone, shifts, groups, swaps }: Rota) {
  return {
    since,
    timeZone,
    shifts: [...shifts],
    groups: groups.map(({ name, members }) => ({ name, members: [...members] })),
    swaps: [...swaps],
  };
}
