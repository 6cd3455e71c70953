/** `response-cards`: who is called, visited, told for each kind of alert; the authority edits its own. */
import { type Static, Type } from 'typebox';
import { CARD_KINDS, type CardKind } from '../../../alerts/casework/response-card.ts';
import { cardFor } from '../../../alerts/tasks.ts';
import { CONTACTS } from '../../../src/kernel/casework.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { addResponseCard } from '../../../src/store/response-cards.ts';
import { audit } from '../audit.ts';
import { can, covers } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, Nullable, OrganisationPath } from './schemas.ts';

const Clock = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' });
const Card = Type.Object({
  steps: Type.Array(
    Type.Object({
      whom: Type.Enum(CONTACTS),
      afterMin: Type.Number({ minimum: 0, maximum: 10_080 }),
      inQuietHours: Type.Boolean(),
      zh: Type.String({ minLength: 1, maxLength: 200 }),
      en: Type.String({ minLength: 1, maxLength: 200 }),
    }),
    { minItems: 1, maxItems: 20 },
  ),
  quiet: Nullable(Type.Object({ from: Clock, to: Clock })),
});
const Listed = Type.Object({ kind: Type.Enum(CARD_KINDS), ...Card.properties });

export function registerResponseCardRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['tasks'];
  const toListed = async (kind: CardKind, office: string): Promise<Static<typeof Listed>> => {
    const { steps, quiet } = await cardFor(db, kind, office);
    return { kind, steps: [...steps], quiet };
  };

  app.get(
    '/api/v1/response-cards',
    {
      config: { action: 'tasks.read' },
      schema: {
        tags,
        summary: 'The cards in force for an organisation (the caller’s own, if none is named)',
        querystring: Type.Object({ organisation: OrganisationPath }),
        response: answers(Type.Object({ items: Type.Array(Listed) })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { organisation = actor.organisation } = request.query;
      if (!covers(actor.organisation, organisation)) throw new Problem('not-found');
      const items = [];
      for (const kind of CARD_KINDS) items.push(await toListed(kind, organisation));
      return { items };
    },
  );

  app.put(
    '/api/v1/response-cards/:kind',
    {
      config: { action: 'cards.write' },
      bodyLimit: 65_536,
      schema: {
        tags,
        summary:
          'Write the card of a kind for an organisation and all below it; tasks sent before keep theirs',
        params: Type.Object({ kind: Type.Enum(CARD_KINDS) }),
        querystring: Type.Object({ organisation: OrganisationPath }),
        body: Card,
        response: answers(Listed),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { organisation = actor.organisation } = request.query;
      if (!can(actor, 'cards.write', organisation)) throw new Problem('not-found');
      const { kind } = request.params;
      const card = JSON.stringify(request.body);
      await db.transaction(async (tx) => {
        await addResponseCard(tx, organisation, kind, card, actor.name, new Date(deps.now()));
        await audit(tx, request, { action: 'card.write', target: kind, office: organisation });
      });
      request.log.info({ event: 'card.written', kind, organisation, account: actor.name }, 'a response card');
      return toListed(kind, organisation);
    },
  );
}
