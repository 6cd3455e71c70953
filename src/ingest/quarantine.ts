/** Where refused input waits, with its bytes and the reason, until the roster is mended and it is sent through again. */
import type { Instant } from '../kernel/instant.ts';
import type { Refusal, Result } from '../kernel/result.ts';
import type { Db } from '../ports/database.ts';
import {
  addToQuarantine,
  listQuarantine,
  markRefusedAgain,
  markReplayed,
  takeQuarantine,
} from '../store/quarantine.ts';
import { createQuarantineWriter } from './quarantine-writer.ts';

export type Source =
  | 'native'
  | 'osmand'
  | 'owntracks'
  | 'jt808'
  | 'watch'
  | 'zkteco'
  | 'mlp'
  | 'file'
  | 'log';

export interface Refused {
  readonly source: Source;
  readonly feed: string | null;
  /** Id on the wire, where one could be read. */
  readonly device: string | null;
  readonly receivedMs: Instant;
  readonly refusal: Refusal;
  readonly raw: Uint8Array;
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

export interface Quarantine {
  /** Durable when it resolves; rejects with `LogUnavailable` when it can't be taken now. */
  add(refused: readonly Refused[]): Promise<void>;
  list(query: {
    cursor: string | null;
    limit: number;
    device?: string;
  }): Promise<{ items: QuarantineItem[]; nextCursor: string | null }>;
  /** Sends the named ones, or all of a device, through again in the order in which they came. */
  replay(query: {
    ids?: readonly string[];
    device?: string;
  }): Promise<{ replayed: number; stillRefused: number }>;
}

/** Takes one item's bytes again; answers when they are durable in the log, or why not. */
export type Retry = (item: QuarantineItem) => Promise<Result<void, Refusal>>;

/** Rows of up to some MiB each: what a page holds in memory. */
const REPLAY_PAGE = 200;
/** Characters of a device id or message that are kept: what a stranger sends must not fill the table's texts. */
const MAX_TEXT = 300;

export function createQuarantine(db: Db, retry: Retry): Quarantine {
  const writer = createQuarantineWriter<Refused>(async (refused) => {
    await addToQuarantine(
      db,
      refused.map((item) => new Date(item.receivedMs)),
      refused.map((item) => item.source),
      refused.map((item) => item.feed),
      refused.map((item) => (item.device === null ? null : clean(item.device))),
      refused.map((item) => item.refusal.code),
      refused.map((item) => clean(item.refusal.where)),
      refused.map((item) => clean(item.refusal.message)),
      refused.map((item) => Buffer.from(item.raw)),
    );
  });
  return {
    add: (refused) => writer.push(refused),
    list: async ({ cursor, limit, device }) => {
      const rows = await listQuarantine(db, cursor, limit + 1, device ?? null);
      const items = rows.slice(0, limit).map(toItem);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
    replay: async ({ ids, device }) => {
      const count = { replayed: 0, stillRefused: 0 };
      let after = '0';
      for (;;) {
        const rows = await takeQuarantine(
          db,
          ids === undefined ? null : [...ids],
          device ?? null,
          after,
          REPLAY_PAGE,
        );
        // Begun in order, so that the log has them in order; together, so that it writes them together.
        const items = rows.map(toItem);
        const results = await Promise.all(items.map((item) => retry(item)));
        const done = items.flatMap((item, i) => (results[i]?.ok === true ? [item.id] : []));
        for (const [i, item] of items.entries()) {
          const result = results[i];
          if (result === undefined || result.ok) continue;
          const { code, where, message } = result.error;
          await markRefusedAgain(db, item.id, code, clean(where), clean(message));
        }
        after = items.at(-1)?.id ?? after;
        await markReplayed(db, done);
        count.replayed += done.length;
        count.stillRefused += rows.length - done.length;
        if (rows.length < REPLAY_PAGE) return count;
      }
    },
  };
}

/** Postgres text holds no NUL. */
function clean(text: string): string {
  return text.slice(0, MAX_TEXT).replaceAll('\u0000', '�');
}

function toItem(row: {
  id: string;
  received_at: Date;
  source: string;
  feed: string | null;
  device: string | null;
  code: string;
  field: string;
  message: string;
  raw: Buffer;
}): QuarantineItem {
  const { received_at, ...rest } = row;
  return { ...rest, receivedMs: received_at.getTime() };
}
