/** `devices/:id/messages`: what a device said, as decoded, all kinds. */
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Database } from '../../../src/ports/database.ts';
import { listDeviceMessages } from '../../../src/store/device-messages.ts';
import { audit, Reason, reasonOf } from '../audit.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, beforeOf, Cursor, encodeCursor, Id, Limit, Page, Time, toPage } from './schemas.ts';

const Message = Type.Object(
  {
    kind: Type.String({ description: 'position, status, network, transition, …' }),
    received: Time,
    protocol: Type.String(),
    device: Type.String(),
  },
  {
    additionalProperties: true,
    description:
      'The fields of its kind, with their units; coordinates as the device gave them, `crs` where not WGS-84',
  },
);

export function registerDeviceMessageRoutes(app: App, deps: { readonly database: Database }): void {
  app.get(
    '/api/v1/devices/:id/messages',
    {
      // Positions stand in it.
      config: { action: 'tracks.read' },
      schema: {
        tags: ['devices'],
        summary: 'What the device said, newest first',
        params: Type.Object({ id: Id }),
        querystring: Type.Object({ reason: Reason, cursor: Cursor, limit: Limit }),
        response: answers(Page(Message)),
      },
    },
    async (request) => {
      const { id } = request.params;
      const { cursor, limit = 100 } = request.query;
      const before = beforeOf(cursor);
      // The store's texts hold neither: nothing there can be called so.
      if (id.includes('\0') || !id.isWellFormed()) throw new Problem('not-found', told('no-device'));
      const { organisation, minors } = callerOf(request).actor;
      const reason = reasonOf(request, request.query.reason);
      const rows = await listDeviceMessages(deps.database, id, organisation, before, limit + 1, minors);
      const whose = new Map(rows.map(({ subject, office }) => [subject, office]));
      await audit(
        deps.database,
        request,
        ...[...whose].map(([subject, office]) => ({
          action: 'device-messages.read',
          subject,
          office,
          target: id,
          reason,
        })),
      );
      return toPage(
        rows,
        limit,
        (row) => ({
          ...(JSON.parse(row.record) as { kind: string }),
          received: row.received_at.toISOString(),
          protocol: row.protocol,
          device: row.device,
        }),
        (last) => encodeCursor(last.id),
      );
    },
  );
}
