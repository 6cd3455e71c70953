import { afterEach, beforeEach, expect, test } from 'vitest';
import { freezeMonths } from '../src/store/compliance.ts';
import { savePresence } from '../src/store/presence.ts';
import { problem, startDashboard, type TestDashboard } from '../tests/harness/dashboard.ts';
import { keepBooks } from './books.ts';
import { addUpOffices } from './office-sums.ts';

const A = '445281/office-01';
const B = '445281/office-02';
const C = '445222/office-03';
/** Noon of 5 April 2026 in Beijing. */
const NOW = Date.parse('2026-04-05T04:00:00Z');

let dash: TestDashboard;
beforeEach(async () => {
  dash = await startDashboard({ now: () => NOW });
  for (const [id, office] of [
    ['S1', A],
    ['S2', A],
    ['S3', B],
    ['S4', C],
  ] as const)
    await dash.subject(id, office);
});
afterEach(() => dash.close());

const ZERO = Object.fromEntries(
  ['contact', 'bounds', 'curfew'].flatMap((name) =>
    ['due', 'kept', 'broken', 'person', 'device', 'network', 'platform'].map((part) => [
      `${name}_${part}`,
      0,
    ]),
  ),
);

function day(
  subject: string,
  office: string,
  date: string,
  located: number,
  more: Record<string, unknown> = {},
) {
  return {
    ...ZERO,
    subject,
    day: date,
    office,
    grade: 'standard',
    located: Buffer.alloc(36, 1).toString('base64'),
    known_at: `${date}T16:00:00Z`,
    born_at: '2026-01-01T00:00:00Z',
    is_whole: true,
    slots_due: 288,
    slots_located: located,
    contact_due: 1440,
    contact_kept: located * 5,
    contact_device: 1440 - located * 5,
    checked: located > 0 ? 1 : 0,
    on_leave: 0,
    checkins_due: 1,
    checkins_met: 1,
    checkins_fingerprint: located > 0 ? 1 : 0,
    musters_due: 0,
    musters_met: 0,
    leaves_due: 0,
    leaves_kept: 0,
    off_minutes: 0,
    ...more,
  };
}

async function write(...rows: ReturnType<typeof day>[]) {
  await savePresence(dash.database, JSON.stringify(rows));
  await addUpOffices(dash.database);
}
const get = async (path: string, organisation = '', role: 'manager' | 'office-officer' = 'manager') =>
  dash.call('GET', `/api/v1/${path}`, { headers: await dash.token(role, organisation) });
const post = async (path: string, body: unknown, organisation: string, role: 'manager' | 'office-officer') =>
  dash.call('POST', `/api/v1/${path}`, { headers: await dash.token(role, organisation), body });
const rate = (
  group: { rates: { id: string; denominator: number; excludedPersonDays?: number }[] },
  id: string,
) => group.rates.find((each) => each.id === id);

const march = () =>
  write(
    day('S1', A, '2026-03-02', 288),
    day('S2', A, '2026-03-02', 144),
    day('S3', B, '2026-03-02', 288),
    day('S4', C, '2026-03-02', 0),
    day('S1', A, '2026-03-03', 288),
  );

test('K1 K2 rates come with numerator, denominator and formula, by office, county and all, within the caller’s reach', async () => {
  await march();
  const { body } = await get('compliance?period=month&day=2026-03-15');
  expect(body.period).toEqual({ unit: 'month', from: '2026-03-01', until: '2026-04-01' });
  expect(body.items.map(({ organisation }: { organisation: string }) => organisation)).toEqual([C, A, B]);
  expect(rate(body.items[1], 'positioning')).toMatchObject({
    numerator: 2,
    denominator: 3,
    formulaVersion: 2,
    target: 0.95,
  });
  expect(rate(body.items[1], 'coverage')).toMatchObject({ numerator: 720, denominator: 864 });
  expect(rate(body.items[0], 'verification')).toMatchObject({ numerator: 0, denominator: 1, value: 0 });
  expect(rate(body.items[0], 'muster')).toMatchObject({ denominator: 0, value: null });
  expect(body.items[1].minutes.contact).toMatchObject({
    due: 4320,
    kept: 3600,
    broken: 0,
    unknown: { device: 720 },
  });
  const counties = (await get('compliance?period=day&day=2026-03-02&by=county')).body.items;
  expect(
    counties.map((each: { organisation: string; personDays: number }) => [
      each.organisation,
      each.personDays,
    ]),
  ).toEqual([
    ['445222', 1],
    ['445281', 3],
  ]);
  expect((await get('compliance?period=year&day=2026-03-02&by=all')).body.items).toMatchObject([
    { personDays: 5, offices: 3 },
  ]);
  expect((await get('compliance?day=2026-03-02', '445222')).body.items).toHaveLength(1);
  expect((await get('compliance?day=2026-03-02&organisation=445281', '445222')).body.items).toEqual([]);
  expect(problem(await get('compliance?day=2026-02-30'))).toBe(400);
});

