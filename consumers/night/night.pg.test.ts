import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../alerts/ledger.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { createPostgresLog } from '../../src/adapters/postgres-log.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import { type LogEvent, noContactOf, partitionKeyOf, receiptOf } from '../../src/kernel/log-event.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import { partitionOf } from '../../src/kernel/partition.ts';
import { EMPTY_POLICY_DOCUMENT } from '../../src/kernel/policy.ts';
import type { ObservationLog } from '../../src/ports/observation-log.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createDetector, type Detector } from '../detector/detector.ts';
import { AT, circle, fix, minutes, person, phone, range, ticks } from '../detector/story.testing.ts';
import { inTrueOrder } from '../detector/true-order.ts';
import { runNight } from './night.ts';
import { createNightWatch, horizonOf } from './night-watch.ts';

const logger = createLogger('silent');
const DAY = 24 * 60;
let own: TestDatabase;
let log: ObservationLog;
let detectors: Detector[];
beforeEach(async () => {
  own = await createTestDatabase();
  const opened = await createPostgresLog({ database: own.database, partitions: 2, logger });
  if (!opened.ok) throw new Error(opened.error);
  log = opened.value;
  detectors = range(0, 2).map(() => createDetector());
});
afterEach(async () => {
  await log.close();
  await own.drop();
});
const night = (horizonMs: number) =>
  runNight({ log, database: own.database, ledger: openLedger(own.database), logger }, horizonMs);

/** Onto the log and through the detectors into the ledger, as the service does; in the order of receipt. */
async function live(events: readonly LogEvent[]): Promise<void> {
  const ledger = openLedger(own.database);
  const waiting = [...events].sort((a, b) => receiptOf(a) - receiptOf(b));
  for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
    const key = partitionKeyOf(event);
    const line = encodeLogEvent(event);
    if (key === null) await log.appendToAll(line);
    else await log.append([{ key, line }]);
    const alerts: AlertEvent[] = [];
    const sightings: LogEvent[] = [];
    for (const [n, detector] of detectors.entries()) {
      const isHere = key === null || homeOf(key) === n;
      if (isHere)
        detector.apply(
          event,
          (alert) => alerts.push(alert),
          (sighting) => sightings.push(sighting),
        );
    }
    await ledger.append(alerts);
    waiting.unshift(...sightings);
  }
}
const homeOf = (key: string) => partitionOf(key, 2);

/** What the ledger says in the end: `S1 out-of-bounds 10 15`, begin and end in minutes. */
async function standing(): Promise<string[]> {
  const { rows } = await own.database.query<{
    subject: string;
    kind: string;
    started_at: Date;
    cleared_at: Date | null;
  }>({
    text: `SELECT subject, kind, started_at, cleared_at FROM alerts WHERE state <> 'retracted' ORDER BY subject, started_at, kind`,
    values: [],
  });
  const minute = (at: Date | null) =>
    at === null ? '–' : String(Math.round((at.getTime() - AT) / 6000) / 10);
  return rows.map(
    ({ subject, kind, started_at, cleared_at }) =>
      `${subject} ${kind} ${minute(started_at)} ${minute(cleared_at)}`,
  );
}

const SETTING: LogEvent[] = [
  { type: 'zone', atMs: AT, zone: circle('home') },
  ...['S1', 'S2'].map(
    (id): LogEvent => ({
      type: 'profile',
      atMs: AT,
      profile: person({ id, devices: [phone(`D-${id}`, { intervalS: 300 })] }),
    }),
  ),
];
const at = (subject: string, minute: number, metres: number, lateMin = 0) =>
  fix(minute, metres, { subject, device: `D-${subject}`, receivedMs: minutes(minute + lateMin) + 1000 });
/** Every five minutes; out between the given minutes; what lies in the gap comes at its end. */
const walk = (
  subject: string,
  from: number,
  until: number,
  out: [number, number],
  gap: [number, number] = [0, 0],
) =>
  range(from / 5, until / 5).map((n) => {
    const minute = n * 5;
    const isStored = minute >= gap[0] && minute < gap[1];
    return at(
      subject,
      minute,
      (minute >= out[0] && minute < out[1] ? 5000 : 0) + (n % 3) * 5,
      isStored ? gap[1] - minute : 0,
    );
  });

