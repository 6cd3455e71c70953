/** `subjects/:id/presence`: one day of a subject as bits and as minutes kept, broken and unknown. */
import { Type } from 'typebox';
import { timeZoneOf } from '../../../compliance/figures.ts';
import { localDay } from '../../../compliance/periods.ts';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { findPresence } from '../../../src/store/presence.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, Day, Id, readDay, Time } from './schemas.ts';

const Obligation = Type.Object({
  due: Type.Integer(),
  kept: Type.Integer(),
  broken: Type.Integer(),
  unknown: Type.Object({
    person: Type.Integer(),
    device: Type.Integer(),
    network: Type.Integer(),
    platform: Type.Integer(),
  }),
});
const Presence = Type.Object({
  subject: Type.String(),
  day: Day,
  office: Type.String(),
  knownUntil: Time,
  slots: Type.String({ description: '288 letters, one for each five minutes: 1 located, 0 not' }),
  contact: Obligation,
  bounds: Obligation,
  curfew: Obligation,
  slotsDue: Type.Integer(),
  slotsLocated: Type.Integer(),
  checked: Type.Boolean(),
  onLeave: Type.Boolean(),
});
const SLOTS = 288;

export function registerPresenceRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['compliance'];

  app.get(
    '/api/v1/subjects/:id/presence',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'Presence of a day: located at all in each five minutes, and the minutes of each obligation',
        params: Type.Object({ id: Id }),
        querystring: Type.Object({ day: Type.Optional(Day) }),
        response: answers(Presence),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const [subject] = await findSubject(db, request.params.id);
      if (subject === undefined || !can(actor, 'compliance.read', subject.office))
        throw new Problem('not-found');
      const day = readDay('day', request.query.day ?? localDay(deps.now(), await timeZoneOf(db)));
      const [row] = await findPresence(db, subject.id, day);
      if (row === undefined) throw new Problem('not-found', told('subject-day-unknown', { day }));
      const numbers = row.numbers as Record<string, number>;
      const bits = row.located;
      return {
        subject: row.subject,
        day: row.day,
        office: row.office,
        knownUntil: row.known_at.toISOString(),
        slots: Array.from({ length: SLOTS }, (_, slot) => ((bits[slot >> 3] ?? 0) >> (slot & 7)) & 1).join(
          '',
        ),
        contact: obligation('contact', numbers),
        bounds: obligation('bounds', numbers),
        curfew: obligation('curfew', numbers),
        slotsDue: numbers.slots_due ?? 0,
        slotsLocated: numbers.slots_located ?? 0,
        checked: numbers.checked === 1,
        onLeave: numbers.on_leave === 1,
      };
    },
  );
}

export function obligation(name: string, numbers: Readonly<Record<string, number>>) {
  const of = (part: string) => numbers[`${name}_${part}`] ?? 0;
  return {
    due: of('due'),
    kept: of('kept'),
    broken: of('broken'),
    unknown: {
      person: of('person'),
      device: of('device'),
      network: of('network'),
      platform: of('platform'),
    },
  };
}
