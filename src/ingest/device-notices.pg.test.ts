import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import { listDeviceNotices } from '../store/device-notices.ts';
import { createDeviceNotices } from './device-notices.ts';

const NOW_MS = Date.UTC(2026, 2, 1, 8);
let store: TestDatabase;
beforeAll(async () => {
  store = await createTestDatabase();
});
afterAll(() => store.drop());

function open() {
  const lines: string[] = [];
  const logger = createLogger('silent');
  logger.warn = ((line: { event: string; address: string }) => {
    lines.push(`${line.event} ${line.address}`);
  }) as typeof logger.warn;
  return { notices: createDeviceNotices({ db: store.database, logger }), lines };
}

test('E1 one row for an id and its reason, counted; told once an hour', async () => {
  for (const receivedMs of [NOW_MS, NOW_MS + 1000]) {
    const { notices, lines } = open();
    const raise = (address: string, code: 'unknown-device' | 'not-authenticated', atMs: number) =>
      notices.raise({ protocol: 'jt808', address, code, receivedMs: atMs });
    raise('13912345678', 'unknown-device', receivedMs);
    raise('13912345678', 'unknown-device', receivedMs + 60_000);
    raise('13912345678', 'not-authenticated', receivedMs);
    raise('13912345678', 'unknown-device', receivedMs + 3_600_000);
    await notices.stop();
    expect(lines).toEqual(Array(3).fill('device.refused 13912345678'));
  }
  const rows = await listDeviceNotices(store.database, null, null, 10);
  expect(rows).toMatchObject([
    { code: 'unknown-device', count: '6', first_at: new Date(NOW_MS), last_at: new Date(NOW_MS + 3_601_000) },
    { code: 'not-authenticated', count: '2' },
  ]);
});

test('E3 a replaced connection counts and is told once an hour, however often two senders take it from each other', async () => {
  const { notices, lines } = open();
  const raise = (atMs: number, address = '1000000009') =>
    notices.raise({ protocol: 'jt808', address, code: 'replaced-connection', receivedMs: atMs });
  for (let s = 0; s < 3600; s += 5) raise(NOW_MS + s * 1000);
  raise(NOW_MS + 1000, '1000000010');
  raise(NOW_MS + 3_600_000);
  await notices.stop();
  expect(lines).toEqual([
    'device.replaced 1000000009',
    'device.replaced 1000000010',
    'device.replaced 1000000009',
  ]);
  const rows = await listDeviceNotices(store.database, null, null, 10);
  expect(rows.filter(({ code }) => code === 'replaced-connection')).toMatchObject([
    { address: '1000000009', count: '2', last_at: new Date(NOW_MS + 3_600_000) },
    { address: '1000000010', count: '1' },
  ]);
});

test('E2 other refusals are none; any text can be kept; invented ids are bounded', async () => {
  const { notices } = open();
  notices.raise({ protocol: 'watch', address: 'x', code: 'bad-coordinates', receivedMs: NOW_MS });
  notices.raise({ protocol: 'watch', address: '\0\ud800', code: 'unknown-device', receivedMs: NOW_MS });
  for (let i = 0; i < 3000; i++)
    notices.raise({ protocol: 'watch', address: `y${i}`, code: 'unknown-device', receivedMs: NOW_MS });
  await notices.stop();
  const rows = await listDeviceNotices(store.database, null, null, 5000);
  expect(rows.filter(({ protocol }) => protocol === 'watch')).toHaveLength(1000);
  expect(rows.map(({ address }) => address)).not.toContain('x');
});
