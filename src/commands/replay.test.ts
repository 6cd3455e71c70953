import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { createDetector } from '../../consumers/detector/detector.ts';
import { type AlertEvent, encodeAlertEvent } from '../kernel/alert-event.ts';
import { decodeLogLine } from '../kernel/log-line.ts';
import { runReplay } from './replay.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'wardline-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(content: unknown, ending = '.json'): string {
  const path = join(folder, `${files++}${ending}`);
  writeFileSync(
    path,
    typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
  );
  return path;
}

const AT = Date.parse('2026-03-02T00:00:00Z');
const at = (seconds: number) => new Date(AT + seconds * 1000).toISOString();
const ROSTER = {
  subjects: [
    {
      id: 'S1',
      name: '测试人员一',
      office: '445281/office-01',
      grade: 'standard',
      devices: [{ id: 'D1', kind: 'phone', feed: 'F1', intervalS: 60, from: at(-86_400), until: null }],
      zones: [{ zone: 'home', rule: 'stay-in', bufferM: 0, schedule: null }],
    },
  ],
  timeZone: 'Asia/Shanghai',
};
const ZONES = {
  type: 'FeatureCollection',
  features: [
    {
      type: 'Feature',
      id: 'home',
      properties: { radiusM: 1000 },
      geometry: { type: 'Point', coordinates: [116.3, 23.5] },
    },
  ],
};
const roster = file(ROSTER);
const zones = file(ZONES, '.geojson');