test('K8 the mean register is of the days on which a group was there: not of those before, after or to come', async () => {
  await march();
  // B was there on the 2nd and is again after A has gone; in April C is there on the first day only.
  await write(
    day('S3', B, '2026-03-04', 288),
    day('S2', A, '2026-04-01', 288),
    day('S4', C, '2026-04-01', 0),
    day('S2', A, '2026-04-02', 288),
  );
  const registers = async (query: string) =>
    Object.fromEntries(
      (await get(`compliance?${query}`)).body.items.map(
        (group: Parameters<typeof rate>[0] & { organisation: string }) => [
          group.organisation,
          rate(group, 'violation')?.denominator,
        ],
      ),
    );
  expect(await registers('period=month&day=2026-03-15')).toEqual({ [A]: 1.5, [B]: 1, [C]: 1 });
  expect(await registers('period=week&day=2026-03-03')).toEqual({ [A]: 1.5, [B]: 1, [C]: 1 });
  expect(await registers('period=month&day=2026-03-15&by=county')).toEqual({ 445222: 1, 445281: 5 / 3 });
  expect(await registers('period=month&day=2026-03-15&by=all')).toEqual({ '': 2 });
  expect(await registers('period=month&day=2026-04-01&by=all')).toEqual({ '': 1.5 });
  expect(await registers('period=year&day=2026-04-01&by=all')).toEqual({ '': 9 / 5 });
  expect(await registers('period=year&day=2026-04-01&by=county')).toEqual({ 445222: 1, 445281: 7 / 5 });
});

test('K8 of a whole month no day is looked at twice, whoever was missing on some', async () => {
  const days = Array.from({ length: 31 }, (_, i) => `2026-03-${String(i + 1).padStart(2, '0')}`);
  await write(...days.map((date) => day('S1', A, date, 288)), day('S3', B, '2026-03-31', 288));
  const { items } = (await get('compliance?period=month&day=2026-03-15&by=county')).body;
  expect(rate(items[0], 'violation')).toMatchObject({ denominator: 32 / 31 });
});

test('K10 A10 of a minor a daily log shows nothing to who is not cleared, and is the same document all the same', async () => {
  await dash.subject('M1', A, '测试人员未成年', true);
  await write(day('S1', A, '2026-03-02', 288), day('M1', A, '2026-03-02', 288));
  const raised = { kind: 'silent', startedAtMs: Date.parse('2026-03-02T02:00:00Z') } as const;
  await dash.alert('s1', 1, { subject: 'S1', ...raised });
  const path = `/api/v1/verification-logs/day?office=${A}&day=2026-03-02`;
  const seenBy = async (minors: boolean) =>
    (await dash.call('GET', path, { headers: await dash.token('duty-officer', '', minors) })).body;
  const signed = await post(
    'verification-logs/sign',
    { office: A, day: '2026-03-02', remarks: '' },
    A,
    'office-officer',
  );
  expect(signed.status).toBe(200);
  await dash.alert('m1', 1, { subject: 'M1', ...raised });
  await keepBooks(dash.database, NOW);
  const [cleared, uncleared] = [await seenBy(true), await seenBy(false)];
  expect(JSON.stringify(cleared)).toContain('M1');
  expect(cleared.changes.map(({ field }: { field: string }) => field)).toContain('abnormal.m1');
  expect(JSON.stringify(uncleared)).not.toMatch(/M1|m1/);
  expect([uncleared.sha256Now, uncleared.hidden, cleared.hidden]).toEqual([cleared.sha256Now, 1, 0]);
  expect(uncleared.asKnownNow.silent).toBe(2);
});

