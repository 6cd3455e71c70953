import { expect, test } from 'vitest';
import { SEVERITIES } from '../../../src/kernel/alert-event.ts';
import { PLANNED_S, planTones, worstOf } from './alarm-sound.ts';

test('A1 each severity has a sound of its own', () => {
  const sounds = SEVERITIES.map((severity) => JSON.stringify(planTones(severity, null)));
  expect(new Set(sounds).size).toBe(SEVERITIES.length);
});

test('A2 what is critical or high and unowned sounds again for minutes ahead; the rest sounds once; nothing sounds for nothing', () => {
  const last = (tones: ReturnType<typeof planTones>) => tones.at(-1)?.atS ?? 0;
  expect(last(planTones('critical', 'critical'))).toBeGreaterThan(PLANNED_S - 10);
  expect(last(planTones(null, 'high'))).toBeGreaterThan(PLANNED_S - 45);
  expect(planTones('medium', 'medium')).toEqual(planTones('medium', null));
  expect(planTones(null, 'low')).toEqual([]);
  expect(planTones(null, null)).toEqual([]);
});

test('A2 a critical one that waits is heard again, whatever comes after it', () => {
  expect(planTones('low', 'critical').filter(({ hz }) => hz > 1000).length).toBeGreaterThan(10);
});

test('A1 the worst is the worst', () => {
  expect(worstOf(['low', 'critical', 'high'])).toBe('critical');
  expect(worstOf([])).toBeNull();
});
