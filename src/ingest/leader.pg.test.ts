import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import { type Leader, lead } from './leader.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

const KEY = 7_261_999;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}

function follow(name: string, at: string[]): Leader {
  const { database } = own;
  return lead({
    database,
    key: KEY,
    logger: createLogger('silent'),
    begin: async () => {
      at.push(`${name} begins`);
      return async () => void at.push(`${name} ends`);
    },
  });
}

test('L1 one of many leads; when it stops another does, and never two at once', async () => {
  const at: string[] = [];
  const first = follow('first', at);
  await until(() => first.isLeader);
  const second = follow('second', at);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(second.isLeader).toBe(false);
  await first.stop();
  await until(() => second.isLeader);
  await second.stop();
  expect(at).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
});

test('L2 who loses the lock ends its work, and begins anew when it has it again', async () => {
  const at: string[] = [];
  const only = follow('only', at);
  await until(() => only.isLeader);
  await own.database.query({
    text: `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted`,
    values: [KEY],
  });
  await until(() => at.length === 3);
  await only.stop();
  expect(at).toEqual(['only begins', 'only ends', 'only begins', 'only ends']);
});
