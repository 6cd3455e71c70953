import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../kernel/field.ts';
import { ok, refuse } from '../../kernel/result.ts';
import { decodeOwntracks, type Unseal } from './owntracks.ts';
import { type OwntracksMessage, readOwntracksMessage } from './owntracks-message.ts';

const RECEIVED_MS = Date.UTC(2026, 2, 1, 8);
const NO_KEYS: Unseal = (device) => refuse('unknown-value', 'data', `no key for ${device}`);
/** A key that turns the text around: what is sealed is the caller's matter. */
const TURNED: Unseal = (_device, data) => ok([...data].reverse().join(''));

function http(body: unknown, envelope: Partial<OwntracksMessage> = {}): OwntracksMessage {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { topic: null, user: 'u', deviceName: 'd', retained: false, ...envelope, body: text };
}

function decode(message: OwntracksMessage, unseal: Unseal = NO_KEYS) {
  return decodeOwntracks(message, RECEIVED_MS, unseal);
}

/** The records of the only message. */
function records(item: Json) {
  const [first, ...others] = decode(http(item));
  expect(others).toEqual([]);
  return first?.records;
}

const FIX = { _type: 'location', tst: 1771833600, lat: 23.5, lon: 116.3 };

describe('vectors', () => {
  const file = new URL('../../../../shared/vectors/owntracks.json', import.meta.url);
  if (!existsSync(file)) {
    const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
    test.skipIf(!isForbidden)('W1 vectors: skipped, ../shared/vectors/owntracks.json is not there', () => {
      expect.fail(
        '../shared/vectors/owntracks.json is missing, and WARDLINE_FORBID_SKIPS forbids to go without',
      );
    });
    return;
  }
  interface Vector {
    readonly id: string;
    readonly input: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
    readonly expected: { readonly deviceId: string; readonly records: readonly Json[] } | null;
  }
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[];

  test.each(vectors)('W1 $id is read as its vector says', ({ input, expected }) => {
    const { 'X-Limit-U': user = null, 'X-Limit-D': deviceName = null } = input.headers;
    const decoded = decode(http(input.body, { user, deviceName }));
    const found = decoded.flatMap((each) => each.records);
    if (expected === null) {
      expect(found).toEqual([]);
      return;
    }
    expect(new Set(decoded.map(({ device }) => device))).toEqual(new Set([expected.deviceId]));
    expect(found).toHaveLength(expected.records.length);
    expect(found).toMatchObject(
      expected.records.map((record) =>
        Object.fromEntries(
          Object.entries(record).map(([key, value]) => [
            key,
            typeof value === 'number' ? expect.closeTo(value, 6) : value,
          ]),
        ),
      ),
    );
  });
});

test.each([
  [
    'the topic of the broker',
    { topic: 'owntracks/a/b' },
    { topic: 'owntracks/x/y', tid: 'T' },
    'owntracks/a/b',
  ],
  ['a topic below it', { topic: 'owntracks/a/b/event' }, {}, 'owntracks/a/b'],
  ['a base of its own', { topic: 'city/owntracks/a/b/waypoint' }, {}, 'city/owntracks/a/b'],
  ['a device that is called status', { topic: 'owntracks/a/status' }, {}, 'owntracks/a/status'],
  ['the topic in the body', {}, { topic: 'owntracks/x/y/event', tid: 'T' }, 'owntracks/x/y'],
  ['user and device', {}, { tid: 'T' }, 'owntracks/u/d'],
  ['the tracker id', { deviceName: null }, { tid: 'T' }, 'T'],
])('W2 identity: %s', (_what, envelope, item, device) => {
  expect(decode(http({ ...FIX, ...item }, envelope))).toMatchObject([{ device, refusal: null }]);
});

test('W2 a fix of nobody is refused; a command of nobody is no matter', () => {
  const nobody = { user: null, deviceName: null };
  expect(decode(http(FIX, nobody))).toMatchObject([
    { device: null, records: [], refusal: { code: 'missing-field' } },
  ]);
  expect(decode(http({ _type: 'cmd', action: 'reportLocation' }, nobody))).toMatchObject([
    { records: [], refusal: null },
  ]);
});

test.each([
  [{ tst: 0 }, 'bad-time'],
  [{ tst: undefined }, 'bad-time'],
  [{ tst: 'soon' }, 'bad-time'],
  [{ lat: undefined }, 'missing-field'],
  [{ lon: 'west' }, 'bad-coordinates'],
  [{ _type: 'nonsense' }, 'unknown-value'],
  [{ _type: undefined }, 'missing-field'],
])('W3 %j is refused: %s', (change, code) => {
  expect(decode(http({ ...FIX, ...change }))).toMatchObject([{ records: [], refusal: { code } }]);
});

test('W3 an empty body is nothing, what is no JSON is nobody’s', () => {
  expect(decode(http(''))).toEqual([]);
  expect(decode(http('not JSON'))).toMatchObject([{ device: null, refusal: { code: 'not-json' } }]);
  expect(decode(http('3'))).toMatchObject([{ device: null, refusal: { code: 'not-an-object' } }]);
});

