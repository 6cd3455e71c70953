import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  circle,
  east,
  fix,
  minutes,
  person,
  phone,
  range,
  square,
  tick,
} from '../../consumers/detector/story.testing.ts';
import { prepareZone } from '../../geofences/prepare-zone.ts';
import { problem, startDashboard, type TestDashboard } from '../../tests/harness/dashboard.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import { openPositionDays } from '../adapters/positions-table.ts';
import { createPostgresLog } from '../adapters/postgres-log.ts';
import { runZonesLint } from '../commands/zones-lint.ts';
import { loadRoster } from '../ingest/roster-load.ts';
import { type LogEvent, type Position, partitionKeyOf, receiptOf } from '../kernel/log-event.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import { EMPTY_POLICY_DOCUMENT } from '../kernel/policy.ts';
import { EMPTY_ROSTER } from '../kernel/roster.ts';
import { encodeZone, encodeZones } from '../kernel/zone-file.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import { createInsight, type Insight } from './insight.ts';

const DAYS = 4;
const DAY = 1440;
const NOW_MS = minutes(DAYS * DAY);
const STEP = 10;
let own: TestDatabase;
let log: ObservationLog;
let insight: Insight;
let desk: TestDashboard;

const slow = (id: string) => phone(id, { intervalS: STEP * 60 });
/** One goes four kilometres east each morning and stays for two hours; the other is at home. */
const people = [
  person({ devices: [slow('D1')] }),
  person({ id: 'S2', office: '445202/office-09', devices: [slow('D2')] }),
  person({ id: 'M3', office: '445281/office-02', minor: true, devices: [slow('D3')] }),
];
const zones = [circle('home', 6000), circle('hall', 300, 30_000)];
const metresAt = (minute: number) => {
  const ofDay = minute % DAY;
  return ofDay < 60 ? ofDay * 66 : ofDay < 180 ? 4000 : ofDay < 240 ? (240 - ofDay) * 66 : 0;
};
const fixes: Position[] = range(0, (DAYS * DAY) / STEP).flatMap((n) => [
  fix(n * STEP, metresAt(n * STEP)),
  fix(n * STEP, 10, { subject: 'S2', device: 'D2' }),
  fix(n * STEP, metresAt(n * STEP), { subject: 'M3', device: 'D3' }),
]);

beforeAll(async () => {
  own = await createTestDatabase();
  const { database } = own;
  const opened = await createPostgresLog({ database, partitions: 2, logger: createLogger('silent') });
  if (!opened.ok) throw new Error(opened.error);
  log = opened.value;
  const loaded = await loadRoster(
    database,
    { roster: { ...EMPTY_ROSTER, subjects: people }, zones, policy: EMPTY_POLICY_DOCUMENT },
    minutes(0),
    prepareZone,
  );
  if (!loaded.ok) throw new Error(loaded.error[0]?.message);
  const events: LogEvent[] = [
    ...zones.map((zone): LogEvent => ({ type: 'zone', atMs: minutes(0), zone })),
    ...people.map((profile): LogEvent => ({ type: 'profile', atMs: minutes(0), profile })),
    ...fixes,
    ...range(0, (DAYS * DAY) / STEP).map((n) => tick(n * STEP + 1)),
  ];
  for (const event of events.sort((a, b) => receiptOf(a) - receiptOf(b))) {
    const key = partitionKeyOf(event);
    const line = encodeLogEvent(event);
    if (key === null) await log.appendToAll(line);
    else await log.append([{ key, line }]);
  }
  await (await openPositionDays(database)).ensure(fixes.map(({ atMs }) => atMs));
  for (const { atMs, subject, device, lat, lon, accuracyM } of fixes)
    await database.query({
      text: `INSERT INTO positions (at, device, subject, sequence, received_at, lat, lon, accuracy_m)
             VALUES ($1, $2, $3, 0, $1, $4, $5, $6)`,
      values: [new Date(atMs), device, subject, lat, lon, accuracyM],
    });
  insight = createInsight({ log, database });
  desk = await startDashboard({ past: insight, now: () => NOW_MS });
}, 120_000);
afterAll(async () => {
  await desk.close();
  await log.close();
  await own.drop();
});

const within = (organisation: string, minors = true) => ({ organisation, minors });
const ALL = within('');
const keepOut = { rule: 'keep-out', bufferM: 0, schedule: null } as const;

