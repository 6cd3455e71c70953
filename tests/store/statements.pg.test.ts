import { readdirSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Statement, statements } from '../../src/store/statement.ts';
import { createTestDatabase, type TestDatabase } from '../harness/postgres.ts';

const folder = new URL('../../src/store/', import.meta.url);
for (const file of readdirSync(folder)) {
  if (file.endsWith('.ts') && !file.includes('.test.')) await import(new URL(file, folder).href);
}

let own: TestDatabase;
let client: pg.Client;
const typeNames = new Map<number, string>();
beforeAll(async () => {
  own = await createTestDatabase();
  client = new pg.Client({ connectionString: own.url });
  await client.connect();
  const { rows } = await client.query<{ oid: number; typname: string }>('SELECT oid, typname FROM pg_type');
  for (const row of rows) typeNames.set(row.oid, row.typname);
});
afterAll(async () => {
  await client.end();
  await own.drop();
});

/** Parses and describes without running: what columns would come back, by name and type. */
function describeColumns(text: string): Promise<[name: string, type: string][]> {
  return new Promise((resolve, reject) => {
    let columns: [string, string][] = [];
    const probe = {
      submit(connection: pg.Connection) {
        connection.parse({ text, name: '', types: [] }, true);
        connection.describe({ type: 'S', name: '' }, true);
        connection.sync();
      },
      handleRowDescription({ fields }: { fields: pg.FieldDef[] }) {
        columns = fields.map(({ name, dataTypeID }) => [
          name,
          typeNames.get(dataTypeID) ?? String(dataTypeID),
        ]);
      },
      handleError: reject,
      handleReadyForQuery: () => resolve(columns),
    };
    client.query(probe);
  });
}

const declared = (statement: Pick<Statement<never, unknown>, 'columns'>) =>
  Object.entries(statement.columns).map(([name, column]) => [name, column.replace('?', '')]);

test('Q1 the store has statements', () => {
  expect(statements.size).toBeGreaterThan(20);
});

test.each([...statements.keys()])('Q2 %s fits the real schema: its columns are as declared', async (name) => {
  const statement = statements.get(name);
  if (statement === undefined) throw new Error(name);
  expect(await describeColumns(statement.text)).toEqual(declared(statement));
});

test('Q3 the check can fail: a wrong name, a wrong type and a missing table are found', async () => {
  const columns = await describeColumns('SELECT version, reason FROM alert_events');
  expect(columns).not.toEqual(declared({ columns: { version: 'int4', reasons: 'text' } }));
  expect(columns).not.toEqual(declared({ columns: { version: 'int8', reason: 'text' } }));
  expect(columns).toEqual(declared({ columns: { version: 'int4', reason: 'text' } }));
  await expect(describeColumns('SELECT 1 FROM nowhere')).rejects.toThrow('nowhere');
});
