import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAccount } from '../../src/store/accounts.ts';
import { startDashboard, type TestDashboard } from '../../tests/harness/dashboard.ts';
import { ensureAdministrator } from './auth/administrator.ts';
import { verifyPassword } from './auth/passwords.ts';

let dash: TestDashboard;
const page = mkdtempSync(join(tmpdir(), 'wardline-page-'));

beforeAll(async () => {
  mkdirSync(join(page, 'assets'));
  writeFileSync(join(page, 'index.html'), '<title>守界</title>');
  writeFileSync(join(page, 'assets', 'main-abc.js'), 'export {};');
  writeFileSync(join(page, 'map.json'), '{}');
  dash = await startDashboard({ pageDir: page });
});
afterAll(async () => {
  await dash.close();
  rmSync(page, { recursive: true });
});

const hashOf = async () => (await findAccount(dash.database, 'admin'))[0]?.password_hash ?? '';

test('A9 the first start makes admin with a random password that is told once', async () => {
  const first = await ensureAdministrator(dash.database, Date.now());
  expect(first.created).toBe(true);
  expect(await verifyPassword(first.password ?? '', await hashOf())).toBe(true);
  expect(await ensureAdministrator(dash.database, Date.now())).toEqual({ created: false });
});

test('A9 a given password is set and ends the sessions begun with the old one', async () => {
  await ensureAdministrator(dash.database, Date.now(), 'test-password');
  const session = await dash.signIn('admin');
  expect((await dash.call('GET', '/api/v1/me', { headers: session })).body.role).toBe('administrator');
  const before = await hashOf();
  expect(await ensureAdministrator(dash.database, Date.now(), 'test-password')).toEqual({ created: false });
  expect(await hashOf()).toBe(before);
  expect(await ensureAdministrator(dash.database, Date.now(), 'another-password')).toEqual({
    created: false,
  });
  expect((await dash.call('GET', '/api/v1/me', { headers: session })).status).toBe(401);
});

test('A9 a given password is not answered', async () => {
  await dash.database.query({ text: "DELETE FROM accounts WHERE login = 'admin'", values: [] });
  expect(await ensureAdministrator(dash.database, Date.now(), 'test-password')).toEqual({ created: true });
});

test('W7 assets are kept for ever, the page never, other files are asked about', async () => {
  const cacheOf = async (path: string) => (await dash.call('GET', path)).headers.get('cache-control');
  expect(await cacheOf('/assets/main-abc.js')).toBe('public, max-age=31536000, immutable');
  expect(await cacheOf('/')).toBe('no-store');
  expect(await cacheOf('/index.html')).toBe('no-store');
  expect(await cacheOf('/map.json')).toBe('no-cache');
});

test('W7 a path of the page answers the page to a browser only', async () => {
  const open = (path: string, accept: string) => dash.call('GET', path, { headers: { accept } });
  expect((await open('/alerts/7', 'text/html,*/*')).body).toContain('守界');
  expect((await open('/alerts/7', 'application/json')).status).toBe(404);
  for (const path of ['/api/v1/odd', '/assets/gone.js', '/map/gone.json'])
    expect((await open(path, 'text/html')).status).toBe(404);
  expect((await open('/../../etc/passwd', 'application/json')).status).toBe(404);
  expect((await open('/%2e%2e/%2e%2e/etc/passwd', 'application/json')).status).toBe(404);
});
