import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Call, problem, startDashboard, type TestDashboard } from '../../../tests/harness/dashboard.ts';
import { faultZh } from '../../web/i18n/fault-text.ts';
import { ensureAdministrator } from '../auth/administrator.ts';

type Headers = Record<string, string>;
let dash: TestDashboard;
let whole: Headers;
let county: Headers;
beforeAll(async () => {
  dash = await startDashboard();
  await dash.account('whole', 'administrator', '');
  await dash.account('county', 'administrator', '445281', false);
  await dash.account('other', 'duty-officer', '445222');
  whole = await dash.signIn('whole');
  county = await dash.signIn('county');
});
afterAll(() => dash.close());

const call = (headers: Headers, method: string, path: string, body?: unknown): Promise<Call> =>
  dash.call(method, `/api/v1/${path}`, { headers, ...(body === undefined ? {} : { body }) });
const signIn = async (login: string, password: string): Promise<Headers> => {
  const answer = await call({}, 'POST', 'session', { login, password });
  expect(answer.status).toBe(200);
  return {
    cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '',
    'x-csrf-token': answer.body.csrf,
  };
};

test('A13 a new account has a password that opens nothing but the choice of another', async () => {
  const made = await call(county, 'POST', 'accounts', {
    login: 'officer',
    name: '演示干部',
    role: 'office-officer',
    organisation: '445281/office-01',
  });
  expect(made.body).toMatchObject({ login: 'officer', mustChange: true, minors: false, version: 1 });
  const first = await signIn('officer', made.body.oneTimePassword);
  const denied = await call(first, 'GET', 'alerts');
  expect(problem(denied)).toBe(403);
  expect(denied.body.type).toBe('urn:wardline:problem:password-change-needed');
  expect((await call(first, 'GET', 'session')).body.mustChangePassword).toBe(true);
  const change = (body: unknown) => call(first, 'PUT', 'session/password', body);
  const password = made.body.oneTimePassword;
  expect(problem(await change({ password, next: 'short' }))).toBe(400);
  expect(problem(await change({ password, next: password }))).toBe(400);
  expect(problem(await change({ password, next: 'my-officer-login' }))).toBe(400);
  expect(problem(await change({ password: 'wrong', next: 'a password of my own' }))).toBe(401);
  expect((await change({ password, next: 'a password of my own' })).status).toBe(204);
  expect(problem(await call(first, 'GET', 'me'))).toBe(401);
  const noted = (await call(whole, 'GET', 'audit?action=account&actor=officer')).body.items;
  expect(noted.map(({ action, target }: Record<string, string>) => [action, target])).toEqual([
    ['account.secret-set', 'officer'],
    ['account.secret-refused', 'officer'],
  ]);
  expect(problem(await call({}, 'POST', 'session', { login: 'officer', password }))).toBe(401);
  const own = await signIn('officer', 'a password of my own');
  expect((await call(own, 'GET', 'alerts')).status).toBe(200);
});

test('A13 the first administrator’s made password is such a one; a given one and the demo’s are not', async () => {
  const { password = '' } = await ensureAdministrator(dash.database, Date.now());
  expect(problem(await call(await signIn('admin', password), 'GET', 'alerts'))).toBe(403);
  await dash.database.query({ text: "DELETE FROM accounts WHERE login = 'admin'", values: [] });
  const kept = await ensureAdministrator(dash.database, Date.now(), undefined, true);
  expect((await call(await signIn('admin', kept.password ?? ''), 'GET', 'alerts')).status).toBe(200);
});

test('A17 a one-time password signs in for 72 hours; then who knows it is told so, and who does not is not', async () => {
  const hour = 3_600_000;
  const made = await call(county, 'POST', 'accounts', {
    login: 'late',
    role: 'office-officer',
    organisation: '445281/office-01',
  });
  const { oneTimePassword: password, oneTimeUntil } = made.body;
  expect(Math.abs(Date.parse(oneTimeUntil) - Date.now() - 72 * hour)).toBeLessThan(hour);
  const attempt = (given: string) => call({}, 'POST', 'session', { login: 'late', password: given });
  try {
    dash.clock.aheadMs = 71 * hour;
    const open = await signIn('late', password);
    dash.clock.aheadMs = 73 * hour;
    const late = await attempt(password);
    expect(problem(late)).toBe(401);
    expect(late.body.type).toBe('urn:wardline:problem:password-expired');
    expect(late.headers.getSetCookie()).toEqual([]);
    expect(faultZh(late.body.faults[0])).toContain('一次性密码已过期');
    expect((await attempt('a wrong one')).body.type).toBe('urn:wardline:problem:wrong-login-or-password');
    // Who signed in before its end does not choose another after it.
    const choice = await call(open, 'PUT', 'session/password', { password, next: 'a password of my own' });
    expect(choice.body.type).toBe('urn:wardline:problem:password-expired');
    // The county's own session is over by now.
    const again = await dash.signIn('county');
    const listed = (await call(again, 'GET', 'accounts')).body.items;
    expect(listed.find(({ login }: { login: string }) => login === 'late')).toMatchObject({
      mustChange: true,
      oneTimeUntil,
    });
    const reset = (await call(again, 'POST', 'accounts/late/reset')).body;
    expect(Date.parse(reset.oneTimeUntil)).toBeGreaterThan(Date.parse(oneTimeUntil));
    const chosen = await call(await signIn('late', reset.oneTimePassword), 'PUT', 'session/password', {
      password: reset.oneTimePassword,
      next: 'a password of my own',
    });
    expect(chosen.status).toBe(204);
    dash.clock.aheadMs = 1000 * hour;
    await signIn('late', 'a password of my own');
  } finally {
    dash.clock.aheadMs = 0;
    await dash.database.query({ text: "DELETE FROM accounts WHERE login = 'late'", values: [] });
  }
  const [refused] = (
    await call(whole, 'GET', 'audit?action=session.refused&actor=late&limit=2')
  ).body.items.slice(-1);
  expect(refused.detail).toEqual({ why: 'expired' });
});

