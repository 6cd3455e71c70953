/** `device-notices`: devices that are refused, for those who keep the roster. */
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Database } from '../../../src/ports/database.ts';
import { listDeviceNotices } from '../../../src/store/device-notices.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import {
  answers,
  assertNumber,
  Cursor,
  decodeCursor,
  encodeCursor,
  Limit,
  Page,
  readTime,
  Time,
  toPage,
} from './schemas.ts';

const Notice = Type.Object({
  protocol: Type.String(),
  address: Type.String({ description: 'Id on the wire' }),
  code: Type.String({
    description:
      'unknown-device, device-not-assigned, not-authenticated; of phones by operator unknown-subscriber, positioning-not-allowed; replaced-connection: a newer connection took the place of an open one, at most one an hour a device',
  }),
  firstAt: Time,
  lastAt: Time,
  count: Type.Integer({ description: 'Frames so far' }),
});

export function registerDeviceNoticeRoutes(app: App, deps: { readonly database: Database }): void {
  app.get(
    '/api/v1/device-notices',
    {
      config: { action: 'quarantine.read' },
      schema: {
        tags: ['devices'],
        summary:
          'Devices that are unknown, unassigned, not proven, or whose connection was replaced, by the last time',
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: answers(Page(Notice)),
      },
    },
    async (request) => {
      if (callerOf(request).actor.organisation !== '')
        throw new Problem('forbidden', told('refused-devices-whole-tree'));
      const { cursor, limit = 100 } = request.query;
      const [at, id] = cursor === undefined ? [] : decodeCursor(cursor, 2);
      assertNumber(id);
      const rows = await listDeviceNotices(
        deps.database,
        at === undefined ? null : new Date(readTime('cursor', at)),
        id ?? null,
        limit + 1,
      );
      return toPage(
        rows,
        limit,
        ({ protocol, address, code, first_at, last_at, count }) => ({
          protocol,
          address,
          code,
          firstAt: first_at.toISOString(),
          lastAt: last_at.toISOString(),
          count: Number(count),
        }),
        (last) => encodeCursor(last.last_at.toISOString(), last.id),
      );
    },
  );
}
