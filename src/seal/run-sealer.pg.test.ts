import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import type { Db } from '../ports/database.ts';
import { recordAudit } from '../store/audit.ts';
import { runSealer, sealPoster } from './run-sealer.ts';
import { verifySeals } from './verify.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

const note = (db: Db, target: string) =>
  recordAudit(db, {
    actor: { kind: 'system', name: 'test', organisation: '' },
    action: 'test.deed',
    target,
  });

test('SL7 one of two processes seals, and the newest seal goes outside', async () => {
  const told: { seal: number; hash: string }[] = [];
  const outside = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      told.push(JSON.parse(body) as { seal: number; hash: string });
      response.end();
    });
  });
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  const deliver = sealPoster(`http://127.0.0.1:${(outside.address() as AddressInfo).port}/`);
  const deps = {
    database: own.database,
    logger: createLogger('silent'),
    now: Date.now,
    deliver,
    everyMs: 50,
  };
  const sealers = [runSealer(deps), runSealer(deps)];
  await note(own.database, 't1');
  await expect.poll(() => told.length, { timeout: 20_000 }).toBe(1);
  await note(own.database, 't2');
  await expect.poll(() => told.length, { timeout: 20_000 }).toBe(2);
  expect(sealers.filter(({ isLeader }) => isLeader).length).toBe(1);
  for (const each of sealers) await each.stop();
  outside.close();
  expect(told.map(({ seal }) => seal)).toEqual([1, 2]);
  expect((await verifySeals(own.database, told)).faultCount).toBe(0);
});