test('A17 the first administrator’s made password ends too; given by the setting, the same one is theirs', async () => {
  await dash.database.query({ text: "DELETE FROM accounts WHERE login = 'admin'", values: [] });
  const { password = '' } = await ensureAdministrator(dash.database, Date.now() - 73 * 3_600_000);
  const attempt = () => call({}, 'POST', 'session', { login: 'admin', password });
  expect((await attempt()).body.type).toBe('urn:wardline:problem:password-expired');
  await ensureAdministrator(dash.database, Date.now(), password);
  expect((await attempt()).body).toMatchObject({ mustChangePassword: false });
});

test('A11 nobody administers outside the own subtree, above the own role or themselves', async () => {
  const make = (headers: Headers, body: Record<string, unknown>) =>
    call(headers, 'POST', 'accounts', { login: 'x', role: 'duty-officer', organisation: '445281', ...body });
  expect(problem(await make(county, { organisation: '' }))).toBe(403);
  expect(problem(await make(county, { organisation: '445222' }))).toBe(403);
  expect(problem(await make(county, { minors: true }))).toBe(403);
  expect(problem(await call(county, 'PATCH', 'accounts/other', { version: 1, disabled: true }))).toBe(404);
  expect(problem(await call(county, 'POST', 'accounts/other/reset'))).toBe(404);
  expect(problem(await call(county, 'PATCH', 'accounts/county', { version: 1, minors: true }))).toBe(403);
  expect(problem(await call(whole, 'PATCH', 'accounts/whole', { version: 1, disabled: true }))).toBe(403);
  await make(whole, { login: 'cleared', minors: true });
  // What one has not one does not take either.
  expect(problem(await call(county, 'PATCH', 'accounts/cleared', { version: 1, minors: false }))).toBe(403);
  expect(problem(await make(county, { login: 'cleared' }))).toBe(409);
  const listed = await call(county, 'GET', 'accounts');
  expect(listed.body.items.map((each: { login: string }) => each.login)).toEqual([
    'cleared',
    'county',
    'officer',
  ]);
  expect(JSON.stringify(listed.body)).not.toContain('argon2');
});

test('A14 a change holds at once and only on the version that was read; a disabled account is nobody’s', async () => {
  const session = await dash.signIn('other');
  expect((await call(session, 'GET', 'me')).body.role).toBe('duty-officer');
  const changed = await call(whole, 'PATCH', 'accounts/other', { version: 1, role: 'auditor' });
  expect(changed.body).toMatchObject({ role: 'auditor', version: 2 });
  expect((await call(session, 'GET', 'me')).body.role).toBe('auditor');
  expect(problem(await call(whole, 'PATCH', 'accounts/other', { version: 1, role: 'manager' }))).toBe(409);
  await call(whole, 'PATCH', 'accounts/other', { version: 2, disabled: true });
  expect(problem(await call(session, 'GET', 'me'))).toBe(401);
  expect(problem(await call({}, 'POST', 'session', { login: 'other', password: 'test-password' }))).toBe(401);
  await call(whole, 'PATCH', 'accounts/other', { version: 3, disabled: false });
  expect(problem(await call(session, 'GET', 'me'))).toBe(401);
  const again = await dash.signIn('other');
  const reset = await call(whole, 'POST', 'accounts/other/reset');
  expect(problem(await call(again, 'GET', 'me'))).toBe(401);
  expect(problem(await call(await signIn('other', reset.body.oneTimePassword), 'GET', 'alerts'))).toBe(403);
});

