/** `zones` drawn and changed. Every version stays: what was judged is judged by the shape of that time. */
import { Type } from 'typebox';
import { prepareOrOffer } from '../../../geofences/repair-zone.ts';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import { fail, ok } from '../../../src/kernel/result.ts';
import { isSelfTest } from '../../../src/kernel/self-test.ts';
import { decodeZone } from '../../../src/kernel/zone-file.ts';
import type { Database } from '../../../src/ports/database.ts';
import { changeRoster, findRepurposed, writeZones } from '../../../src/roster/change.ts';
import { findZone, listZoneVersions } from '../../../src/store/roster-views.ts';
import { can, covers } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { authorOf, faultsProblem, staleProblem, Version, Why, WrittenAnswer } from './roster-items.ts';
import {
  answers,
  Cursor,
  decodeCursor,
  encodeCursor,
  Id,
  Limit,
  Page,
  PlainText,
  Time,
  toPage,
} from './schemas.ts';

/** The most points that a shape may have, each written out in full. */
const MAX_BODY_BYTES = 16 * 2 ** 20;
const NEWEST = 2_147_483_647;
const ZoneVersion = Type.Object({
  version: Type.Integer(),
  feature: Type.Record(Type.String(), Type.Unknown(), { description: 'As in zones.geojson' }),
  madeBy: Type.String(),
  reason: Type.String(),
  madeAt: Time,
});

export function registerZoneChangeRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['zones'];

  app.put(
    '/api/v1/zones/:id',
    {
      config: { action: 'zones.write' },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        tags,
        summary: 'Draw a zone, or give the one whose version is named another shape',
        params: Type.Object({ id: Id }),
        body: Type.Object({
          feature: Type.Unknown({ description: 'A GeoJSON feature as in zones.geojson' }),
          office: Type.Optional(
            PlainText({ maxLength: 256, description: 'Whose own a new zone is; yours unless given' }),
          ),
          version: Type.Optional(Version),
          reason: Why,
        }),
        response: answers(WrittenAnswer),
      },
    },
    async (request) => {
      const { feature, version, reason } = request.body;
      const { id } = request.params;
      const { actor } = callerOf(request);
      const office = request.body.office ?? actor.organisation;
      if (!covers(actor.organisation, office)) throw new Problem('not-found', told('outside-organisation'));
      const done = await changeRoster(db, authorOf(request, reason), deps.now(), async (tx, change) => {
        const [before] = await findZone(tx, id);
        if (version !== undefined || before !== undefined) {
          if (before === undefined || !can(actor, 'zones.write', before.office))
            return fail(new Problem('not-found'));
          if (version === undefined) return fail(new Problem('conflict', told('id-taken-version')));
          if (before.version !== version) return fail(staleProblem(before.version));
        }
        const zone = decodeZone(feature);
        if (!zone.ok) return fail(faultsProblem(zone.error));
        if (zone.value.id !== id) return fail(new Problem('bad-request', told('feature-id')));
        if (isSelfTest(id)) return fail(new Problem('bad-request', told('self-test-id')));
        const repurposed = await findRepurposed(tx, [zone.value]);
        if (repurposed.length > 0) return fail(faultsProblem(repurposed));
        const prepared = prepareOrOffer(zone.value);
        if (!prepared.ok) return fail(faultsProblem([prepared.error]));
        const written = await writeZones(tx, change, [zone.value], office === '' ? null : office);
        return ok({ id, version: written.get(id) ?? before?.version ?? 1 });
      });
      if (!done.ok) throw done.error;
      return done.value;
    },
  );

  app.get(
    '/api/v1/zones/:id/versions',
    {
      config: { action: 'zones.read' },
      schema: {
        tags,
        summary: 'Every shape that a zone has had, newest first',
        params: Type.Object({ id: Id }),
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: answers(Page(ZoneVersion)),
      },
    },
    async (request) => {
      const { cursor, limit = 100 } = request.query;
      const [before = String(NEWEST)] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      if (!/^\d{1,9}$|^2147483647$/.test(before)) throw new Problem('bad-request', told('bad-cursor'));
      const [zone] = await findZone(db, request.params.id);
      if (zone === undefined) throw new Problem('not-found');
      const rows = await listZoneVersions(db, zone.id, Number(before), limit + 1);
      return toPage(
        rows,
        limit,
        (row) => ({
          version: row.version,
          feature: row.feature as Record<string, unknown>,
          madeBy: row.made_by,
          reason: row.reason,
          madeAt: row.made_at.toISOString(),
        }),
        (last) => encodeCursor(String(last.version)),
      );
    },
  );
}