test('K2 K8 K20 a figure is the same whoever asks: what is of minors is counted for who may not see them', async () => {
  await dash.subject('M1', A, '测试人员未成年', true);
  await write(day('M1', A, '2026-03-02', 288));
  const at = Date.parse('2026-03-02T02:00:00Z');
  await dash.alert('off', 1, { subject: 'M1', kind: 'phone-off', startedAtMs: at });
  await dash.alert('out', 1, { subject: 'M1', startedAtMs: at });
  await dash.database.query({
    text: `INSERT INTO dispositions (alert, subject, office, kind, started_at, disposition, resolved_by, account, at)
           VALUES ('out', 'M1', $1, 'out-of-bounds', $2, 'confirmed-violation', 'x', 'y', $2)`,
    values: [A, new Date(at)],
  });
  // Alerts are counted by when the store recorded them: now.
  const SPAN = `from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date(Date.now() + 3_600_000).toISOString()}`;
  const seenBy = async (headers: Record<string, string>) => {
    const read = async (path: string) => (await dash.call('GET', `/api/v1/${path}`, { headers })).body.items;
    const [group] = await read('compliance?period=month&day=2026-03-02');
    const [ranked] = await read('rankings?period=month&day=2026-03-02');
    const [point] = await read('compliance/trend?rate=violation&from=2026-03-02&until=2026-03-03');
    const heat = await read('metrics/heat?from=2026-03-02&until=2026-03-03');
    const load = await dash.call('GET', `/api/v1/metrics/alarm-load?${SPAN}`, { headers });
    return {
      violators: rate(group, 'violation'),
      offs: ranked.facts['offs-unexplained'],
      trend: point.numerator,
      raised: load.body.raised,
      heat: heat.map(({ kind, confirmed }: Record<string, unknown>) => [kind, confirmed]),
    };
  };
  const [cleared, manager] = [await dash.token('administrator', ''), await dash.token('manager', '')];
  expect(await seenBy(manager)).toEqual(await seenBy(cleared));
  expect(await seenBy(manager)).toMatchObject({
    violators: { numerator: 1, denominator: 1 },
    offs: 1,
    trend: 1,
    raised: 2,
    heat: [
      ['out-of-bounds', 1],
      ['phone-off', 0],
    ],
  });
  const { body } = await dash.call('GET', `/api/v1/metrics/alarm-load?${SPAN}`, { headers: manager });
  expect(body.worstSources).toEqual([]);
  const names = await get('compliance/names?rate=violation&day=2026-03-02');
  expect(names.body.items).toEqual([]);
});

test('K6 K20 what began with one office is that one’s, wherever the subject went afterwards; frozen too', async () => {
  await write(
    day('S1', A, '2026-03-02', 288),
    day('S1', B, '2026-03-20', 288),
    day('S3', B, '2026-03-02', 288),
  );
  await dash.alert('off', 1, {
    subject: 'S1',
    kind: 'phone-off',
    startedAtMs: Date.parse('2026-03-02T02:00:00Z'),
  });
  await dash.subject('S1', B);
  await dash.database.query({
    text: `INSERT INTO dispositions (alert, subject, office, kind, started_at, disposition, resolved_by, account, at)
           VALUES ('off', 'S1', $1, 'phone-off', '2026-03-02T02:00:00Z', 'confirmed-violation', 'x', 'y', '2026-03-21T02:00:00Z')`,
    values: [B],
  });
  await dash.alert('later', 1, {
    subject: 'S1',
    kind: 'phone-off',
    startedAtMs: Date.parse('2026-03-02T03:00:00Z'),
  });
  const ask = 'period=month&day=2026-03-02';
  const ranked = async () => (await get(`rankings?${ask}`)).body.items;
  const offs = (items: { organisation: string; facts: Record<string, number> }[]) =>
    Object.fromEntries(items.map(({ organisation, facts }) => [organisation, facts['offs-unexplained']]));
  expect(offs(await ranked())).toEqual({ [A]: 1, [B]: 0 });
  const sums = async () => {
    const { items } = (await get(`compliance?${ask}`)).body;
    return items.map((group: Parameters<typeof rate>[0] & { organisation: string }) => [
      group.organisation,
      (rate(group, 'violation') as { numerator?: number } | undefined)?.numerator,
      rate(group, 'response')?.denominator,
    ]);
  };
  const before = await sums();
  expect(before.map(([office, violators]: unknown[]) => [office, violators])).toEqual([
    [A, 1],
    [B, 0],
  ]);
  const heat = (await get('metrics/heat?from=2026-03-02&until=2026-03-03&by=office')).body.items;
  expect(heat.map(({ organisation }: { organisation: string }) => organisation)).toEqual([A, A]);
  await keepBooks(dash.database, NOW);
  expect(await sums()).toEqual([
    [A, 1, 2],
    [B, 0, 0],
  ]);
});

