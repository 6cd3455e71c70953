/** `organisations`: the tree, from the whole ('') down to justice offices. A path names one and never changes. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  addOrganisation,
  changeOrganisation,
  countBelow,
  listOrganisations,
  removeOrganisation,
} from '../../../src/store/organisations.ts';
import { notifyRoster } from '../../../src/store/roster.ts';
import { audit } from '../audit.ts';
import { covers } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import {
  answers,
  Cursor,
  decodeCursor,
  encodeCursor,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  PlainText,
  Time,
  toPage,
} from './schemas.ts';

const KINDS = ['province', 'city', 'county', 'functional-zone', 'justice-office', 'command-centre'] as const;
const Kind = Type.Enum(KINDS);
const Path = Type.String({
  maxLength: 256,
  pattern: '^$|^[^/\\u0000]+(/[^/\\u0000]+)*$',
  description: "Steps separated by '/', e.g. 445281/office-01; '' is the whole tree",
});
const Code = Nullable(
  PlainText({ minLength: 1, maxLength: 32, description: 'Administrative code, where there is one' }),
);
const Organisation = Type.Object({
  path: Type.String(),
  kind: Kind,
  name: Type.String(),
  code: Nullable(Type.String()),
  version: Type.Integer(),
  updatedAt: Time,
});

export function registerOrganisationRoutes(
  app: App,
  deps: {
    readonly database: Database;
    /** Sees the whole tree: minors keep an organisation where it is too. */
    readonly whole: Database;
  },
): void {
  const db = deps.database;
  const tags = ['organisations'];

  app.get(
    '/api/v1/organisations',
    {
      config: { action: 'organisations.read' },
      schema: {
        tags,
        summary: 'The own organisation and what is below it, by path',
        querystring: Type.Object({ organisation: OrganisationPath, cursor: Cursor, limit: Limit }),
        response: answers(Page(Organisation)),
      },
    },
    async (request) => {
      const { organisation, cursor, limit = 100 } = request.query;
      const [after = null] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const { actor } = callerOf(request);
      const rows = await listOrganisations(db, actor.organisation, organisation ?? '', after, limit + 1);
      return toPage(rows, limit, toItem, (last) => encodeCursor(last.path));
    },
  );

  app.put(
    '/api/v1/organisations',
    {
      config: { action: 'organisations.administer' },
      schema: {
        tags,
        summary: 'Make an organisation, or change one whose version is given',
        body: Type.Object({
          path: Path,
          kind: Kind,
          name: PlainText({ minLength: 1, maxLength: 200 }),
          code: Type.Optional(Code),
          version: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Of the one that is changed' }),
          ),
        }),
        response: answers(Organisation),
      },
    },
    async (request) => {
      const { path, kind, name, code = null, version } = request.body;
      const { actor } = callerOf(request);
      if (!covers(actor.organisation, path)) throw new Problem('not-found', told('outside-organisation'));
      const row = await db.transaction(async (tx) => {
        const [set] =
          version === undefined
            ? await addOrganisation(tx, path, kind, name, code)
            : await changeOrganisation(tx, path, kind, name, code, version);
        if (set === undefined)
          throw new Problem(
            'conflict',
            version === undefined ? told('path-taken') : told('not-this-version', { version }),
          );
        const detail = { kind, name, code, version: set.version };
        await audit(tx, request, { action: 'organisation.change', target: path, office: path, detail });
        await notifyRoster(tx, '');
        return set;
      });
      request.log.info({ event: 'organisation.set', account: actor.name, path }, 'an organisation was set');
      return toItem(row);
    },
  );

  app.delete(
    '/api/v1/organisations',
    {
      config: { action: 'organisations.administer' },
      schema: {
        tags,
        summary: 'Remove an organisation that nobody and nothing belongs to',
        querystring: Type.Object({
          path: Path,
          version: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
        }),
        response: answers(Type.Object({ path: Type.String() })),
      },
    },
    async (request) => {
      const { path, version } = request.query;
      const { actor } = callerOf(request);
      if (path === '' || !covers(actor.organisation, path)) throw new Problem('not-found');
      const [below] = await countBelow(deps.whole, path);
      const holds = Object.entries(below ?? {}).filter(([, count]) => count !== '0');
      if (holds.length > 0)
        throw new Problem(
          'conflict',
          told('organisation-holds', { holds: holds.map(([what, n]) => `${n} ${what}`).join(', ') }),
        );
      const removed = await db.transaction(async (tx) => {
        const [gone] = await removeOrganisation(tx, path, version);
        if (gone === undefined) throw new Problem('conflict', told('not-this-version', { version }));
        await audit(tx, request, { action: 'organisation.remove', target: path, office: path });
        await notifyRoster(tx, '');
        return gone;
      });
      request.log.info(
        { event: 'organisation.removed', account: actor.name, path },
        'an organisation was removed',
      );
      return removed;
    },
  );
}

function toItem(row: Awaited<ReturnType<typeof listOrganisations>>[number]): Static<typeof Organisation> {
  const { updated_at, kind, ...rest } = row;
  // The table's own check allows these only.
  return { ...rest, kind: kind as Static<typeof Kind>, updatedAt: updated_at.toISOString() };
}
