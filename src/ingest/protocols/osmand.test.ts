import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isObject, type Json } from '../../kernel/field.ts';
import { decodeObservation } from '../../kernel/log-line.ts';
import { decodeOsmand, type OsmandRequest } from './osmand.ts';

const RECEIVED_MS = Date.UTC(2026, 2, 1, 8);

function query(text: string): OsmandRequest {
  return { query: text, contentType: '', body: '' };
}

function json(body: unknown): OsmandRequest {
  return { query: '', contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

/** The values read, or the refusal's code in their place. */
function read(request: OsmandRequest): unknown {
  const report = decodeOsmand(request, RECEIVED_MS);
  if (!report.ok) return report.error.code;
  return report.value.observations.map(({ json: record }) => (record.ok ? record.value : record.error.code));
}

describe('vectors', () => {
  const file = new URL('../../../../shared/vectors/osmand.json', import.meta.url);
  const isThere = existsSync(file);
  if (!isThere) {
    const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
    test.skipIf(!isForbidden)('O1 vectors: skipped, ../shared/vectors/osmand.json is not there', () => {
      expect.fail(
        '../shared/vectors/osmand.json is missing, and WARDLINE_FORBID_SKIPS forbids to go without',
      );
    });
    return;
  }
  interface Vector {
    readonly id: string;
    readonly input: {
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };
    readonly expected: { readonly deviceId: string; readonly records: readonly Json[] } | null;
    readonly reply: { readonly status: number };
  }
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[];

  /** What a vector knows → what the contract's observation calls it. The rest has no place in an observation. */
  const NAMES: readonly (readonly [string, string, number])[] = [
    ['lat', 'lat', 1],
    ['lon', 'lon', 1],
    ['speed_kmh', 'speedMps', 3.6],
    ['course_deg', 'headingDeg', 1],
    ['accuracy_m', 'accuracyM', 1],
    ['altitude_m', 'altitudeM', 1],
    ['battery_percent', 'batteryPct', 1],
  ];

  test.each(vectors)('O1 $id is read as its vector says', ({ input, expected, reply }) => {
    const at = input.path.indexOf('?');
    const request = {
      query: at < 0 ? '' : input.path.slice(at + 1),
      contentType: input.headers['Content-Type'] ?? '',
      body: input.body,
    };
    const report = decodeOsmand(request, RECEIVED_MS);
    if (expected === null) {
      expect(report).toMatchObject({ ok: false, error: { code: 'missing-field' } });
      expect(reply.status).toBe(400);
      return;
    }
    if (!report.ok) throw new Error(report.error.message);
    expect(report.value.device).toBe(expected.deviceId);
    const positions = report.value.observations.flatMap(({ json: record }) =>
      record.ok && record.value.type === 'position' ? [record.value] : [],
    );
    expect(positions).toHaveLength(expected.records.length);
    expected.records.forEach((record, i) => {
      const position = positions[i] ?? {};
      expect(Date.parse(String(position.at))).toBe(Date.parse(String(record.time)));
      for (const [theirs, ours, factor] of NAMES) {
        const value = record[theirs];
        // No accuracy of 0 m is believed (O7).
        if (typeof value !== 'number' || (theirs === 'accuracy_m' && value === 0)) continue;
        expect([ours, (position[ours] as number) * factor]).toEqual([ours, expect.closeTo(value, 6)]);
      }
      if (record.mock !== undefined) expect(position.mock).toBe(record.mock);
    });
  });
});

test.each([
  ['1771833600', '2026-02-23T08:00:00.000Z'],
  ['1771833600.25', '2026-02-23T08:00:00.250Z'],
  ['1771833600123', '2026-02-23T08:00:00.123Z'],
  ['2026-02-23T16:00:00%2B08:00', '2026-02-23T08:00:00.000Z'],
  ['2026-02-23 08:00:00', '2026-02-23T08:00:00.000Z'],
  ['', '2026-03-01T08:00:00.000Z'],
])('O2 timestamp=%s means %s', (given, at) => {
  expect(read(query(`id=1&lat=23.5&lon=116.3&timestamp=${given}`))).toMatchObject([{ at }]);
});

test('O2 no timestamp means now, an unreadable one is refused', () => {
  expect(read(query('id=1&lat=23.5&lon=116.3'))).toMatchObject([{ at: '2026-03-01T08:00:00.000Z' }]);
  for (const bad of ['yesterday', '-5', '9e99', '99999999999999999999']) {
    expect(read(query(`id=1&lat=23.5&lon=116.3&timestamp=${bad}`))).toEqual(['bad-time']);
  }
});

test('O3 the query form speaks knots, the JSON form metres a second', () => {
  expect(read(query('id=1&lat=1&lon=2&speed=10'))).toMatchObject([{ speedMps: expect.closeTo(5.14444, 4) }]);
  const body = { device_id: '1', location: { coords: { latitude: 1, longitude: 2, speed: 10 } } };
  expect(read(json(body))).toMatchObject([{ speedMps: 10 }]);
});

test('O4 battery: a level is a share and rounded, −1 is unknown', () => {
  const at = (level: number) => ({
    device_id: '1',
    location: { coords: { latitude: 1, longitude: 2 }, battery: { level } },
  });
  expect(read(json(at(0.29)))).toMatchObject([{ batteryPct: 29 }]);
  expect(read(json(at(-1)))).toEqual([expect.not.objectContaining({ batteryPct: expect.anything() })]);
  expect(read(query('id=1&lat=1&lon=2&batt=81.5'))).toMatchObject([{ batteryPct: 81.5 }]);
});

test('O5 location may be an array: each is read by itself and carries a request of its own', () => {
  const body = {
    device_id: 77,
    location: [
      { timestamp: '2026-02-23T08:00:00Z', coords: { latitude: 1, longitude: 2 } },
      'nonsense',
      { timestamp: 'never', coords: { latitude: 1, longitude: 2 } },
      { timestamp: '2026-02-23T08:01:00Z', coords: { latitude: 3, longitude: 4 } },
    ],
  };
  expect(read(json(body))).toMatchObject([
    { device: '77', lat: 1 },
    'missing-field',
    'bad-time',
    { device: '77', lat: 3 },
  ]);
  const report = decodeOsmand(json(body), RECEIVED_MS);
  const part = report.ok ? report.value.observations[3]?.part : undefined;
  expect(part && read(part)).toMatchObject([{ device: '77', lat: 3 }]);
});

test('O6 a report without a fix, or with one that the phone itself calls invalid, is a sign of life', () => {
  const alive = [{ type: 'status', device: '1', status: 'reachable' }];
  expect(read(query('id=1&cell=460,0,1,2'))).toMatchObject(alive);
  expect(read(query('id=1&lat=1&lon=2&valid=false'))).toMatchObject(alive);
  expect(read(json({ device_id: '1', location: { event: 'heartbeat' } }))).toMatchObject(alive);
});

test('O7 what can not be meant beside a place is left out, and the fix counts', () => {
  const silly = 'id=1&lat=1&lon=2&accuracy=0&batt=250&bearing=-1&speed=-1&altitude=1e9&hdop=x';
  expect(read(query(silly))).toEqual([
    { type: 'position', device: '1', at: '2026-03-01T08:00:00.000Z', lat: 1, lon: 2 },
  ]);
});

test('O8 alarms and charging are statuses where they mean one', () => {
  const at = 'id=1&lat=1&lon=2&timestamp=1771833600';
  const statuses = (request: OsmandRequest) =>
    (read(request) as Json[])
      .filter(isObject)
      .flatMap(({ status }) => (status === undefined ? [] : [status]));
  expect(statuses(query(`${at}&alarm=sos&charge=true`))).toEqual(['sos', 'charging']);
  expect(statuses(query(`${at}&alarm=lowBattery&charge=false`))).toEqual(['low-battery']);
  expect(statuses(query(`${at}&alarm=overspeed`))).toEqual([]);
  expect(statuses(query(`${at}&alarm=constructor`))).toEqual([]);
  const location = { coords: { latitude: 1, longitude: 2 }, alarm: 'sos', battery: { is_charging: true } };
  expect(statuses(json({ device_id: '1', location }))).toEqual(['sos', 'charging']);
});

test('O9 a place is not guessed: missing or unreadable coordinates go on as they are, for the intake to refuse', () => {
  for (const bad of ['id=1&lat=1', 'id=1&lat=abc&lon=2', 'id=1&location=1', 'id=1&lat=&lon=']) {
    const [first] = read(query(bad)) as Json[];
    expect(decodeObservation({ ...first, subject: 'S1' })).toMatchObject({ ok: false });
  }
  expect(read(query('id=1&location=23.5,116.3'))).toMatchObject([{ lat: 23.5, lon: 116.3 }]);
});

test('O10 whatever comes, nothing throws, and what is read is an observation or is refused by the intake', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webQueryParameters(),
    fc
      .array(fc.constantFrom('id=', '&', 'lat=', 'lon=', '%', '1e999', '-0', 'timestamp=', '9'.repeat(30)))
      .map((parts) => parts.join('')),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 6 },
      fc.string(),
      fc.double(),
      fc.constantFrom(null, true, -1, 1e308, -1e308),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(
        fc.constantFrom(
          'device_id',
          'location',
          'coords',
          'latitude',
          'longitude',
          'timestamp',
          'battery',
          'level',
          '__proto__',
          'alarm',
          'mock',
        ),
        tie('any'),
      ),
    ),
  })).any;
  const body = fc.oneof(
    text,
    fc.json(),
    value.map((given) => JSON.stringify(given) ?? ''),
  );
  fc.assert(
    fc.property(text, fc.constantFrom('', 'application/json', 'text/plain'), body, (q, contentType, b) => {
      const report = decodeOsmand({ query: q, contentType, body: b }, RECEIVED_MS);
      if (!report.ok) return;
      for (const { json: record } of report.value.observations) {
        if (record.ok) decodeObservation({ ...record.value, subject: 'S1' }, RECEIVED_MS);
      }
    }),
    { numRuns: 2000 },
  );
});

test('O10 deep nesting is refused or read, never a crash', () => {
  const deep = `{"device_id":"1","location":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  expect(() =>
    decodeOsmand({ query: '', contentType: 'application/json', body: deep }, RECEIVED_MS),
  ).not.toThrow();
});
