import { afterAll, beforeAll, expect, test } from 'vitest';
import { declareFeed } from '../../../src/store/feeds.ts';
import { notifyRoster } from '../../../src/store/roster.ts';
import { problem, startDashboard, type TestDashboard } from '../../../tests/harness/dashboard.ts';
import { openIngest, subjectWith, type TestIngest } from '../../../tests/harness/ingest.ts';

let dash: TestDashboard;
let ingest: TestIngest;
beforeAll(async () => {
  dash = await startDashboard();
  ingest = await openIngest(dash);
  await ingest.enrol([
    subjectWith('S1', { id: 'D1', protocol: 'osmand', address: '77', until: '2026-03-01T00:00:00Z' }),
    {
      ...subjectWith('S2', { id: 'D1', protocol: 'osmand', address: '77', from: '2026-03-01T00:00:00Z' }),
      office: '445222/hepo',
    },
    subjectWith('S3', { id: 'D3', protocol: 'osmand', feed: 'F3' }),
  ]);
});
afterAll(async () => {
  await ingest.close();
  await dash.close();
});

async function say(query: string): Promise<void> {
  const answer = await fetch(`${ingest.osmandUrl}/?${query}`);
  expect(answer.status).toBe(200);
}

const list = async (device: string, organisation = '', query = '') =>
  dash.call('GET', `/api/v1/devices/${device}/messages${query}`, {
    headers: await dash.token('auditor', organisation),
  });

/** Messages are written beside: asked for until so many are there. */
async function wait(device: string, count: number): Promise<readonly Record<string, unknown>[]> {
  for (;;) {
    const { body } = await list(device);
    if (body.items.length >= count) return body.items;
  }
}

test('R10 all that a device said is listed newest first, page by page, also what was refused', async () => {
  await say('id=77&lat=23.5&lon=116.3&timestamp=1772323200');
  await say('id=77&cell=460,0,1,2&timestamp=1772323260');
  await say('id=77&lat=0&lon=0&timestamp=1772323320&note=%00%ED');
  const items = await wait('D1', 3);
  expect(items.map(({ kind, time }) => `${kind} ${time}`)).toEqual([
    'position 2026-03-01T00:02:00Z',
    'network 2026-03-01T00:01:00Z',
    'position 2026-03-01T00:00:00Z',
  ]);
  expect(items[0]).toMatchObject({
    device: 'D1',
    protocol: 'osmand',
    received: '2026-03-01T08:00:00.000Z',
    lat: 0,
  });
  const first = (await list('D1', '', '?limit=2')).body;
  const second = (await list('D1', '', `?limit=2&cursor=${first.nextCursor}`)).body;
  expect([first.items.length, second.items.length, second.nextCursor]).toEqual([2, 1, null]);
  expect(problem(await list('D1', '', '?cursor=x'))).toBe(400);
});

test('R10 an office sees what its own subject’s device said, also when it comes late, and nothing of another’s time', async () => {
  await wait('D1', 3);
  await say('id=77&lat=23.4&lon=116.2&timestamp=1772236800');
  await wait('D1', 4);
  expect((await list('D1', '445222')).body.items).toHaveLength(3);
  expect((await list('D1', '445281')).body.items).toMatchObject([
    { time: '2026-02-28T00:00:00Z', lat: 23.4 },
  ]);
  expect(
    problem(
      await dash.call('GET', '/api/v1/devices/D1/messages', { headers: await dash.token('manager', '') }),
    ),
  ).toBe(403);
});

test('R10 a message keeps the coordinates that the device gave, and says what they are in', async () => {
  await declareFeed(dash.database, 'F3', null, 'gcj02');
  await notifyRoster(dash.database, '');
  while (ingest.devices.crsOf?.('F3') !== 'gcj02') await new Promise((resolve) => setTimeout(resolve, 5));
  await say('id=D3&lat=23.5&lon=116.3&timestamp=1771833600');
  expect(await wait('D3', 1)).toMatchObject([{ lat: 23.5, lon: 116.3, crs: 'gcj02' }]);
  const line = (await ingest.lines()).find(({ device }) => device === 'D3');
  expect(line).not.toMatchObject({ lat: 23.5 });
});
