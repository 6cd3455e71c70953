/**
 * Whose rows the work in progress may see. Set once, when a call's handler begins, and known to everything that it does: a query that
 * nobody has given a reach finds no row, so that a route can't forget its caller.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Reach } from '../../../src/ports/database.ts';
import type { Actor } from './access.ts';

const reaches = new AsyncLocalStorage<Reach>();

export function currentReach(): Reach | undefined {
  return reaches.getStore();
}

export function withReach<T>(reach: Reach, work: () => T): T {
  return reaches.run(reach, work);
}

export function reachOf({ organisation, minors }: Pick<Actor, 'organisation' | 'minors'>): Reach {
  return { organisation, minors };
}
