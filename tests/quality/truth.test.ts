/** The truth asks for no more than the policy's own words, and for no less. */
import { expect, test } from 'vitest';
import type { Checkin } from '../../src/kernel/log-event.ts';
import { createApart } from './apart.ts';
import { HOUR_MS, MINUTE_MS } from './calendar.ts';
import { noteMissed } from './duties.ts';
import { createPeople, type Person } from './people.ts';
import { abscondTruths } from './score.ts';
import { createTogether } from './together.ts';
import { claimOf, noteUseful, type Truth, truth } from './truth.ts';

test('Z6 E9 a fix from towers is as wide as a cell whatever it claims, and wider where it says so', () => {
  const claim = (accuracyM: number | undefined, method?: 'gnss' | 'wifi' | 'cell') =>
    claimOf({ accuracyM, method });
  expect(claim(15, 'gnss')).toEqual({ widthM: 15, isCoarse: false });
  expect(claim(undefined)).toEqual({ widthM: 100, isCoarse: false });
  expect(claim(500, 'cell')).toEqual({ widthM: 1000, isCoarse: true });
  expect(claim(40, 'cell')).toEqual({ widthM: 1000, isCoarse: true });
  expect(claim(300)).toEqual({ widthM: 1000, isCoarse: true });
  expect(claim(1800)).toEqual({ widthM: 1800, isCoarse: true });
});

test('Z6 A22 a separation counts as shown where it was so beyond both errors, the way between two fixes and the towers’ reach, for the policy’s time', () => {
  const person = createPeople(1, 60, 2).people.find(({ profile }) => profile.devices.length === 2) as Person;
  const { home } = person;
  const band = person.profile.devices.find(({ kind }) => kind === 'wristband');
  if (band === undefined) throw new Error('no wristband');
  const [gnss, cell] = [
    claimOf({ accuracyM: 15, method: 'gnss' }),
    claimOf({ accuracyM: 700, method: 'cell' }),
  ];
  const useful = (minutes: number, apartM: number, claim = gnss, walkM = 0): number | null => {
    const apart = createApart(person);
    const at = (eastM: number) => ({ x: home.x + eastM, y: home.y });
    for (const atMs of [0, minutes * MINUTE_MS]) apart.takePhone({ atMs, where: at(apartM), ...claim });
    for (const atMs of [0, minutes * MINUTE_MS])
      apart.takeBand(band, { atMs: atMs + 30_000, where: at(apartM + walkM), ...gnss });
    const item = truth('separation', person.profile.id, 0, 2 * HOUR_MS, { useful: 0 });
    apart.judge(item);
    return item.useful;
  };
  expect(useful(11, 900)).toBe(2);
  // Nine minutes and a half by the older fix of the last moment: the policy asks for ten.
  expect(useful(10, 900)).toBe(0);
  expect(useful(11, 230)).toBe(0);
  // Who goes 400 m from the one fix to the other may have gone the other way.
  expect(useful(11, 900, gnss, 400)).toBe(0);
  expect(useful(11, 6000, cell)).toBe(0);
  expect(useful(11, 8000, cell)).toBe(2);
});

test('Z6 A17 what was shown longer ago than a device may be silent is not one stretch with what is shown now', () => {
  const person = createPeople(1, 60, 2).people.find(({ profile }) => profile.devices.length === 2) as Person;
  const { home } = person;
  const band = person.profile.devices.find(({ kind }) => kind === 'wristband');
  if (band === undefined) throw new Error('no wristband');
  const limitS = Math.max(900, ...person.profile.devices.map(({ intervalS }) => 3 * intervalS));
  const where = { x: home.x + 2000, y: home.y };
  const shownAt = (...seconds: number[]) => {
    const apart = createApart(person);
    const claim = claimOf({ accuracyM: 15, method: 'gnss' });
    for (const s of seconds) apart.takePhone({ atMs: s * 1000, where, ...claim });
    for (const s of seconds) apart.takeBand(band, { atMs: s * 1000, where, ...claim });
    const item = truth('separation', person.profile.id, 0, 9 * HOUR_MS, { useful: 0 });
    apart.judge(item);
    return item.useful;
  };
  expect(shownAt(0, limitS)).toBeGreaterThan(0);
  expect(shownAt(0, limitS + 1)).toBe(0);
  expect(shownAt(0, limitS + 1, limitS + 301)).toBe(0);
  expect(shownAt(0, limitS + 1, limitS + 601)).toBeGreaterThan(0);
});

