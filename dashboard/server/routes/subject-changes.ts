/** `subjects` made, changed, moved to another office and ended. Each change needs the version that was read, and a reason. */
import { type Static, Type } from 'typebox';
import { CONTACTS } from '../../../src/kernel/casework.ts';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import { fail, ok } from '../../../src/kernel/result.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  addSubject,
  changeSubject,
  edited,
  endSubject,
  type SubjectEdit,
} from '../../../src/roster/subject-edit.ts';
import { takenPins } from '../../../src/roster/terminals.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { type Action, type Actor, actionsFor, can, covers } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { authorOf, Version, Why, WrittenAnswer, writtenOr } from './roster-items.ts';
import { answers, Day, Grade, Id, Nullable, PlainText } from './schemas.ts';
import { EndingName, LegalTypeName } from './subject-items.ts';

const MAX_BODY_BYTES = 256 * 1024;
const Text = PlainText({ minLength: 1, maxLength: 256 });
const Clock = Type.String({ pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$' });
const Moment = Type.String({ maxLength: 64, description: 'A time with its zone' });
export const Schedule = {
  days: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), { maxItems: 7, description: '1 is Monday' }),
  ),
  from: Clock,
  to: Clock,
};
const Checkins = Type.Array(Type.Object({ id: Text, ...Schedule }), { maxItems: 50 });
const Fields = {
  name: Text,
  grade: Grade,
  minor: Type.Boolean({ description: '未成年' }),
  legalType: LegalTypeName,
  correctionFrom: Day,
  correctionUntil: Day,
  categories: Type.Array(Text, { maxItems: 50, description: 'Codes of /key-categories' }),
  officer: Nullable(Text),
  zones: Type.Array(
    Type.Object({
      zone: Text,
      rule: Type.Enum(['stay-in', 'keep-out']),
      bufferM: Type.Optional(Type.Number({ minimum: 0, maximum: 100_000 })),
      schedule: Type.Optional(Nullable(Type.Object(Schedule))),
    }),
    { maxItems: 200 },
  ),
  curfews: Type.Array(Type.Object({ zone: Text, ...Schedule }), { maxItems: 50 }),
  checkins: Checkins,
  contacts: Type.Array(
    Type.Object({
      whom: Type.Enum(CONTACTS),
      name: Text,
      phone: PlainText({ minLength: 1, maxLength: 40 }),
    }),
    { maxItems: 20, description: 'Whom to call' },
  ),
  pins: Type.Array(
    Type.Object({
      terminal: Text,
      pin: PlainText({
        minLength: 1,
        maxLength: 64,
        description: 'As the terminal writes it: leading zeros count',
      }),
      from: Type.Optional(Moment),
      until: Type.Optional(Nullable(Moment)),
    }),
    { maxItems: 50, description: 'By which fingerprint terminals know the subject' },
  ),
  noContact: Type.Array(Text, { maxItems: 500, description: 'Ids of other subjects' }),
};
const Edit = Type.Partial(Type.Object(Fields));
type Given = Static<typeof Edit>;
/** PINs are entered when somebody is on the roster. */
const { pins: _, ...Fresh } = Edit.properties;
/** What an office decides about the people in its charge: the rest is the county's (intake, grade, zones, dates). */
const OFFICE_MAY = ['officer', 'checkins', 'contacts', 'pins'];

