/**
 * The hash tree of RFC 9162 (Certificate Transparency), section 2.1: leaf = SHA-256(0x00 ‖ entry), node = SHA-256(0x01 ‖ left ‖
 * right). One row can then be proved to stand under a root by a handful of hashes, without the other rows.
 */
import { hash } from 'node:crypto';

export interface Step {
  /** On which side the sibling stands. */
  readonly side: 'left' | 'right';
  readonly hash: string;
}

const NODE = Buffer.of(1);

export function leafOf(entry: string): Buffer {
  return hash('sha256', `\0${entry}`, 'buffer');
}

/** Hex. Of no leaves: SHA-256 of nothing. */
export function rootOf(leaves: readonly Uint8Array[]): string {
  let level = leaves;
  if (level.length === 0) return hash('sha256', '', 'hex');
  while (level.length > 1) level = above(level);
  return Buffer.from(level[0] as Uint8Array).toString('hex');
}

/** From the leaf at `index` up to the root. */
export function pathOf(leaves: readonly Uint8Array[], index: number): Step[] {
  const path: Step[] = [];
  let [level, at] = [leaves, index];
  while (level.length > 1) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined)
      path.push({ side: at % 2 === 0 ? 'right' : 'left', hash: Buffer.from(sibling).toString('hex') });
    level = above(level);
    at = at >> 1;
  }
  return path;
}

/** The root that a leaf and its path lead to, in hex. */
export function climb(leaf: Uint8Array, path: readonly Step[]): string {
  let at: Uint8Array = leaf;
  for (const step of path) {
    const sibling = Buffer.from(step.hash, 'hex');
    at = step.side === 'left' ? join(sibling, at) : join(at, sibling);
  }
  return Buffer.from(at).toString('hex');
}

/** The last of an odd number goes up as it is. */
function above(level: readonly Uint8Array[]): Uint8Array[] {
  const next: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i] as Uint8Array, level[i + 1]];
    next.push(right === undefined ? left : join(left, right));
  }
  return next;
}

function join(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([NODE, left, right]), 'buffer') as Buffer;
}
