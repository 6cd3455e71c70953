/** What came of a roll call: who was there, when and by what it is known, who was excused, who not. Of those whom the caller sees. */
import { type Static, Type } from 'typebox';
import { boxAround, firstThere } from '../../../alerts/evidence/roll-call.ts';
import { excuseOf } from '../../../alerts/kinds/permits.ts';
import { RATE_TEXTS } from '../../../compliance/rates.ts';
import { prepareZone } from '../../../geofences/prepare-zone.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { PositionMethod } from '../../../src/kernel/log-event.ts';
import { EMPTY_POLICY_DOCUMENT, type PolicyDocument, policyFor } from '../../../src/kernel/policy.ts';
import { decodePolicyDocument } from '../../../src/kernel/policy-file.ts';
import type { Grade } from '../../../src/kernel/roster.ts';
import { decodeSubjectProfile } from '../../../src/kernel/roster-file.ts';
import { decodeZone } from '../../../src/kernel/zone-file.ts';
import type { Db } from '../../../src/ports/database.ts';
import { type findMuster, listFixesWithin, listRoll } from '../../../src/store/musters.ts';
import { findDocument } from '../../../src/store/roster.ts';
import { findZone } from '../../../src/store/roster-views.ts';
import { Nullable, Time, timeOrNull } from './schemas.ts';

export type MusterRow = Awaited<ReturnType<typeof findMuster>>[number];

/** A fix each 30 s over an hour; who was there for longer was there within the first of them. */
const MOST_FIXES = 120;
/** How long who has missed one can still report. */
const LATE_MS = 7 * 86_400_000;

const Person = Type.Object({
  subject: Type.String(),
  name: Type.String(),
  office: Type.String(),
  state: Type.Enum(['came', 'excused', 'waiting', 'absent'], {
    description: 'waiting: it is not over; excused: by written leave, left out of the rate',
  }),
  at: Nullable(Time),
  by: Nullable(Type.Enum(['check-in', 'position'])),
  terminal: Nullable(Type.String({ description: 'Of a check-in: its terminal’s name, or its id' })),
  method: Nullable(Type.String()),
  permit: Nullable(Type.String({ description: 'The leave permit that excuses' })),
  lateAt: Nullable(Type.String({ description: 'Reported after its end: absent all the same' })),
});
export const MusterResult = Type.Object({
  expected: Type.Integer(),
  excused: Type.Integer(),
  came: Type.Integer(),
  rate: Nullable(Type.Number({ description: 'came ÷ (expected − excused); null: nobody is asked' })),
  target: Type.Number(),
  final: Type.Boolean({ description: 'It is over: nobody can come any more' }),
  people: Type.Array(Person),
});

export async function resultOf(
  db: Db,
  muster: MusterRow,
  nowMs: Instant,
): Promise<Static<typeof MusterResult>> {
  const { id, from_at, until_at } = muster;
  const window = { fromMs: from_at.getTime(), untilMs: until_at.getTime() };
  const roll = await listRoll(db, id, from_at, until_at, new Date(window.untilMs + LATE_MS));
  const seen = await seenThere(
    db,
    muster,
    roll.filter(({ at }) => at === null),
  );
  const isOver = nowMs > window.untilMs;
  const people = roll.map((row): Static<typeof Person> => {
    const { subject, name, office, permits } = row;
    const fixMs = seen.get(subject);
    const at = row.at ?? (fixMs === undefined ? null : new Date(fixMs));
    const profile = decodeSubjectProfile({ id: subject, permits });
    const permit = profile.ok ? excuseOf(profile.value.permits, window) : undefined;
    const isExcused = row.excused || permit !== undefined;
    return {
      subject,
      name,
      office,
      state: isExcused ? 'excused' : at !== null ? 'came' : isOver ? 'absent' : 'waiting',
      at: timeOrNull(at),
      by: row.at !== null ? 'check-in' : at !== null ? 'position' : null,
      terminal: row.at === null ? null : (row.terminal_name ?? row.terminal),
      method: row.method,
      permit: permit?.id ?? null,
      lateAt: at === null ? timeOrNull(row.late_at) : null,
    };
  });
  const count = (state: Static<typeof Person>['state']) =>
    people.filter((person) => person.state === state).length;
  const asked = people.length - count('excused');
  return {
    expected: people.length,
    excused: count('excused'),
    came: count('came'),
    rate: asked === 0 ? null : count('came') / asked,
    target: RATE_TEXTS.muster.target ?? 0,
    final: isOver,
    people,
  };
}

/** When by the devices' fixes, for those who have not checked in. */
async function seenThere(
  db: Db,
  { zone: id, from_at, until_at }: MusterRow,
  people: readonly { readonly subject: string; readonly grade: string; readonly office: string }[],
): Promise<ReadonlyMap<string, Instant>> {
  const none = new Map<string, Instant>();
  const [row] = people.length === 0 ? [] : await findZone(db, id);
  const feature = row === undefined ? undefined : decodeZone(row.feature);
  if (feature?.ok !== true) return none;
  const zone = prepareZone(feature.value);
  if (!zone.ok) return none;
  const { west, south, east, north } = boxAround(feature.value);
  const ids = people.map(({ subject }) => subject);
  const fixes = await listFixesWithin(db, ids, from_at, until_at, west, south, east, north, MOST_FIXES);
  const bySubject = Map.groupBy(fixes, ({ subject }) => subject);
  const policy = await policyOf(db);
  return new Map(
    people.flatMap(({ subject, grade, office }) => {
      const { insideProbability } = policyFor(policy, grade as Grade, office, from_at.getTime());
      const own = (bySubject.get(subject) ?? []).map(({ at, lat, lon, accuracy_m, method }) => ({
        atMs: at.getTime(),
        lat,
        lon,
        accuracyM: accuracy_m ?? undefined,
        method: (method as PositionMethod | null) ?? undefined,
      }));
      const first = firstThere(own, zone.value, insideProbability);
      return first === undefined ? [] : [[subject, first.atMs] as const];
    }),
  );
}

async function policyOf(db: Db): Promise<PolicyDocument> {
  const [row] = await findDocument(db, 'policy');
  const policy = decodePolicyDocument(row?.document ?? {});
  return policy.ok ? policy.value : EMPTY_POLICY_DOCUMENT;
}
