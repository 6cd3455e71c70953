/** Properties over random stories of three people: moves, jumps, silence, statuses, late and repeated fixes, changed rules. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { type AlertEvent, encodeAlertEvent } from '../../src/kernel/alert-event.ts';
import { DEVICE_STATUSES, isBroadcast, type LogEvent } from '../../src/kernel/log-event.ts';
import { createDetector, type DetectorState } from './detector.ts';
import {
  AT,
  circle,
  fix,
  inOrder,
  minutes,
  person,
  phone,
  play,
  policy,
  square,
  zone,
} from './story.testing.ts';

/** Hundreds of stories each; never a statement about speed. */
vi.setConfig({ testTimeout: 60_000 });

const SUBJECTS = ['S1', 'S2', 'S3'];
const night = { days: [1, 2, 3, 4, 5, 6, 7], from: '08:20', to: '08:10' };

type Step =
  | {
      readonly do: 'fix';
      readonly who: number;
      readonly metres: number;
      readonly accuracyM: number;
      readonly lateS: number;
    }
  | {
      readonly do: 'status';
      readonly who: number;
      readonly code: (typeof DEVICE_STATUSES)[number];
      readonly lateS: number;
    }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'feed'; readonly isDown: boolean }
  | { readonly do: 'rules'; readonly who: number; readonly which: number }
  | { readonly do: 'zone'; readonly which: number }
  | { readonly do: 'policy'; readonly which: number };

const who = fc.integer({ min: 0, max: 2 });
const lateS = fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, fc.constantFrom(-900, -30, 60, 300, 90_000));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('fix' as const),
      who,
      metres: fc.constantFrom(0, 100, 700, 950, 1010, 1500, 4900, 5100, 6000, 80_000),
      accuracyM: fc.constantFrom(5, 12, 30, 200, 1500),
      lateS,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('status' as const),
      who,
      code: fc.constantFrom(...DEVICE_STATUSES),
      lateS,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      seconds: fc.constantFrom(10, 60, 300, 1200, 7200),
    }),
  },
  fc.record({ do: fc.constant('feed' as const), isDown: fc.boolean() }),
  fc.record({ do: fc.constant('rules' as const), who, which: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ do: fc.constant('zone' as const), which: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ do: fc.constant('policy' as const), which: fc.integer({ min: 0, max: 2 }) }),
);

function profileOf(id: string, which: number, atMs: number): LogEvent {
  const stay = { zone: 'home', rule: 'stay-in', bufferM: 0, schedule: null } as const;
  const out = { zone: 'school', rule: 'keep-out', bufferM: 50, schedule: null } as const;
  const permit = { id: 'P1', fromMs: atMs, untilMs: atMs + 3_600_000, destination: null, returnedAtMs: null };
  const rules = [
    { zones: [stay] },
    { zones: [stay, out] },
    { zones: [{ ...stay, schedule: night }, out] },
    { zones: [stay, out], permits: [permit] },
    { zones: [stay], permits: [{ ...permit, destination: 'school' }] },
    {
      zones: [stay],
      devices: [phone(`D-${id}`, { untilMs: atMs + 600_000 }), phone(`E-${id}`, { fromMs: atMs })],
    },
  ][which];
  return {
    type: 'profile',
    atMs,
    profile: person({ id, devices: [phone(`D-${id}`), phone(`E-${id}`, { feed: 'F2' })], ...rules }),
  };
}

const ZONES = [circle('school', 500, 5000), square('school', 800, 5000), circle('home', 1200)];
const POLICIES = [{}, { silenceMinS: 300 }, { outsideProbability: 0.9, insideProbability: 0.8 }];

