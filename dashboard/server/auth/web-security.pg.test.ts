import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PASSWORD, problem, startDashboard } from '../../../tests/harness/dashboard.ts';

test('A15 who calls too often is told when to come back; another caller is not held up', async () => {
  const dash = await startDashboard({ callsAMinute: 20 });
  try {
    const [busy, other] = [await dash.token('administrator', ''), await dash.token('administrator', '')];
    const statuses: number[] = [];
    for (let i = 0; i < 22; i++)
      statuses.push((await dash.call('GET', '/api/v1/me', { headers: busy })).status);
    expect(statuses).toEqual([...Array(20).fill(200), 429, 429]);
    const refused = await dash.call('GET', '/api/v1/me', { headers: busy });
    expect(problem(refused)).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await dash.call('GET', '/api/v1/me', { headers: other })).status).toBe(200);
    // What costs much is allowed less: a tenth.
    const explain = () => dash.call('GET', '/api/v1/subjects/x/explanation', { headers: other });
    expect([problem(await explain()), problem(await explain()), problem(await explain())]).toEqual([
      404, 404, 429,
    ]);
  } finally {
    await dash.close();
  }
});

test('A15 an address that tries tokens is held up, and the health of the program is not', async () => {
  const dash = await startDashboard({ callsAMinute: 10 });
  try {
    const guess = (i: number) =>
      dash.call('GET', '/api/v1/me', { headers: { authorization: `Bearer guess${i}` } });
    for (let i = 0; i < 50; i++) expect((await guess(i)).status).toBe(401);
    expect(problem(await guess(50))).toBe(429);
    expect((await dash.call('GET', '/healthz')).status).toBe(200);
  } finally {
    await dash.close();
  }
});

test('A16 only a named proxy is believed', async () => {
  for (const [trustProxy, isSecure] of [
    [undefined, false],
    [['10.0.0.1'], false],
    [['127.0.0.1'], true],
  ] as const) {
    const dash = await startDashboard({ trustProxy });
    try {
      await dash.account('duty', 'duty-officer', '');
      const answer = await dash.call('POST', '/api/v1/session', {
        headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' },
        body: { login: 'duty', password: PASSWORD },
      });
      expect(answer.headers.getSetCookie()[0]?.includes('; Secure')).toBe(isSecure);
    } finally {
      await dash.close();
    }
  }
});

test('A16 with a certificate the port speaks TLS, and the cookie is Secure', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '1',
      '-subj',
      '/CN=localhost',
    ],
    { stdio: 'ignore' },
  );
  const pem = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  const dash = await startDashboard({ tls: pem });
  try {
    await dash.account('duty', 'duty-officer', '');
    expect(dash.address).toMatch(/^https:/);
    const cookie = await new Promise<string>((done, failed) => {
      const call = request(
        `${dash.address}/api/v1/session`,
        {
          method: 'POST',
          ca: pem.cert,
          servername: 'localhost',
          headers: { 'content-type': 'application/json' },
        },
        (answer) => {
          answer.resume();
          done(answer.headers['set-cookie']?.[0] ?? '');
        },
      );
      call.on('error', failed);
      call.end(JSON.stringify({ login: 'duty', password: PASSWORD }));
    });
    expect(cookie).toContain('; Secure');
  } finally {
    await dash.close();
    rmSync(folder, { recursive: true });
  }
});
