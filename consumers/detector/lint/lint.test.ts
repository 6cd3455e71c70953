import { describe, expect, test } from 'vitest';
import { prepareZone } from '../../../geofences/prepare-zone.ts';
import { EMPTY_POLICY_DOCUMENT } from '../../../src/kernel/policy.ts';
import type { SubjectProfile, ZoneFeature } from '../../../src/kernel/roster.ts';
import { circle, east, minutes, person, range, square } from '../story.testing.ts';
import { withUse } from './draft.ts';
import { type LintInput, lint } from './lint.ts';
import type { TrackPoint } from './way.ts';

const SUBJECT = 'S1';
const DAY = 1440;

function look(
  zone: ZoneFeature,
  profile: Partial<SubjectProfile>,
  others: readonly ZoneFeature[] = [],
  more: Partial<LintInput> = {},
) {
  const shapes = new Map(
    others.flatMap((other) => {
      const made = prepareZone(other);
      return made.ok ? [[other.id, made.value] as const] : [];
    }),
  );
  return lint({
    zone,
    profiles: [person(profile)],
    zoneOf: (id) => shapes.get(id),
    policy: EMPTY_POLICY_DOCUMENT,
    calendar: { days: {}, timeZone: 'Asia/Shanghai' },
    nowMs: minutes(0),
    accuracy: null,
    trackOf: () => [],
    obligations: [],
    ...more,
  });
}
const codesOf = (...args: Parameters<typeof look>) => look(...args).findings.map(({ code }) => code);
const stayIn = (zone: string, bufferM = 0) => ({ zone, rule: 'stay-in' as const, bufferM, schedule: null });
const keepOut = (zone: string, more = {}) => ({
  zone,
  rule: 'keep-out' as const,
  bufferM: 0,
  schedule: null,
  ...more,
});
const mornings = { days: [1, 2, 3, 4, 5], from: '08:00', to: '09:00' };

describe('D21 contradictions', () => {
  test('D21 a stay-in zone that a keep-out zone covers, and one that leaves a place', () => {
    const profile = { zones: [stayIn('home'), keepOut('park')] };
    expect(codesOf(circle('park', 1100), profile, [circle('home')])).toEqual(['contradiction']);
    expect(codesOf(circle('home'), profile, [circle('park', 1100)])).toEqual(['contradiction']);
    expect(codesOf(circle('park', 900), profile, [circle('home')])).toEqual([]);
    const [finding] = look(circle('park', 1100), profile, [circle('home')]).findings;
    expect(finding).toMatchObject({ subject: SUBJECT, weight: 'error', zones: ['home', 'park'] });
    expect(finding?.words.zh).toContain('S1 无处可守：限制在home、禁止进入park');
    expect(finding?.words.en).toContain('stay in home, keep out of park');
  });

  test('D21 the union of the stay-in zones counts, the buffers do, and several keep-out zones together', () => {
    const union = { zones: [stayIn('home'), stayIn('work'), keepOut('park')] };
    expect(codesOf(circle('park', 1100), union, [circle('home'), circle('work', 1000, 5000)])).toEqual([]);
    const buffered = { zones: [stayIn('home', 200), keepOut('park')] };
    expect(codesOf(circle('park', 1100), buffered, [circle('home')])).toEqual([]);
    const two = { zones: [stayIn('home'), keepOut('west'), keepOut('east')] };
    const halves = [square('west', 1500, -1400), circle('home')];
    expect(codesOf(square('east', 1500, 1400), two, halves)).toEqual(['contradiction']);
    expect(codesOf(square('east', 1500, 1700), two, halves)).toEqual([]);
    expect(
      codesOf(circle('room', 6), { zones: [stayIn('room'), keepOut('park')] }, [circle('park', 50, 80)]),
    ).toEqual([]);
  });

  test('D21 a curfew at a place outside the bounds, or forbidden at night', () => {
    const curfews = [{ zone: 'home', days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '06:00' }];
    const away = { zones: [stayIn('town')], curfews };
    expect(codesOf(circle('home', 100, 3000), away, [circle('town')])).toEqual(['contradiction']);
    expect(codesOf(circle('home', 100, 900), away, [circle('town')])).toEqual([]);
    const atNight = keepOut('park', { schedule: { days: [1], from: '23:00', to: '05:00' } });
    const found = look(circle('home', 100), { zones: [atNight], curfews }, [circle('park', 500)]).findings;
    expect(found.map(({ code }) => code)).toEqual(['contradiction']);
    expect(found[0]?.words.en).toContain('curfew at home');
    const byDay = keepOut('park', { schedule: mornings });
    expect(codesOf(circle('home', 100), { zones: [byDay], curfews }, [circle('park', 500)])).toEqual([]);
  });

  test('D21 a quarrel of other zones is not this one’s', () => {
    const profile = { zones: [stayIn('home'), keepOut('park'), keepOut('school')] };
    expect(codesOf(circle('school', 300), profile, [circle('home'), circle('park', 1100)])).toEqual([]);
  });

  test('D21 a schedule that never holds; a keep-out zone out of reach', () => {
    const never = { zones: [keepOut('park', { schedule: { days: [], from: '08:00', to: '09:00' } })] };
    expect(codesOf(circle('park'), never)).toEqual(['never-in-force']);
    const far = { zones: [stayIn('home'), keepOut('park')] };
    expect(codesOf(circle('park', 500, 9000), far, [circle('home')])).toEqual(['never-reachable']);
    expect(codesOf(circle('park', 500, 1400), far, [circle('home')])).toEqual([]);
    // Free at other times: then it can be come to.
    const free = { zones: [{ ...stayIn('home'), schedule: mornings }, keepOut('park')] };
    expect(codesOf(circle('park', 500, 9000), free, [circle('home')])).toEqual([]);
  });
});