test('I5 a zone as it stands: who has it, how good fixes are there, nothing to say of a good one', async () => {
  const found = await insight.lintZone(ALL, 'home', NOW_MS);
  expect(found).toMatchObject({
    zone: 'home',
    looked: ['M3', 'S1', 'S2'],
    subjects: 3,
    findings: [],
    depthM: 6000,
    accuracy: { fixes: fixes.length, medianM: 10, p90M: 10 },
    week: { raised: [], differences: [] },
  });
  expect((await insight.lintZone(within('445202'), 'home', NOW_MS))?.looked).toEqual(['S2']);
  expect(await insight.lintZone(within('445202'), 'hall', NOW_MS)).toBeUndefined();
  expect((await insight.lintZone(within('', false), 'home', NOW_MS))?.looked).toEqual(['S1', 'S2']);
  expect((await insight.lintZone(ALL, 'hall', NOW_MS))?.looked).toEqual([]);
  expect(await insight.lintZone(ALL, 'nowhere', NOW_MS)).toBeUndefined();
});

test('I5 a draft on the daily way is told, with the alerts that it would have made last week', async () => {
  const park = circle('park', 300, 4000);
  const found = await insight.lintDraft(ALL, { zone: park, use: keepOut }, ['S1', 'S2'], NOW_MS);
  expect(found.findings.map(({ code, subject }) => [code, subject])).toEqual([['on-daily-way', 'S1']]);
  const raised = found.week?.raised ?? [];
  expect(raised.map(({ alert, doubtful }) => [alert.kind, alert.subject, doubtful])).toEqual(
    range(0, DAYS).map(() => ['exclusion-entry', 'S1', false]),
  );
  expect(raised.every(({ alert }) => (alert.clearedAtMs ?? 0) > alert.startedAtMs)).toBe(true);
  expect(found.week?.differences.map(({ side }) => side)).toEqual(range(0, DAYS).map(() => 'only-after'));
});

test('I5 a draft in the place of a zone: smaller bounds would have alerted each day, and barely passed ones are doubtful', async () => {
  const smaller = await insight.lintDraft(ALL, { zone: circle('home', 2000), use: null }, [], NOW_MS);
  expect(smaller.looked).toEqual(['M3', 'S1', 'S2']);
  expect(smaller.week?.raised.map(({ alert }) => alert.kind)).toEqual(
    range(0, 2 * DAYS).map(() => 'out-of-bounds'),
  );
  const brief = circle('park', 150, 1980);
  const passed = await insight.lintDraft(ALL, { zone: brief, use: keepOut }, ['S1'], NOW_MS);
  expect(passed.week?.raised.length).toBeGreaterThan(0);
  expect(passed.week?.raised.every(({ doubtful }) => doubtful)).toBe(true);
});

test('I5 R11 over REST: by right and by reach, a check and its repair, a lint of a draft', async () => {
  const officer = await desk.token('duty-officer', '445281');
  const elsewhere = await desk.token('office-officer', '445202');
  const manager = await desk.token('manager', '');
  const seen = await desk.call('GET', '/api/v1/zones/home/lint', { headers: officer });
  expect([seen.status, seen.body.looked, seen.body.check.valid]).toEqual([200, ['M3', 'S1'], true]);
  expect(seen.body.week.from).toBe(new Date(NOW_MS - 7 * 86_400_000).toISOString());
  expect(problem(await desk.call('GET', '/api/v1/zones/hall/lint', { headers: officer }))).toBe(404);
  expect(problem(await desk.call('GET', '/api/v1/zones/home/lint', { headers: manager }))).toBe(403);
  const body = { zone: encodeZone(circle('park', 300, 4000)), rule: 'keep-out', subjects: ['S1'] };
  const draft = await desk.call('POST', '/api/v1/zones/lint', { headers: officer, body });
  expect([draft.status, draft.body.week.raised.length, draft.body.week.doubtful]).toEqual([200, DAYS, 0]);
  expect(draft.body.week.raised[0]).toMatchObject({ kind: 'exclusion-entry', doubtful: false });
  const hidden = await desk.call('POST', '/api/v1/zones/lint', { headers: elsewhere, body });
  expect([hidden.body.looked, hidden.body.week]).toEqual([[], null]);
  const curfew = { ...body, rule: 'curfew' };
  expect(problem(await desk.call('POST', '/api/v1/zones/lint', { headers: officer, body: curfew }))).toBe(
    400,
  );
  expect(
    problem(await desk.call('POST', '/api/v1/zones/lint', { headers: officer, body: { zone: 1 } })),
  ).toBe(400);
  const feature = encodeZone(square('yard')) as { geometry: { coordinates: unknown[][] } };
  feature.geometry.coordinates[0]?.pop();
  const check = await desk.call('POST', '/api/v1/zones/check', { headers: officer, body: feature });
  expect(check.body).toMatchObject({
    valid: false,
    refusals: [{ code: 'bad-shape', where: 'geometry.coordinates[0]' }],
    repairs: [{ what: 'closed' }],
  });
  const again = await desk.call('POST', '/api/v1/zones/check', {
    headers: manager,
    body: check.body.repaired,
  });
  expect(again.body).toEqual({ valid: true, refusals: [], repairs: [], repaired: null });
  const swapped = {
    type: 'Feature',
    id: 'x',
    properties: { radiusM: 5 },
    geometry: { type: 'Point', coordinates: [23, 116] },
  };
  const told = await desk.call('POST', '/api/v1/zones/check', { headers: manager, body: swapped });
  expect(told.body.refusals[0]).toMatchObject({ where: 'geometry.coordinates', code: 'bad-coordinates' });
  expect(east(0).lat).toBeCloseTo(23.5);
});

