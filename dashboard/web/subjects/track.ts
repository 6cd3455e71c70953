/** What a day's fixes say: unbroken parts and the gaps between them, stays, five-minute slots. Pure. */

export interface Fix {
  readonly atMs: number;
  readonly lon: number;
  readonly lat: number;
  /** Radius that holds 68 %, as the device claimed it; null: it claimed nothing. */
  readonly accuracyM: number | null;
  readonly speedMps: number | null;
  readonly batteryPct: number | null;
  readonly method: string | null;
  readonly device: string;
}

/** Longer without a fix is a gap, and is drawn as one: nothing is known of the way in between. */
export const GAP_MS = 15 * 60_000;
export const SLOT_MS = 5 * 60_000;
export const SLOTS = 288;

/** Fixes without a gap between them; in order of time. */
export function partsOf<T extends { readonly atMs: number }>(fixes: readonly T[], gapMs = GAP_MS): T[][] {
  const parts: T[][] = [];
  let last: T | undefined;
  for (const fix of fixes) {
    if (last === undefined || fix.atMs - last.atMs > gapMs) parts.push([]);
    parts.at(-1)?.push(fix);
    last = fix;
  }
  return parts;
}

/** Index of the newest fix at or before a time; -1: none. */
export function indexAt(fixes: readonly Fix[], ms: number): number {
  let [low, high] = [0, fixes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((fixes[middle]?.atMs ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** For each five minutes of the day whether there was a fix in them. */
export function slotsOf(fixes: readonly Fix[], dayMs: number): boolean[] {
  const slots = new Array<boolean>(SLOTS).fill(false);
  for (const { atMs } of fixes) {
    const slot = Math.floor((atMs - dayMs) / SLOT_MS);
    if (slot >= 0 && slot < SLOTS) slots[slot] = true;
  }
  return slots;
}

export interface Stay {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly lon: number;
  readonly lat: number;
  readonly fixes: number;
}

const METRES_A_DEGREE = 111_320;
function distanceM(aLon: number, aLat: number, bLon: number, bLat: number): number {
  const x = (aLon - bLon) * METRES_A_DEGREE * Math.cos((aLat * Math.PI) / 180);
  return Math.hypot(x, (aLat - bLat) * METRES_A_DEGREE);
}

/** A stay ends with the second fix in a row that is away: a lone wild one is drift, not a journey. */
const AWAY_IN_A_ROW = 2;

/** Where the subject remained within `radiusM` (and the fix's own error) for `leastMs`; a gap of data ends a stay. */
export function staysOf(fixes: readonly Fix[], radiusM = 150, leastMs = 20 * 60_000): Stay[] {
  const stays: Stay[] = [];
  for (const part of partsOf(fixes)) {
    let inside: Fix[] = [];
    let away: Fix[] = [];
    const end = () => {
      const [first, last] = [inside[0], inside.at(-1)];
      if (first !== undefined && last !== undefined && last.atMs - first.atMs >= leastMs)
        stays.push({ fromMs: first.atMs, untilMs: last.atMs, ...middleOf(inside), fixes: inside.length });
    };
    for (const fix of part) {
      const middle = middleOf(inside);
      const isHere =
        inside.length === 0 ||
        distanceM(middle.lon, middle.lat, fix.lon, fix.lat) <= radiusM + (fix.accuracyM ?? 0);
      if (isHere) {
        inside.push(fix);
        away = [];
        continue;
      }
      away.push(fix);
      if (away.length < AWAY_IN_A_ROW) continue;
      end();
      inside = away;
      away = [];
    }
    end();
  }
  return stays;
}

function middleOf(fixes: readonly Fix[]): { lon: number; lat: number } {
  let [lon, lat] = [0, 0];
  for (const fix of fixes) {
    lon += fix.lon / fixes.length;
    lat += fix.lat / fixes.length;
  }
  return { lon, lat };
}