test('D21 a zone smaller than the accuracy that is usual there', () => {
  const accuracy = { fixes: 500, medianM: 300, p90M: 900 };
  const home = { zones: [stayIn('home')] };
  expect(codesOf(circle('home', 200), home, [], { accuracy })).toEqual(['smaller-than-accuracy']);
  expect(codesOf(circle('home', 1000), home, [], { accuracy })).toEqual([]);
  expect(codesOf(circle('home', 200), home, [], { accuracy: { ...accuracy, medianM: 30 } })).toEqual([]);
  expect(codesOf(circle('home', 200), home, [], { accuracy: { ...accuracy, fixes: 5 } })).toEqual([]);
  expect(codesOf(circle('home', 200), { zones: [stayIn('home', 500)] }, [], { accuracy })).toEqual([]);
  expect(look(square('home', 200), home).depthM).toBeCloseTo(200, -1);
});

/** From the middle to two kilometres east and back each morning at eight. */
const track = (days: number): TrackPoint[] =>
  range(0, days).flatMap((day) =>
    [0, 500, 1500, 2000, 1500, 500, 0].map((metres, n) => ({
      atMs: minutes(day * DAY + n * 5 + 1),
      ...east(metres),
    })),
  );

test('D21 on the daily way: also where it is only passed between two fixes, and only while it holds', () => {
  const trackOf = () => track(7);
  const park = circle('park', 100, 1000);
  const found = look(park, { zones: [keepOut('park')] }, [], { trackOf }).findings;
  expect(found.map(({ code }) => code)).toEqual(['on-daily-way']);
  expect(found[0]?.words.en).toContain('7 of 7 days');
  const evenings = keepOut('park', { schedule: { days: [1, 2, 3, 4, 5, 6, 7], from: '18:00', to: '20:00' } });
  expect(codesOf(park, { zones: [evenings] }, [], { trackOf })).toEqual([]);
  const weekdays = keepOut('park', { schedule: mornings });
  expect(look(park, { zones: [weekdays] }, [], { trackOf }).findings[0]?.words.en).toContain('5 of 7 days');
  expect(codesOf(circle('park', 100, 2500), { zones: [keepOut('park')] }, [], { trackOf })).toEqual([]);
  expect(codesOf(park, { zones: [keepOut('park')] }, [], { trackOf: () => track(2) })).toEqual([]);
  const gaps = () => track(7).map((point, n) => ({ ...point, atMs: point.atMs + n * 3_600_000 }));
  expect(codesOf(park, { zones: [keepOut('park')] }, [], { trackOf: gaps })).toEqual([]);
});