test('I5 R11 A10 U1 a minor is looked at by who is cleared only, and whose way was looked at stands in the audit', async () => {
  await desk.subject('S1', '445281/office-01');
  const uncleared = await desk.token('duty-officer', '', false);
  const auditor = await desk.token('auditor', '');
  const seen = await desk.call('GET', '/api/v1/zones/home/lint', { headers: uncleared });
  expect([seen.status, seen.body.looked, seen.body.subjects]).toEqual([200, ['S1', 'S2'], 2]);
  const body = { zone: encodeZone(circle('park', 300, 4000)), rule: 'keep-out', subjects: ['M3', 'S1'] };
  const draft = await desk.call('POST', '/api/v1/zones/lint', { headers: uncleared, body });
  expect(JSON.stringify(draft.body)).not.toContain('M3');
  expect(draft.body.week.raised.length).toBe(DAYS);
  const { items } = (
    await desk.call('GET', '/api/v1/audit?action=zone.lint&subject=S1', { headers: auditor })
  ).body;
  expect(items[0]).toMatchObject({
    office: '445281/office-01',
    target: 'park',
    actor: { role: 'duty-officer' },
  });
});

test('Z2 from the command line, of the store and of a draft', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zones-lint-'));
  const path = join(folder, 'zones.geojson');
  writeFileSync(path, JSON.stringify(encodeZones([circle('park', 300, 4000)])));
  const run = async (...argv: string[]) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const access = { database: own.database, openLog: async () => log, stdout, stderr };
    const code = await runZonesLint(argv, access, NOW_MS);
    return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
  };
  try {
    const stands = await run('home');
    expect([stands.code, stands.out.includes('nothing found')]).toEqual([0, true]);
    const draft = ['park', '--draft', path, '--rule', 'keep-out', '--subjects', 'S1'];
    const meant = await run(...draft);
    expect(meant.code).toBe(1);
    expect(meant.out).toContain('在 S1 每日的路上');
    expect(meant.out).toContain(`it would have raised ${DAYS} alerts, 0 of them brief`);
    expect(JSON.parse((await run(...draft, '--json')).out).week.raised.length).toBe(DAYS);
    expect((await run('nowhere')).err).toContain('there is no zone nowhere');
    for (const bad of [[], ['park', '--draft', path, '--rule', 'walk'], ['other', '--draft', path]])
      expect((await run(...bad)).code).toBe(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

// Last: it changes who is bound by what.
test('I5 D21 dead ground is asked what it lies over, within reach, and of nobody else anything', async () => {
  await own.database.query({
    text: `UPDATE subjects SET profile = jsonb_set(profile, '{curfews}', $1) WHERE id = 'M3'`,
    values: [JSON.stringify([{ zone: 'hall', days: [1], from: '22:00', to: '06:00' }])],
  });
  const cellar = { ...circle('cellar', 500, 30_000), purpose: 'no-signal' as const };
  const draft = { zone: cellar, use: keepOut };
  const found = await insight.lintDraft(ALL, draft, ['S1'], NOW_MS);
  expect(found.findings.map(({ code, zones }) => [code, zones])).toEqual([['covers-home', ['hall']]]);
  expect([found.looked, found.subjects, found.week]).toEqual([[], 0, null]);
  expect((await insight.lintDraft(within('445202'), draft, [], NOW_MS)).findings).toEqual([]);
  expect((await insight.lintDraft(within('', false), draft, [], NOW_MS)).findings).toEqual([]);
});
