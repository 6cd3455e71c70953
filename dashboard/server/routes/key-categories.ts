/** `key-categories`: the authority's own list of key-person categories (重点人员类型). None is shipped; no rule reads them. */
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Database } from '../../../src/ports/database.ts';
import { addCategory, changeCategory, listCategories } from '../../../src/store/roster.ts';
import { audit } from '../audit.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Version, Why } from './roster-items.ts';
import { answers, PlainText } from './schemas.ts';

const Category = Type.Object({
  code: Type.String(),
  name: Type.String(),
  retired: Type.Boolean({ description: 'Those who have it keep it; nobody gets it any more' }),
  version: Type.Integer(),
});

export function registerKeyCategoryRoutes(app: App, deps: { readonly database: Database }): void {
  const db = deps.database;
  const tags = ['subjects'];

  app.get(
    '/api/v1/key-categories',
    {
      config: { action: 'subjects.read' },
      schema: {
        tags,
        summary: 'The list of key-person categories, by code',
        response: answers(Type.Object({ items: Type.Array(Category) })),
      },
    },
    async () => ({ items: [...(await listCategories(db))] }),
  );

  app.put(
    '/api/v1/key-categories',
    {
      config: { action: 'categories.write' },
      bodyLimit: 4096,
      schema: {
        tags,
        summary: 'Make a category, or change one whose version is given',
        body: Type.Object({
          code: PlainText({ minLength: 1, maxLength: 64 }),
          name: PlainText({ minLength: 1, maxLength: 100 }),
          retired: Type.Optional(Type.Boolean()),
          version: Type.Optional(Version),
          reason: Why,
        }),
        response: answers(Category),
      },
    },
    async (request) => {
      // One list for the whole tree.
      if (callerOf(request).actor.organisation !== '') throw new Problem('not-found');
      const { code, name, retired = false, version, reason } = request.body;
      return db.transaction(async (tx) => {
        const [row] =
          version === undefined
            ? await addCategory(tx, code, name, retired)
            : await changeCategory(tx, code, name, retired, version);
        if (row === undefined)
          throw new Problem(
            'conflict',
            version === undefined ? told('code-taken') : told('not-this-version', { version }),
          );
        await audit(tx, request, {
          action: 'category.change',
          target: code,
          reason,
          detail: { name, retired },
        });
        return row;
      });
    },
  );
}
