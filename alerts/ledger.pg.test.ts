import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AlertEvent } from '../src/kernel/alert-event.ts';
import { encodeAlertEvent } from '../src/kernel/alert-event.ts';
import { listAlertChanges } from '../src/store/alert-queue.ts';
import { appendAlertEvents } from '../src/store/ledger.ts';
import { createTestDatabase, type TestDatabase } from '../tests/harness/postgres.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { lockLedger } from './ledger-lock.ts';

const AT = Date.parse('2026-03-01T08:00:00Z');
let own: TestDatabase;
let ledger: Ledger;
beforeEach(async () => {
  own = await createTestDatabase();
  ledger = openLedger(own.database);
});
afterEach(() => own.drop());

const ask = async (text: string) => (await own.database.query({ text, values: [] })).rows;
const event = (alert: string, version: number, more: Partial<AlertEvent> = {}): AlertEvent => ({
  alert,
  version,
  subject: 'S1',
  kind: 'out-of-bounds',
  state: version === 1 ? 'opened' : 'updated',
  severity: 'high',
  startedAtMs: AT,
  detectedAtMs: AT + version,
  clearedAtMs: null,
  zone: 'z1',
  device: 'D1',
  confidence: 0.99,
  late: false,
  reason: '越界',
  reasonEn: 'out of bounds',
  evidence: [{ atMs: AT, lat: 23.5, lon: 116.3, accuracyM: 10, distanceM: 250.5 }],
  ...more,
});

test('G1 each version is kept once, however often and in whatever company it comes', async () => {
  expect(await ledger.append([event('a', 1), event('b', 1)])).toBe(2);
  expect(await ledger.append([event('a', 1), event('a', 2), event('b', 1)])).toBe(1);
  expect(await ledger.append([event('a', 2, { reason: 'another' }), event('a', 1)])).toBe(0);
  expect(await ask('SELECT alert, version, reason FROM alert_events ORDER BY alert, version')).toEqual([
    { alert: 'a', version: 1, reason: '越界' },
    { alert: 'a', version: 2, reason: '越界' },
    { alert: 'b', version: 1, reason: '越界' },
  ]);
});

test('G2 the projection shows the highest version, whatever order they come in', async () => {
  let n = 0;
  const versions = [event('a', 1), event('a', 2), event('a', 3, { state: 'cleared', clearedAtMs: AT + 9 })];
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(versions, { minLength: 3 }),
      fc.integer({ min: 1, max: 3 }),
      async (order, size) => {
        const name = `a${n++}`;
        const named = order.map((item) => ({ ...item, alert: name }));
        for (let i = 0; i < named.length; i += size) await ledger.append(named.slice(i, i + size));
        expect(await ask(`SELECT version, state, cleared_at FROM alerts WHERE alert = '${name}'`)).toEqual([
          { version: 3, state: 'cleared', cleared_at: new Date(AT + 9) },
        ]);
      },
    ),
    { numRuns: 12 },
  );
});

test('G7 what was withdrawn and stands again is due anew, counted from then', async () => {
  await ledger.append([event('a', 1)]);
  await ledger.append([event('a', 2, { state: 'retracted' })]);
  await own.database.query({
    text: `UPDATE alerts SET due_at = now() - interval '1 day'`,
    values: [],
  });
  expect(await ask('SELECT escalate_at FROM alerts')).toEqual([{ escalate_at: null }]);
  await ledger.append([event('a', 3, { state: 'opened', late: true })]);
  expect(await ask('SELECT state, due_at > now() AS due, escalate_at = due_at AS asked FROM alerts')).toEqual(
    [{ state: 'opened', due: true, asked: true }],
  );
});

test('G3 a reader that follows the change numbers misses none, though one writer is slower than another', async () => {
  const seen: string[] = [];
  let last = '0';
  const follow = async () => {
    const rows = await listAlertChanges(own.database, last, 1000);
    seen.push(...rows.map((row) => row.alert));
    last = rows.at(-1)?.change_seq ?? last;
  };
  let quick: Promise<unknown> = Promise.resolve();
  await own.database.transaction(async (db) => {
    await lockLedger(db);
    await appendAlertEvents(db, `[${encodeAlertEvent(event('slow', 1))}]`);
    // Its change number is taken and not yet to be seen: the next writer must wait behind it.
    quick = ledger.append([event('quick', 1)]);
    await Promise.race([quick, new Promise((resolve) => setTimeout(resolve, 200))]);
    await follow();
  });
  await quick;
  await follow();
  expect(seen).toEqual(['slow', 'quick']);
});

test('G4 listeners are told the newest change number, and nothing when nothing changed', async () => {
  const heard: string[] = [];
  const end = await own.database.listen(
    'alerts',
    (payload) => heard.push(payload),
    () => {},
  );
  await ledger.append([event('a', 1), event('b', 1)]);
  await ledger.append([event('a', 1)]);
  await ledger.append([event('a', 2)]);
  const rows = await ask('SELECT max(change_seq)::text AS newest FROM alerts');
  await expect.poll(() => heard).toEqual(['2', rows[0]?.newest]);
  await end();
});

test('G5 what is in the ledger can not be edited, deleted or truncated', async () => {
  await ledger.append([event('a', 1)]);
  for (const text of [
    `UPDATE alert_events SET reason = ''`,
    'DELETE FROM alert_events',
    'TRUNCATE alert_events',
  ])
    await expect(ask(text)).rejects.toThrow('append-only');
});

test('G6 whatever an alert holds comes back unchanged', async () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    .filter((value) => !value.includes('\0'));
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      text,
      text,
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (reason, subject, confidence) => {
        const given = event(`g${n++}`, 1, {
          reason,
          subject,
          confidence,
          zone: null,
          device: null,
          late: true,
        });
        await ledger.append([given]);
        const [row] = await ask(`SELECT * FROM alert_events WHERE alert = '${given.alert}'`);
        expect(row).toMatchObject({
          subject,
          reason,
          confidence: confidence + 0,
          zone: null,
          late: true,
          started_at: new Date(AT),
          evidence: JSON.parse(encodeAlertEvent(given)).evidence,
        });
      },
    ),
    { numRuns: 30 },
  );
});
