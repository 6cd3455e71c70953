/**
 * Makes seals. What is sealed is settled: the fence of a table (migration 031) is taken for a moment when nobody is about to insert,
 * so no number up to its highest can appear later, whatever the order of the commits was. A fence that is held for long is asked
 * for again at the next turn; nothing is sealed twice, because a seal begins where the one before it ended.
 */
import type { Instant } from '../kernel/instant.ts';
import type { Database, Db } from '../ports/database.ts';
import { findHead, fixTextForm, listColumns, readSealRows } from '../store/seal-rows.ts';
import { addLeaves, addSeal, findLastSeal, limitLockWait, takeFence } from '../store/seals.ts';
import { rowText } from './canonical.ts';
import { hashOfSeal, type Leaf, NO_SEAL, type Part, packLeaves, type Seal } from './chain.ts';
import { leafOf, rootOf } from './merkle.ts';
import { SEALED_TABLES } from './sealed-tables.ts';

/** Of one table in one seal: 400 kB of leaves. */
export const ROWS_A_SEAL = 10_000;
/** Writers wait behind us so long at most. */
const FENCE_WAIT_MS = 200;

/** Seals all that is settled. Answers the seals that were made, none where nothing is new. */
export async function sealUp(database: Database, now: () => Instant): Promise<Seal[]> {
  const made: Seal[] = [];
  const session = await database.session();
  try {
    await fixTextForm(session);
    const heads = new Map<string, bigint>();
    for (const table of SEALED_TABLES) heads.set(table, await settledHead(database, table));
    for (;;) {
      const seal = await sealNext(session, heads, now);
      if (seal === undefined) return made;
      made.push(seal);
    }
  } finally {
    await session.release();
  }
}

/** -1: somebody is writing for longer than we wait. */
async function settledHead(database: Database, table: string): Promise<bigint> {
  try {
    return await database.transaction(async (db) => {
      await limitLockWait(db, String(FENCE_WAIT_MS));
      await takeFence(db, table);
      return findHead(db, table);
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) return -1n;
    throw error;
  }
}

const LOCK_NOT_AVAILABLE = '55P03';

async function sealNext(
  session: Db,
  heads: ReadonlyMap<string, bigint>,
  now: () => Instant,
): Promise<Seal | undefined> {
  const [last] = await findLastSeal(session);
  const before = new Map(
    (last?.parts as readonly Part[] | undefined)?.map((part) => [part.table, part.until]),
  );
  const parts: Part[] = [];
  const leaves = new Map<string, Leaf[]>();
  for (const table of SEALED_TABLES) {
    const from = before.get(table) ?? 0;
    const head = heads.get(table) ?? -1n;
    const found = head <= from ? [] : await readLeaves(session, table, BigInt(from), head, ROWS_A_SEAL);
    const until = found.length === ROWS_A_SEAL ? Number(found.at(-1)?.seq) : Math.max(from, Number(head));
    parts.push({ table, from, until, rows: found.length, root: rootOf(found.map(({ hash }) => hash)) });
    if (found.length > 0) leaves.set(table, found);
  }
  if (leaves.size === 0) return undefined;
  const open = {
    seal: Number(last?.seal ?? 0) + 1,
    atMs: now(),
    previous: last?.hash ?? NO_SEAL,
    parts,
  };
  const seal: Seal = { ...open, hash: hashOfSeal(open) };
  await store(session, seal, leaves);
  return seal;
}

/** The rows' leaves in the order of their numbers. The session must have the text form. */
export async function readLeaves(
  session: Db,
  table: string,
  from: bigint,
  until: bigint,
  limit: number,
): Promise<Leaf[]> {
  const columns = (await listColumns(session, table)).map(({ name }) => name);
  const rows = await readSealRows(session, table, columns, from, until, limit);
  return rows.map((row) => ({ seq: BigInt(row.seq ?? 0), hash: leafOf(rowText(table, columns, row)) }));
}

async function store(session: Db, seal: Seal, leaves: ReadonlyMap<string, Leaf[]>): Promise<void> {
  const id = String(seal.seal);
  await session.query({ text: 'BEGIN', values: [] });
  try {
    // Two sealers at once: the second falls on the key, and begins anew at the next turn.
    await addSeal(session, id, new Date(seal.atMs), seal.previous, JSON.stringify(seal.parts), seal.hash);
    for (const [table, found] of leaves) {
      const last = found.at(-1)?.seq ?? 0n;
      await addLeaves(session, id, table, packLeaves(found), String(last));
    }
    await session.query({ text: 'COMMIT', values: [] });
  } catch (error) {
    await session.query({ text: 'ROLLBACK', values: [] });
    throw error;
  }
}
