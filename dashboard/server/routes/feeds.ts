/** `feeds`: where data comes in from, and what its coordinates are in. */
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Database } from '../../../src/ports/database.ts';
import { declareFeed } from '../../../src/store/feeds.ts';
import { notifyRoster } from '../../../src/store/roster.ts';
import { listFeeds } from '../../../src/store/roster-views.ts';
import { audit } from '../audit.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, Id, Page, Time } from './schemas.ts';

const Crs = Type.Enum(['wgs84', 'gcj02', 'bd09'], {
  description: 'What its coordinates are in; behind the intake all are WGS-84',
});
const Feed = Type.Object({
  id: Type.String(),
  name: Type.String(),
  crs: Crs,
  createdAt: Time,
  devices: Type.Integer({ description: 'Devices that come in by it now' }),
});

export function registerFeedRoutes(app: App, deps: { readonly database: Database }): void {
  const db = deps.database;
  const tags = ['feeds'];

  async function list() {
    const rows = await listFeeds(db);
    return rows.map(({ created_at, crs, ...row }) => ({
      ...row,
      crs: crs as 'wgs84' | 'gcj02' | 'bd09',
      createdAt: created_at.toISOString(),
    }));
  }

  app.get(
    '/api/v1/feeds',
    {
      config: { action: 'feeds.read' },
      schema: { tags, summary: 'Feeds by id', response: answers(Page(Feed)) },
    },
    async () => ({ items: await list(), nextCursor: null }),
  );

  app.put(
    '/api/v1/feeds/:id',
    {
      config: { action: 'feeds.declare' },
      schema: {
        tags,
        summary: 'Declare a feed: its name, its coordinates. From now on; what is recorded stays as it is',
        params: Type.Object({ id: Id }),
        body: Type.Object({ name: Type.Optional(Id), crs: Type.Optional(Crs) }),
        response: answers(Feed),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      if (actor.organisation !== '') throw new Problem('forbidden', told('feeds-whole-tree'));
      const { id } = request.params;
      const { name = null, crs = null } = request.body;
      if ([id, name].some((text) => text?.includes('\0') === true || text?.isWellFormed() === false))
        throw new Problem('bad-request', told('unkeepable-text'));
      await db.transaction(async (tx) => {
        await declareFeed(tx, id, name, crs);
        await audit(tx, request, { action: 'feed.declare', target: id, detail: { name, crs } });
        // The intake holds feeds beside the roster in its memory.
        await notifyRoster(tx, '');
      });
      request.log.info(
        { event: 'feeds.declared', account: actor.name, feed: id, crs },
        'a feed was declared',
      );
      const declared = (await list()).find((feed) => feed.id === id);
      if (declared === undefined) throw new Error(`feed ${id} is gone`);
      return declared;
    },
  );
}
