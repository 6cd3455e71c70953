/**
 * Sets of small whole numbers (slots or minutes of a day) as runs: `[from, until, from, until, …]`, ascending, none touching. A day
 * is a few stretches, so a set is a few numbers, in memory and as JSON. Adding what is in it changes nothing: counting twice is not possible.
 */
export type Runs = readonly number[];

export const NO_RUNS: Runs = [];

export function hasPoint(runs: Runs, point: number): boolean {
  for (let i = 0; i < runs.length; i += 2) {
    if (point < (runs[i] as number)) return false;
    if (point < (runs[i + 1] as number)) return true;
  }
  return false;
}

/** The union with `from` (inclusive) until `until` (exclusive); the same object where nothing is new. */
export function withRun(runs: Runs, from: number, until: number): Runs {
  if (until <= from) return runs;
  const made: number[] = [];
  let [start, end] = [from, until];
  let isPlaced = false;
  for (let i = 0; i < runs.length; i += 2) {
    const a = runs[i] as number;
    const b = runs[i + 1] as number;
    if (a <= from && until <= b) return runs;
    if (b < start) made.push(a, b);
    else if (a > end) {
      if (!isPlaced) made.push(start, end);
      isPlaced = true;
      made.push(a, b);
    } else {
      start = Math.min(start, a);
      end = Math.max(end, b);
    }
  }
  if (!isPlaced) made.push(start, end);
  return made;
}

export function withPoint(runs: Runs, point: number): Runs {
  return hasPoint(runs, point) ? runs : withRun(runs, point, point + 1);
}

/** How many numbers are in it. */
export function sizeOf(runs: Runs): number {
  let size = 0;
  for (let i = 0; i < runs.length; i += 2) size += (runs[i + 1] as number) - (runs[i] as number);
  return size;
}

const NOTHING = new Uint8Array(1440);

/** One byte a number, 1 where it is in the set: for going through a day, not to be written to. Most sets of a day are empty. */
export function spread(runs: Runs, length: number): Uint8Array {
  if (runs.length === 0 && length <= NOTHING.length) return NOTHING.subarray(0, length);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < runs.length; i += 2) bytes.fill(1, runs[i], runs[i + 1]);
  return bytes;
}

/** One bit a number, the least significant of the first byte first. */
export function toBits(runs: Runs, length: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(length / 8));
  for (let i = 0; i < runs.length; i += 2)
    for (let n = runs[i] as number; n < (runs[i + 1] as number) && n < length; n++)
      bits[n >> 3] = (bits[n >> 3] as number) | (1 << (n & 7));
  return bits;
}