test('K3 the names behind a rate add up to it, and nobody sees another office’s', async () => {
  await march();
  const names = (await get('compliance/names?rate=coverage&day=2026-03-02&organisation=445281')).body.items;
  expect(names).toMatchObject([
    { subject: 'S1', name: '测试人员S1', numerator: 576, denominator: 576 },
    { subject: 'S2', numerator: 144, denominator: 288 },
    { subject: 'S3', numerator: 288, denominator: 288 },
  ]);
  const first = (await get('compliance/names?rate=coverage&day=2026-03-02&limit=1', A)).body;
  const second = (
    await get(`compliance/names?rate=coverage&day=2026-03-02&limit=1&cursor=${first.nextCursor}`, A)
  ).body;
  expect([first.items[0].subject, second.items[0].subject, second.nextCursor]).toEqual(['S1', 'S2', null]);
});

test('K53 an alert counts towards the response once it is noted or its time is over, and not before', async () => {
  await march();
  const run = (text: string) => dash.database.query({ text, values: [] });
  await run('ALTER TABLE alert_events DISABLE TRIGGER USER');
  const raise = async (
    alert: string,
    severity: 'high' | 'medium',
    minutesAgo: number,
    notedAfter: number | null,
  ) => {
    await dash.alert(alert, 1, { subject: 'S1', severity, startedAtMs: Date.parse('2026-03-02T02:00:00Z') });
    await run(
      `UPDATE alert_events SET recorded_at = now() - interval '${minutesAgo} minutes' WHERE alert = '${alert}'`,
    );
    if (notedAfter !== null)
      await run(
        `UPDATE alerts SET acknowledged_at = now() - interval '${minutesAgo - notedAfter} minutes' WHERE alert = '${alert}'`,
      );
  };
  const response = async () => {
    const { items } = (await get('compliance?period=month&day=2026-03-02&by=all&asOf=now')).body;
    const { numerator, denominator, value } = rate(items[0], 'response') as Record<string, unknown> & {
      denominator: number;
    };
    return [numerator, denominator, value];
  };
  await raise('runs-high', 'high', 8, null);
  await raise('runs-medium', 'medium', 25, null);
  expect(await response()).toEqual([0, 0, null]);
  await raise('in-time', 'high', 9, 5);
  expect(await response()).toEqual([1, 1, 1]);
  await raise('over-high', 'high', 12, null);
  await raise('over-medium', 'medium', 35, null);
  await raise('too-late', 'high', 25, 15);
  expect(await response()).toEqual([1, 4, 0.25]);
});

test('K4 who is exempt by record is left out of both sides, and counted as such', async () => {
  await march();
  const body = { from: '2026-03-02', until: '2026-03-03', ground: 'hospital', note: '住院' };
  expect((await post('subjects/S2/exemptions', body, '', 'manager')).status).toBe(200);
  const { items } = (await get('subjects/S2/exemptions')).body;
  expect(items).toMatchObject([{ ...body, by: expect.any(String), at: expect.any(String) }]);
  const told = await dash.database.query({
    text: `SELECT subject, reason, detail FROM audit WHERE action = 'exemption.add'`,
    values: [],
  });
  expect(told.rows).toMatchObject([{ subject: 'S2', reason: '住院', detail: { ground: 'hospital' } }]);
  await addUpOffices(dash.database);
  const [group] = (await get('compliance?period=day&day=2026-03-02', A)).body.items;
  expect(rate(group, 'positioning')).toMatchObject({ numerator: 1, denominator: 1, excludedPersonDays: 1 });
  expect(problem(await post('subjects/S2/exemptions', body, '445222', 'manager'))).toBe(404);
  expect(problem(await post('subjects/S2/exemptions', { ...body, until: '2026-03-02' }, '', 'manager'))).toBe(
    400,
  );
});

