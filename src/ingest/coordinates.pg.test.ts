import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { declareFeed } from '../store/feeds.ts';
import { notifyRoster } from '../store/roster.ts';
import { type Crs, fromWgs84 } from './coordinates.ts';

let own: TestDatabase;
let ingest: TestIngest;
beforeAll(async () => {
  own = await createTestDatabase();
  ingest = await openIngest(own);
  await ingest.enrol([
    subjectWith('S1', { id: 'D1' }),
    subjectWith('S2', { id: 'D2', protocol: 'osmand', feed: 'F2' }),
    subjectWith('S3', { id: 'D3', protocol: 'osmand' }),
  ]);
});
afterAll(async () => {
  await ingest.close();
  await own.drop();
});

async function declare(feed: string, crs: Crs): Promise<void> {
  await declareFeed(own.database, feed, null, crs);
  await notifyRoster(own.database, '');
  while (ingest.devices.crsOf?.(feed) !== crs) await new Promise((resolve) => setTimeout(resolve, 5));
}

const TRUE = { lat: 23.55, lon: 116.37 };

async function placeOf(device: string): Promise<unknown> {
  const lines = await ingest.lines();
  return lines.filter((line) => line.device === device).map(({ lat, lon }) => ({ lat, lon }));
}

test('G6 a feed that declares its coordinates is on the log as WGS-84: its own sender, and the devices that the roster gives it', async () => {
  const near = [{ lat: expect.closeTo(TRUE.lat, 6), lon: expect.closeTo(TRUE.lon, 6) }];
  await declare('F1', 'gcj02');
  const item = { type: 'position', device: 'D1', at: '2026-02-23T08:00:00Z', ...fromWgs84(TRUE, 'gcj02') };
  const sent = await fetch(ingest.nativeUrl, {
    method: 'POST',
    headers: { authorization: `Bearer ${ingest.token}`, 'content-type': 'application/json' },
    body: JSON.stringify([item]),
  });
  expect(await sent.json()).toMatchObject({ accepted: 1 });
  expect(await placeOf('D1')).toEqual(near);

  await declare('F2', 'bd09');
  const { lat, lon } = fromWgs84(TRUE, 'bd09');
  await fetch(`${ingest.osmandUrl}/?id=D2&lat=${lat}&lon=${lon}&timestamp=1771833600`);
  expect(await placeOf('D2')).toEqual(near);

  await fetch(`${ingest.osmandUrl}/?id=D3&lat=${TRUE.lat}&lon=${TRUE.lon}&timestamp=1771833600`);
  expect(await placeOf('D3')).toEqual([TRUE]);
});
