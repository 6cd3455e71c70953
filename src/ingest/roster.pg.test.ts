import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import type { Json } from '../kernel/field.ts';
import { decodePolicyDocument } from '../kernel/policy-file.ts';
import { ok, type Refusal, type Result, refuse } from '../kernel/result.ts';
import { decodeRoster } from '../kernel/roster-file.ts';
import { decodeZones } from '../kernel/zone-file.ts';
import { openRosterCache, type RosterCache } from './roster-cache.ts';
import { type Changes, loadRoster, readRoster, renewRoster } from './roster-load.ts';

let own: TestDatabase;
let cache: RosterCache;
beforeAll(async () => {
  own = await createTestDatabase();
  cache = await openRosterCache({ database: own.database, logger: createLogger('silent') });
});
afterAll(async () => {
  await cache.stop();
  await own.drop();
});

const NOW_MS = Date.UTC(2026, 2, 1);

interface Files {
  readonly roster?: Json;
  readonly zones?: readonly Json[];
  readonly policy?: Json;
}

async function load(files: Files): Promise<Result<Changes, Refusal[]>> {
  const value = <T>(decoded: Result<T, Refusal[]>): T => {
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
    return decoded.value;
  };
  return loadRoster(
    own.database,
    {
      roster: files.roster === undefined ? null : value(decodeRoster(files.roster)),
      zones:
        files.zones === undefined
          ? null
          : value(decodeZones({ type: 'FeatureCollection', features: files.zones })),
      policy: files.policy === undefined ? null : value(decodePolicyDocument(files.policy)),
    },
    NOW_MS,
    (zone) => (zone.id === 'crossed' ? refuse('bad-shape', 'geometry', 'crosses itself') : ok(zone)),
  );
}

const zone = (id: string, radiusM = 50): Json => ({
  type: 'Feature',
  id,
  properties: { radiusM },
  geometry: { type: 'Point', coordinates: [116.35, 23.52] },
});
const subject = (id: string, device: Json, rest: Json = {}): Json => ({
  id,
  name: `测试人员${id}`,
  devices: [{ kind: 'phone', ...device }],
  ...rest,
});

