import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../kernel/field.ts';
import { decodeOsmand, type OsmandRequest, readOsmandRequest } from './osmand.ts';
import type { Decoded, DeviceRecord } from './record.ts';

const RECEIVED_MS = Date.UTC(2026, 2, 1, 8);

function query(text: string): OsmandRequest {
  return { query: text, contentType: '', body: '' };
}

function json(body: unknown): OsmandRequest {
  return { query: '', contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

function decode(request: OsmandRequest): readonly Decoded[] {
  return decodeOsmand(request, RECEIVED_MS);
}

/** The records read, or the refusal's code in their place. */
function read(request: OsmandRequest): (DeviceRecord | string)[] {
  return decode(request).flatMap(({ records, refusal }) => [
    ...records,
    ...(refusal === null ? [] : [refusal.code]),
  ]);
}

/** The only record of a request. */
function one(request: OsmandRequest): DeviceRecord {
  const [first, ...others] = read(request);
  if (typeof first !== 'object' || others.length > 0)
    throw new Error(`not one record: ${JSON.stringify(first)}`);
  return first;
}

describe('vectors', () => {
  const file = new URL('../../../../shared/vectors/osmand.json', import.meta.url);
  if (!existsSync(file)) {
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
  }
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[];

  test.each(vectors)('O1 $id is read as its vector says', ({ input, expected }) => {
    const at = input.path.indexOf('?');
    const request = {
      query: at < 0 ? '' : input.path.slice(at + 1),
      contentType: input.headers['Content-Type'] ?? '',
      body: input.body,
    };
    const decoded = decode(request);
    if (expected === null) {
      expect(decoded).toMatchObject([{ device: null, records: [], refusal: { code: 'missing-field' } }]);
      return;
    }
    expect(decoded.map(({ device }) => device)).toEqual([expected.deviceId]);
    const near = expected.records.map((record) =>
      Object.fromEntries(
        Object.entries(record).map(([key, value]) => [
          key,
          typeof value === 'number' ? expect.closeTo(value, 6) : value,
        ]),
      ),
    );
    expect(decoded[0]?.records).toMatchObject(near);
  });
});

test('O1 places without a fix: cells and wireless networks are kept, an address with colons', () => {
  const text =
    'id=1&timestamp=1377177267&cell=257,02,16,2224&cell=257,02,16,2223,-90&wifi=00-14-22-01-23-4f,-80&wifi=home,-70&cell=1,2';
  expect(one(query(text))).toEqual({
    kind: 'network',
    time: '2013-08-22T13:14:27Z',
    cells: [
      { mcc: 257, mnc: 2, lac: 16, cid: 2224 },
      { mcc: 257, mnc: 2, lac: 16, cid: 2223, signal: -90 },
    ],
    wifi: [{ mac: '00:14:22:01:23:4f', rssi: -80 }],
  });
});

test("O1 what has no field of its own is an attribute; a notification token is nobody's to keep", () => {
  const text =
    'id=1&lat=1&lon=2&ignition=true&rpm=933&note=x&driverUniqueId=D7&notificationToken=secret&__proto__=1';
  const { attributes, driver_id: driver, ...record } = one(query(text));
  expect(driver).toBe('D7');
  expect(Object.entries(attributes ?? {})).toEqual([
    ['ignition', true],
    ['rpm', 933],
    ['note', 'x'],
    ['__proto__', 1],
  ]);
  expect(JSON.stringify(record)).not.toContain('secret');
  const location = {
    coords: { latitude: 1, longitude: 2 },
    extras: { n: 1, t: 'x', b: false, o: {}, a: [1] },
  };
  expect(one(json({ device_id: '1', location })).attributes).toEqual({ n: 1, t: 'x', b: false });
});

test.each([
  ['1771833600', '2026-02-23T08:00:00Z'],
  ['1771833600.25', '2026-02-23T08:00:00.250Z'],
  ['1771833600123', '2026-02-23T08:00:00.123Z'],
  ['2026-02-23T16:00:00%2B08:00', '2026-02-23T08:00:00Z'],
  ['2026-02-23 08:00:00', '2026-02-23T08:00:00Z'],
  ['', '2026-03-01T08:00:00Z'],
])('O2 timestamp=%s means %s', (given, time) => {
  expect(one(query(`id=1&lat=23.5&lon=116.3&timestamp=${given}`))).toMatchObject({ time });
});

test('O2 no timestamp means now, an unreadable one is refused', () => {
  expect(one(query('id=1&lat=23.5&lon=116.3'))).toMatchObject({ time: '2026-03-01T08:00:00Z' });
  for (const bad of ['yesterday', '-5', '9e99', '99999999999999999999']) {
    expect(read(query(`id=1&lat=23.5&lon=116.3&timestamp=${bad}`))).toEqual(['bad-time']);
  }
});

test('O3 the query form speaks knots, the JSON form metres a second', () => {
  expect(one(query('id=1&lat=1&lon=2&speed=10')).speed_kmh).toBeCloseTo(18.52, 6);
  const body = { device_id: '1', location: { coords: { latitude: 1, longitude: 2, speed: 10 } } };
  expect(one(json(body)).speed_kmh).toBe(36);
});

test('O4 battery: a level is a share and rounded, −1 is unknown', () => {
  const at = (level: number) => ({
    device_id: '1',
    location: { coords: { latitude: 1, longitude: 2 }, battery: { level } },
  });
  expect(one(json(at(0.29)))).toMatchObject({ battery_percent: 29 });
  expect(one(json(at(-1)))).not.toHaveProperty('battery_percent');
  expect(one(query('id=1&lat=1&lon=2&batt=81.5'))).toMatchObject({ battery_percent: 81.5 });
});

test('O5 the body may be an array: each element is read by itself, and a bad one harms no neighbour', () => {
  const fix = (latitude: number) => ({
    timestamp: '2026-03-01T07:59:00Z',
    coords: { latitude, longitude: 116.3 },
  });
  const elements = [
    { device_id: 'A', location: fix(23.1) },
    { location: fix(23.2) },
    7,
    { device_id: 'B', location: [fix(23.3), fix(23.4)] },
  ];
  const request = { query: '', contentType: 'application/json', body: JSON.stringify(elements) };
  const found = decodeOsmand(request, 0);
  expect(found.map(({ device, records, refusal }) => [device, records[0]?.lat, refusal?.code])).toEqual([
    ['A', 23.1, undefined],
    [null, undefined, 'missing-field'],
    [null, undefined, 'not-an-object'],
    ['B', 23.3, undefined],
    ['B', 23.4, undefined],
  ]);
  for (const each of found) {
    const own = readOsmandRequest(each.raw);
    expect(own === undefined ? [] : decodeOsmand(own, 0)).toMatchObject([
      { device: each.device, records: each.records },
    ]);
  }
  const many = { ...request, body: `[${'1,'.repeat(10_000)}1]` };
  expect(decodeOsmand(many, 0)).toMatchObject([{ device: null, refusal: { code: 'too-large' } }]);
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
  const all = decode(json(body));
  expect(all.map(({ device }) => device)).toEqual(['77', '77', '77', '77']);
  expect(read(json(body))).toMatchObject([{ lat: 1 }, 'missing-field', 'bad-time', { lat: 3 }]);
  for (const part of all) {
    const request = readOsmandRequest(part.raw);
    expect(request && decode(request)).toMatchObject([
      { device: '77', records: part.records, refusal: part.refusal },
    ]);
  }
});

test('O6 a report without a fix is a status; one that the phone itself calls invalid says so', () => {
  expect(one(query('id=1&batt=50'))).toMatchObject({ kind: 'status', battery_percent: 50 });
  expect(one(query('id=1&lat=1&lon=2&valid=false'))).toMatchObject({ kind: 'position', valid: false });
  expect(one(query('id=1&lat=1&lon=2&valid=1'))).toMatchObject({ kind: 'position', valid: true });
  expect(
    one(json({ device_id: '1', location: { event: 'heartbeat', battery: { level: 0.5 } } })),
  ).toMatchObject({
    kind: 'status',
    event: 'heartbeat',
    battery_percent: 50,
  });
});

test('O7 what a client writes for none is left out, and the fix counts', () => {
  const silly = 'id=1&lat=1&lon=2&accuracy=-1&batt=-1&bearing=-1&speed=-1&altitude=x&hdop=x';
  expect(one(query(silly))).toEqual({
    kind: 'position',
    time: '2026-03-01T08:00:00Z',
    valid: true,
    lat: 1,
    lon: 2,
  });
});

test('O8 alarm and charging are kept as they are said', () => {
  expect(one(query('id=1&lat=1&lon=2&alarm=sos&charge=true'))).toMatchObject({
    alarm: 'sos',
    charging: true,
  });
  const location = {
    coords: { latitude: 1, longitude: 2 },
    alarm: 'lowBattery',
    battery: { is_charging: false },
  };
  expect(one(json({ device_id: '1', location }))).toMatchObject({ alarm: 'lowBattery', charging: false });
});

test('O9 a place is not guessed: half of one, or no numbers, is refused', () => {
  expect(read(query('id=1&lat=1'))).toEqual(['missing-field']);
  expect(read(query('id=1&lat=&lon='))).toEqual(['missing-field']);
  expect(read(query('id=1&location=1'))).toEqual(['missing-field']);
  expect(read(query('id=1&lat=abc&lon=2'))).toEqual(['bad-coordinates']);
  expect(read(json({ device_id: '1', location: { coords: { latitude: 'x', longitude: 2 } } }))).toEqual([
    'bad-coordinates',
  ]);
  expect(one(query('id=1&location=23.5,116.3'))).toMatchObject({ lat: 23.5, lon: 116.3 });
});

test('O10 whatever comes, nothing throws, and bytes kept for quarantine are read again to the same', () => {
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
      for (const part of decode({ query: q, contentType, body: b })) {
        const request = readOsmandRequest(part.raw);
        expect(request).toBeDefined();
        if (request === undefined || part.records.length === 0) continue;
        expect(decode(request)).toMatchObject([{ device: part.device, records: part.records }]);
      }
    }),
    { numRuns: 2000 },
  );
});

test('O10 deep nesting is refused or read, never a crash', () => {
  const deep = `{"device_id":"1","location":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  expect(() => decode({ query: '', contentType: 'application/json', body: deep })).not.toThrow();
});
