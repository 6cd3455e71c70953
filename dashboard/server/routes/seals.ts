/** `seals`: the chain over what was recorded, to be compared with what was printed or sent outside. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Database } from '../../../src/ports/database.ts';
import { listSealsBefore } from '../../../src/store/seals.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, beforeOf, Cursor, encodeCursor, Limit, Page, Time, toPage } from './schemas.ts';

const Seal = Type.Object({
  seal: Type.Integer(),
  at: Time,
  previous: Type.String({ description: 'Hash of the seal before' }),
  parts: Type.Array(
    Type.Object({
      table: Type.String(),
      from: Type.Integer({ description: 'Exclusive' }),
      until: Type.Integer({ description: 'Inclusive' }),
      rows: Type.Integer(),
      root: Type.String({ description: 'Of the hash tree over the rows (RFC 9162)' }),
    }),
  ),
  hash: Type.String({ description: 'SHA-256 of the other members as RFC 8785 JSON' }),
});

export function registerSealRoutes(app: App, deps: { readonly database: Database }): void {
  const db = deps.database;
  const config = { action: 'seals.read' } as const;
  const tags = ['seals'];

  app.get(
    '/api/v1/seals',
    {
      config,
      schema: {
        tags,
        summary: 'Seals, newest first',
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: answers(Page(Seal)),
      },
    },
    async (request) => {
      const { cursor, limit = 100 } = request.query;
      const rows = await listSealsBefore(db, beforeOf(cursor), limit + 1);
      return toPage(rows, limit, toView, (last) => encodeCursor(last.seal));
    },
  );

  app.get(
    '/api/v1/seals/latest',
    { config, schema: { tags, summary: 'The newest seal', response: answers(Seal) } },
    async () => {
      const [row] = await listSealsBefore(db, null, 1);
      if (row === undefined) throw new Problem('not-found', told('nothing-sealed'));
      return toView(row);
    },
  );
}

type Row = Awaited<ReturnType<typeof listSealsBefore>>[number];

function toView({ seal, at, previous, parts, hash }: Row): Static<typeof Seal> {
  // Written by src/seal only.
  const written = parts as Static<typeof Seal>['parts'];
  return { seal: Number(seal), at: at.toISOString(), previous, parts: written, hash };
}