/** Steps as a log: ticks every ten seconds while time passes (none for two hours: our own blindness). */
function storyOf(steps: readonly Step[]): LogEvent[] {
  const events: LogEvent[] = [
    zone(0, circle('home')),
    zone(0, circle('school', 500, 5000)),
    ...SUBJECTS.slice(0, 2).map((id) => profileOf(id, 1, AT)),
  ];
  let nowMs = AT;
  for (const item of steps) {
    nowMs += 1000;
    switch (item.do) {
      case 'wait':
        if (item.seconds <= 1200)
          for (let s = 10; s <= item.seconds; s += 10) events.push({ type: 'tick', atMs: nowMs + s * 1000 });
        nowMs += item.seconds * 1000;
        events.push({ type: 'tick', atMs: nowMs });
        break;
      case 'fix': {
        const subject = SUBJECTS[item.who] ?? 'S1';
        const device = item.metres % 3 === 0 ? `E-${subject}` : `D-${subject}`;
        const at = { atMs: nowMs - item.lateS * 1000, receivedMs: nowMs };
        events.push({ ...fix(0, item.metres), ...at, subject, device, accuracyM: item.accuracyM });
        break;
      }
      case 'status': {
        const subject = SUBJECTS[item.who] ?? 'S1';
        const at = { atMs: nowMs - item.lateS * 1000, receivedMs: nowMs };
        events.push({ type: 'status', subject, device: `D-${subject}`, status: item.code, ...at });
        break;
      }
      case 'feed':
        events.push({ type: 'feed', feed: 'F1', atMs: nowMs, status: item.isDown ? 'down' : 'up' });
        break;
      case 'rules':
        events.push(profileOf(SUBJECTS[item.who] ?? 'S1', item.which, nowMs));
        break;
      case 'zone':
        events.push({ type: 'zone', atMs: nowMs, zone: ZONES[item.which] ?? circle('home') });
        break;
      case 'policy':
        events.push({ ...policy(0, POLICIES[item.which] ?? {}), atMs: nowMs } as LogEvent);
        break;
    }
  }
  return events;
}

const story = fc.array(step, { minLength: 1, maxLength: 80 }).map(storyOf);
const lines = (alerts: readonly AlertEvent[]) => alerts.map(encodeAlertEvent);
const restored = (state: DetectorState): DetectorState => JSON.parse(JSON.stringify(state));
const RUNS = { numRuns: 200 };

test('D1 D2 a snapshot restored at any point changes nothing, and the same events give the same alerts', () => {
  let concluded = 0;
  fc.assert(
    fc.property(story, fc.nat(), (events, at) => {
      const whole = play(events);
      concluded += whole.length;
      const cut = at % (events.length + 1);
      const first = createDetector();
      const before = play(events.slice(0, cut), first);
      const second = createDetector(restored(first.snapshot()));
      const after = play(events.slice(cut), second);
      expect(lines([...before, ...after])).toEqual(lines(whole));
      const straight = createDetector();
      play(events, straight);
      expect(restored(second.snapshot())).toEqual(restored(straight.snapshot()));
    }),
    RUNS,
  );
  expect(concluded).toBeGreaterThan(RUNS.numRuns);
});

test('D3 whatever of other subjects stands between, a subject has the same alerts', () => {
  fc.assert(
    fc.property(story, (events) => {
      const whole = play(events);
      for (const id of SUBJECTS) {
        const own = events.filter(
          (event) =>
            isBroadcast(event) ||
            ('subject' in event && event.subject === id) ||
            (event.type === 'profile' && event.profile.id === id),
        );
        const of = (alerts: readonly AlertEvent[]) => lines(alerts.filter(({ subject }) => subject === id));
        expect(of(play(own))).toEqual(of(whole));
      }
    }),
    RUNS,
  );
});

test('D3 events of different subjects between two broadcast lines may come in any order', () => {
  fc.assert(
    fc.property(story, fc.boolean(), (events, isBackwards) => {
      const shuffled: LogEvent[] = [];
      let between: LogEvent[] = [];
      const subjectOf = (event: LogEvent) =>
        'subject' in event ? event.subject : event.type === 'profile' ? event.profile.id : '';
      const flush = () => {
        const order = isBackwards ? [...SUBJECTS].reverse() : SUBJECTS;
        for (const id of order) shuffled.push(...between.filter((event) => subjectOf(event) === id));
        between = [];
      };
      for (const event of events) {
        if (!isBroadcast(event)) between.push(event);
        else {
          flush();
          shuffled.push(event);
        }
      }
      flush();
      expect(lines(play(shuffled)).sort()).toEqual(lines(play(events)).sort());
    }),
    RUNS,
  );
});

