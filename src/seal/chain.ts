/** A seal, its hash, and the leaves under it as they are stored. Pure. */
import { formatInstant, type Instant } from '../kernel/instant.ts';
import { canonicalJson, sha256Hex } from './canonical.ts';

/** What a seal says of one table: `rows` of the numbers after `from` up to `until`, under `root`. */
export interface Part {
  readonly table: string;
  readonly from: number;
  readonly until: number;
  readonly rows: number;
  /** Hex, of the tree over the rows in the order of their numbers (merkle.ts). */
  readonly root: string;
}

export interface Seal {
  /** 1, 2, 3 … without a gap. */
  readonly seal: number;
  readonly atMs: Instant;
  /** Hash of the seal before it. */
  readonly previous: string;
  readonly parts: readonly Part[];
  readonly hash: string;
}

export const NO_SEAL = '0'.repeat(64);

/** What goes outside and what is hashed: RFC 8785 of this, without `hash`. */
export function sealJson({ seal, atMs, previous, parts }: Omit<Seal, 'hash'>) {
  return {
    seal,
    at: formatInstant(atMs),
    previous,
    parts: parts.map(({ table, from, until, rows, root }) => ({ table, from, until, rows, root })),
  };
}

export function hashOfSeal(seal: Omit<Seal, 'hash'>): string {
  return sha256Hex(canonicalJson(sealJson(seal)));
}

export interface Leaf {
  readonly seq: bigint;
  readonly hash: Buffer;
}

const LEAF_BYTES = 40;

export function packLeaves(leaves: readonly Leaf[]): Buffer {
  const packed = Buffer.allocUnsafe(leaves.length * LEAF_BYTES);
  leaves.forEach(({ seq, hash }, i) => {
    packed.writeBigInt64BE(seq, i * LEAF_BYTES);
    hash.copy(packed, i * LEAF_BYTES + 8);
  });
  return packed;
}

/** Bytes that are left over are no leaf: the root then tells. */
export function unpackLeaves(packed: Buffer): Leaf[] {
  const leaves: Leaf[] = [];
  for (let at = 0; at + LEAF_BYTES <= packed.length; at += LEAF_BYTES)
    leaves.push({ seq: packed.readBigInt64BE(at), hash: packed.subarray(at + 8, at + LEAF_BYTES) });
  return leaves;
}

/** For paper: both languages, the hash in groups that can be read aloud. */
export function printSeal(seal: Seal): string {
  const groups = (seal.hash.match(/.{8}/g) ?? []).join(' ');
  return [
    '守界 封印 / Wardline seal',
    `编号 number    ${seal.seal}`,
    `时间 time      ${formatInstant(seal.atMs)}`,
    `摘要 SHA-256   ${groups}`,
    `上一封印 before ${(seal.previous.match(/.{8}/g) ?? []).join(' ')}`,
    ...seal.parts.map(({ table, until }) => `${table.padEnd(14)} 至 up to ${until}`),
    '',
  ].join('\n');
}
