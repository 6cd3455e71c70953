import { afterAll, beforeAll, expect, test } from 'vitest';
import { problem, startDashboard, type TestDashboard } from '../../../tests/harness/dashboard.ts';

let dash: TestDashboard;
beforeAll(async () => {
  dash = await startDashboard();
});
afterAll(() => dash.close());

test('R8 a feed is declared with its coordinates, is listed so, and keeps what a later call leaves out', async () => {
  const headers = await dash.token('administrator', '');
  const put = (id: string, body: unknown) => dash.call('PUT', `/api/v1/feeds/${id}`, { headers, body });
  expect((await put('LBS', { crs: 'gcj02' })).body).toMatchObject({
    id: 'LBS',
    name: 'LBS',
    crs: 'gcj02',
    devices: 0,
  });
  expect((await put('LBS', { name: '定位平台' })).body).toMatchObject({ name: '定位平台', crs: 'gcj02' });
  const { body } = await dash.call('GET', '/api/v1/feeds', { headers });
  expect(body.items).toMatchObject([{ id: 'LBS', name: '定位平台', crs: 'gcj02' }]);
  expect(problem(await put('LBS', { crs: 'utm' }))).toBe(400);
  expect(problem(await put('LBS', { name: 'a\0' }))).toBe(400);
});

test('R8 who reads may not declare, and nobody of one organisation may', async () => {
  const put = (headers: Record<string, string>) =>
    dash.call('PUT', '/api/v1/feeds/LBS', { headers, body: { crs: 'wgs84' } });
  expect(problem(await put(await dash.token('auditor', '')))).toBe(403);
  expect(problem(await put(await dash.token('administrator', '445281')))).toBe(403);
});