test('N1 what came hours late, out of its order, is in its place after the night, and repeating it tells nothing', async () => {
  const facts = [
    ...walk('S1', 0, 300, [60, 90]),
    // Seen at home at 200 already when the stored ones of 100 to 190 come, between which was a way out.
    ...walk('S2', 0, 300, [120, 150], [100, 195]).map((event) =>
      event.atMs === minutes(195) ? { ...event, receivedMs: minutes(194) } : event,
    ),
  ];
  const all = [...SETTING, ...facts, ...ticks(0, 300)];
  await live(all);
  const report = await night(minutes(300));
  expect(report.opened + report.updated + report.retracted).toBeGreaterThan(0);
  const truth: AlertEvent[] = [];
  for (const subject of ['S1', 'S2']) {
    const detector = createDetector();
    for (const event of inTrueOrder(all, { default: {}, grades: {}, organisations: {}, keyPeriods: [] })) {
      const key = partitionKeyOf(event);
      if (key === null || key === subject) detector.apply(event, (alert) => truth.push(alert));
    }
  }
  expect((await standing()).length).toBe(truth.filter(({ state }) => state === 'opened').length);
  expect(await standing()).toContain('S2 out-of-bounds 120 150');
  expect(await night(minutes(300))).toEqual({ opened: 0, updated: 0, retracted: 0 });
});

test('N2 a night that broke off before it was kept is repeated, and tells nothing twice', async () => {
  await live([
    ...SETTING,
    ...walk('S2', 0, 300, [120, 150], [100, 295]),
    ...walk('S1', 0, 300, [0, 0]),
    ...ticks(0, 300),
  ]);
  await night(minutes(300));
  const before = await standing();
  await own.database.query({ text: 'DELETE FROM true_states', values: [] });
  await own.database.query({ text: 'DELETE FROM nights', values: [] });
  expect(await night(minutes(300))).toEqual({ opened: 0, updated: 0, retracted: 0 });
  expect(await standing()).toEqual(before);
});

test('N2 a night whose words did not reach the ledger is repeated, and tells them', async () => {
  // So late that the live detector has no place for them.
  await live([
    ...SETTING,
    ...walk('S1', 0, 30, [0, 0]),
    ...walk('S1', 60, 150, [0, 0]),
    ...range(6, 12).map((n) => at('S1', n * 5, 5000, 146 - n * 5)),
    ...walk('S2', 0, 150, [0, 0]),
  ]);
  const ledger = {
    append: (events: readonly AlertEvent[]) =>
      events.length === 0 ? Promise.resolve(0) : Promise.reject(new Error('away')),
  };
  await expect(runNight({ log, database: own.database, ledger, logger }, minutes(150))).rejects.toThrow(
    'away',
  );
  expect(await standing()).toEqual([]);
  await night(minutes(150));
  expect(await standing()).toEqual(['S1 out-of-bounds 30 60']);
});

test('N5 what began before the horizon and was told, or had ended and was seen to, after it stands', async () => {
  await live([
    ...SETTING,
    // Silent from 50 on, which is told a quarter of an hour later.
    ...walk('S1', 0, 55, [0, 0]),
    ...walk('S1', 80, 120, [0, 0]),
    // Home again by a fix of 59 that came after the horizon.
    ...walk('S2', 0, 58, [30, 58]),
    fix(59, 0, { subject: 'S2', device: 'D-S2', receivedMs: minutes(60) + 30_000 }),
    fix(59.2, 0, { subject: 'S2', device: 'D-S2', receivedMs: minutes(60) + 31_000 }),
    ...walk('S2', 65, 120, [0, 0]),
    ...ticks(0, 120),
  ]);
  const before = await standing();
  expect(before).toEqual(['S1 silent 50 80', 'S2 out-of-bounds 30 59']);
  expect(await night(minutes(60))).toEqual({ opened: 0, updated: 0, retracted: 0 });
  expect(await night(minutes(120))).toEqual({ opened: 0, updated: 0, retracted: 0 });
  expect(await standing()).toEqual(before);
});