export function registerSubjectChangeRoutes(
  app: App,
  deps: { readonly database: Database; readonly whole: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['subjects'];

  app.post(
    '/api/v1/subjects',
    {
      config: { action: 'subjects.administer' },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        tags,
        summary: 'Take somebody onto the roster (入矫)',
        body: Type.Object({
          ...Fresh,
          id: Type.Optional(
            PlainText({ minLength: 1, maxLength: 64, description: 'One is made unless given' }),
          ),
          name: Fields.name,
          office: Text,
          legalType: Fields.legalType,
          correctionFrom: Fields.correctionFrom,
          correctionUntil: Fields.correctionUntil,
          reason: Why,
        }),
        response: answers(WrittenAnswer),
      },
    },
    async (request) => {
      const { id, office, reason, ...given } = request.body;
      const { actor } = callerOf(request);
      if (!covers(actor.organisation, office)) throw new Problem('not-found', told('outside-organisation'));
      checkMinor(actor, given);
      return writtenOr(
        await addSubject(db, authorOf(request, reason), deps.now(), {
          office,
          ...editOf(given),
          ...(id === undefined ? {} : { id }),
        }),
      );
    },
  );

  app.patch(
    '/api/v1/subjects/:id',
    {
      config: { action: 'subjects.change' },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        tags,
        summary:
          'Change what is given of a subject; an office its responsible officer, check-ins, PINs and contacts',
        params: Type.Object({ id: Id }),
        body: Type.Object({ version: Version, reason: Why, ...Edit.properties }),
        response: answers(WrittenAnswer),
      },
    },
    async (request) => {
      const { version, reason, ...given } = request.body;
      const { actor } = callerOf(request);
      const { id } = await findSeen(actor, 'subjects.change', request.params.id);
      const beyond = Object.keys(given).filter((key) => !OFFICE_MAY.includes(key));
      if (beyond.length > 0 && !actionsFor(actor).includes('subjects.administer'))
        throw new Problem('forbidden', told('role-changes-not', { fields: beyond.join(', ') }));
      checkMinor(actor, given);
      return writtenOr(
        await changeSubject(db, authorOf(request, reason), deps.now(), { id, version }, async (profile) => {
          const edit = editOf(given);
          const after = given.pins === undefined ? undefined : edited(profile, edit);
          const faults = after?.ok === true ? await takenPins(deps.whole, after.value) : [];
          return faults.length > 0 ? fail({ code: 'faults', faults }) : ok(edit);
        }),
      );
    },
  );

  app.post(
    '/api/v1/subjects/:id/transfer',
    {
      config: { action: 'subjects.administer' },
      bodyLimit: 4096,
      schema: {
        tags,
        summary: 'Move a subject to another office, with a new responsible officer or none yet',
        params: Type.Object({ id: Id }),
        body: Type.Object({
          version: Version,
          office: Text,
          officer: Type.Optional(Fields.officer),
          reason: Why,
        }),
        response: answers(WrittenAnswer),
      },
    },
    async (request) => {
      const { version, office, officer = null, reason } = request.body;
      const { actor } = callerOf(request);
      const { id } = await findSeen(actor, 'subjects.administer', request.params.id);
      if (!covers(actor.organisation, office)) throw new Problem('not-found', told('outside-organisation'));
      return writtenOr(
        await changeSubject(db, authorOf(request, reason), deps.now(), { id, version }, (profile) =>
          profile.office === office
            ? fail({ code: 'conflict', ...told('of-this-office') })
            : ok({ office, ...(profile.record === undefined ? {} : { record: { officer } }) }),
        ),
      );
    },
  );

  app.post(
    '/api/v1/subjects/:id/end',
    {
      config: { action: 'subjects.administer' },
      bodyLimit: 4096,
      schema: {
        tags,
        summary: 'Correction ends now (解矫): collecting ends with it',
        params: Type.Object({ id: Id }),
        body: Type.Object({ version: Version, how: EndingName, reason: Why }),
        response: answers(WrittenAnswer),
      },
    },
    async (request) => {
      const { version, how, reason } = request.body;
      const { id } = await findSeen(callerOf(request).actor, 'subjects.administer', request.params.id);
      return writtenOr(await endSubject(db, authorOf(request, reason), deps.now(), { id, version }, how));
    },
  );

  async function findSeen(actor: Actor, action: Action, id: string) {
    const [row] = await findSubject(db, id);
    if (row === undefined || !can(actor, action, row.office, row.minor)) throw new Problem('not-found');
    return row;
  }
}

/** Nobody makes whom they then can't see. */
function checkMinor(actor: Actor, { minor }: Given): void {
  if (minor === true && !actor.minors) throw new Problem('forbidden', told('not-cleared'));
}

function editOf(given: Given): SubjectEdit {
  const { legalType, correctionFrom, correctionUntil, categories, officer, ...rest } = given;
  const record = {
    ...(legalType === undefined ? {} : { legalType }),
    ...(correctionFrom === undefined ? {} : { from: correctionFrom }),
    ...(correctionUntil === undefined ? {} : { until: correctionUntil }),
    ...(categories === undefined ? {} : { categories }),
    ...(officer === undefined ? {} : { officer }),
  };
  return { ...rest, ...(Object.keys(record).length === 0 ? {} : { record }) };
}
