import { expect, test } from 'vitest';
import type { LogEvent } from './log-event.ts';
import { decodeLogEvent, decodeLogLine, decodeObservation, encodeLogEvent } from './log-line.ts';
import { murmur2, partitionOf } from './partition.ts';
import { DEFAULT_POLICY, policyFor } from './policy.ts';
import { decodeRoster, encodeRoster } from './roster-file.ts';
import { decodeZones } from './zone-file.ts';

const LINE =
  '{"type":"position","subject":"S1","device":"D1","at":"2026-03-01T00:00:00.000Z","received":"2026-03-01T00:00:02.000Z","lat":23.52,"lon":116.35,"accuracyM":15,"speedMps":1.2,"headingDeg":90,"altitudeM":12,"batteryPct":81,"mock":false,"method":"gnss"}';

function decoded(line: string): LogEvent {
  const result = decodeLogLine(line);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

test('K1 a line of the contract comes back as it went in', () => {
  expect(JSON.parse(encodeLogEvent(decoded(LINE)))).toEqual(JSON.parse(LINE));
});

test('K1 every kind of line survives the way there and back', () => {
  const lines = [
    '{"type":"status","subject":"S1","device":"D1","at":"2026-03-01T00:00:00.000Z","received":"2026-03-01T00:00:00.000Z","status":"power-off"}',
    '{"type":"checkin","subject":"S1","terminal":"T1","at":"2026-03-01T00:00:00.000Z","received":"2026-03-01T00:00:00.000Z","method":"face"}',
    '{"type":"spot-check","subject":"S1","check":"7","at":"2026-03-01T00:00:00.000Z","received":"2026-03-01T00:00:01.000Z","method":"phone","result":"forwarded"}',
    '{"type":"tick","at":"2026-03-01T00:00:00.000Z"}',
    '{"type":"feed","feed":"F1","at":"2026-03-01T00:00:00.000Z","status":"down"}',
    '{"type":"policy","at":"2026-03-01T00:00:00.000Z","policy":{"default":{"silenceMinS":60},"grades":{},"organisations":{},"keyPeriods":[]}}',
    '{"type":"calendar","at":"2026-03-01T00:00:00.000Z","calendar":{"days":{"2026-10-01":"holiday"},"timeZone":"Asia/Shanghai"}}',
    '{"type":"feed","feed":"mlp","at":"2026-03-01T00:06:00.000Z","status":"down","since":"2026-03-01T00:00:00.000Z","overdue":1,"live":3,"cause":"operator"}',
    '{"type":"zone","at":"2026-03-01T00:00:00.000Z","zone":{"type":"Feature","id":"d","properties":{"id":"d","radiusM":50,"purpose":"no-signal"},"geometry":{"type":"Point","coordinates":[116,23]}}}',
    '{"type":"zone","at":"2026-03-01T00:00:00.000Z","zone":{"type":"Feature","id":"z","properties":{"id":"z","radiusM":50},"geometry":{"type":"Point","coordinates":[116,23]}}}',
  ];
  for (const line of lines) expect(JSON.parse(encodeLogEvent(decoded(line)))).toEqual(JSON.parse(line));
});

test('K2 received defaults to at, or to the receipt time that the caller gives', () => {
  const json = { type: 'status', subject: 'S', device: 'D', at: '2026-03-01T00:00:00Z', status: 'power-on' };
  expect(decodeObservation(json)).toMatchObject({ ok: true, value: { receivedMs: Date.UTC(2026, 2, 1) } });
  expect(decodeObservation(json, 7)).toMatchObject({ ok: true, value: { receivedMs: 7 } });
});

test.each([
  ['{"type":"position"', 'not-json', ''],
  ['[]', 'not-an-object', ''],
  ['{"type":"positoin","at":"2026-03-01T00:00:00Z"}', 'unknown-value', 'type'],
  [LINE.replace('23.52', '91'), 'bad-coordinates', 'lat'],
  [LINE.replace('116.35', '"116"'), 'wrong-type', 'lon'],
  [LINE.replace('2026-03-01T00:00:00.000Z', '2026-03-01 00:00'), 'bad-time', 'at'],
  [LINE.replace('"gnss"', '"gps"'), 'unknown-value', 'method'],
  [LINE.replace('"batteryPct":81', '"batteryPct":181'), 'out-of-range', 'batteryPct'],
  [LINE.replace('"subject":"S1",', ''), 'missing-field', 'subject'],
])('K3 %s is refused with what and where', (line, code, where) => {
  expect(decodeLogLine(line)).toMatchObject({ ok: false, error: { code, where } });
});

test('K4 a profile on the log carries no name, and no number to call', () => {
  const line =
    '{"type":"profile","at":"2026-03-01T00:00:00.000Z","profile":{"id":"S1","name":"测试人员","office":"o","contacts":[{"whom":"guarantor","name":"测试家属","phone":"000-0001"}]}}';
  const event = decoded(line);
  expect(event).toMatchObject({
    profile: { contacts: [{ whom: 'guarantor', name: '测试家属', phone: '000-0001' }] },
  });
  expect(encodeLogEvent(event)).not.toMatch(/测试|000-0001/);
});

test('K5 every fault of a roster is listed with its path', () => {
  const result = decodeRoster({
    subjects: [
      { id: 'S1', grade: 'harsh', devices: [{ id: 'D1', kind: 'phone', intervalS: 0 }] },
      {
        id: 'S1',
        devices: [{ id: 'D1', kind: 'phone' }],
        curfews: [{ zone: 'home', days: [8], from: '25:00', to: '06:00' }],
      },
    ],
  });
  expect(result.ok).toBe(false);
  if (result.ok) return;
  expect(result.error.map((fault) => fault.where)).toEqual([
    'subjects[0].grade',
    'subjects[0].devices[0].intervalS',
    'subjects[1].curfews[0].days',
    'subjects[1].curfews[0].from',
    'subjects[1].id',
    'subjects[1].devices[0].id',
  ]);
});

test('K5 a device may move from one subject to another', () => {
  const devices = (from: string | null, until: string | null) => [
    { id: 'D1', kind: 'phone', intervalS: 60, from, until },
  ];
  const result = decodeRoster({
    subjects: [
      { id: 'S1', devices: devices(null, '2026-03-01T00:00:00Z') },
      { id: 'S2', devices: devices('2026-03-01T00:00:00Z', null) },
    ],
  });
  expect(result.ok).toBe(true);
  if (result.ok) expect(decodeRoster(encodeRoster(result.value))).toEqual(result);
});

test('K6 swapped coordinates of a zone are named as such', () => {
  const result = decodeZones({
    type: 'FeatureCollection',
    features: [
      {
        type: 'Feature',
        id: 'z',
        geometry: { type: 'Point', coordinates: [23.5, 116.4] },
        properties: { radiusM: 10 },
      },
    ],
  });
  expect(result).toMatchObject({
    ok: false,
    error: [{ code: 'bad-coordinates', where: 'features[0].geometry.coordinates' }],
  });
});

test('K7 the narrowest policy wins', () => {
  const document = {
    default: { silenceMinS: 1, silenceIntervals: 1 },
    grades: { strict: { silenceMinS: 2 } },
    organisations: { '4452': { silenceMinS: 3 }, '4452/a': { silenceMinS: 4 } },
    keyPeriods: [{ fromMs: 10, untilMs: 20, policy: { silenceMinS: 5 } }],
  };
  expect(policyFor(document, 'relaxed', 'x', 0)).toEqual({
    ...DEFAULT_POLICY,
    silenceMinS: 1,
    silenceIntervals: 1,
  });
  expect(policyFor(document, 'strict', 'x', 0).silenceMinS).toBe(2);
  expect(policyFor(document, 'strict', '4452/b', 0).silenceMinS).toBe(3);
  expect(policyFor(document, 'strict', '4452/a/c', 9).silenceMinS).toBe(4);
  expect(policyFor(document, 'strict', '4452/a/c', 10).silenceMinS).toBe(5);
  expect(policyFor(document, 'strict', '44521', 0).silenceMinS).toBe(2);
});

/** Values of org.apache.kafka.common.utils.UtilsTest.testMurmur2. */
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('K8 murmur2(%s) is what Kafka says', (text, hash) => {
  expect(murmur2(new TextEncoder().encode(text))).toBe(hash);
  expect(partitionOf(text, 6)).toBe((hash & 0x7fffffff) % 6);
});

test('K9 a line that is taken can be kept by every store', () => {
  const given = { type: 'position', subject: 'S', device: 'D', at: '2026-03-01T00:00:00Z', lat: 1, lon: 2 };
  const wrong: Record<string, unknown>[] = [
    { subject: 'S\u0000' },
    { device: '\ud800' },
    { sequence: 1.5 },
    { at: '0000-12-31T23:59:59Z' },
    { at: '0001-01-01T00:00:00+01:00' },
    { at: '9999-12-31T23:59:59-01:00' },
  ];
  expect(decodeLogEvent(given).ok).toBe(true);
  for (const change of wrong) expect(decodeLogEvent({ ...given, ...change })).toMatchObject({ ok: false });
});
