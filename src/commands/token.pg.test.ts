import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { findFeedTokens } from '../store/feeds.ts';
import type { StoreAccess } from '../store-access.ts';
import { runToken } from './token.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

async function run(...args: string[]): Promise<{ code: number; out: string; said: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const written = Promise.all([text(stdout), text(stderr)]);
  const access = { database: own.database, stdout, stderr } as unknown as StoreAccess;
  const code = await runToken(args, access);
  stdout.end();
  stderr.end();
  const [out, said] = await written;
  return { code, out, said };
}

const feedOf = async (token: string, at: string) =>
  (await findFeedTokens(own.database, [createHash('sha256').update(token).digest()], new Date(at)))[0]?.feed;

test('T1 a feed’s token opens its feed until it expires; only its hash is kept', async () => {
  const { code, out } = await run('create', '--feed', 'F1', '--expires', '2026-12-31T00:00:00Z');
  const token = out.trim();
  expect([code, token]).toEqual([0, expect.stringMatching(/^\S{40,}$/)]);
  expect(await feedOf(token, '2026-12-30T23:59:59Z')).toBe('F1');
  expect(await feedOf(token, '2026-12-31T00:00:00Z')).toBeUndefined();
  const { rows } = await own.database.query({ text: 'SELECT * FROM tokens', values: [] });
  expect(JSON.stringify(rows)).not.toContain(token);
});

test('T2 two tokens of a feed stand beside each other', async () => {
  const [first, second] = [await run('create', '--feed', 'F2'), await run('create', '--feed', 'F2')];
  expect(first.out).not.toBe(second.out);
  for (const { out } of [first, second]) expect(await feedOf(out.trim(), '2026-01-01T00:00:00Z')).toBe('F2');
});

test.each([
  [['create']],
  [['create', '--feed', 'F1', '--role', 'administrator']],
  [['create', '--role', 'emperor']],
  [['create', '--feed', 'F1', '--expires', 'tomorrow']],
  [['destroy', '--feed', 'F1']],
  [['create', '--feed', 'F1', '--colour', 'red']],
])('T3 %j is refused in words, and nothing is printed', async (args) => {
  const { code, out, said } = await run(...args);
  expect([code, out, said]).toEqual([2, '', expect.stringContaining('wardline: ')]);
});
