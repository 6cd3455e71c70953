/** `subjects/:id/devices`: devices given to a subject, changed and taken back. The order of a wristband is not given here. */
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import { fail, ok } from '../../../src/kernel/result.ts';
import type { SubjectProfile } from '../../../src/kernel/roster.ts';
import { encodeSubjectProfile } from '../../../src/kernel/roster-file.ts';
import type { Database } from '../../../src/ports/database.ts';
import { changeSubject } from '../../../src/roster/subject-edit.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { authorOf, Version, Why, WrittenAnswer, writtenOr } from './roster-items.ts';
import { answers, Id, Nullable, PlainText, readTime } from './schemas.ts';

const Text = PlainText({ minLength: 1, maxLength: 256 });
const Moment = Type.String({ maxLength: 64, description: 'A time with its zone' });
const NO_SUCH_DEVICE = { code: 'conflict', ...told('no-such-device-of-subject') } as const;
const Device = {
  feed: Nullable(Text),
  intervalS: Type.Integer({ minimum: 1, maximum: 604_800, description: 'How often it is to report' }),
  protocol: Nullable(Type.Enum(['jt808', 'watch', 'osmand', 'owntracks', 'zkteco', 'mlp'])),
  address: Nullable(
    PlainText({ minLength: 1, maxLength: 256, description: 'Id on the wire, where it differs' }),
  ),
  until: Nullable(Moment),
};

export function registerDeviceAssignmentRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['devices'];

  app.post(
    '/api/v1/subjects/:id/devices',
    {
      config: { action: 'devices.assign' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'Give a subject a device, from now on unless said otherwise',
        params: Type.Object({ id: Id }),
        body: Type.Object({
          version: Type.Integer({ ...Version, description: 'Of the subject' }),
          reason: Why,
          device: Text,
          kind: Type.Enum(['phone', 'wristband']),
          from: Type.Optional(Moment),
          replaces: Type.Optional(
            PlainText({
              minLength: 1,
              maxLength: 256,
              description: 'A device of the subject that ends then',
            }),
          ),
          ...Type.Partial(Type.Object(Device)).properties,
        }),
        response: answers(WrittenAnswer),
      },
    },
    async (request) => {
      const { version, reason, device, from, until, replaces, ...given } = request.body;
      const { id } = await findSeen(callerOf(request).actor, request.params.id);
      const fromMs = from === undefined ? deps.now() : readTime('from', from);
      if (until !== undefined && until !== null) readTime('until', until);
      return writtenOr(
        await changeSubject(db, authorOf(request, reason), deps.now(), { id, version }, (profile) => {
          const at = new Date(fromMs).toISOString();
          const kept =
            replaces === undefined ? devicesOf(profile) : changed(profile, replaces, { until: at });
          if (kept === undefined) return fail(NO_SUCH_DEVICE);
          return ok({ devices: [...kept, { ...given, id: device, from: at, until: until ?? null }] });
        }),
      );
    },
  );

  app.patch(
    '/api/v1/subjects/:id/devices/:device',
    {
      config: { action: 'devices.assign' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'Change the newest assignment of a device, or end it (until)',
        params: Type.Object({ id: Id, device: Id }),
        body: Type.Object({
          version: Type.Integer({ ...Version, description: 'Of the subject' }),
          reason: Why,
          ...Type.Partial(Type.Object(Device)).properties,
        }),
        response: answers(WrittenAnswer),
      },
    },
    async (request) => {
      const { version, reason, until, ...given } = request.body;
      const { device } = request.params;
      const { id } = await findSeen(callerOf(request).actor, request.params.id);
      if (until !== undefined && until !== null) readTime('until', until);
      return writtenOr(
        await changeSubject(db, authorOf(request, reason), deps.now(), { id, version }, (profile) => {
          const change = { ...given, ...(until === undefined ? {} : { until }) };
          const devices = changed(profile, device, change);
          return devices === undefined ? fail(NO_SUCH_DEVICE) : ok({ devices });
        }),
      );
    },
  );

  async function findSeen(actor: Actor, id: string) {
    const [row] = await findSubject(db, id);
    if (row === undefined || !can(actor, 'devices.assign', row.office, row.minor))
      throw new Problem('not-found');
    return row;
  }
}

/** The newest assignment of the device is changed; undefined: there is none. */
function changed(profile: SubjectProfile, device: string, change: Readonly<Record<string, unknown>>) {
  const newest = profile.devices.filter((each) => each.id === device).sort((a, b) => b.fromMs - a.fromMs)[0];
  if (newest === undefined) return undefined;
  const at = profile.devices.indexOf(newest);
  return devicesOf(profile).map((each, i) => (i === at ? { ...each, ...change } : each));
}

function devicesOf(profile: SubjectProfile) {
  return encodeSubjectProfile(profile).devices as readonly Readonly<Record<string, unknown>>[];
}
