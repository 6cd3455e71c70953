import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problem, startDashboard, type TestDashboard } from '../../tests/harness/dashboard.ts';
import { runIdentity } from '../commands/identity.ts';
import { type Config, readConfig } from '../config.ts';
import { createIdentityCipher, readIdentityKeys } from './identity-cipher.ts';
import { maskOf, normalIdentityNumber } from './identity-number.ts';
import { createIdentityOffice } from './identity-office.ts';

/** Invented: a region that does not exist, with its right check character. */
const NUMBER = '990000190001010016';
const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [OLD, NEW] = [key('k1'), key('k2')];
let dash: TestDashboard;

beforeAll(async () => {
  dash = await startDashboard({ identities: createIdentityOffice(OLD) });
  await dash.subject('S1', '445281/office-01');
  await dash.subject('S2', '445281/office-02');
  await dash.account('officer', 'office-officer', '445281/office-01');
});
afterAll(() => dash.close());

const cipherOf = (keys: string) => {
  const read = readIdentityKeys(keys);
  if (!read.ok) throw new Error(read.error);
  return createIdentityCipher(read.value);
};
const path = (id: string) => `/api/v1/subjects/${id}/identity`;
const put = async (id: string, number: string, organisation = '') =>
  dash.call('PUT', path(id), { headers: await dash.token('administrator', organisation), body: { number } });

test('Y1 Y2 what is sealed opens for its subject by its key, and not when a bit was changed', () => {
  const cipher = cipherOf(OLD);
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (subject, number, n) => {
      const { keyId, sealed } = cipher.seal(subject, number);
      expect(cipher.open(subject, keyId, sealed)).toBe(number);
      expect(cipher.open(`${subject}x`, keyId, sealed)).toBeUndefined();
      expect(cipherOf(NEW).open(subject, keyId, sealed)).toBeUndefined();
      const changed = Buffer.from(sealed);
      const bit = n % (sealed.length * 8);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(cipher.open(subject, keyId, changed)).toBeUndefined();
      expect(cipher.seal(subject, number).sealed).not.toEqual(sealed);
    }),
  );
  expect(cipher.open('S1', 'k1', Buffer.alloc(3))).toBeUndefined();
});

test('Y5 the check character of GB 11643, and other documents as they are', () => {
  // The example of GB 11643-1999, appendix.
  expect(normalIdentityNumber('11010519491231002x')).toBe('11010519491231002X');
  expect(normalIdentityNumber('110105194912310021')).toBeUndefined();
  expect(normalIdentityNumber('1101051949123100')).toBe('1101051949123100');
  expect(normalIdentityNumber('E1234 5678')).toBe('E12345678');
  for (const wrong of ['', '12', '11010519491231002', '身份证', 'a'.repeat(40)])
    expect(normalIdentityNumber(wrong)).toBeUndefined();
});

test('Y3 the mask shows no more than a third', () => {
  expect(maskOf('11010519491231002X')).toBe('110*************2X');
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9A-Z]{4,32}$/), (number) => {
      const mask = maskOf(number);
      expect(mask).toHaveLength(number.length);
      expect(mask.replaceAll('*', '').length).toBeLessThanOrEqual(number.length / 3);
    }),
  );
});

test('Y1 Y3 set, masked in lists, shown with a reason, each look in the audit', async () => {
  expect((await put('S1', NUMBER)).body).toEqual({ subject: 'S1', masked: maskOf(NUMBER) });
  const officer = await dash.signIn('officer');
  const list = await dash.call('GET', '/api/v1/subjects', { headers: officer });
  expect(list.body.items.map(({ identityMasked }: { identityMasked: string }) => identityMasked)).toEqual([
    maskOf(NUMBER),
  ]);
  expect(problem(await dash.call('GET', path('S1'), { headers: officer }))).toBe(400);
  const seen = await dash.call('GET', `${path('S1')}?reason=x`, { headers: officer });
  expect([seen.body.number, seen.headers.get('cache-control')]).toEqual([NUMBER, 'no-store']);
  const { rows } = await dash.database.query<{ text: string }>({
    text: 'SELECT a::text AS text FROM audit a',
    values: [],
  });
  const texts = rows.map(({ text }) => text);
  expect(texts.filter((text) => text.includes('identity.read'))).toHaveLength(1);
  expect(texts.join()).not.toContain(NUMBER);
  const stored = await dash.database.query<{ text: string }>({
    text: 'SELECT i::text AS text FROM subject_identities i',
    values: [],
  });
  expect(stored.rows[0]?.text).not.toContain(NUMBER);
  expect(stored.rows[0]?.text).not.toContain(Buffer.from(NUMBER).toString('hex'));
});

test('Y3 by right and by reach', async () => {
  await put('S2', NUMBER);
  const officer = await dash.signIn('officer');
  expect(problem(await dash.call('GET', `${path('S2')}?reason=x`, { headers: officer }))).toBe(404);
  const manager = await dash.token('manager', '');
  expect(problem(await dash.call('GET', `${path('S1')}?reason=x`, { headers: manager }))).toBe(403);
  expect(problem(await dash.call('PUT', path('S1'), { headers: officer, body: { number: NUMBER } }))).toBe(
    403,
  );
  expect(problem(await put('S1', NUMBER, '445281/office-02'))).toBe(404);
  const wrong = await put('S1', NUMBER.replace(/6$/, '7'));
  expect([problem(wrong), JSON.stringify(wrong.body).includes('990000')]).toEqual([400, false]);
});

test('Y1 without a key no number is taken; Y4 a new key seals, the old one opens, and rotating moves all', async () => {
  const without = await startDashboard();
  try {
    await without.subject('S1', 'x');
    const headers = await without.token('administrator', '');
    expect(problem(await without.call('PUT', path('S1'), { headers, body: { number: NUMBER } }))).toBe(409);
  } finally {
    await without.close();
  }
  const rotate = (identityKeys: string) =>
    runIdentity(['rotate'], {
      config: { identityKeys } as Config,
      database: dash.database,
      stderr: new PassThrough(),
    });
  expect(await rotate(NEW)).toBe(1);
  expect(await rotate(`${NEW},${OLD}`)).toBe(0);
  const { rows } = await dash.database.query<{ subject: string; key_id: string; sealed: Buffer }>({
    text: 'SELECT subject, key_id, sealed FROM subject_identities ORDER BY 1',
    values: [],
  });
  expect(
    rows.map((row) => [row.subject, row.key_id, cipherOf(NEW).open(row.subject, row.key_id, row.sealed)]),
  ).toEqual([
    ['S1', 'k2', NUMBER],
    ['S2', 'k2', NUMBER],
  ]);
});

test('Y5 a fault of the setting says nothing of the keys', () => {
  const read = readConfig([], { IDENTITY_KEYS: 'k1:secret' });
  expect(read.ok).toBe(false);
  expect(JSON.stringify(read)).not.toContain('secret');
});
