import { expect, test } from 'vitest';
import { ACTIONS, type Actor, actionsOf, can, covers, isCleared, mayGrant, ROLES } from './access.ts';
import { hashPassword, randomPassword, verifyPassword } from './passwords.ts';
import { createSignInLimits } from './sign-in-limits.ts';

const actor = (role: Actor['role'], organisation: string): Actor => ({
  kind: 'account',
  name: 'a',
  role,
  organisation,
  minors: true,
});
const CHANGES = ACTIONS.filter((action) =>
  /\.(acknowledge|administer|declare|replay|secret|command|work|review|approve|send|answer|write|keep|draw|set)$/.test(
    action,
  ),
);

test('A3 an auditor changes nothing, an administrator does everything', () => {
  expect(CHANGES.length).toBeGreaterThan(0);
  for (const action of CHANGES) {
    expect(can(actor('auditor', ''), action, '')).toBe(false);
    expect(can(actor('prosecutor', ''), action, '')).toBe(false);
  }
  for (const action of ACTIONS) expect(can(actor('administrator', ''), action, 'x')).toBe(true);
});

test('A3 every role can say who it is', () => {
  for (const role of ROLES) expect(can(actor(role, 'x'), 'account.own', 'x')).toBe(true);
});

test('A4 the subtree and nothing beside it', () => {
  expect(covers('', 'a')).toBe(true);
  expect(covers('a', 'a')).toBe(true);
  expect(covers('a', 'a/b/c')).toBe(true);
  expect(covers('a', 'ab')).toBe(false);
  expect(covers('a/b', 'a')).toBe(false);
  expect(can(actor('administrator', 'a'), 'alerts.read', 'b')).toBe(false);
  expect(can(actor('administrator', 'a'), 'alerts.read', null)).toBe(false);
  expect(can(actor('administrator', ''), 'alerts.read', null)).toBe(true);
});

test('A10 a minor is seen by who is cleared, and no clearance helps a role that can have none', () => {
  const cleared = actor('duty-officer', 'a');
  expect(can(cleared, 'subjects.read', 'a', true)).toBe(true);
  expect(can({ ...cleared, minors: false }, 'subjects.read', 'a', true)).toBe(false);
  expect(can({ ...cleared, minors: false }, 'subjects.read', 'a', false)).toBe(true);
  expect(isCleared('manager', true)).toBe(false);
  expect(isCleared('duty-officer', true)).toBe(true);
  expect(isCleared('duty-officer', false)).toBe(false);
});

test('A11 nobody gives what they have not: organisation, role and clearance', () => {
  const grant = { role: 'duty-officer', organisation: 'a/b', minors: true } as const;
  const admin = actor('administrator', 'a');
  expect(mayGrant(admin, grant)).toBe(true);
  expect(mayGrant(admin, { ...grant, organisation: 'b' })).toBe(false);
  expect(mayGrant(admin, { ...grant, organisation: '' })).toBe(false);
  expect(mayGrant({ ...admin, minors: false }, grant)).toBe(false);
  expect(mayGrant({ ...admin, minors: false }, { ...grant, minors: false })).toBe(true);
  for (const role of ROLES)
    for (const given of ROLES)
      if (actionsOf(given).some((action) => !actionsOf(role).includes(action)))
        expect(mayGrant(actor(role, ''), { ...grant, role: given })).toBe(false);
  expect(mayGrant({ ...admin, only: ['accounts.administer'] }, grant)).toBe(false);
});

test('A12 a token of less than its role may do no more than that', () => {
  const narrow = { ...actor('administrator', ''), only: ['alerts.read', 'nonsense'] };
  expect(ACTIONS.filter((action) => can(narrow, action, ''))).toEqual(['alerts.read']);
  expect(can({ ...actor('manager', ''), only: ['tracks.read'] }, 'tracks.read', '')).toBe(false);
});

test('A5 a password is an argon2id PHC string that only the password opens', async () => {
  const phc = await hashPassword('测试 password');
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword('测试 password', phc)).toBe(true);
  expect(await verifyPassword('测试 passwore', phc)).toBe(false);
  expect(await verifyPassword('x', 'plain')).toBe(false);
  expect(await hashPassword('测试 password')).not.toBe(phc);
});

