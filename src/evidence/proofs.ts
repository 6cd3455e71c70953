/** Rows of sealed tables, each with the path that proves it, and the seals that they stand under. */
import type { Database, DatabaseSession } from '../ports/database.ts';
import { rowText } from '../seal/canonical.ts';
import { type Seal, unpackLeaves } from '../seal/chain.ts';
import { leafOf, pathOf } from '../seal/merkle.ts';
import { toSeal } from '../seal/verify.ts';
import { fixTextForm, listColumns, readSealRows } from '../store/seal-rows.ts';
import { findLastSeal, findSealOf, listSealsAfter } from '../store/seals.ts';
import type { ProvedRow } from './contents.ts';

export interface Wanted {
  readonly table: string;
  readonly seqs: readonly string[];
}

/** So many seals after the last that is needed go along: somebody outside may hold any of them. */
const SEALS_AFTER = 1000;

/** Rows that are not sealed yet are left out: seal first. */
export async function proveRows(
  database: Database,
  wanted: readonly Wanted[],
): Promise<{ readonly rows: ProvedRow[]; readonly seals: Seal[] }> {
  const session = await database.session();
  try {
    await fixTextForm(session);
    const rows: ProvedRow[] = [];
    const seals = new Map<number, Seal>();
    for (const { table, seqs } of wanted) {
      for (const seq of seqs) {
        const proved = await proveRow(session, table, seq);
        if (proved === undefined) continue;
        rows.push(proved.row);
        seals.set(proved.seal.seal, proved.seal);
      }
    }
    const newest = Math.max(0, ...seals.keys());
    for (const row of await listSealsAfter(session, String(newest), SEALS_AFTER))
      seals.set(Number(row.seal), toSeal(row));
    const [last] = await findLastSeal(session);
    if (last !== undefined) seals.set(Number(last.seal), toSeal(last));
    return { rows, seals: [...seals.values()].sort((a, b) => a.seal - b.seal) };
  } finally {
    await session.release();
  }
}

async function proveRow(
  session: DatabaseSession,
  table: string,
  seq: string,
): Promise<{ readonly row: ProvedRow; readonly seal: Seal } | undefined> {
  const [found] = await findSealOf(session, table, seq);
  if (found === undefined) return undefined;
  const columns = (await listColumns(session, table)).map(({ name }) => name);
  const [row] = await readSealRows(session, table, columns, BigInt(seq) - 1n, BigInt(seq), 1);
  const leaves = unpackLeaves(found.leaves);
  const index = leaves.findIndex((leaf) => leaf.seq === BigInt(seq));
  if (row === undefined || index < 0) return undefined;
  if (!leaves[index]?.hash.equals(leafOf(rowText(table, columns, row))))
    throw new Error(
      `${table} ${seq} is not as it was sealed: run wardline verify before making evidence of it`,
    );
  const path = pathOf(
    leaves.map(({ hash }) => hash),
    index,
  );
  const kept = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  return { row: { table, seq, row: kept, seal: Number(found.seal), path }, seal: toSeal(found) };
}