test('K4 an exemption is ended early: the days after count again, and each end stays with who, when and why', async () => {
  await march();
  const body = { from: '2026-03-02', until: '2026-03-09', ground: 'hospital', note: '住院' };
  const { id } = (await post('subjects/S2/exemptions', body, '', 'manager')).body;
  const end = (given: object, organisation = '') =>
    post(
      `subjects/S2/exemptions/${id}/end`,
      { reason: '提前出院', was: null, ...given },
      organisation,
      'manager',
    );
  expect((await end({ until: '2026-03-05' })).body).toEqual({ id, endsOn: '2026-03-05' });
  const excluded = async () => {
    await addUpOffices(dash.database);
    const [group] = (await get('compliance?period=day&day=2026-03-02', A)).body.items;
    return rate(group, 'positioning')?.excludedPersonDays;
  };
  expect(await excluded()).toBe(1);
  expect(problem(await end({ until: '2026-03-03', was: '2026-03-09' }))).toBe(409);
  expect(problem(await end({ until: '2026-03-05' }))).toBe(400);
  expect(problem(await end({ until: '2026-03-01' }))).toBe(400);
  expect(problem(await end({ until: '2026-03-03' }, '445222'))).toBe(404);
  expect(
    problem(
      await post(
        `subjects/S1/exemptions/${id}/end`,
        { reason: 'x', was: null, until: '2026-03-03' },
        '',
        'manager',
      ),
    ),
  ).toBe(404);
  // From its first day on: it was entered by mistake.
  expect((await end({ until: '2026-03-02', was: '2026-03-05' })).status).toBe(200);
  expect(await excluded()).toBe(0);
  const { items } = (await get('subjects/S2/exemptions')).body;
  expect(items[0]).toMatchObject({
    until: '2026-03-09',
    endsOn: '2026-03-02',
    ends: [
      { until: '2026-03-05', reason: '提前出院', by: expect.any(String), at: expect.any(String) },
      { until: '2026-03-02' },
    ],
  });
  const told = await dash.database.query({
    text: `SELECT reason, target, detail FROM audit WHERE action = 'exemption.end' ORDER BY seq`,
    values: [],
  });
  expect(told.rows).toMatchObject([
    { reason: '提前出院', target: id, detail: { until: '2026-03-05', before: '2026-03-09' } },
    { detail: { until: '2026-03-02', before: '2026-03-05' } },
  ]);
});

test('K5 a month that is over is frozen once; what comes later shows only as known now', async () => {
  await march();
  await keepBooks(dash.database, NOW);
  await write(day('S2', A, '2026-03-02', 288, { known_at: '2026-03-09T00:00:00Z' }));
  await keepBooks(dash.database, NOW);
  const frozen = (await get('compliance?day=2026-03-01')).body;
  expect(frozen.frozenAt).toEqual(expect.any(String));
  expect(rate(frozen.items[1], 'positioning')).toMatchObject({ numerator: 2, denominator: 3 });
  const now = (await get('compliance?day=2026-03-01&asOf=now')).body;
  expect(now.frozenAt).toBeNull();
  expect(rate(now.items[1], 'positioning')).toMatchObject({ numerator: 3, denominator: 3 });
  await expect(
    dash.database.query({ text: 'UPDATE frozen_figures SET checked = 0', values: [] }),
  ).rejects.toThrow('append-only');
});

test('K5 a month that was frozen by an earlier formula keeps it, and its words', async () => {
  await march();
  await freezeMonths(dash.database, '2026-04-01', 1, 'Asia/Shanghai', 600, 1800);
  const frozen = (await get('compliance?day=2026-03-01')).body;
  expect(frozen.formulaVersion).toBe(1);
  expect(rate(frozen.items[1], 'violation')).toMatchObject({
    denominator: 3 / 31,
    formulaVersion: 1,
    formulaZh: expect.stringContaining('日历天数'),
  });
  const now = (await get('compliance?day=2026-03-01&asOf=now')).body;
  expect(now.formulaVersion).toBe(2);
  expect(rate(frozen.items[1], 'response')).toMatchObject({ formulaZh: '时限内已确认接收的报警 ÷ 报警' });
  expect(rate(now.items[1], 'violation')).toMatchObject({
    denominator: 1.5,
    formulaVersion: 2,
    formulaZh: expect.stringContaining('有在册的天数'),
  });
  const quarter = (await get('compliance?period=quarter&day=2026-03-01')).body;
  expect(rate(quarter.items[1], 'violation')).toMatchObject({ denominator: 1.5, formulaVersion: 2 });
});

test('K11 a new version of a formula is no amendment of a signed day', async () => {
  await march();
  const sign = { office: A, day: '2026-03-02', remarks: '' };
  expect((await post('verification-logs/sign', sign, A, 'office-officer')).status).toBe(200);
  await dash.database.query({ text: 'ALTER TABLE daily_logs DISABLE TRIGGER USER', values: [] });
  const { rows } = await dash.database.query({
    text: `UPDATE daily_logs SET document = replace(document, '"formula":2', '"formula":1') RETURNING document`,
    values: [],
  });
  expect(JSON.stringify(rows)).toContain('formula\\":1');
  await keepBooks(dash.database, NOW);
  const path = `verification-logs/day?office=${A}&day=2026-03-02`;
  expect((await get(path, A, 'office-officer')).body).toMatchObject({ state: 'signed', amendments: [] });
});