test('A5 a string made by another argon2 program is read', async () => {
  // From the reference implementation's own tests (phc-winner-argon2, src/test.c: argon2id, v=19, m=256, t=2, p=1).
  const phc = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
  expect(await verifyPassword('password', phc)).toBe(true);
  expect(await verifyPassword('differentpassword', phc)).toBe(false);
});

test('A9 a random password has 100 bits and no letters that look alike', () => {
  expect(randomPassword()).toMatch(/^([a-km-np-z2-9]{5}-){3}[a-km-np-z2-9]{5}$/);
  expect(randomPassword()).not.toBe(randomPassword());
});

test('A8 five failures are free, then each doubles the wait up to 15 minutes', () => {
  const limits = createSignInLimits();
  const waits: number[] = [];
  for (let i = 0; i < 17; i++) {
    waits.push(limits.waitMs('admin', '10.0.0.1', 1000));
    limits.attempt('admin', '10.0.0.1', 1000);
  }
  expect(waits.slice(0, 8)).toEqual([0, 0, 0, 0, 0, 1000, 2000, 4000]);
  expect(waits.at(-1)).toBe(15 * 60_000);
  expect(limits.waitMs('other', '10.0.0.2', 1000)).toBe(0);
  expect(limits.waitMs('admin', '10.0.0.2', 1000)).toBe(0);
});

test('A8 a right password clears the pair and not the address', () => {
  const limits = createSignInLimits();
  for (let i = 0; i < 25; i++) limits.attempt(`login${i}`, '10.0.0.1', 0);
  limits.attempt('login1', '10.0.0.1', 0).succeeded();
  expect(limits.waitMs('login1', '10.0.0.1', 0)).toBeGreaterThan(0);
  const pair = createSignInLimits();
  for (let i = 0; i < 4; i++) pair.attempt('admin', '10.0.0.1', 0);
  pair.attempt('admin', '10.0.0.1', 0).succeeded();
  for (let i = 0; i < 4; i++) pair.attempt('admin', '10.0.0.1', 0);
  expect(pair.waitMs('admin', '10.0.0.1', 0)).toBe(0);
});

test('A8 right passwords never make an address or a login wait, wrong ones between them still do', () => {
  const limits = createSignInLimits();
  for (let i = 0; i < 200; i++) {
    expect(limits.waitMs(`login${i % 40}`, '10.0.0.1', i)).toBe(0);
    limits.attempt(`login${i % 40}`, '10.0.0.1', i).succeeded();
  }
  for (let i = 0; i < 200; i++) {
    expect(limits.waitMs('admin', `10.0.1.${i}`, i)).toBe(0);
    limits.attempt('admin', `10.0.1.${i}`, i).succeeded();
  }
  for (let i = 0; i < 20; i++) {
    expect(limits.waitMs('next', '10.0.0.1', 200)).toBe(0);
    limits.attempt(`login${i}`, '10.0.0.1', 200);
    limits.attempt('good', '10.0.0.1', 200).succeeded();
  }
  expect(limits.waitMs('next', '10.0.0.1', 200)).toBe(1000);
});

test('A8 right passwords in parallel take back their own counts only, in whatever order they end', () => {
  const limits = createSignInLimits();
  const attempts = Array.from({ length: 40 }, (_, i) => limits.attempt(`login${i}`, '10.0.0.1', i));
  expect(limits.waitMs('next', '10.0.0.1', 40)).toBeGreaterThan(0);
  for (const attempt of attempts.slice(19).reverse()) attempt.succeeded();
  expect(limits.waitMs('next', '10.0.0.1', 40)).toBe(0);
  limits.attempt('other', '10.0.0.1', 40);
  expect(limits.waitMs('next', '10.0.0.1', 40)).toBe(1000);
});

test('A8 failures are forgotten after an hour, however many sign in rightly meanwhile', () => {
  const limits = createSignInLimits();
  for (let i = 0; i < 25; i++) limits.attempt(`login${i}`, '10.0.0.1', 0);
  for (let minute = 1; minute <= 61; minute++)
    limits.attempt('good', '10.0.0.1', minute * 60_000).succeeded();
  limits.attempt('login1', '10.0.0.1', 61 * 60_000);
  expect(limits.waitMs('next', '10.0.0.1', 61 * 60_000)).toBe(0);
});