/** Takes what waits for the log: type and what it is about. */
async function outbox(): Promise<string[]> {
  const { rows } = await own.database.query<{ key: string | null; line: string }>({
    text: 'WITH gone AS (DELETE FROM log_outbox RETURNING id, key, line) SELECT key, line FROM gone ORDER BY id',
    values: [],
  });
  return rows.map(({ key, line }) => {
    type About = Record<'zone' | 'muster', { id: string } | undefined>;
    const { type, zone: feature, muster } = JSON.parse(line) as { type: string } & About;
    return [type, feature?.id ?? muster?.id ?? key].filter((part) => part !== null).join(' ');
  });
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('R1 tables and log lines change together: zones, policy and calendar before the profiles, only what changed', async () => {
  const files: Files = {
    zones: [zone('z1'), zone('z2')],
    policy: { default: { silenceMinS: 60 } },
    roster: {
      subjects: [
        subject('S1', { id: 'D1', feed: 'F1' }, { zones: [{ zone: 'z1', rule: 'stay-in' }] }),
        subject('S2', { id: 'D2' }),
      ],
      calendar: { '2026-10-01': 'holiday' },
    },
  };
  expect(await load(files)).toEqual({ ok: true, value: { subjects: 2, zones: 2, documents: 2 } });
  expect(await outbox()).toEqual(['zone z1', 'zone z2', 'policy', 'calendar', 'profile S1', 'profile S2']);
  expect(await load(files)).toEqual({ ok: true, value: { subjects: 0, zones: 0, documents: 0 } });
  expect(await outbox()).toEqual([]);
  await load({ ...files, zones: [zone('z1'), zone('z2', 60)] });
  expect(await outbox()).toEqual(['zone z2']);
});

test('R2 a load is an upsert by id: what a file does not name stays', async () => {
  await load({
    roster: { subjects: [subject('S3', { id: 'D3' })], calendar: { '2026-10-10': 'workday' }, musters: [] },
  });
  await load({ roster: { subjects: [] } });
  const muster = (id: string, until: string, subjects = ['S2', 'S1']) => ({
    id,
    zone: 'z1',
    from: '2026-03-02T01:00:00Z',
    until,
    subjects,
    excused: ['S3'],
  });
  await outbox();
  const first = muster('M1', '2026-03-02T02:00:00Z');
  await load({ roster: { subjects: [], musters: [first] } });
  expect(await outbox()).toEqual(['muster M1']);
  await load({ roster: { subjects: [], musters: [first, muster('M2', '2026-03-02T03:00:00Z')] } });
  expect(await outbox()).toEqual(['muster M2']);
  await load({ roster: { subjects: [], musters: [muster('M1', '2026-03-02T02:30:00Z', ['S1'])] } });
  const { roster, zones, policy } = await readRoster(own.database);
  // Who is excused is expected as well.
  expect(roster.musters.map(({ id, subjects, excused }) => [id, subjects, excused])).toEqual([
    ['M1', ['S1', 'S3'], ['S3']],
    ['M2', ['S1', 'S2', 'S3'], ['S3']],
  ]);
  expect(roster.subjects.map(({ id }) => id)).toEqual(['S1', 'S2', 'S3']);
  expect(roster.calendar.days).toEqual({ '2026-10-01': 'holiday', '2026-10-10': 'workday' });
  expect([zones.length, policy.default.silenceMinS]).toEqual([2, 60]);
});

test('R3 on a fault nothing changes, and every fault is listed with its place', async () => {
  await outbox();
  const before = JSON.stringify(await readRoster(own.database));
  const result = await load({
    zones: [zone('z9'), zone('crossed')],
    policy: { default: { silenceMinS: 120 } },
    roster: {
      subjects: [
        subject('S4', { id: 'D1' }),
        subject(
          'S5',
          { id: 'D5', address: 'D2' },
          { curfews: [{ zone: 'nowhere', from: '22:00', to: '06:00' }] },
        ),
      ],
    },
  });
  expect(result.ok ? [] : result.error.map(({ code, where }) => [code, where])).toEqual([
    ['bad-shape', 'zone crossed: geometry'],
    ['unknown-reference', 'subjects[1].curfews[0].zone'],
    ['duplicate-id', 'subject S4: device D1'],
    ['duplicate-id', 'subject S5: device D5'],
  ]);
  expect(JSON.stringify(await readRoster(own.database))).toBe(before);
  expect(await outbox()).toEqual([]);
});

test('ST3 the roster takes no subject and no zone with an id of the self-test', async () => {
  await outbox();
  const id = 'wardline:self-test:0:1';
  const result = await load({ roster: { subjects: [subject(id, { id: 'D99' })] } });
  expect(result.ok ? [] : result.error.map(({ code, where }) => [code, where])).toEqual([
    ['unknown-value', `subject ${id}`],
  ]);
  expect(await outbox()).toEqual([]);
  const zones = decodeZones({ type: 'FeatureCollection', features: [zone('wardline:self-test:zone')] });
  expect(zones.ok ? [] : zones.error.map(({ where }) => where)).toEqual(['features[0].id']);
});

test('R4 the memory follows the roster, also after its connection was lost', async () => {
  await load({ roster: { subjects: [subject('S7', { id: 'D7' })] } });
  await until(() => cache.resolve('D7', NOW_MS).ok);
  await own.database.query({
    text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    values: [],
  });
  await load({ roster: { subjects: [subject('S8', { id: 'D8' })] } });
  await until(() => cache.resolve('D8', NOW_MS).ok);
});

test('R5 a device is its subject’s from the begin of an assignment to its end; past fixes go to who had it then', async () => {
  const device = (from: string, until: string | null) => ({ id: 'D10', from, until });
  await load({
    roster: {
      subjects: [
        subject('S10', device('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z')),
        subject('S11', device('2026-02-01T00:00:00Z', null)),
      ],
    },
  });
  await until(() => cache.resolve('D10', NOW_MS).ok);
  const whose = (at: string) => {
    const found = cache.resolve('D10', Date.parse(at));
    return found.ok ? found.value.subject : found.error.code;
  };
  expect(
    ['2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z', '2026-01-31T23:59:59Z', '2026-02-01T00:00:00Z'].map(
      whose,
    ),
  ).toEqual(['device-not-assigned', 'S10', 'S10', 'S11']);
});

test('R6 an id on the wire is looked up for its protocol; the native form means the device’s own id first', async () => {
  await load({
    roster: {
      subjects: [
        subject('S20', { id: 'same', protocol: 'jt808', address: '139' }),
        subject('S21', { id: 'D21', protocol: 'osmand', address: 'same' }),
      ],
    },
  });
  await until(() => cache.resolve('D21', NOW_MS).ok);
  const whose = (address: string, protocol?: 'osmand' | 'jt808') => {
    const found = cache.resolve(address, NOW_MS, protocol);
    return found.ok ? found.value.subject : found.error.code;
  };
  expect([whose('same', 'osmand'), whose('same'), whose('139', 'jt808'), whose('139', 'osmand')]).toEqual([
    'S21',
    'S20',
    'S20',
    'unknown-device',
  ]);
});

test('R7 the policy’s clock skew holds from the moment it is loaded', async () => {
  expect(cache.clockSkewS?.()).toBeUndefined();
  await load({ policy: { default: { clockSkewS: 30 } } });
  await until(() => cache.clockSkewS?.() === 30);
});

test('R8 the whole roster stands in the log anew once a day, and changes nothing for who knows it', async () => {
  await outbox();
  const { roster, zones } = await readRoster(own.database);
  expect(await renewRoster(own.database, NOW_MS, 86_400_000)).toBe(true);
  expect(await outbox()).toEqual([
    ...zones.map(({ id }) => `zone ${id}`),
    'policy',
    'calendar',
    ...roster.musters.map(({ id }) => `muster ${id}`),
    ...roster.subjects.map(({ id }) => `profile ${id}`),
  ]);
  expect(await renewRoster(own.database, NOW_MS + 86_399_999, 86_400_000)).toBe(false);
  expect(await outbox()).toEqual([]);
  expect(await renewRoster(own.database, NOW_MS + 86_400_000, 86_400_000)).toBe(true);
  await outbox();
});

test('R9 dead ground binds nobody, and a zone keeps its purpose', async () => {
  const dead = (id: string) => {
    const feature = zone(id) as { properties?: Json };
    return { ...feature, properties: { ...feature.properties, purpose: 'no-signal' } };
  };
  expect((await load({ zones: [dead('cellar')] })).ok).toBe(true);
  const faultsOf = async (files: Files) => {
    const result = await load(files);
    return result.ok ? [] : result.error.map(({ code, where }) => [code, where]);
  };
  const bound = subject('S9', { id: 'D9' }, { curfews: [{ zone: 'cellar', from: '22:00', to: '06:00' }] });
  expect(await faultsOf({ roster: { subjects: [bound] } })).toEqual([
    ['unknown-reference', 'subjects[0].curfews[0].zone'],
  ]);
  expect(await faultsOf({ zones: [zone('cellar'), dead('z1')] })).toEqual([
    ['unknown-value', 'zone cellar: properties.purpose'],
    ['unknown-value', 'zone z1: properties.purpose'],
  ]);
  expect(decodeZones({ type: 'FeatureCollection', features: [dead('a')] })).toMatchObject({
    value: [{ id: 'a', purpose: 'no-signal' }],
  });
  const odd = { ...zone('a'), properties: { radiusM: 50, purpose: 'parking' } };
  expect(decodeZones({ type: 'FeatureCollection', features: [odd] })).toMatchObject({
    error: [{ code: 'unknown-value', where: 'features[0].properties.purpose' }],
  });
  const { zones } = await readRoster(own.database);
  expect(zones.find(({ id }) => id === 'cellar')?.purpose).toBe('no-signal');
});