const position = (seconds: number, eastDeg: number, more: object = {}) => ({
  type: 'position',
  subject: 'S1',
  device: 'D1',
  at: at(seconds),
  received: at(seconds + 2),
  lat: 23.5,
  lon: 116.3 + eastDeg,
  accuracyM: 10,
  ...more,
});
const ndjson = (...lines: object[]) => `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
/** Home, out at minute 3, home at minute 8. */
const WALK = Array.from({ length: 12 }, (_, i) => position(i * 60, i >= 3 && i < 8 ? 0.05 : 0));

function collect() {
  let text = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      text += String(chunk);
      done();
    },
  });
  return { stream, text: () => text };
}

async function replay(observations: string | Buffer, more: string[] = [], ending = '.ndjson') {
  const path = file(observations, ending);
  const [out, err] = [collect(), collect()];
  const argv = ['--roster', roster, '--zones', zones, '--observations', path, ...more];
  const code = await runReplay(argv, { stdout: out.stream, stderr: err.stream });
  return {
    code,
    path,
    stdout: out.text(),
    stderr: err.text(),
    alerts: out
      .text()
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  };
}

test('R1 alert events on stdout, keys as in the contract; the summary on stderr', async () => {
  const { code, alerts, stderr } = await replay(ndjson(...WALK));
  expect(code).toBe(0);
  expect(
    alerts.map(({ kind, state, startedAt, clearedAt }) => [kind, state, clearedAt ?? startedAt]),
  ).toEqual([
    ['out-of-bounds', 'opened', at(180)],
    ['out-of-bounds', 'cleared', at(480)],
  ]);
  expect(Object.keys(alerts[0])).toEqual(
    'alert version subject kind state severity startedAt detectedAt clearedAt zone device confidence late reason reasonEn evidence'.split(
      ' ',
    ),
  );
  expect(alerts[0].detectedAt).toBe(at(242));
  expect(stderr).toMatch(
    /observations 12\nseconds [\d.]+\nobservations per second \d+\nalerts 1\n +out-of-bounds +1\n/,
  );
});

test('R2 the same byte for byte: again, gzipped, CRLF, without a last line end, with a byte order mark', async () => {
  const text = ndjson(...WALK);
  const { stdout } = await replay(text);
  expect(stdout).not.toBe('');
  expect((await replay(text)).stdout).toBe(stdout);
  expect((await replay(gzipSync(text), [], '.ndjson.gz')).stdout).toBe(stdout);
  expect((await replay(text.replaceAll('\n', '\r\n'))).stdout).toBe(stdout);
  expect((await replay(text.trimEnd())).stdout).toBe(stdout);
  expect((await replay(`\ufeff${text}`)).stdout).toBe(stdout);
});

describe('R3 bad lines', () => {
  const bad = '{"type":"position","subject":"S1","device":"D1","at":"yesterday","lat":1,"lon":1}';
  const text = `${ndjson(...WALK.slice(0, 6))}\n${bad}\n${ndjson(...WALK.slice(6))}`;

  test('R3 exit 2 with file, line and reason; what came before stands, nothing after', async () => {
    const { code, path, alerts, stderr } = await replay(text);
    expect(code).toBe(2);
    // The empty line counts as a line.
    expect(stderr).toContain(`${path}:8: at: must be an ISO 8601 time`);
    expect(alerts.map(({ state }) => state)).toEqual(['opened']);
  });

  test('R3 --skip-bad counts them and goes on', async () => {
    const { code, alerts, stderr } = await replay(text, ['--skip-bad']);
    expect(code).toBe(0);
    expect(stderr).toContain('observations 12 (1 bad lines skipped)');
    expect(alerts.map(({ state }) => state)).toEqual(['opened', 'cleared']);
  });

  test.each(['{', '[]', '{"type":"positon"}', 'null', '{"type":"tick"}'])('R3 %s is one', async (line) => {
    expect((await replay(`${ndjson(...WALK)}${line}\n`)).code).toBe(2);
  });
});

describe('R4 ticks', () => {
  const silentAt = async (lines: object[], more: string[] = []) =>
    (await replay(ndjson(...lines), more)).alerts
      .filter(({ kind }) => kind === 'silent')
      .map(({ detectedAt }) => detectedAt);

  test('R4 made every tickSeconds of receipt time', async () => {
    // Received at second 2, silent after 900 s: found by the first tick of the ten-second grid after that.
    expect(await silentAt([position(0, 0), position(3000, 0)])).toEqual([at(910), at(3002)]);
    const policy = file({ default: { tickSeconds: 60 } });
    expect(await silentAt([position(0, 0), position(3000, 0)], ['--policy', policy])).toEqual([
      at(960),
      at(3002),
    ]);
  });

  test('R4 up to --until, and not beyond', async () => {
    expect(await silentAt([position(0, 0)])).toEqual([]);
    expect(await silentAt([position(0, 0)], ['--until', at(905)])).toEqual([]);
    expect(await silentAt([position(0, 0)], ['--until', at(910)])).toEqual([at(910)]);
  });

  test('R4 a file with ticks has its own only, and those up to --until after its last', async () => {
    const ticks = [position(0, 0), ...[15, 30, 45].map((s) => ({ type: 'tick', at: at(s) }))];
    expect(await silentAt([...ticks, position(3000, 0)])).toEqual([]);
    expect(await silentAt(ticks, ['--until', at(1000)])).toEqual([at(910)]);
  });

  test('R4 a subject that is called tick makes no ticks', async () => {
    expect(await silentAt([position(0, 0, { subject: 'tick' }), position(0, 0), position(3000, 0)])).toEqual([
      at(910),
      at(3002),
    ]);
  });
});

describe('R5 what is in force', () => {
  const entry = ROSTER.subjects[0];

  test('R5 lines that say the same again change nothing', async () => {
    const same = [
      { type: 'calendar', at: at(200), calendar: { days: {}, timeZone: 'Asia/Shanghai' } },
      { type: 'policy', at: at(200), policy: {} },
      { type: 'zone', at: at(200), zone: ZONES.features[0] },
      { type: 'profile', at: at(200), profile: { ...entry, name: undefined } },
    ];
    const plain = await replay(ndjson(...WALK));
    expect((await replay(ndjson(...WALK.slice(0, 4), ...same, ...WALK.slice(4)))).stdout).toBe(plain.stdout);
  });

  test('R5 others do: a profile that no longer binds ends the alert', async () => {
    const free = { type: 'profile', at: at(290), profile: { ...entry, zones: [] } };
    const { alerts } = await replay(ndjson(...WALK.slice(0, 5), free, ...WALK.slice(5)));
    expect(alerts.map(({ state, detectedAt }) => [state, detectedAt])).toEqual([
      ['opened', at(242)],
      ['cleared', at(290)],
    ]);
  });

  test('R5 says what a detector says that was given the same lines, profile and zone lines and all', async () => {
    const lines = [
      { type: 'calendar', at: at(-5), calendar: { days: {}, timeZone: 'Asia/Shanghai' } },
      { type: 'policy', at: at(-5), policy: {} },
      { type: 'zone', at: at(-5), zone: ZONES.features[0] },
      { type: 'profile', at: at(-5), profile: entry },
      ...WALK.flatMap((line, i) => [line, { type: 'tick', at: at(i * 60 + 30) }]),
      { type: 'feed', feed: 'F1', at: at(800), status: 'down' },
      ...Array.from({ length: 200 }, (_, i) => ({ type: 'tick', at: at(800 + i * 10) })),
      { type: 'feed', feed: 'F1', at: at(2800), status: 'up' },
      ...Array.from({ length: 100 }, (_, i) => ({ type: 'tick', at: at(2800 + i * 10) })),
    ];
    const detector = createDetector();
    const live: AlertEvent[] = [];
    for (const line of lines) {
      const decoded = decodeLogLine(JSON.stringify(line));
      if (!decoded.ok) throw new Error(decoded.error.message);
      detector.apply(decoded.value, (alert) => live.push(alert));
    }
    expect(live.map(({ kind }) => kind)).toEqual([
      'out-of-bounds',
      'out-of-bounds',
      'feed-outage',
      'feed-outage',
      'silent',
    ]);
    expect((await replay(ndjson(...lines))).stdout).toBe(
      live.map((alert) => `${encodeAlertEvent(alert)}\n`).join(''),
    );
  });

  test('R5 without a feed line the states of feeds are made as the running service makes them', async () => {
    const people = Array.from({ length: 12 }, (_, i) => ({
      ...entry,
      id: `P${i}`,
      devices: [{ ...entry?.devices[0], id: `E${i}` }],
    }));
    const many = file({ subjects: people });
    const heard = (s: number) =>
      people.map((_, i) => ({ ...position(s, 0), subject: `P${i}`, device: `E${i}`, received: at(s + 2) }));
    const lines = [...heard(0), ...heard(60), ...heard(120), ...heard(1800), ...heard(1860)];
    const { alerts } = await replay(ndjson(...lines), ['--roster', many, '--until', at(1900)]);
    expect(alerts.map(({ kind, state, subject }) => [kind, state, subject])).toEqual([
      ['feed-outage', 'opened', 'F1'],
      ['feed-outage', 'cleared', 'F1'],
    ]);
    // One that says so itself is believed instead.
    const said = { type: 'feed', feed: 'F2', at: at(0), status: 'up' };
    expect(
      (await replay(ndjson(said, ...lines), ['--roster', many, '--until', at(1900)])).alerts.map(
        ({ kind }) => kind,
      ),
    ).toEqual(Array.from({ length: 24 }, () => 'silent'));
  });

  test('R5 the policy of the file is in force', async () => {
    const policy = file({ grades: { standard: { outsideProbability: 0.999_999 } } });
    const near = WALK.map((line, i) => (i >= 3 && i < 8 ? position(i * 60, 0.01) : line));
    expect((await replay(ndjson(...near))).alerts).toHaveLength(2);
    expect((await replay(ndjson(...near), ['--policy', policy])).alerts).toHaveLength(0);
  });
});

test('R6 a receipt time that runs back makes no tick and moves no time back', async () => {
  const { code, alerts } = await replay(
    ndjson(position(1000, 0), position(0, 0), position(1060, 0.05), position(1120, 0.05)),
  );
  expect(code).toBe(0);
  expect(alerts.map(({ detectedAt }) => detectedAt)).toEqual([at(1122)]);
});

describe('R7 faults of the call', () => {
  async function call(argv: string[]) {
    const [out, err] = [collect(), collect()];
    const code = await runReplay(argv, { stdout: out.stream, stderr: err.stream });
    return { code, stdout: out.text(), stderr: err.text() };
  }

  test('R7 unknown and missing options', async () => {
    expect(await call(['--rooster', roster])).toMatchObject({ code: 2, stdout: '' });
    const { stderr } = await call(['--roster', roster]);
    expect(stderr).toMatch(/--zones is missing[\s\S]*--observations is missing[\s\S]*usage: wardline replay/);
    expect(
      (await call(['--roster', roster, '--zones', zones, '--observations', zones, '--until', 'noon'])).stderr,
    ).toContain('--until');
  });

  test('R7 all faults of all files at once', async () => {
    const badRoster = file({
      subjects: [
        {
          id: 'S1',
          grade: 'harsh',
          devices: [{ id: 'D1', kind: 'drone' }],
          zones: [{ zone: 'x', rule: 'stay' }],
        },
      ],
    });
    const badPolicy = file({ default: { outsideProbabilty: 0.9 } });
    const badZones = file({
      type: 'FeatureCollection',
      features: [{ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [116, 23] } }],
    });
    const missing = join(folder, 'nowhere.ndjson');
    const { code, stdout, stderr } = await call([
      '--roster',
      badRoster,
      '--zones',
      badZones,
      '--policy',
      badPolicy,
      '--observations',
      missing,
    ]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    for (const part of [
      'grade',
      'kind',
      'rule',
      'features[0].id',
      'radiusM',
      'outsideProbabilty',
      'nowhere.ndjson: ENOENT',
    ])
      expect(stderr).toContain(part);
  });

  test('R7 shapes that judge wrongly, and zones that are nowhere', async () => {
    const loop = [
      [116, 23],
      [117, 24],
      [117, 23],
      [116, 24],
      [116, 23],
    ];
    const crossed = file({
      type: 'FeatureCollection',
      features: [
        { type: 'Feature', id: 'far', properties: {}, geometry: { type: 'Polygon', coordinates: [loop] } },
      ],
    });
    const { code, stderr } = await call([
      '--roster',
      roster,
      '--zones',
      crossed,
      '--observations',
      file(ndjson(...WALK)),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('crosses itself');
    expect(stderr).toContain('subjects[0].zones[0].zone: there is no zone "home"');
  });
});

test('R8 a gzip that breaks off: what came before stands, exit 2', async () => {
  const whole = gzipSync(
    ndjson(...WALK, ...Array.from({ length: 20_000 }, (_, i) => position(1000 + i, Math.sin(i) / 1e4))),
  );
  const { code, alerts, stderr } = await replay(whole.subarray(0, whole.length - 5000), [], '.ndjson.gz');
  expect(code).toBe(2);
  expect(stderr).toMatch(/\.ndjson\.gz: after line \d+: /);
  expect(alerts.length).toBeGreaterThan(0);
  expect((await replay('no gzip', [], '.ndjson.gz')).code).toBe(2);
});

test('R9 a closed stdout ends it quietly', async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => [
    position(i * 1200, 0.05),
    position(i * 1200 + 60, 0.05),
    position(i * 1200 + 400, 0),
    position(i * 1200 + 460, 0),
  ]).flat();
  let writes = 0;
  const closed = new Writable({
    write: (_chunk, _encoding, done) => {
      writes++;
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    },
  });
  const err = collect();
  const argv = ['--roster', roster, '--zones', zones, '--observations', file(ndjson(...lines))];
  expect(await runReplay(argv, { stdout: closed, stderr: err.stream })).toBe(0);
  expect(writes).toBe(1);
});

test('R9 a slow stdout gets every line once', async () => {
  const lines = Array.from({ length: 600 }, (_, i) => [
    position(i * 1200, 0.05),
    position(i * 1200 + 60, 0.05),
    position(i * 1200 + 400, 0),
    position(i * 1200 + 460, 0),
  ]).flat();
  const fast = await replay(ndjson(...lines));
  let slow = '';
  const stream = new Writable({
    highWaterMark: 1024,
    write: (chunk, _, done) => {
      slow += String(chunk);
      setImmediate(done);
    },
  });
  const argv = ['--roster', roster, '--zones', zones, '--observations', fast.path];
  expect(await runReplay(argv, { stdout: stream, stderr: collect().stream })).toBe(0);
  expect(slow).toBe(fast.stdout);
  expect(fast.alerts.length).toBeGreaterThan(600);
});
