import { readdirSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { statements } from '../../src/store/statement.ts';
import { createTestDatabase, type TestDatabase } from '../harness/postgres.ts';

const folder = new URL('../../src/store/', import.meta.url);
for (const file of readdirSync(folder)) {
  if (file.endsWith('.ts') && !file.includes('.test.')) await import(new URL(file, folder).href);
}

let own: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  own = await createTestDatabase();
  client = new pg.Client({ connectionString: own.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await own.drop();
});

test('Q1 the store has statements', () => {
  expect(statements.size).toBeGreaterThan(20);
});

test.each([...statements.keys()])(
  'Q2 %s fits the real schema: names and types of its columns',
  async (name) => {
    const statement = statements.get(name);
    if (statement === undefined) throw new Error(name);
    // Describing needs no values: PREPARE finds the parameters' types, result_types what comes back.
    await client.query(`PREPARE probe AS ${statement.text}`);
    try {
      const { rows } = await client.query<{ types: string[] | null; parameters: string[] }>(
        `SELECT result_types::text[] AS types, parameter_types::text[] AS parameters FROM pg_prepared_statements WHERE name = 'probe'`,
      );
      const declared = Object.values(statement.columns).map((column) => column.replace('?', ''));
      expect((rows[0]?.types ?? []).map(shortName)).toEqual(declared);
      expect(await columnNames(statement.text, rows[0]?.parameters ?? [])).toEqual(
        Object.keys(statement.columns),
      );
    } finally {
      await client.query('DEALLOCATE probe');
    }
  },
);

/** Names come with a run: all parameters null, in a transaction that is taken back. */
async function columnNames(text: string, parameters: readonly string[]): Promise<string[]> {
  await client.query('BEGIN');
  try {
    const result = await client.query({ text, values: parameters.map(() => null) });
    return result.fields.map((field) => field.name);
  } catch (error) {
    // A NOT NULL column refuses the nulls: then the names are known from the plan only, and Q2's types must do.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === '23502' || code === '22004') return Object.keys(statementColumns(text));
    throw error;
  } finally {
    await client.query('ROLLBACK');
  }
}

function statementColumns(text: string): Readonly<Record<string, string>> {
  return [...statements.values()].find((statement) => statement.text === text)?.columns ?? {};
}

function shortName(type: string): string {
  const names: Record<string, string> = {
    integer: 'int4',
    bigint: 'int8',
    'double precision': 'float8',
    real: 'float4',
    boolean: 'bool',
    'timestamp with time zone': 'timestamptz',
  };
  return names[type] ?? type;
}
