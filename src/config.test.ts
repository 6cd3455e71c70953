import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROLES, readConfig, settingsHelp } from './config.ts';

test('C1 with nothing configured every role runs and the demo plays', () => {
  expect(readConfig([], {})).toMatchObject({
    ok: true,
    value: { config: { roles: ROLES, demo: true, port: 8080 } },
  });
});

test('C1 a named database means no demo unless it is asked for', () => {
  const env = { DATABASE_URL: 'postgres://u@h/d' };
  expect(readConfig([], env)).toMatchObject({ ok: true, value: { config: { demo: false } } });
  expect(readConfig(['--demo'], env)).toMatchObject({ ok: true, value: { config: { demo: true } } });
});

test('C2 a flag wins over the environment; other arguments are left for the command', () => {
  const result = readConfig(['roster', '--port', '1', 'load', '--data-dir=x', '--zones', 'z'], { PORT: '2' });
  expect(result).toMatchObject({
    ok: true,
    value: { config: { port: 1, dataDir: 'x' }, rest: ['roster', 'load', '--zones', 'z'] },
  });
});

test('C3 every fault is listed at once', () => {
  const result = readConfig(['--roles', 'ingest,boss'], {
    PORT: '99999',
    DATABASE_URL: 'mysql://x',
    WARDLINE_ADMIN_PASSWORD: 'short',
    LOG_LEVEL: 'loud',
  });
  if (result.ok) throw new Error('must fail');
  expect(result.error).toHaveLength(5);
  expect(result.error.join('\n')).not.toContain('short');
});

test('C4 roles that could not reach each other are refused', () => {
  expect(readConfig(['--roles', 'ingest'], {}).ok).toBe(false);
  const apart = readConfig(['--roles', 'board'], { DATABASE_URL: 'postgres://u@h/d' });
  expect(apart).toMatchObject({ ok: false, error: [expect.stringContaining('REDIS_URL')] });
});

test('C7 a certificate needs its key, and the demo plain HTTP', () => {
  expect(readConfig(['--no-demo', '--tls-cert', 'c', '--tls-key', 'k'], {}).ok).toBe(true);
  expect(readConfig(['--no-demo', '--tls-cert', 'c'], {})).toMatchObject({
    error: [expect.stringContaining('TLS_KEY')],
  });
  expect(readConfig(['--tls-cert', 'c', '--tls-key', 'k'], {}).ok).toBe(false);
  expect(readConfig(['--trust-proxy', 'everybody'], {}).ok).toBe(false);
});

test('C8 map tiles by an address that fits, none unless asked for; its key is never printed', () => {
  expect(readConfig([], {})).toMatchObject({ value: { config: { tileUrls: undefined, tileMaxZoom: 18 } } });
  expect(readConfig([], { TILE_URL: 'http://tiles:80/{z}/{x}/{y}.png' })).toMatchObject({
    value: { config: { tileUrls: ['http://tiles:80/{z}/{x}/{y}.png'] } },
  });
  const refused = readConfig([], { TILE_URL: 'https://webst01.is.autonavi.com/{z}/{x}/{y}?key=word' });
  expect(refused).toMatchObject({ ok: false, error: [expect.stringMatching(/^TILE_URL=…: .*GCJ-02/)] });
});

test('C5 the README lists every setting', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const line of settingsHelp().split('\n')) expect(readme).toContain(line.trim().split(/[, ]/)[0]);
});