test('D4 D5 never two open for one thing, versions 1, 2, 3 …, nothing after cleared, begin before end', () => {
  fc.assert(
    fc.property(story, (events) => {
      const open = new Map<string, AlertEvent>();
      const closed = new Set<string>();
      for (const alert of play(events)) {
        const thing = `${alert.subject} ${alert.kind} ${alert.kind === 'exclusion-entry' ? alert.zone : alert.kind === 'out-of-bounds' ? '' : alert.device}`;
        const known = open.get(thing);
        if (alert.state === 'opened') {
          expect(known).toBeUndefined();
          expect(alert.version).toBe(1);
          open.set(thing, alert);
        } else {
          expect(known?.alert).toBe(alert.alert);
          expect(alert.version).toBe((known?.version ?? 0) + 1);
          if (alert.state === 'cleared') open.delete(thing);
          else open.set(thing, alert);
        }
        expect(closed.has(`${alert.alert} ${alert.version}`)).toBe(false);
        closed.add(`${alert.alert} ${alert.version}`);
        expect(alert.clearedAtMs === null).toBe(alert.state !== 'cleared');
        if (alert.clearedAtMs !== null) expect(alert.clearedAtMs).toBeGreaterThanOrEqual(alert.startedAtMs);
        // What is ended and stands again by two events of one millisecond began in the next.
        expect(alert.startedAtMs).toBeLessThanOrEqual(alert.detectedAtMs + 1);
      }
    }),
    RUNS,
  );
});

test('A13 no zone alert without evidence: ten fixes at most, all of them given', () => {
  fc.assert(
    fc.property(story, (events) => {
      const given = new Set(events.flatMap((event) => (event.type === 'position' ? [event.atMs] : [])));
      for (const { kind, state, evidence, reason, reasonEn, confidence } of play(events)) {
        expect(evidence.length).toBeLessThanOrEqual(10);
        expect(evidence.every(({ atMs }) => given.has(atMs))).toBe(true);
        expect(reason).not.toMatch(/undefined|NaN|null/);
        expect(reasonEn).not.toMatch(/undefined|NaN|null/);
        if (state === 'cleared' || (kind !== 'out-of-bounds' && kind !== 'exclusion-entry')) continue;
        expect(evidence.length).toBeGreaterThan(0);
        expect(confidence).toBeGreaterThanOrEqual(0.9);
      }
    }),
    RUNS,
  );
});

test('D6 the same observation again, at once or later, concludes nothing', () => {
  fc.assert(
    fc.property(story, fc.array(fc.nat(), { maxLength: 10 }), (events, repeats) => {
      const own = events.flatMap((event, i) =>
        event.type === 'position' || event.type === 'status' ? [i] : [],
      );
      const twice = new Map<number, LogEvent[]>();
      for (const repeat of repeats) {
        const at = own[repeat % Math.max(1, own.length)];
        const event = at === undefined ? undefined : events[at];
        if (at !== undefined && event !== undefined) twice.set(at, [...(twice.get(at) ?? []), event]);
      }
      const doubled = events.flatMap((event, i) => [event, ...(twice.get(i) ?? [])]);
      expect(lines(play(doubled))).toEqual(lines(play(events)));
    }),
    RUNS,
  );
});

test('A1 a lone wild fix that claims 12 m alerts nobody, wherever it lies and whenever it comes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 118 }),
      fc.double({ min: 3000, max: 1_000_000, noNaN: true }),
      (wild, metres) => {
        const fixes = Array.from({ length: 120 }, (_, i) =>
          i === wild ? fix(i, metres, { accuracyM: 12 }) : fix(i, (i % 7) * 10, { accuracyM: 30 }),
        );
        expect(
          play([zone(0, circle('home')), { type: 'profile', atMs: AT, profile: person() }, ...fixes]),
        ).toEqual([]);
      },
    ),
    RUNS,
  );
});

