import { expect, test } from 'vitest';
import type { SubjectProfile } from '../kernel/roster.ts';
import { createWallClock } from '../kernel/wall-clock.ts';
import { measuresOn } from './measures.ts';
import { follow, isOverdue, mayApprove } from './permit.ts';
import { checkRecurrent, recurrentLevel, withRecurrent } from './recurrent-leave.ts';

const wall = createWallClock('Asia/Shanghai');
const MEASURES = measuresOn('2026-03-01');
const at = (text: string) => Date.parse(text);
const FROM = at('2026-08-31T09:00:00+08:00');
const home = { zone: 'home', rule: 'stay-in', bufferM: 0, schedule: null } as const;
const shop = { zone: 'shop', rule: 'keep-out', bufferM: 0, schedule: null } as const;
const profile = (zones: SubjectProfile['zones']): SubjectProfile => ({
  id: 'S',
  name: '测试',
  office: 'o',
  grade: 'standard',
  devices: [],
  zones,
  curfews: [],
  checkins: [],
  permits: [],
  noContact: [],
});
const leave = { zone: 'works', fromMs: FROM, untilMs: at('2027-02-28T09:00:00+08:00'), schedule: null };

test('R1 six months at most, by the calendar, decided by the county', () => {
  const check = (untilMs: number) => checkRecurrent({ ...leave, untilMs }, [home], wall, MEASURES);
  expect(check(leave.untilMs).ok).toBe(true);
  const long = check(leave.untilMs + 1);
  expect(long.ok ? '' : long.error.message).toContain('6 months at most');
  const needed = recurrentLevel(MEASURES);
  expect([needed.level, needed.article.zh]).toEqual(['county', '社区矫正法实施办法第二十九条']);
  const refused = mayApprove('office', needed);
  expect(refused.ok ? '' : refused.error.message).toMatch(/^recurrent leave: the county decides/);
  expect(mayApprove('county', needed).ok).toBe(true);
});

test('R2 it names a zone that is not the subject’s yet', () => {
  expect(checkRecurrent({ ...leave, zone: null }, [home], wall, MEASURES).ok).toBe(false);
  expect(checkRecurrent({ ...leave, zone: 'home' }, [home], wall, MEASURES).ok).toBe(false);
  // Approval must not lift what keeps somebody out.
  expect(checkRecurrent({ ...leave, zone: 'shop' }, [home, shop], wall, MEASURES).ok).toBe(false);
});

test('R2 while it holds the destination is one more zone to stay in; whom none binds gets none', () => {
  const bound = profile([home, shop]);
  expect(withRecurrent(bound, [leave], FROM - 1)).toBe(bound);
  const schedule = { days: [1, 2], from: '08:00', to: '18:00' };
  expect(withRecurrent(bound, [{ ...leave, schedule }], FROM).zones).toEqual([
    home,
    shop,
    { zone: 'works', rule: 'stay-in', bufferM: 0, schedule },
  ]);
  expect(withRecurrent(bound, [leave], leave.untilMs)).toBe(bound);
  expect(withRecurrent(profile([shop]), [leave], FROM).zones).toEqual([shop]);
  // Assigned since it was approved.
  expect(withRecurrent(profile([home, { ...home, zone: 'works' }]), [leave], FROM).zones).toHaveLength(2);
});

test('R3 no departure, no return, never overdue; withdrawn it ends', () => {
  expect(follow('recurrent', 'approved', 'depart').ok).toBe(false);
  expect(follow('recurrent', 'approved', 'return').ok).toBe(false);
  expect(follow('recurrent', 'approved', 'withdraw')).toEqual({ ok: true, value: 'withdrawn' });
  expect(isOverdue('recurrent', 'approved', 10, 11)).toBe(false);
});
