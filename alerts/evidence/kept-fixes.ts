/**
 * The newest fixes of a device as its state keeps them: one flat row of numbers, six of a fix, oldest first. A million subjects keep
 * eight million of them, and as arrays of their own they weigh twice as much.
 */
import { CONFIRMED, COUNTED, type Fix } from './position-estimate.ts';

/** Numbers of `Fix` after each other. */
export type KeptFixes = number[];

const WIDTH = 6;
const FLAGS = 5;

export function countFixes(kept: KeptFixes): number {
  return kept.length / WIDTH;
}

/** A copy. */
export function fixAt(kept: KeptFixes, index: number): Fix {
  const from = index * WIDTH;
  return [
    kept[from] as number,
    kept[from + 1] as number,
    kept[from + 2] as number,
    kept[from + 3] as number,
    kept[from + 4] as number,
    kept[from + FLAGS] as number,
  ];
}

/** Undefined: there is none. */
export function timeAt(kept: KeptFixes, index: number): number | undefined {
  return kept[index * WIDTH];
}

export function newestFix(kept: KeptFixes): Fix | undefined {
  return kept.length === 0 ? undefined : fixAt(kept, countFixes(kept) - 1);
}

/** Copies of those that the estimate took. */
export function countedFixes(kept: KeptFixes): Fix[] {
  const counted: Fix[] = [];
  for (let i = 0; i < countFixes(kept); i++) if (isCounted(kept, i)) counted.push(fixAt(kept, i));
  return counted;
}

function isCounted(kept: KeptFixes, index: number): boolean {
  return ((kept[index * WIDTH + FLAGS] as number) & COUNTED) !== 0;
}

/** It had been kept aside, and another agrees with it. */
export function confirm(kept: KeptFixes, index: number): void {
  kept[index * WIDTH + FLAGS] = (kept[index * WIDTH + FLAGS] as number) | COUNTED | CONFIRMED;
}

/** The next one that counts, before (−1) or after (1) an index; −1: none is kept. */
export function nextCounted(kept: KeptFixes, index: number, step: -1 | 1): number {
  for (let i = index + step; i >= 0 && i < countFixes(kept); i += step) if (isCounted(kept, i)) return i;
  return -1;
}

/**
 * The fix that was kept aside until the newest one that counts agreed with it: what holds by both holds since the first. −1: none was, or
 * others have been taken since.
 */
export function justConfirmed(kept: KeptFixes): number {
  const before = nextCounted(kept, nextCounted(kept, countFixes(kept), -1), -1);
  return before >= 0 && ((kept[before * WIDTH + FLAGS] as number) & CONFIRMED) !== 0 ? before : -1;
}

/** Answers the row to keep. It is no longer than what is in it: one that grows keeps room for a dozen more. */
export function appended(kept: KeptFixes, fix: Fix): KeptFixes {
  return kept.concat(fix);
}

/** Puts it in the place of the oldest, at the end, in the same row. */
export function pushOut(kept: KeptFixes, fix: Fix): void {
  const left = kept.length - WIDTH;
  // By hand: of an array `copyWithin` asks for each place whether there is one, which is half of what an observation costs.
  for (let i = 0; i < left; i++) kept[i] = kept[i + WIDTH] as number;
  for (let i = 0; i < WIDTH; i++) kept[left + i] = fix[i] as number;
}

/** The row before an index, and copies of what follows it. */
export function splitAt(kept: KeptFixes, index: number): [before: KeptFixes, after: Fix[]] {
  const after: Fix[] = [];
  for (let i = index; i < countFixes(kept); i++) after.push(fixAt(kept, i));
  return [kept.slice(0, index * WIDTH), after];
}
