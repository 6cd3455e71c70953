import { describe, expect, test } from 'vitest';
import { ALERT_KINDS_JUDGED } from '../../alerts/kinds/kinds.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { createDetector } from './detector.ts';
import { explanationText } from './explanation-text.ts';
import {
  feed,
  fix,
  minutes,
  person,
  phone,
  play,
  policy,
  profile,
  range,
  SETTING,
  tick,
  ticks,
} from './story.testing.ts';

const permit = { id: 'P1', fromMs: minutes(60), untilMs: minutes(90), destination: null, returnedAtMs: null };
const setting = [
  ...SETTING,
  profile(0, {
    zones: [
      { zone: 'home', rule: 'stay-in', bufferM: 50, schedule: null },
      { zone: 'school', rule: 'keep-out', bufferM: 0, schedule: { days: [1], from: '09:00', to: '10:00' } },
    ],
    permits: [permit],
    curfews: [{ zone: 'home', days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '06:00' }],
  }),
];
function happened(events: readonly LogEvent[]) {
  const detector = createDetector();
  const alerts = play([...setting, ...events], detector);
  const explanation = detector.explain('S1');
  if (explanation === undefined) throw new Error('nothing to explain');
  return { explanation, alerts, detector };
}

describe('D19 why and why not', () => {
  test('D19 what was in force, seen and concluded, and the alert that stands', () => {
    const { explanation, alerts } = happened([
      ...range(0, 5).map((n) => fix(n, 0)),
      fix(5, 3000),
      fix(6, 3000),
    ]);
    expect(explanation.zones).toMatchObject([
      { zone: 'home', rule: 'stay-in', inForce: true, bufferM: 50 },
      { zone: 'school', rule: 'keep-out', inForce: false },
    ]);
    expect(explanation.zones[0]?.distanceM).toBeCloseTo(2000, -1);
    expect(explanation.zones[0]?.probabilityOutside).toBe(1);
    expect(explanation.position).toMatchObject({ device: 'D1', isStale: false });
    expect(explanation.permits).toMatchObject([{ id: 'P1', holds: false }]);
    expect(explanation.curfews).toMatchObject([{ holds: false }]);
    const [out] = explanation.conclusions.filter(({ kind }) => kind === 'out-of-bounds');
    expect(out).toMatchObject({ says: 'holds', about: 'stay-in', alert: alerts[0]?.alert });
    expect(out?.words.zh).toContain('越出home');
    expect(explanation.conclusions.map(({ kind }) => kind)).toEqual(
      ALERT_KINDS_JUDGED.map(({ name }) => name),
    );
  });

  test('D19 why not: a permit, a position between two probabilities, one that is too old, none at all', () => {
    const away = [...range(0, 55).map((n) => fix(n, 0)), ...range(62, 70).map((n) => fix(n, 3000))];
    const onLeave = happened(away).explanation;
    expect(onLeave.permits[0]?.holds).toBe(true);
    expect(onLeave.conclusions.find(({ kind }) => kind === 'out-of-bounds')?.says).toBe('nothing');
    const edge = happened([...range(0, 5).map((n) => fix(n, 900)), fix(5, 1052), fix(6, 1052)]).explanation;
    expect(edge.conclusions.find(({ kind }) => kind === 'out-of-bounds')).toMatchObject({
      says: 'undecided',
    });
    const old = happened([fix(0, 0), ...ticks(0, 40)]).explanation;
    expect(old.position?.isStale).toBe(true);
    const words = old.conclusions.find(({ kind }) => kind === 'out-of-bounds')?.words;
    expect(words?.zh).toContain('已过久');
    const none = happened([tick(1)]).explanation;
    expect(none.position).toBeNull();
    expect(none.devices[0]?.noFix).toBe('no-contact');
  });

  test('D19 why a device is silent, where it is', () => {
    const by = (events: LogEvent[]) => happened(events).explanation.devices[0]?.silentBy;
    expect(by([fix(0, 0, { batteryPct: 1 }), ...ticks(0, 10)])).toBeNull();
    expect(by([fix(0, 0, { batteryPct: 1 }), ...ticks(0, 30)])).toBe('battery');
    expect(by([fix(0, 0), ...ticks(0, 30)])).toBe('unknown');
    expect(by([fix(0, 0), feed(1, 'down'), ...ticks(1, 30)])).toBeNull();
    const { explanation } = happened([fix(0, 0, { batteryPct: 1 }), ...ticks(0, 30)]);
    expect(explanationText(explanation, 'zh')).toContain('失联：电量可能已耗尽');
  });

  test('D19 no contact, no fix and no trustworthy fix are three things', () => {
    const heard: LogEvent = {
      type: 'status',
      subject: 'S1',
      device: 'D1',
      atMs: minutes(1),
      receivedMs: minutes(1),
      status: 'power-on',
    };
    expect(happened([heard]).explanation.devices[0]?.noFix).toBe('no-fix');
    expect(happened([fix(1, 0, { mock: true })]).explanation.devices[0]?.noFix).toBe('no-fix');
  });

  test('D19 why not, kind by kind: what was looked at and what kept it from holding', () => {
    const wordsOf = (explanation: ReturnType<typeof happened>['explanation']) =>
      Object.fromEntries(explanation.conclusions.map(({ kind, words }) => [kind, words.en]));
    const home = wordsOf(happened(range(0, 5).map((n) => fix(n, 0))).explanation);
    expect(home['out-of-bounds']).toMatch(
      /^1,?0\d\d m inside the edge of home|^1 ?km inside|inside the edge of home/,
    );
    expect(home['exclusion-entry']).toBe('No exclusion zone is in force.');
    expect(home.curfew).toBe('No curfew holds at this time.');
    expect(home.silent).toMatch(/^D1 last heard 2026-03-02 08:04:01: within what is allowed\.$/);
    expect(home['low-battery']).toContain('D1 80 %; alerts below 20 %');
    expect(home['missed-checkin']).toBe('There is neither a check-in window nor a muster.');
    expect(home['leave-deviation']).toBe('No permit is in force.');
    const onLeave = wordsOf(happened(range(62, 70).map((n) => fix(n, 3000))).explanation);
    expect(onLeave['out-of-bounds']).toMatch(/^Permit P1 is in force until 2026-03-02 09:30:00/);
    expect(onLeave['exclusion-entry']).toMatch(/from the edge of the nearest exclusion zone school/);
    for (const { words } of happened([fix(0, 0)]).explanation.conclusions) {
      expect(words.en).not.toBe('Nothing to alert.');
      expect(words.zh).not.toBe(words.en);
    }
  });

  test('D19 every rule has a version, and another content another one; the text shows them in both languages', () => {
    const { explanation } = happened([fix(0, 0)]);
    const { zones, permits, profileVersion } = explanation;
    expect(zones.map(({ ruleVersion, version }) => [ruleVersion.length, version?.length])).toEqual([
      [12, 12],
      [12, 12],
    ]);
    expect(zones[1]?.schedule).toEqual({ days: [1], from: '09:00', to: '10:00' });
    const later = happened([
      profile(1, {
        zones: [{ zone: 'home', rule: 'stay-in', bufferM: 60, schedule: null }],
        permits: [permit],
      }),
      fix(2, 0),
    ]).explanation;
    expect(later.zones[0]?.version).toBe(zones[0]?.version);
    expect(later.zones[0]?.ruleVersion).not.toBe(zones[0]?.ruleVersion);
    expect(later.profileVersion).not.toBe(profileVersion);
    expect(later.permits[0]?.version).toBe(permits[0]?.version);
    for (const language of ['zh', 'en'] as const) {
      const text = explanationText(explanation, language);
      for (const shown of [
        explanation.policyVersion,
        profileVersion,
        permits[0]?.version ?? '',
        'P1',
        'school',
      ])
        expect(text).toContain(shown);
    }
    expect(explanationText(explanation, 'zh')).toContain('- 禁止区域 school');
    expect(explanationText(explanation, 'zh')).toContain('星期 1 09:00–10:00');
    expect(explanationText(explanation, 'en')).toContain('+ stay-in home');
  });

  test('D19 to ask changes nothing, and the version of a policy is that of its content', () => {
    const { detector, explanation } = happened([fix(0, 0)]);
    const before = JSON.stringify(detector.snapshot());
    detector.explain('S1');
    expect(JSON.stringify(detector.snapshot())).toBe(before);
    const changed = happened([fix(0, 0), policy(1, { silenceMinS: 300 })]).explanation;
    expect(changed.policyVersion).not.toBe(explanation.policyVersion);
    expect(happened([fix(0, 0), policy(1, { silenceMinS: 900 })]).explanation.policyVersion).toBe(
      explanation.policyVersion,
    );
    expect(detector.explain('nobody')).toBeUndefined();
    expect(JSON.stringify(explanation)).not.toContain(person().name);
    expect(phone().id).toBe('D1');
  });
});
