/**
 * Rows of a sealed table as text. The one place where SQL is put together at run time: the columns are the table's own, so that
 * one which is added later is sealed too. Table names come from src/seal/sealed-tables.ts only.
 */
import type { Db } from '../ports/database.ts';
import { statement } from './statement.ts';

/** Of the session: timestamps in UTC, doubles with all their digits, bytes in hex. */
export const fixTextForm = statement<[]>()(
  'seal-rows.text-form',
  { zone: 'text', dates: 'text', digits: 'text', bytes: 'text', spans: 'text' },
  `SELECT set_config('TimeZone', 'UTC', false) AS zone, set_config('DateStyle', 'ISO, YMD', false) AS dates,
          set_config('extra_float_digits', '1', false) AS digits, set_config('bytea_output', 'hex', false) AS bytes,
          set_config('IntervalStyle', 'postgres', false) AS spans`,
);

/** In the order of their code units. */
export const listColumns = statement<[table: string]>()(
  'seal-rows.columns',
  { name: 'text' },
  `SELECT attname::text AS name FROM pg_attribute
   WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname COLLATE "C"`,
);

/** Rows with `from` < seq <= `until`, by seq. The session must have the text form. */
export async function readSealRows(
  db: Db,
  table: string,
  columns: readonly string[],
  from: bigint,
  until: bigint,
  limit: number,
): Promise<readonly Readonly<Record<string, string | null>>[]> {
  const texts = columns.map((name) => `${quoted(name)}::text`).join(', ');
  const { rows } = await db.query<Record<string, string | null>>({
    text: `SELECT ${texts} FROM ${quoted(table)} t WHERE t.seq > $1 AND t.seq <= $2 ORDER BY t.seq LIMIT $3`,
    values: [String(from), String(until), limit],
  });
  return rows;
}

/** The highest number; 0 where there is no row. */
export async function findHead(db: Db, table: string): Promise<bigint> {
  const { rows } = await db.query<{ head: string }>({
    text: `SELECT coalesce(max(seq), 0)::text AS head FROM ${quoted(table)}`,
    values: [],
  });
  return BigInt(rows[0]?.head ?? 0);
}

export async function countAfter(db: Db, table: string, seq: bigint): Promise<number> {
  const { rows } = await db.query<{ n: string }>({
    text: `SELECT count(*)::text AS n FROM ${quoted(table)} WHERE seq > $1`,
    values: [String(seq)],
  });
  return Number(rows[0]?.n ?? 0);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
