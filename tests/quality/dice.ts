/** Seeded dice: a stream of numbers for each thing, the same for the same seed. */
import { hash } from '../../src/demo/random.ts';

/** The next number in [0, 1). */
export type Dice = () => number;

/** mulberry32: small and good enough for errors; one stream for each list of keys. */
export function createDice(...keys: readonly number[]): Dice {
  let state = hash(...keys);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function normal(dice: Dice): number {
  return Math.sqrt(-2 * Math.log(1 - dice())) * Math.cos(2 * Math.PI * dice());
}

export function between(dice: Dice, low: number, high: number): number {
  return low + (high - low) * dice();
}

/** As many of 1–10 as of 10–100. */
export function logBetween(dice: Dice, low: number, high: number): number {
  return low * (high / low) ** dice();
}

export function pick<T>(dice: Dice, items: readonly T[]): T {
  const item = items[Math.floor(dice() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
