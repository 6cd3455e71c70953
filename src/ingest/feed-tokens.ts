/**
 * Whose token it is, asked of the store for each request: from the answer to its revocation on a token opens nothing, in any process. No
 * memory could promise that, since a message about a change is on its way for a while. Requests that come while a question is under way
 * are asked for together in the next, so a thousand pings a second are some hundred questions.
 */
import type { Db } from '../ports/database.ts';
import { findFeedTokens } from '../store/feeds.ts';

/** Feed of a token's SHA-256, if the token is good. Rejects when the store can't be asked. */
export type FindFeed = (tokenHash: Buffer) => Promise<string | undefined>;

type Found = ReadonlyMap<string, string>;

export function createFeedTokens(deps: { readonly database: Db; now(): number }): FindFeed {
  let asked = new Map<string, Buffer>();
  /** The next question: what comes before it goes out is in it. */
  let next: Promise<Found> | undefined;
  let underWay: Promise<unknown> = Promise.resolve();

  async function ask(): Promise<Found> {
    await underWay;
    const hashes = [...asked.values()];
    asked = new Map();
    next = undefined;
    const answer = findFeedTokens(deps.database, hashes, new Date(deps.now()));
    underWay = answer.catch(() => {});
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
