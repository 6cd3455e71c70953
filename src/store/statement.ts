/**
 * SQL in full view: each query of the project is one `statement`, with its text, its parameters and the columns
 * that come back. A statement registers itself, so that one test (`tests/store/statements.pg.test.ts`) prepares
 * every one on the real schema and compares columns and types with what is declared here.
 */
import type { Db } from '../ports/database.ts';

export type { Db } from '../ports/database.ts';

/** Postgres type name → the value that `pg` gives for it (bigint comes as a string by design: parse where used). */
interface ColumnTypes {
  text: string;
  int4: number;
  int8: string;
  float8: number;
  float4: number;
  bool: boolean;
  timestamptz: Date;
  jsonb: unknown;
  bytea: Buffer;
}
type Column = keyof ColumnTypes | `${keyof ColumnTypes}?`;
type Value<C extends Column> = C extends `${infer T extends keyof ColumnTypes}?`
  ? ColumnTypes[T] | null
  : C extends keyof ColumnTypes
    ? ColumnTypes[C]
    : never;
type RowOf<Columns extends Record<string, Column>> = { readonly [K in keyof Columns]: Value<Columns[K]> };

export interface Statement<Params extends unknown[], Row> {
  (db: Db, ...params: Params): Promise<readonly Row[]>;
  readonly text: string;
  readonly columns: Readonly<Record<string, Column>>;
}

export const statements = new Map<string, Statement<never, unknown>>();

/**
 * Declares a query. `columns` maps each result column to its Postgres type, with `?` where it can be null.
 * `name` makes it a prepared statement on each connection. `plan`: 'by-values' has it planned anew each time, for one that reads much: after five
 * calls PostgreSQL may keep a plan for any values, which for groups and scopes that are parameters costs twice as much.
 */
export function statement<Params extends unknown[]>() {
  return <const Columns extends Record<string, Column>>(
    name: string,
    columns: Columns,
    text: string,
    plan: 'kept' | 'by-values' = 'kept',
  ): Statement<Params, RowOf<Columns>> => {
    if (statements.has(name)) throw new Error(`two statements are called ${name}`);
    const run = async (db: Db, ...params: Params) =>
      (await db.query<RowOf<Columns>>({ ...(plan === 'kept' ? { name } : {}), text, values: params })).rows;
    const made = Object.assign(run, { text, columns });
    statements.set(name, made as unknown as Statement<never, unknown>);
    return made;
  };
}