test('W4 −1 is unknown; battery state, trigger and what a gateway adds are named', () => {
  const unknown = { acc: -1, vel: -1, cog: -1, batt: -1, vac: -1 };
  expect(records({ ...FIX, ...unknown })).toEqual([
    { kind: 'position', time: '2026-02-23T08:00:00Z', valid: true, lat: 23.5, lon: 116.3 },
  ]);
  expect(
    records({ ...FIX, bs: 2, t: '9', ubatt: 3.9, ign: true, inregions: ['home', 7], SSID: 'w' }),
  ).toMatchObject([
    {
      battery_state: 'charging',
      charging: true,
      alarms: ['low_battery'],
      battery_volts: 3.9,
      acc_on: true,
      regions: ['home'],
    },
  ]);
  expect(records({ ...FIX, bs: 0 })).toEqual([expect.not.objectContaining({ charging: expect.anything() })]);
});

test('W5 seconds, milliseconds and texts of them are times', () => {
  for (const tst of [1771833600, '1771833600', 1771833600000])
    expect(records({ ...FIX, tst })).toMatchObject([{ time: '2026-02-23T08:00:00Z' }]);
});

test('W6 each kind of message gives its records, and what is private gives none', () => {
  expect(records({ _type: 'lwt', tst: 1771833600 })).toEqual([{ kind: 'lwt', time: '2026-02-23T08:00:00Z' }]);
  expect(records({ _type: 'lwt' })).toEqual([{ kind: 'lwt', time: '2026-03-01T08:00:00Z' }]);
  expect(records({ _type: 'status', android: { bo: 1, loc: -2, o: {} } })).toEqual([
    { kind: 'status', time: '2026-03-01T08:00:00Z', android: { bo: 1, loc: -2 } },
  ]);
  const waypoint = { desc: 'home', lat: 1, lon: 2, rad: '50', tst: 1505910709000 };
  expect(records({ _type: 'waypoints', waypoints: [waypoint, 'x', waypoint] })).toMatchObject([
    { kind: 'waypoint', region: 'home', radius_m: 50, region_created: '2017-09-20T12:31:49Z' },
    { kind: 'waypoint' },
  ]);
  const silent: Json[] = [
    { _type: 'configuration', password: 'secret' },
    { _type: 'dump', configuration: { password: 'secret' } },
    { _type: 'card', name: 'x', face: 'x' },
  ];
  for (const item of silent) expect(decode(http(item))).toMatchObject([{ records: [], refusal: null }]);
});

test('W7 what the broker kept is marked as old', () => {
  expect(decode(http(FIX, { retained: true }))).toMatchObject([{ records: [{ archived: true }] }]);
});

test('W8 a batch is read message by message, each with bytes of its own', () => {
  const all = decode(http([FIX, { ...FIX, tst: 0 }, 3, { ...FIX, lat: 1 }]));
  expect(all.map(({ refusal }) => refusal?.code ?? null)).toEqual([null, 'bad-time', 'not-an-object', null]);
  for (const each of all) {
    const message = readOwntracksMessage(each.raw);
    expect(message && decode(message)).toMatchObject([
      { device: each.device, records: each.records, refusal: each.refusal },
    ]);
  }
});

describe('W9 encrypted', () => {
  const sealed = {
    _type: 'encrypted',
    data: [...JSON.stringify({ ...FIX, tid: 'OT', topic: 'owntracks/x/y' })].reverse().join(''),
  };

  test('W9 without a key it is refused with the reason', () => {
    expect(decode(http(sealed))).toMatchObject([
      { device: 'owntracks/u/d', records: [], refusal: { code: 'unknown-value' } },
    ]);
    expect(decode(http(sealed, { user: null }))).toMatchObject([
      { device: null, refusal: { where: '_type' } },
    ]);
  });

  test('W9 with a key it is read, and is of whom the key belongs to', () => {
    expect(decode(http(sealed), TURNED)).toMatchObject([
      { device: 'owntracks/u/d', isSealed: true, records: [{ lat: 23.5, tracker_id: 'OT' }], refusal: null },
    ]);
  });

  test('W9 a seal within a seal, or round nonsense, is refused', () => {
    const twice = { _type: 'encrypted', data: [...JSON.stringify(sealed)].reverse().join('') };
    for (const item of [twice, { ...sealed, data: 'x' }, { ...sealed, data: 3 }])
      expect(decode(http(item), TURNED)).toMatchObject([{ records: [], refusal: expect.anything() }]);
  });
});

test('W10 whatever comes, nothing throws, and bytes kept for quarantine are read again to the same', () => {
  const key = fc.constantFrom(
    '_type',
    'tst',
    'lat',
    'lon',
    'data',
    'topic',
    'tid',
    'waypoints',
    'android',
    'inregions',
    '__proto__',
    't',
    'bs',
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.constantFrom(
        null,
        true,
        -1,
        1e308,
        'location',
        'transition',
        'waypoints',
        'status',
        'encrypted',
        'lwt',
        1771833600,
        23,
      ),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(key, tie('any')),
    ),
  })).any;
  const body = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    value.map((given) => JSON.stringify(given) ?? ''),
  );
  const name = fc.option(fc.string());
  fc.assert(
    fc.property(name, name, name, body, (topic, user, deviceName, text) => {
      for (const each of decode({ topic, user, deviceName, retained: false, body: text }, TURNED)) {
        const message = readOwntracksMessage(each.raw);
        expect(message).toBeDefined();
        if (message !== undefined && each.records.length > 0)
          expect(decode(message, TURNED)).toMatchObject([{ device: each.device, records: each.records }]);
      }
    }),
    { numRuns: 5000 },
  );
});

test('W10 deep nesting is refused or read, never a crash', () => {
  const deep = `[${'['.repeat(100_000)}${']'.repeat(100_000)}, 1]`;
  expect(() => decode(http(deep)).map(({ raw }) => raw)).not.toThrow();
});
