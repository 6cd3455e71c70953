/** `devices` and `zones` as the roster has them. */
import { type Static, Type } from 'typebox';
import type { DeviceKind } from '../../../src/kernel/roster.ts';
import { classOfKind, LEGAL_CLASSES } from '../../../src/legal/device-classes.ts';
import type { Database } from '../../../src/ports/database.ts';
import { findSubject, listDevices, listZones } from '../../../src/store/roster-views.ts';
import { audit } from '../audit.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import {
  answers,
  Cursor,
  decodeCursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  Page,
  PlainText,
  readTime,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Device = Type.Object({
  id: Type.String(),
  subject: Type.String(),
  kind: Type.String(),
  legalClass: Type.Enum(LEGAL_CLASSES, {
    description: 'What may be collected by it: /api/v1/device-classes',
  }),
  feed: Nullable(Type.String()),
  protocol: Nullable(Type.String()),
  address: Type.String({ description: 'Id on the wire' }),
  intervalS: Type.Integer(),
  from: Time,
  until: Nullable(Time),
  order: Nullable(
    Type.Object(
      { from: Time, until: Time },
      { description: 'Terms of the positioning order that follow one another' },
    ),
  ),
});
const Zones = Type.Object({
  type: Type.Literal('FeatureCollection'),
  features: Type.Array(
    Type.Object({
      type: Type.Literal('Feature'),
      id: Type.String(),
      version: Type.Integer(),
      office: Nullable(
        Type.String({ description: 'Whose own it is; null: it is seen through its subjects' }),
      ),
      properties: Type.Record(Type.String(), Type.Unknown()),
      geometry: Type.Object({ type: Type.String(), coordinates: Type.Array(Type.Unknown()) }),
    }),
  ),
  nextCursor: Nullable(Type.String()),
});

export function registerRosterRoutes(app: App, deps: { readonly database: Database }): void {
  const db = deps.database;

  app.get(
    '/api/v1/devices',
    {
      config: { action: 'devices.read' },
      schema: {
        tags: ['devices'],
        summary: 'Devices as assigned, by id',
        querystring: Type.Object({
          subject: Type.Optional(Id),
          text: Type.Optional(
            PlainText({
              maxLength: 100,
              description: 'Part of the id, of the id on the wire, or of whose it is',
            }),
          ),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Device)),
      },
    },
    async (request) => {
      const { subject, text, cursor, limit = 100 } = request.query;
      const [id = '', of = '', from = '1970-01-01T00:00:00Z'] =
        cursor === undefined ? [] : decodeCursor(cursor, 3);
      const { organisation, minors } = callerOf(request).actor;
      const after = new Date(readTime('cursor', from));
      const rows = await listDevices(
        db,
        organisation,
        subject ?? null,
        id,
        of,
        after,
        limit + 1,
        minors,
        text || null,
      );
      // The operator knows a phone by its number: that is somebody's.
      const numbers = rows.slice(0, limit).filter(({ protocol }) => protocol === 'mlp');
      if (numbers.length > 0) {
        const [first] = subject === undefined ? [] : await findSubject(db, subject);
        await audit(db, request, {
          action: 'devices.read',
          subject: first?.id ?? null,
          office: first?.office ?? null,
          detail: { numbers: numbers.length, ...(text === undefined ? {} : { text }) },
        });
      }
      return toPage(
        rows,
        limit,
        (row) => ({
          id: row.id,
          subject: row.subject,
          kind: row.kind,
          // The table's own check allows these two only.
          legalClass: classOfKind(row.kind as DeviceKind),
          order:
            row.order_from === null || row.order_until === null
              ? null
              : { from: row.order_from.toISOString(), until: row.order_until.toISOString() },
          feed: row.feed,
          protocol: row.protocol,
          address: row.address,
          intervalS: row.interval_s,
          from: row.valid_from.toISOString(),
          until: timeOrNull(row.valid_until),
        }),
        (last) => encodeCursor(last.id, last.subject, last.valid_from.toISOString()),
      );
    },
  );

  app.get(
    '/api/v1/zones',
    {
      config: { action: 'zones.read' },
      schema: {
        tags: ['zones'],
        summary: 'Zones as GeoJSON; within an organisation those that its subjects have',
        querystring: Type.Object({
          cursor: Cursor,
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, default: 1000 })),
        }),
        response: answers(Zones),
      },
    },
    async (request) => {
      const { cursor, limit = 1000 } = request.query;
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const { organisation, minors } = callerOf(request).actor;
      const rows = await listZones(db, organisation, after, limit + 1, minors);
      const page = toPage(
        rows,
        limit,
        ({ version, office, feature }) => ({
          ...(feature as Static<typeof Zones>['features'][number]),
          version,
          office,
        }),
        (last) => encodeCursor(last.id),
      );
      return { type: 'FeatureCollection' as const, features: page.items, nextCursor: page.nextCursor };
    },
  );
}
