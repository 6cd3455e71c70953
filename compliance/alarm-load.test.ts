import { expect, test } from 'vitest';
import { alarmLoad, type LoadAlert } from './alarm-load.ts';

const T0 = Date.UTC(2026, 2, 1);
const MINUTE = 60_000;
let n = 0;
const alert = (minute: number, more: Partial<LoadAlert> = {}): LoadAlert => ({
  alert: `a${n++}`,
  subject: `S${n}`,
  kind: 'silent',
  severity: 'medium',
  raisedAtMs: T0 + minute * MINUTE,
  clearedAtMs: T0 + minute * MINUTE + 1000,
  isAcknowledged: false,
  isMerged: false,
  isHidden: false,
  isContacted: false,
  isConfirmed: false,
  ...more,
});
const many = (count: number, minute: number) => Array.from({ length: count }, () => alert(minute));
const DAY = 1440 * MINUTE;

test('K30 alerts are counted for each officer and ten minutes, merged and hidden ones not', () => {
  const load = alarmLoad(
    [...many(6, 5), ...many(2, 15), alert(5, { isMerged: true }), alert(5, { isHidden: true })],
    T0,
    T0 + 20 * MINUTE,
    2,
  );
  expect(load).toMatchObject({
    raised: 10,
    shown: 8,
    perOfficerPer10Min: 2,
    peakPerOfficer10Min: 3,
    windows: [6, 2],
  });
});

test('K31 a flood is more than ten in ten minutes and ends below five', () => {
  const load = alarmLoad(
    [...many(10, 5), ...many(11, 25), ...many(5, 35), ...many(4, 45)],
    T0,
    T0 + 100 * MINUTE,
    1,
  );
  expect(load.floods).toEqual([{ fromMs: T0 + 20 * MINUTE, untilMs: T0 + 40 * MINUTE, alerts: 16 }]);
  expect(load.floodShare).toBe(0.2);
  expect(alarmLoad(many(11, 5), T0, T0 + DAY, 2).floods).toEqual([]);
});

test('K32 stale is what stood for more than a day, also what stands still', () => {
  const stale = [alert(0, { clearedAtMs: T0 + DAY + 1 }), alert(10, { clearedAtMs: null })];
  const load = alarmLoad([...stale, alert(0, { clearedAtMs: T0 + DAY })], T0, T0 + 2 * DAY, 1);
  expect(load.stale).toEqual(stale.map(({ alert: id }) => id));
});

test('K33 three of one source within a minute are chattering, and the worst sources come first', () => {
  const source = { subject: 'S0', kind: 'low-battery' };
  const at = (ms: number) => alert(0, { ...source, raisedAtMs: T0 + ms });
  expect(alarmLoad([at(0), at(30_000), at(59_999)], T0, T0 + DAY, 1).chattering).toEqual([
    { ...source, most: 3 },
  ]);
  expect(alarmLoad([at(0), at(30_000), at(60_000)], T0, T0 + DAY, 1).chattering).toEqual([]);
  expect(alarmLoad([at(0), at(90_000), alert(3)], T0, T0 + DAY, 1).worstSources[0]).toMatchObject({
    ...source,
    alerts: 2,
    share: 2 / 3,
  });
});

test('K34 of each kind: raised, merged, shown, contacted, confirmed', () => {
  const load = alarmLoad(
    [
      alert(1, { kind: 'curfew', isContacted: true, isConfirmed: true }),
      alert(2, { kind: 'curfew', isContacted: true }),
      alert(2, { kind: 'curfew', isMerged: true }),
      alert(3, { severity: 'critical' }),
    ],
    T0,
    T0 + DAY,
    1,
  );
  expect(load.kinds).toEqual([
    { kind: 'curfew', raised: 3, merged: 1, shown: 2, contacted: 2, confirmed: 1, confirmedShare: 1 / 3 },
    { kind: 'silent', raised: 1, merged: 0, shown: 1, contacted: 0, confirmed: 0, confirmedShare: 0 },
  ]);
  expect(load.priorities).toEqual({ critical: 1, high: 0, medium: 2, low: 0 });
});

test('K35 no alerts are no division by nothing', () => {
  expect(alarmLoad([], T0, T0 + DAY, 1)).toMatchObject({
    raised: 0,
    perOfficerPer10Min: 0,
    floodShare: 0,
    worstSources: [],
  });
});
