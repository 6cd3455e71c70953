/**
 * Randomness that is a function of its arguments: the same seed and keys give the same number, in any order and after
 * any restart. Everything in the demo draws from here, nothing from `Math.random`.
 */

/** 32-bit hash of some integers (lowbias32 of Chris Wellons, chained). */
export function hash(...keys: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const key of keys) {
    // Times in milliseconds exceed 32 bits: both halves count.
    h = mix(h ^ (key | 0));
    const high = Math.floor(key / 0x100000000) | 0;
    if (high !== 0 && high !== -1) h = mix(h ^ high);
  }
  return h >>> 0;
}

function mix(x: number): number {
  let h = x;
  h ^= h >>> 16;
  h = Math.imul(h, 0x21f0aaad);
  h ^= h >>> 15;
  h = Math.imul(h, 0x735a2d97);
  h ^= h >>> 15;
  return h;
}

/** In [0, 1). */
export function uniform(...keys: readonly number[]): number {
  return hash(...keys) / 0x100000000;
}

/** Standard normal (Box–Muller). */
export function gaussian(...keys: readonly number[]): number {
  const u = (hash(...keys, 1) + 1) / 0x100000001;
  const v = hash(...keys, 2) / 0x100000000;
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}

/**
 * A standard normal that changes slowly with time: independent draws at knots `knotMs` apart, blended between them so
 * that the variance stays one. What is nearer than a knot goes together, what is farther than two does not.
 */
export function slowGaussian(atMs: number, knotMs: number, ...keys: readonly number[]): number {
  const position = atMs / knotMs;
  const knot = Math.floor(position);
  const share = position - knot;
  const a = gaussian(...keys, knot);
  const b = gaussian(...keys, knot + 1);
  return ((1 - share) * a + share * b) / Math.hypot(1 - share, share);
}

/** A stream of numbers, for building things once. */
export interface RandomStream {
  /** In [0, 1). */
  next(): number;
  between(low: number, high: number): number;
  /** Between the two with equal weight for each factor, e.g. as many of 1–10 km as of 10–100. */
  logBetween(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
  gaussian(): number;
}

export function createRandom(...keys: readonly number[]): RandomStream {
  let count = 0;
  const next = () => uniform(...keys, count++);
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    logBetween: (low, high) => low * (high / low) ** next(),
    pick: (items) => {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    gaussian: () => gaussian(...keys, count++),
  };
}
