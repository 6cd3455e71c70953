/** What people carry, and the orders for it. */
import { dayStartMs } from '../../src/demo/day-plan.ts';
import type { DemoSubject } from '../../src/demo/world.ts';
import { type Device, OPERATOR_FEED } from '../../src/kernel/roster.ts';
import { DAY_MS, FIRST_DAY } from './calendar.ts';
import { between, type Dice, pick } from './dice.ts';

export const FEEDS = { phones: ['phones-a', 'phones-b'], wristbands: 'wristbands' } as const;

/** Of the people in the demo whose phone the operator is asked for, so many have no app in this month either, and no wristband. */
const BY_OPERATOR_SHARE = 0.5;
const BY_OPERATOR_INTERVAL_S = 900;

/** Most phones are verified every quarter of an hour or every five minutes, a few each minute; wristbands every one to five minutes. */
export function devicesOf(demo: DemoSubject, days: number, dice: Dice) {
  const startMs = dayStartMs(FIRST_DAY);
  const draw = dice();
  const intervalS = demo.role === 'opener' ? 60 : draw < 0.5 ? 900 : draw < 0.96 ? 300 : 60;
  const bare = { fromMs: startMs - 90 * DAY_MS, untilMs: null, protocol: null, address: null };
  const { id, address, speaks } = demo.phone;
  if (speaks === 'mlp' && demo.wristband === null && dice() < BY_OPERATOR_SHARE) {
    const phone = {
      ...bare,
      id,
      kind: 'phone',
      feed: OPERATOR_FEED,
      intervalS: BY_OPERATOR_INTERVAL_S,
    } as const;
    const devices: Device[] = [{ ...phone, protocol: 'mlp', address, order: null }];
    return { devices, renewedMs: null };
  }
  const devices: Device[] = [
    {
      ...bare,
      id,
      kind: 'phone',
      feed: pick(dice, FEEDS.phones),
      // Pairs are told by both: a quarter of an hour between fixes says nothing about a meeting.
      intervalS: demo.role === 'phone-off' || demo.role === 'silent' ? Math.min(intervalS, 300) : intervalS,
      order: null,
    },
  ];
  if (demo.wristband === null) return { devices, renewedMs: null };
  const isEnding = dice() < 0.2;
  const longDays = isEnding ? between(dice, 8, days + 10) : between(dice, days + 8, 85);
  const untilMs = Math.round(startMs + longDays * DAY_MS);
  const renewedMs = isEnding && dice() < 0.7 ? Math.round(untilMs - between(dice, 0.5, 6) * DAY_MS) : null;
  devices.push({
    ...bare,
    id: demo.wristband.id,
    kind: 'wristband',
    feed: FEEDS.wristbands,
    intervalS: pick(dice, [60, 120, 300]),
    order: { ground: '测试依据', fromMs: untilMs - 88 * DAY_MS, untilMs },
  });
  return { devices, renewedMs };
}