test('N6 a day that was opened again is kept as it ended then: the night after next begins from that', async () => {
  await live([
    ...SETTING,
    ...walk('S1', 0, 30, [0, 0]),
    ...walk('S1', 60, 90, [60, 75]),
    ...walk('S2', 0, 90, [0, 0]),
    ...ticks(0, 90),
  ]);
  await night(minutes(60));
  // Of the first hour, in the second: out already from 30 on.
  await live([
    ...range(6, 12).map((n) => at('S1', n * 5, 5000, 95 - n * 5)),
    ...walk('S1', 100, 120, [0, 0]),
    ...walk('S2', 95, 120, [0, 0]),
    ...ticks(90, 120),
  ]);
  await night(minutes(120));
  expect(await standing()).toEqual(['S1 out-of-bounds 30 75']);
  // Of the second hour, in the third: the first is not opened again.
  await live([
    at('S2', 92, 0, 40),
    ...walk('S1', 120, 180, [0, 0]),
    ...walk('S2', 120, 180, [0, 0]),
    ...ticks(120, 180),
  ]);
  expect(await night(minutes(180))).toEqual({ opened: 0, updated: 0, retracted: 0 });
  expect(await standing()).toEqual(['S1 out-of-bounds 30 75']);
});

test('N7 a word of the live detector after the night’s own is put right, and the alert stands', async () => {
  await live([...SETTING, ...walk('S1', 0, 180, [20, 40]), ...walk('S2', 0, 180, [0, 0]), ...ticks(0, 180)]);
  await night(minutes(60));
  await night(minutes(120));
  const [known] = await own.database
    .query<{ alert: string; version: number }>({
      text: `SELECT alert, version FROM alerts WHERE kind = 'out-of-bounds'`,
      values: [],
    })
    .then(({ rows }) => rows);
  if (known === undefined) throw new Error('nobody was out');
  const last = {
    ...known,
    subject: 'S1',
    kind: 'out-of-bounds',
    state: 'cleared',
    severity: 'high',
  } as const;
  await openLedger(own.database).append([
    {
      ...last,
      version: known.version + 1,
      startedAtMs: minutes(20),
      detectedAtMs: minutes(170),
      clearedAtMs: minutes(170),
      zone: null,
      device: null,
      confidence: 1,
      late: false,
      reason: '测试',
      reasonEn: 'test',
      evidence: [],
    },
  ]);
  expect(await standing()).toEqual(['S1 out-of-bounds 20 170']);
  expect(await night(minutes(180))).toEqual({ opened: 0, updated: 1, retracted: 0 });
  expect(await standing()).toEqual(['S1 out-of-bounds 20 40']);
});

test('N3 a fact of the day before yesterday opens that day again', async () => {
  const missing = range(100, 130).filter((n) => n % 5 === 0);
  const dayOne = walk('S1', 0, DAY, [0, 0]).filter(({ atMs }) => !missing.includes((atMs - AT) / 60_000));
  await live([...SETTING, ...dayOne, ...walk('S2', 0, DAY, [0, 0])]);
  await night(minutes(DAY));
  await live([...walk('S1', DAY, 2 * DAY, [0, 0]), ...walk('S2', DAY, 2 * DAY, [0, 0])]);
  await night(minutes(2 * DAY));
  expect(await standing()).toEqual([]);
  await live([
    ...missing.map((minute) => at('S1', minute, 5000, 2 * DAY + 60 - minute)),
    ...walk('S1', 2 * DAY, 3 * DAY, [0, 0]),
    ...walk('S2', 2 * DAY, 3 * DAY, [0, 0]),
  ]);
  expect(await standing()).toEqual([]);
  // Opened, and ended.
  expect(await night(minutes(3 * DAY))).toEqual({ opened: 1, updated: 1, retracted: 0 });
  expect(await standing()).toEqual(['S1 out-of-bounds 100 130']);
});

