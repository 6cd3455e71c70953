import { expect, test } from 'vitest';
import type { LeavePermit } from '../api/legal.ts';
import { expectedLevel } from './expected-level.ts';

const at = (text: string) => Date.parse(`${text}:00+08:00`);
const leave = (from: string, until: string) => ({ fromMs: at(from), untilMs: at(until) });
const permit = (state: LeavePermit['state'], from: string, until: string, returnedAt: string | null = null) =>
  ({ kind: 'leave', state, from: `${from}:00+08:00`, until: `${until}:00+08:00`, returnedAt }) as LeavePermit;

test('S10 days are those of the office’s calendar: eight of them are the county’s', () => {
  const seven = expectedLevel(leave('2026-03-02T10:00', '2026-03-08T18:00'), []);
  expect(seven).toMatchObject({ level: 'office', days: 7 });
  const eight = expectedLevel(leave('2026-03-02T10:00', '2026-03-09T00:30'), []);
  expect(eight).toMatchObject({ level: 'county', days: 8 });
});

test('S10 what was approved counts until its return, what was only asked for does not', () => {
  const asked = leave('2026-03-08T08:00', '2026-03-10T18:00');
  const before = permit('returned', '2026-03-01T08:00', '2026-03-07T18:00', '2026-03-05T18:00:00+08:00');
  expect(expectedLevel(asked, [before])).toMatchObject({ level: 'office', days: 3, cumulatedDays: 8 });
  const away = permit('away', '2026-03-01T08:00', '2026-03-07T18:00');
  expect(expectedLevel(asked, [away])).toMatchObject({ level: 'county', days: 10 });
  const waiting = permit('asked', '2026-03-01T08:00', '2026-03-07T18:00');
  expect(expectedLevel(asked, [waiting])).toMatchObject({ level: 'office', cumulatedDays: 3 });
});

test('S10 leave from the roster’s file counts once: what was decided here is in the profile too', () => {
  const asked = leave('2026-03-08T08:00', '2026-03-08T18:00');
  const other = { id: 'p1', destination: null, returnedAt: null };
  const imported = [{ ...other, from: '2026-02-01T00:00:00Z', until: '2026-02-03T00:00:00Z' }];
  expect(expectedLevel(asked, [], imported).cumulatedDays).toBe(4);
  expect(
    expectedLevel(asked, [], [{ ...imported[0], ...other, id: 'permit-7' } as never]).cumulatedDays,
  ).toBe(1);
});