test('K6 a subject that moves leaves the sums of the office it left', async () => {
  await march();
  await write(day('S2', B, '2026-03-02', 144, { known_at: '2026-03-03T00:00:00Z' }));
  const items = (await get('compliance?period=day&day=2026-03-02')).body.items;
  expect(
    items.map((each: { organisation: string; personDays: number }) => [each.organisation, each.personDays]),
  ).toEqual([
    [C, 1],
    [A, 1],
    [B, 2],
  ]);
});

test('K7 presence of a day is shown to those who may see the subject', async () => {
  await march();
  const { body } = await get('subjects/S1/presence?day=2026-03-02', A, 'office-officer');
  expect(body).toMatchObject({
    subject: 'S1',
    slotsDue: 288,
    contact: { due: 1440, kept: 1440, unknown: { person: 0 } },
  });
  expect(body.slots).toHaveLength(288);
  expect(body.slots.slice(0, 9)).toBe('100000001');
  expect(problem(await get('subjects/S1/presence?day=2026-03-02', B, 'office-officer'))).toBe(404);
  expect(problem(await get('subjects/S1/presence?day=2026-03-09', A, 'office-officer'))).toBe(404);
});

test('K10 K11 the day’s log composes itself, is signed once, and what is known later stands beside it', async () => {
  await march();
  await dash.alert('a1', 1, {
    subject: 'S2',
    kind: 'phone-off',
    startedAtMs: Date.parse('2026-03-02T02:00:00Z'),
  });
  const path = `verification-logs/day?office=${A}&day=2026-03-02`;
  const before = (await get(path, A, 'office-officer')).body;
  expect(before).toMatchObject({
    state: 'unsigned',
    asKnownThen: null,
    asKnownNow: {
      shouldCheck: 2,
      checked: 2,
      off: 1,
      located: 1,
      abnormal: [{ subject: 'S2', kind: 'phone-off' }],
    },
    names: { S2: '测试人员S2' },
  });
  expect(JSON.stringify(before.asKnownNow)).not.toContain('测试人员');
  const sign = { office: A, day: '2026-03-02', remarks: '已电话联系' };
  expect((await post('verification-logs/sign', sign, A, 'office-officer')).body.seq).toBe('1');
  const again = await post('verification-logs/sign', sign, A, 'office-officer');
  expect(problem(again)).toBe(409);
  expect(again.body.detail).toContain('was signed by');
  await write(day('S2', A, '2026-03-02', 288, { known_at: '2026-03-09T00:00:00Z' }));
  await keepBooks(dash.database, NOW);
  await keepBooks(dash.database, NOW);
  const after = (await get(path, A, 'office-officer')).body;
  expect(after).toMatchObject({
    state: 'amended',
    remarks: '已电话联系',
    asKnownThen: before.asKnownNow,
    asKnownNow: { located: 2 },
  });
  expect(after.changes).toContainEqual({ field: 'located', before: 1, after: 2 });
  expect(after.amendments).toHaveLength(1);
  await expect(dash.database.query({ text: 'DELETE FROM daily_logs', values: [] })).rejects.toThrow(
    'append-only',
  );
});

