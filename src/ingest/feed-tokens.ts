/**
 * Whose token it is, asked of the store for each request: from the answer to its revocation on a token opens nothing, in any process. No
 * memory could promise that, since a message about a change is on its way for a while. A question costs more than the rest of a ping, so
 * requests that come within some milliseconds are asked for together, the first of them at once.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Db } from '../ports/database.ts';
import { findFeedTokens } from '../store/feeds.ts';

/** Feed of a token's SHA-256, if the token is good. Rejects when the store can't be asked. */
export type FindFeed = (tokenHash: Buffer) => Promise<string | undefined>;

/** Between the begins of two questions. A sender of one ping after the other waits as long at most. */
const APART_MS = 5;

type Found = ReadonlyMap<string, string>;

export function createFeedTokens(deps: { readonly database: Db; now(): number }): FindFeed {
  let asked = new Map<string, Buffer>();
  /** The next question: what comes before it goes out is in it. */
  let next: Promise<Found> | undefined;
  /** The last question has been answered, and the next is not too soon after it. */
  let isFree: Promise<unknown> = Promise.resolve();

  async function ask(): Promise<Found> {
    await isFree;
    const hashes = [...asked.values()];
    asked = new Map();
    next = undefined;
    const answer = findFeedTokens(deps.database, hashes, new Date(deps.now()));
    isFree = Promise.all([answer.catch(() => {}), pause(APART_MS)]);
    return new Map((await answer).map((row) => [keyOf(row.token_hash), row.feed]));
  }

  return async (tokenHash) => {
    asked.set(keyOf(tokenHash), tokenHash);
    next ??= ask();
    return (await next).get(keyOf(tokenHash));
  };
}

function keyOf(hash: Buffer): string {
  return hash.toString('base64');
}