test('D9 the eight newest fixes of a device may come in any order within the window: what is known in the end is the same', () => {
  const place = fc.record({
    metres: fc.constantFrom(0, 300, 900, 1100, 2500, 6000),
    accuracyM: fc.constantFrom(5, 12, 60, 900),
  });
  fc.assert(
    fc.property(
      fc.array(place, { minLength: 9, maxLength: 16 }),
      fc.array(fc.nat(), { minLength: 7, maxLength: 7 }),
      (places, keys) => {
        const fixes = places.map(({ metres, accuracyM }, i) => fix(i / 6, metres, { accuracyM }));
        const [first, last] = [fixes.slice(0, -7), fixes.slice(-7)];
        const shuffled = last
          .map((each, i) => ({ each, key: keys[i] ?? 0 }))
          .sort((a, b) => a.key - b.key)
          // Received one after the other when the newest has been taken: a minute and a half late at most.
          .map(({ each }, i) => ({ ...each, receivedMs: (last.at(-1)?.receivedMs ?? 0) + i * 1000 }));
        const known = (tail: readonly LogEvent[]) => {
          const detector = createDetector();
          play(
            [zone(0, circle('home')), { type: 'profile', atMs: AT, profile: person() }, ...first, ...tail],
            detector,
          );
          const [device] = restored(detector.snapshot()).subjects[0]?.devices ?? [];
          return { estimate: device?.estimate, fixes: device?.fixes, base: device?.base };
        };
        expect(known(shuffled)).toEqual(known(last));
      },
    ),
    RUNS,
  );
});

test('D9 A22 whatever of a phone comes late and in whatever order, it has been apart from the wristband since the same time', () => {
  const order = { ground: '测试', fromMs: AT - 1, untilMs: minutes(100_000) };
  const devices = [
    phone('D1', { intervalS: 300 }),
    phone('B1', { kind: 'wristband', intervalS: 300, order }),
  ];
  const rules: LogEvent[] = [{ type: 'profile', atMs: AT, profile: person({ zones: [], devices }) }];
  const place = fc.record({
    metres: fc.constantFrom(0, 0, 150, 700, 2000),
    accuracyM: fc.constantFrom(5, 12, 60),
  });
  const row = fc.array(place, { minLength: 8, maxLength: 8 });
  let apart = 0;
  fc.assert(
    fc.property(row, row, fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), (phones, bands, keys) => {
      // Together in the beginning, apart in the end.
      const fixes = (of: typeof phones, device: string, minute: number) =>
        of.map((seen, i) => {
          const isAway = device === 'B1' && i > 5;
          const { metres, accuracyM } = i < 2 || i > 5 ? { metres: isAway ? 2000 : 0, accuracyM: 12 } : seen;
          return fix(5 * i + minute, metres, { device, accuracyM });
        });
      const [own, others] = [fixes(phones, 'D1', 1), fixes(bands, 'B1', 0)];
      const [before, stored] = [own.slice(0, 2), own.slice(2)];
      const late = stored
        .map((each, i) => ({ each, key: keys[i] ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ each }, i) => ({ ...each, receivedMs: minutes(38.5) + 20 * i }));
      const since = (events: readonly LogEvent[]) => {
        const detector = createDetector();
        play([...rules, ...inOrder(events)], detector);
        return detector.snapshot().subjects[0]?.memory.separation;
      };
      const known = since([...others, ...own]);
      if (known !== undefined && known < minutes(35)) apart++;
      expect(since([...others, ...before, ...late])).toBe(known);
    }),
    RUNS,
  );
  expect(apart).toBeGreaterThan(20);
});

test('D17 no event can make it throw, not even nonsense of the right shape', () => {
  const any = fc.record({
    metres: fc.double({ min: -2e7, max: 2e7, noNaN: true }),
    accuracyM: fc.double({ min: 0, max: 1e7, noNaN: true }),
    atMin: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    receivedMin: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    lat: fc.double({ min: -90, max: 90, noNaN: true }),
    lon: fc.double({ min: -180, max: 180, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 30 }), (fixes) => {
      const alerts = play([
        zone(0, circle('home')),
        { type: 'profile', atMs: AT, profile: person() },
        ...fixes.flatMap(({ lat, lon, accuracyM, atMin, receivedMin }): LogEvent[] => [
          fix(atMin, 0, { lat, lon, accuracyM, receivedMs: minutes(receivedMin) }),
          { type: 'tick', atMs: minutes(receivedMin) },
        ]),
      ]);
      for (const alert of alerts) expect(encodeAlertEvent(alert)).not.toMatch(/NaN|Infinity/);
    }),
  );
});