test('K12 two people sign at once: one does, the other is told; numbers have no gap', async () => {
  await march();
  const token = await dash.token('office-officer', '445281');
  const answers = await Promise.all(
    [A, B, A, B].map((office) =>
      dash.call('POST', '/api/v1/verification-logs/sign', {
        headers: token,
        body: { office, day: '2026-03-02', remarks: '' },
      }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 409, 409]);
  const { rows } = await dash.database.query({ text: 'SELECT seq FROM daily_logs ORDER BY seq', values: [] });
  expect(rows).toEqual([{ seq: '1' }, { seq: '2' }]);
});

test('K13 a day that runs, another office’s, one that nothing is known of and one that has changed since are not signed', async () => {
  await march();
  const sign = (body: object, organisation = A) =>
    post(
      'verification-logs/sign',
      { office: A, day: '2026-03-02', remarks: '', ...body },
      organisation,
      'office-officer',
    );
  expect(problem(await sign({ day: '2026-04-05' }))).toBe(409);
  expect(problem(await sign({}, B))).toBe(404);
  expect(problem(await sign({ day: '2026-02-01' }))).toBe(404);
  expect(problem(await sign({ sha256: 'of another' }))).toBe(409);
  expect((await get(`verification-logs?from=2026-03-01&until=2026-04-01`, A)).body.items).toMatchObject([
    { day: '2026-03-03', state: 'unsigned' },
    { day: '2026-03-02', state: 'unsigned' },
  ]);
});

test('K14 the command centre’s log is of all its offices together', async () => {
  await march();
  const { body } = await get('inspection-logs/day?office=445281&day=2026-03-02', '445281');
  expect(body.asKnownNow).toMatchObject({ kind: 'inspection', office: '445281', onRegister: 3, located: 2 });
  const sign = { office: '445281', day: '2026-03-02', remarks: '无' };
  expect((await post('inspection-logs/sign', sign, '445281', 'office-officer')).status).toBe(200);
  const list = (await get('inspection-logs?from=2026-03-01&until=2026-03-04', '445281')).body.items;
  expect(list.map(({ day: of, state }: { day: string; state: string }) => `${of} ${state}`)).toEqual([
    '2026-03-03 unsigned',
    '2026-03-02 signed',
    '2026-03-01 unsigned',
  ]);
});

test('K15 the inspection log says who was on duty and which offices were supervised', async () => {
  await march();
  const run = (text: string) => dash.database.query({ text, values: [] });
  // The night before (taken over at 08:00), the day, and one that begins on the next day.
  for (const [officer, from, takenOver] of [
    ['甲', '2026-03-01T12:00:00Z', '2026-03-02T00:00:00Z'],
    ['乙', '2026-03-02T00:00:00Z', '2026-03-02T16:00:00Z'],
    ['丙', '2026-03-02T16:00:00Z', '2026-03-03T00:00:00Z'],
  ] as const)
    await run(`WITH f AS (
      INSERT INTO shifts (organisation, name, duty_group, from_at, until_at, officer, is_substitute, signed_on_at, state, sheet, sheet_sha256)
      VALUES ('445281', '白班', '一组', '${from}', '${takenOver}', '${officer}', false, '${from}', 'over', '{}', 'x') RETURNING id)
      INSERT INTO shift_signatures (shift, action, account, note, at) SELECT id, 'take-over', 'x', '', '${takenOver}' FROM f`);
  await run(`WITH t AS (
      INSERT INTO tasks (subject, office, kind, severity, what, steps, stage, sent_by, sent_at)
      VALUES ('S1', '${A}', 'silent', 'high', '', '[]', 'received', 'x', '2026-03-02T02:00:00Z') RETURNING id)
      INSERT INTO task_actions (task, action, account, note, at) SELECT id, 'supervise', '督办人', '今日内查明', '2026-03-02T03:00:00Z' FROM t`);
  const { asKnownNow } = (await get('inspection-logs/day?office=445281&day=2026-03-02', '445281')).body;
  expect(asKnownNow.onDuty.map(({ officer }: { officer: string }) => officer)).toEqual(['甲', '乙']);
  expect(asKnownNow.supervised).toMatchObject([
    { office: A, by: '督办人', demand: '今日内查明', result: null },
  ]);
  const verification = (await get(`verification-logs/day?office=${A}&day=2026-03-02`, A)).body;
  expect(verification.asKnownNow.onDuty).toBeUndefined();
});

test('K2 a rate is told day by day, within the caller’s reach; alerts by the hour of the day', async () => {
  await march();
  const trend = async (query: string, organisation = '', rateId = 'coverage') =>
    (await get(`compliance/trend?rate=${rateId}&from=2026-03-01&until=2026-03-08&${query}`, organisation))
      .body;
  expect((await trend('by=all')).items).toEqual([
    { organisation: '', day: '2026-03-02', numerator: 720, denominator: 1152, value: 0.625 },
    { organisation: '', day: '2026-03-03', numerator: 288, denominator: 288, value: 1 },
  ]);
  expect((await trend('by=county', '445222')).items).toMatchObject([{ organisation: '445222', value: 0 }]);
  expect((await trend('by=all&unit=month')).items).toMatchObject([{ day: '2026-03-01', numerator: 1008 }]);
  const registers = await trend('by=all&unit=month', '', 'violation');
  expect(registers.items).toMatchObject([{ day: '2026-03-01', denominator: 2.5 }]);
  expect(problem(await get('compliance/trend?rate=coverage&from=2026-03-01&until=2026-03-01'))).toBe(400);
  await dash.alert('a1', 1, { subject: 'S1', startedAtMs: Date.parse('2026-03-02T17:30:00Z') });
  const heat = 'metrics/heat?from=2026-03-01&until=2026-04-01';
  expect((await get(heat)).body.items).toEqual([
    { organisation: '445281', hour: 1, kind: 'out-of-bounds', raised: 1, confirmed: 0 },
  ]);
  expect((await get(heat, '445222')).body.items).toEqual([]);
});

test('K52 an office sees what is due of its own subjects', async () => {
  await dash.database.query({
    text: `UPDATE subjects SET profile = profile || '{"permits": [{"id": "p", "from": "2026-04-01T00:00:00Z", "until": "2026-04-05T10:00:00Z",
             "destination": null, "returnedAt": null}]}' WHERE id IN ('S1', 'S4')`,
    values: [],
  });
  const { items } = (await get('due', A, 'office-officer')).body;
  expect(items).toEqual([
    {
      subject: 'S1',
      name: '测试人员S1',
      office: A,
      kind: 'leave-return',
      dueAt: '2026-04-05T10:00:00.000Z',
      isOverdue: false,
    },
  ]);
  expect(problem(await get(`due?organisation=${B}`, A, 'office-officer'))).toBe(404);
});

test('K20 K25 the ranking shows its working, counts what is missing, and an objection is decided once by somebody else', async () => {
  await march();
  await post('verification-logs/sign', { office: B, day: '2026-03-02', remarks: '' }, B, 'office-officer');
  const ask = 'rankings?period=month&day=2026-03-01';
  const { body } = await get(ask);
  expect(
    body.items.map(({ organisation, rank }: { organisation: string; rank: number }) => [organisation, rank]),
  ).toEqual([
    [B, 1],
    [C, 2],
    [A, 2],
  ]);
  const points = (items: { organisation: string; working: { point: string }[] }[], point: string) =>
    items.find(({ organisation }) => organisation === A)?.working.find((each) => each.point === point);
  expect(points(body.items, 'unrecorded-day')).toMatchObject({ observed: 2, taken: 2, back: 0 });
  const objection = {
    organisation: A,
    period: 'month',
    day: '2026-03-09',
    point: 'unrecorded-day',
    reason: '当日停电',
  };
  expect(problem(await post('score-objections', objection, B, 'office-officer'))).toBe(404);
  const { id } = (await post('score-objections', objection, A, 'office-officer')).body;
  const decision = { isAccepted: true, pointsBack: 1, reason: '属实' };
  expect((await post(`score-objections/${id}/decision`, decision, '', 'manager')).status).toBe(200);
  expect(problem(await post(`score-objections/${id}/decision`, decision, '', 'manager'))).toBe(409);
  expect(points((await get(ask)).body.items, 'unrecorded-day')).toMatchObject({ taken: 2, back: 1 });
  const veto = { organisation: B, day: '2026-03-20', point: 'veto-accident', count: 1, note: '测试' };
  expect((await post('score-entries', veto, '', 'manager')).status).toBe(200);
  expect((await get(ask)).body.items.at(-1)).toMatchObject({ organisation: B, isVetoed: true, score: 0 });
  expect(problem(await post('score-entries', { ...veto, point: 'positioning' }, '', 'manager'))).toBe(400);
  const { rows } = await dash.database.query({
    text: `SELECT action, target, reason, detail FROM audit WHERE starts_with(action, 'score') ORDER BY seq`,
    values: [],
  });
  expect(rows).toMatchObject([
    { action: 'score-objection.add', target: id, reason: '当日停电', detail: { point: 'unrecorded-day' } },
    { action: 'score-objection.decide', target: id, reason: '属实', detail: { pointsBack: 1 } },
    { action: 'score-entry.add', reason: '测试', detail: { point: 'veto-accident', count: 1 } },
  ]);
});

test('K30 the load of a duty room is told for a stretch of time', async () => {
  await dash.alert('a1', 1, { subject: 'S1' });
  await dash.alert('a2', 1, { subject: 'S4' });
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const to = new Date(Date.now() + 3_600_000).toISOString();
  const load = (await get(`metrics/alarm-load?from=${from}&to=${to}&officers=2`, '445281')).body;
  expect(load).toMatchObject({
    raised: 1,
    shown: 1,
    officers: 2,
    kinds: [{ kind: 'out-of-bounds', raised: 1, confirmed: 0 }],
  });
  expect(problem(await get(`metrics/alarm-load?from=${to}&to=${from}`))).toBe(400);
});