test('D21 a stay-in zone in which the subject never was', () => {
  const home = { zones: [stayIn('home')] };
  const found = look(circle('home', 500, 9000), home, [], { trackOf: () => track(5) }).findings;
  expect(found.map(({ code }) => code)).toEqual(['never-visited']);
  expect(found[0]?.words.en).toContain('6500 m');
  expect(codesOf(circle('home', 500), home, [], { trackOf: () => track(5) })).toEqual([]);
});

test('D21 a shape that can’t be judged, and one that can be mended', () => {
  const open: ZoneFeature = {
    ...square('home'),
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [116, 23],
          [117, 23],
          [117, 24],
        ],
      ],
    },
  };
  const found = look(open, { zones: [stayIn('home')] });
  expect(found.findings.map(({ code }) => code)).toEqual(['bad-shape', 'repairable']);
  expect(found.check.repaired).not.toBeNull();
  expect(found.depthM).toBeNull();
});

test('D21 a draft is laid over the profile in the place of what stood there', () => {
  const { zones, curfews } = withUse(person({ zones: [stayIn('home')] }), 'home', {
    rule: 'keep-out',
    bufferM: 20,
    schedule: null,
  });
  expect([zones, curfews]).toEqual([[{ ...keepOut('home'), bufferM: 20 }], []]);
  expect(withUse(person(), 'x', { rule: 'curfew', schedule: mornings }).curfews).toEqual([
    { zone: 'x', ...mornings },
  ]);
  expect(withUse(person(), 'x', null)).toEqual(person());
});

describe('D21 dead ground', () => {
  const cellar = (radiusM: number, metres = 0): ZoneFeature => ({
    ...circle('cellar', radiusM, metres),
    purpose: 'no-signal',
  });
  const binding = (zone: ZoneFeature, rule: 'stay-in' | 'keep-out' | 'curfew') => {
    const made = prepareZone(zone);
    if (!made.ok) throw new Error(zone.id);
    return { zone: made.value, rule, people: 2 };
  };
  const under = (dead: ZoneFeature, ...obligations: ReturnType<typeof binding>[]) =>
    codesOf(dead, { zones: [keepOut('cellar')] }, [], {
      obligations,
      accuracy: { fixes: 500, medianM: 300, p90M: 900 },
      trackOf: () => track(7),
    });

  test('D21 nothing is asked of it that is asked of a zone that binds', () => {
    expect(
      codesOf(circle('cellar', 200, 1000), { zones: [keepOut('cellar')] }, [], { trackOf: () => track(7) }),
    ).toEqual(['on-daily-way']);
    expect(under(cellar(200, 1000))).toEqual([]);
    expect(look(cellar(200), {}).findings).toEqual([]);
    expect(look({ ...cellar(200), radiusM: -1 }, {}).findings.map(({ code }) => code)).toEqual(['bad-shape']);
  });

  test('D21 it says where it lies over a place of curfew, all of a stay-in zone, or any of a keep-out zone', () => {
    expect(under(cellar(200), binding(circle('home', 100, 250), 'curfew'))).toEqual(['covers-home']);
    expect(under(cellar(200), binding(circle('home', 100, 301), 'curfew'))).toEqual([]);
    expect(under(cellar(200), binding(circle('park', 100, 250), 'keep-out'))).toEqual(['covers-keep-out']);
    expect(under(cellar(200), binding(square('park', 500, 900), 'keep-out'))).toEqual([]);
    expect(under(cellar(200), binding(circle('yard', 100), 'stay-in'))).toEqual(['covers-home']);
    expect(under(cellar(200), binding(circle('county', 50_000), 'stay-in'))).toEqual([]);
    expect(under(cellar(200), binding(circle('yard', 100, 150), 'stay-in'))).toEqual([]);
    // A home that is smaller than what touches elsewhere.
    expect(under(cellar(200), binding(circle('room', 4, 50), 'curfew'))).toEqual(['covers-home']);
    const [found] = look(cellar(200), {}, [], { obligations: [binding(circle('home'), 'curfew')] }).findings;
    expect(found).toMatchObject({ subject: null, zones: ['home'], weight: 'warning' });
    expect(found?.words.zh).toContain('无信号区域cellar覆盖宵禁场所home（2 人）');
    expect(found?.words.en).toContain('2 people must be under curfew');
  });
});