test('A12 a token is shown once, does no more than it was given, and nothing when it is revoked or has expired', async () => {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const make = (headers: Headers, body: Record<string, unknown>) =>
    call(headers, 'POST', 'tokens', { name: 'exchange', expiresAt, ...body });
  const given = { role: 'auditor', organisation: '445281', actions: ['alerts.read'] };
  const made = await make(county, given);
  const { token, ...shown } = made.body;
  const bearer = { authorization: `Bearer ${token}` };
  expect((await call(bearer, 'GET', 'alerts')).status).toBe(200);
  expect(problem(await call(bearer, 'GET', 'subjects'))).toBe(403);
  const listed = await call(county, 'GET', 'tokens');
  expect(listed.body.items).toEqual([shown]);
  expect((await call(county, 'DELETE', `tokens/${shown.id}`)).body.revokedAt).not.toBeNull();
  expect(problem(await call(bearer, 'GET', 'alerts'))).toBe(401);
  const short = { authorization: `Bearer ${(await make(county, given)).body.token}` };
  dash.clock.aheadMs = 3_700_000;
  expect(problem(await call(short, 'GET', 'alerts'))).toBe(401);
  dash.clock.aheadMs = 0;

  expect(problem(await make(county, { ...given, organisation: '' }))).toBe(403);
  expect(problem(await make(county, { feed: 'F1' }))).toBe(403);
  expect(problem(await make(whole, { feed: 'F1' }))).toBe(404);
  expect(problem(await make(whole, { feed: 'F1', role: 'auditor' }))).toBe(400);
  expect(problem(await make(whole, { ...given, expiresAt: '2020-01-01T00:00:00Z' }))).toBe(400);
  await call(whole, 'PUT', 'feeds/F1', {});
  const feed = await make(whole, { feed: 'F1' });
  expect(feed.body).toMatchObject({ feed: 'F1', role: null });
  expect(problem(await call({ authorization: `Bearer ${feed.body.token}` }, 'GET', 'alerts'))).toBe(401);
  expect(problem(await call(county, 'DELETE', `tokens/${feed.body.id}`))).toBe(404);
});

test('R11 organisations are a tree: made, changed by version, removed when nothing is in them', async () => {
  const put = (headers: Headers, body: Record<string, unknown>) =>
    call(headers, 'PUT', 'organisations', { kind: 'justice-office', name: '演示所', ...body });
  expect((await put(whole, { path: '', kind: 'city', name: '演示市', code: '445200' })).status).toBe(200);
  expect((await put(county, { path: '445281', kind: 'county' })).status).toBe(200);
  const made = await put(county, { path: '445281/office-01' });
  expect(made.body).toMatchObject({ path: '445281/office-01', code: null, version: 1 });
  expect(problem(await put(county, { path: '445222/office-01' }))).toBe(404);
  expect(problem(await put(county, { path: '445281/office-01' }))).toBe(409);
  expect(problem(await put(county, { path: '445281//x' }))).toBe(400);
  const changed = await put(county, { path: '445281/office-01', name: '改名所', version: 1 });
  expect(changed.body).toMatchObject({ name: '改名所', version: 2 });
  expect(problem(await put(county, { path: '445281/office-01', version: 1 }))).toBe(409);
  const paths = async (headers: Headers) =>
    (await call(headers, 'GET', 'organisations')).body.items.map((each: { path: string }) => each.path);
  expect(await paths(whole)).toEqual(['', '445281', '445281/office-01']);
  expect(await paths(county)).toEqual(['445281', '445281/office-01']);
  const first = await call(whole, 'GET', 'organisations?limit=1');
  const next = await call(whole, 'GET', `organisations?limit=1&cursor=${first.body.nextCursor}`);
  expect(next.body.items[0].path).toBe('445281');

  await dash.subject('S1', '445281/office-01');
  const remove = (version: number) =>
    call(county, 'DELETE', `organisations?path=${encodeURIComponent('445281/office-01')}&version=${version}`);
  // Who may not see minors does not remove the office from under one.
  await dash.subject('M1', '445281/office-01', '测试人员未成年', true);
  expect((await remove(2)).body.detail).toMatch(/2 subjects/);
  await dash.database.query({ text: 'DELETE FROM subjects', values: [] });
  await dash.database.query({ text: "DELETE FROM accounts WHERE login = 'officer'", values: [] });
  expect(problem(await remove(1))).toBe(409);
  expect((await remove(2)).body).toEqual({ path: '445281/office-01' });
});

test('R12 who made, changed or reset an account, changed or removed an organisation, made or revoked a token, stands in the audit; no secret does', async () => {
  const { body } = await call(whole, 'GET', 'audit?limit=1000');
  const deeds = new Set(body.items.map(({ action }: { action: string }) => action));
  for (const action of [
    'account.make',
    'account.change',
    'account.reset',
    'organisation.change',
    'organisation.remove',
    'token.create',
    'token.revoke',
  ])
    expect(deeds).toContain(action);
  expect(JSON.stringify(body)).not.toMatch(/password|hash/i);
});

test('A11 a login that can not be one is refused with the field’s name', async () => {
  const refused = await dash.call('POST', '/api/v1/accounts', {
    headers: await dash.token('administrator', ''),
    body: { login: 'bad login', role: 'auditor', organisation: '' },
  });
  expect(refused.status).toBe(400);
  expect(refused.body.faults).toMatchObject([{ code: 'field-invalid', params: { field: 'login' } }]);
  expect(faultZh(refused.body.faults[0])).toContain('登录名');
});