test('Z6 A24 who came to a roll-call within the window has checked in; who came later, later', () => {
  const window = { subject: 'A', fromMs: 8 * HOUR_MS, untilMs: 11 * HOUR_MS };
  const came = (atMs: number, subject = 'A'): Checkin => ({
    type: 'checkin',
    subject,
    terminal: 'T2',
    atMs,
    receivedMs: atMs,
    method: 'face',
  });
  const missed = (...checkins: Checkin[]) => {
    const truths: Truth[] = [];
    noteMissed([window], checkins, (item) => truths.push(item));
    return truths.map(({ fromMs, untilMs }) => [fromMs / HOUR_MS, untilMs / HOUR_MS]);
  };
  expect(missed(came(9 * HOUR_MS))).toEqual([]);
  expect(missed(came(7 * HOUR_MS), came(9 * HOUR_MS, 'B'))).toEqual([[11, 11 + 7 * 24]]);
  expect(missed(came(30 * HOUR_MS), came(14 * HOUR_MS))).toEqual([[11, 14]]);
});

test('Z6 A28 out of bounds is an abscond where fixes show it for the policy’s time, not where towers hid the first half', () => {
  const absconds = (shownMinutes: readonly number[]) => {
    const out = truth('out-of-bounds', 'A', 0, 3 * HOUR_MS, { allowedS: 900, useful: 0 });
    for (const minute of shownMinutes) noteUseful(out, minute * MINUTE_MS);
    return abscondTruths([out], () => 1).filter(({ isOptional }) => !isOptional).length;
  };
  const every = (from: number, to: number) =>
    Array.from({ length: (to - from) / 5 + 1 }, (_, i) => from + i * 5);
  expect(absconds(every(10, 70))).toBe(1);
  expect(absconds(every(90, 145))).toBe(0);
  expect(absconds([10, 70])).toBe(0);
});

test('Z6 A30 a meeting counts as shown where both claims, and what they say, leave no doubt of it for the policy’s time, without a gap', () => {
  const useful = (
    minutes: readonly number[],
    claimM: readonly [number, number] = [15, 15],
    { apartM = 0, seenM = 0, laterS = 60 } = {},
  ) => {
    const together = createTogether();
    for (const minute of minutes)
      for (const [i, who] of ['A', 'B'].entries())
        together.take({
          who,
          atMs: minute * MINUTE_MS + i * laterS * 1000,
          where: { x: i * apartM, y: 0 },
          seen: { x: i * seenM, y: 0 },
          ...claimOf({ accuracyM: claimM[i], method: 'gnss' }),
        });
    return together.useful();
  };
  const every = (stepMin: number, untilMin: number) =>
    Array.from({ length: untilMin / stepMin + 1 }, (_, i) => i * stepMin);
  expect(useful(every(5, 35))).toBeGreaterThan(1);
  // By the older fix of the last moment: from 1 to 30 minutes are no half an hour.
  expect(useful(every(5, 30))).toBe(0);
  expect(useful(every(5, 35), [10, 44])).toBeGreaterThan(1);
  expect(useful(every(5, 35), [10, 65])).toBe(0);
  expect(useful(every(5, 35), [10, 10], { apartM: 80, seenM: 80 })).toBe(0);
  // Drift under a good claim: by their fixes they are not together.
  expect(useful(every(5, 35), [10, 10], { seenM: 150 })).toBe(0);
  expect(useful(every(15, 60), [15, 15], { laterS: 301 })).toBe(0);
  expect(useful([0, 5, 10, 15, 31, 36, 41])).toBe(0);
});
