import { createServer } from 'node:net';
import pg from 'pg';
import { expect, test } from 'vitest';
import { isOutage } from './outage.ts';

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );

test('F10 a server that does not answer in time is an outage, whoever waited for it: a client, a new one of a pool, a full pool', async () => {
  await using silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const target = { host: '127.0.0.1', port, user: 'nobody', database: 'none', connectionTimeoutMillis: 50 };
  const pool = new pg.Pool({ ...target, max: 1 });
  pool.on('error', () => {});
  const failures = await Promise.all([
    failureOf(new pg.Client(target).connect()),
    failureOf(pool.query('SELECT 1')),
    failureOf(pool.query('SELECT 1')),
  ]);
  expect(failures.map((error) => [String(error), isOutage(error)])).toEqual(
    failures.map((error) => [String(error), true]),
  );
  await pool.end();
});

test('F10 what is wrong with the statement is no outage', () => {
  expect(isOutage(Object.assign(new Error('relation "positions" does not exist'), { code: '42P01' }))).toBe(
    false,
  );
  expect(isOutage(new Error('a bug'))).toBe(false);
  expect(isOutage('connection terminated')).toBe(false);
});
