/** `quarantine`: what was refused, with its bytes, and sending it through again when the roster is mended. */
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import { formatInstant, type Instant } from '../../../src/kernel/instant.ts';
import type { Db } from '../../../src/store/statement.ts';
import { audit } from '../audit.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, Cursor, Id, isRowNumber, Limit, Nullable, Page, Time } from './schemas.ts';

/** The functions of src/ingest/quarantine.ts, given by the composition: rooms don't import each other. */
export interface Quarantine {
  list(query: {
    readonly cursor: string | null;
    readonly limit: number;
    readonly device?: string;
  }): Promise<{ readonly items: readonly QuarantineItem[]; readonly nextCursor: string | null }>;
  replay(query: {
    readonly ids?: readonly string[];
    readonly device?: string;
  }): Promise<{ readonly replayed: number; readonly stillRefused: number }>;
}

export interface QuarantineItem {
  readonly id: string;
  readonly receivedMs: Instant;
  readonly source: string;
  readonly feed: string | null;
  readonly device: string | null;
  readonly code: string;
  readonly field: string;
  readonly message: string;
  readonly raw: Uint8Array;
}

const Item = Type.Object({
  id: Type.String(),
  receivedAt: Time,
  source: Type.String(),
  feed: Nullable(Type.String()),
  device: Nullable(Type.String()),
  code: Type.String(),
  field: Type.String(),
  message: Type.String(),
  rawBase64: Type.String({ description: 'The bytes as received' }),
});

export function registerQuarantineRoutes(
  app: App,
  deps: { readonly quarantine: Quarantine; readonly database: Db },
): void {
  const tags = ['quarantine'];

  app.get(
    '/api/v1/quarantine',
    {
      config: { action: 'quarantine.read' },
      schema: {
        tags,
        summary: 'What was refused and not yet taken, with the reason',
        querystring: Type.Object({ device: Type.Optional(Id), cursor: Cursor, limit: Limit }),
        response: answers(Page(Item)),
      },
    },
    async (request) => {
      requireWholeTree(callerOf(request).actor.organisation);
      const { device, cursor, limit = 100 } = request.query;
      const page = await deps.quarantine.list({
        cursor: cursor ?? null,
        limit,
        ...(device === undefined ? {} : { device }),
      });
      // Positions of somebody whom the roster does not know yet stand in the bytes.
      await audit(deps.database, request, {
        action: 'quarantine.read',
        target: device ?? null,
        detail: { items: page.items.length },
      });
      const items = page.items.map(({ receivedMs, raw, ...rest }) => ({
        ...rest,
        receivedAt: formatInstant(receivedMs),
        rawBase64: Buffer.from(raw).toString('base64'),
      }));
      return { items, nextCursor: page.nextCursor };
    },
  );

  app.post(
    '/api/v1/quarantine/replay',
    {
      config: { action: 'quarantine.replay' },
      schema: {
        tags,
        summary: 'Send items through ingest again: by ids, or all of a device',
        body: Type.Object({
          ids: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 10_000 })),
          device: Type.Optional(Id),
        }),
        response: answers(Type.Object({ replayed: Type.Integer(), stillRefused: Type.Integer() })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      requireWholeTree(actor.organisation);
      const { ids, device } = request.body;
      if ((ids === undefined) === (device === undefined))
        throw new Problem('bad-request', told('ids-or-device'));
      if (ids?.some((id) => !isRowNumber(id))) throw new Problem('bad-request', told('ids-are-numbers'));
      // Before it: what is sent again can't be taken back, and goes on by itself.
      await audit(deps.database, request, {
        action: 'quarantine.replay',
        target: device ?? null,
        detail: { items: ids?.length ?? null },
      });
      const result = await deps.quarantine.replay({
        ...(ids === undefined ? {} : { ids }),
        ...(device === undefined ? {} : { device }),
      });
      request.log.info(
        { event: 'quarantine.replayed', account: actor.name, ...result },
        'quarantine replayed',
      );
      return result;
    },
  );
}

/** Whose device it is is just what is not known here, so only people over the whole tree may look. */
function requireWholeTree(organisation: string): void {
  if (organisation !== '') throw new Problem('forbidden', told('quarantine-whole-tree'));
}
