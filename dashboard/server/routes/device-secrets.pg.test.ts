import { afterAll, beforeAll, expect, test } from 'vitest';
import { problem, startDashboard, type TestDashboard } from '../../../tests/harness/dashboard.ts';
import { openIngest, subjectWith, type TestIngest } from '../../../tests/harness/ingest.ts';

let dash: TestDashboard;
let ingest: TestIngest;
beforeAll(async () => {
  dash = await startDashboard();
  ingest = await openIngest(dash);
  await ingest.enrol([
    subjectWith('S1', { id: 'D1', protocol: 'owntracks', address: 'owntracks/jane/phone' }),
    subjectWith('S2', { id: 'D2', protocol: 'osmand' }),
  ]);
});
afterAll(async () => {
  await ingest.close();
  await dash.close();
});

const secret = () => ingest.devices.secretOf('owntracks/jane/phone', 'owntracks');
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('R9 a secret is set, reaches the intake, and is removed; it is never shown', async () => {
  const headers = await dash.token('administrator', '');
  const call = (method: 'GET' | 'PUT' | 'DELETE', id: string, body?: unknown) =>
    dash.call(method, `/api/v1/devices/${id}/secret`, body === undefined ? { headers } : { headers, body });
  expect(secret()).toBeUndefined();
  expect((await call('GET', 'D1')).body).toEqual({ device: 'D1', setAt: null });
  expect(problem(await call('GET', 'D9'))).toBe(404);
  expect((await call('PUT', 'D1', { secret: 'ce-shi' })).body).toEqual({ device: 'D1' });
  await until(() => secret() === 'ce-shi');
  expect((await call('GET', 'D1')).body).toEqual({ device: 'D1', setAt: expect.any(String) });
  expect(ingest.devices.secretOf('owntracks/jane/phone', 'jt808')).toBeUndefined();
  expect((await call('DELETE', 'D1')).body).toEqual({ device: 'D1' });
  await until(() => secret() === undefined);
  expect(problem(await call('DELETE', 'D1'))).toBe(404);
  expect(problem(await call('PUT', 'D2', { secret: 'ce-shi' }))).toBe(409);
  expect(problem(await call('PUT', 'D9', { secret: 'ce-shi' }))).toBe(404);
  expect(problem(await call('PUT', 'D1', { secret: '短' }))).toBe(400);
});

test('R9 only who is administrator over the whole tree sets it', async () => {
  const put = (headers: Record<string, string>) =>
    dash.call('PUT', '/api/v1/devices/D1/secret', { headers, body: { secret: 'ce-shi' } });
  expect(problem(await put(await dash.token('duty-officer', '')))).toBe(403);
  expect(problem(await put(await dash.token('administrator', '445281')))).toBe(403);
});