test('N4 a state that this program can not read is made anew', async () => {
  await live([...SETTING, ...walk('S1', 0, 300, [60, 90]), ...walk('S2', 0, 300, [0, 0])]);
  await night(minutes(200));
  await own.database.query({
    text: `UPDATE true_states SET state = '\\x789cab562a4b2d2acecccf53b232ac0500223604ae'`,
    values: [],
  });
  await expect(night(minutes(300))).resolves.toEqual({ opened: 0, updated: 0, retracted: 0 });
});

test('N4 without a state that it can read, and with a log that has lost its begin, a night withdraws nothing', async () => {
  await live([...SETTING, ...walk('S1', 0, 200, [190, 200]), ...walk('S2', 0, 200, [0, 0])]);
  await night(minutes(180));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await log.trim(Date.now());
  await live([...walk('S1', 200, 300, [200, 230]), ...walk('S2', 200, 300, [0, 0])]);
  const before = await standing();
  expect(before).toEqual(['S1 out-of-bounds 190 230']);
  await own.database.query({ text: 'DELETE FROM true_states', values: [] });
  expect(await night(minutes(300))).toEqual({ opened: 0, updated: 0, retracted: 0 });
  expect(await standing()).toEqual(before);
});

test('N1 due once a local day, after three; made up for later; one at a time', async () => {
  const beijing = (text: string) => Date.parse(`${text}+08:00`);
  expect(horizonOf(beijing('2026-03-02T03:00:00'), 'Asia/Shanghai')).toBe(beijing('2026-03-02T00:00:00'));
  expect(horizonOf(beijing('2026-03-02T02:59:59'), 'Asia/Shanghai')).toBe(beijing('2026-03-01T00:00:00'));
  expect(horizonOf(beijing('2026-03-02T23:59:59'), 'Asia/Shanghai')).toBe(beijing('2026-03-02T00:00:00'));
  const done: number[] = [];
  const watch = createNightWatch({
    database: own.database,
    logger,
    work: async (horizonMs) => {
      done.push(horizonMs);
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
  });
  for (const text of [
    '2026-03-02T04:00:00',
    '2026-03-02T04:00:10',
    '2026-03-02T20:00:00',
    '2026-03-05T01:00:00',
  ]) {
    watch.look(beijing(text));
    watch.look(beijing(text));
    await watch.settle();
  }
  expect(done).toEqual([beijing('2026-03-02T00:00:00'), beijing('2026-03-04T00:00:00')]);
});

describe('N8 who must not meet', () => {
  // Those two, whose own partitions are not the same.
  const other = ['S2', 'S3', 'S4', 'S5'].find((id) => homeOf(id) !== homeOf('S1')) ?? '';
  const setting: LogEvent[] = ['S1', other].flatMap((id): LogEvent[] => {
    const profile = person({
      id,
      devices: [phone(`D-${id}`, { intervalS: 300 })],
      zones: [],
      noContact: id === 'S1' ? [other] : [],
    });
    return [{ type: 'profile', atMs: AT, profile }, ...(id === 'S1' ? [noContactOf(profile, AT)] : [])];
  });
  const meetings = async () => (await standing()).filter((line) => line.includes('gathering'));
  /** As the facts say in their order. */
  const truthOf = (events: readonly LogEvent[]) => {
    const newest = new Map<string, AlertEvent>();
    const note = (alert: AlertEvent) => newest.set(alert.alert, alert);
    const detector = createDetector();
    for (const event of inTrueOrder(events, EMPTY_POLICY_DOCUMENT))
      detector.apply(event, note, (sighting) => detector.apply(sighting, note));
    return [...newest.values()].filter(({ kind }) => kind === 'gathering').map(({ alert }) => alert);
  };
  const told = async () => {
    const { rows } = await own.database.query<{ alert: string }>({
      text: `SELECT alert FROM alerts WHERE kind = 'gathering' AND state <> 'retracted' ORDER BY started_at`,
      values: [],
    });
    return rows.map(({ alert }) => alert);
  };

  test('N8 a meeting that only stored fixes show is told by the night, and one that they disprove is withdrawn', async () => {
    const together = [...walk('S1', 0, 240, [0, 0]), ...walk(other, 0, 240, [120, 180], [20, 235])];
    // Seen together every ten minutes, and what came later says that they were apart between.
    const apart = [
      ...walk('S1', 300, 400, [0, 0]),
      ...range(0, 10).map((n) => at(other, 300 + n * 10, 0)),
      ...range(0, 10).map((n) => at(other, 305 + n * 10, 5000, 200)),
    ];
    const all = [...setting, ...together, ...apart, ...ticks(0, 620)];
    await live(all);
    const before = await meetings();
    expect(before.length).toBeGreaterThan(0);
    expect(await told()).not.toEqual(truthOf(all));
    const report = await night(minutes(600));
    expect(report.opened).toBeGreaterThan(0);
    expect(report.retracted).toBeGreaterThan(0);
    expect(await told()).toEqual(truthOf(all));
    expect(await meetings()).toEqual(['S1 gathering 0 120', 'S1 gathering 180 –']);
    expect(await night(minutes(600))).toEqual({ opened: 0, updated: 0, retracted: 0 });
  });

  test('N8 N3 N6 each night goes on from what the one before has kept, also where an earlier day is opened again', async () => {
    const days = [
      [...walk('S1', 0, 100, [0, 0]), ...walk(other, 0, 100, [30, 100])],
      // Of the first part, later than its night: there all the time from 30 on.
      [
        ...walk('S1', 100, 200, [0, 0]),
        ...walk(other, 100, 200, [0, 0]),
        ...range(6, 20).map((n) => at(other, n * 5 + 1, 0, 150 - n * 5)),
      ],
      [...walk('S1', 200, 300, [0, 0]), ...walk(other, 200, 300, [250, 300])],
      [...walk('S1', 300, 400, [0, 0]), ...walk(other, 300, 400, [0, 0])],
    ];
    const all: LogEvent[] = [...setting];
    for (const [n, facts] of days.entries()) {
      const part = [...(n === 0 ? setting : []), ...facts, ...ticks(n * 100, n * 100 + 100)];
      all.push(...part);
      await live(part);
      await night(minutes((n + 1) * 100));
    }
    await live([...walk('S1', 400, 420, [0, 0]), ...walk(other, 400, 420, [0, 20]), ...ticks(400, 420)]);
    expect(await night(minutes(420))).toEqual({ opened: 0, updated: 0, retracted: 0 });
    expect(await told()).toEqual(truthOf(all));
  });

  test('N8 a night that broke off before the meetings is repeated, and tells them', async () => {
    await live([
      ...setting,
      ...walk('S1', 0, 240, [0, 0]),
      ...walk(other, 0, 240, [120, 180], [20, 235]),
      ...ticks(0, 240),
    ]);
    const ledger = {
      append: async (events: readonly AlertEvent[]) => {
        if (events.some(({ kind }) => kind === 'gathering')) throw new Error('away');
        return openLedger(own.database).append(events);
      },
    };
    await expect(runNight({ log, database: own.database, ledger, logger }, minutes(240))).rejects.toThrow(
      'away',
    );
    expect(await meetings()).not.toContain('S1 gathering 0 120');
    await night(minutes(240));
    expect(await meetings()).toContain('S1 gathering 0 120');
  });

  test('N8 the first night that knows of meetings goes on from the partitions’, and takes back nothing of before', async () => {
    await live([
      ...setting,
      ...walk('S1', 0, 200, [0, 0]),
      ...walk(other, 0, 200, [100, 200]),
      ...ticks(0, 200),
    ]);
    await night(minutes(200));
    expect(await meetings()).toEqual(['S1 gathering 0 105']);
    await own.database.query({ text: 'DELETE FROM true_states WHERE partition < 0', values: [] });
    await live([
      ...walk('S1', 200, 300, [0, 0]),
      ...walk(other, 200, 300, [0, 0], [210, 295]),
      ...ticks(200, 300),
    ]);
    await night(minutes(300));
    expect(await meetings()).toEqual(['S1 gathering 0 105', 'S1 gathering 205 –']);
  });
});
