/**
 * Whether rings make an area that can be judged by the even-odd rule: none crosses itself or another, polygons lie beside each
 * other, holes inside their polygons. Touching is allowed: real boundaries do. Degrees, longitudes unwrapped.
 */
import type { LonLat } from '../src/kernel/roster.ts';
import { type EdgeTree, findLaterEdge, isEnclosed } from './edge-tree.ts';

/** A millimetre: edges that overlap by less touch. */
const TOUCH_DEG = 1e-8;
/** A centimetre: where a ring is looked at from just inside or just outside. */
const BESIDE_DEG = 1e-7;

export interface Crossing {
  /** Indexes into the rings. */
  readonly ring: number;
  readonly other: number;
  readonly lon: number;
  readonly lat: number;
}

/** Shoelace formula in square degrees, positive counter-clockwise. Relative to the first point: small rings far out lose nothing. */
export function areaDeg2(ring: readonly LonLat[]): number {
  const [lon0, lat0] = ring[0] ?? [0, 0];
  let sum = 0;
  for (let i = 1; i < ring.length; i++) {
    const a = ring[i - 1] as LonLat;
    const b = ring[i] as LonLat;
    sum += (a[0] - lon0) * (b[1] - lat0) - (b[0] - lon0) * (a[1] - lat0);
  }
  return sum / 2;
}

/** `tree` is that of `rings`, edges in their order. */
export function findCrossing(tree: EdgeTree, rings: readonly (readonly LonLat[])[]): Crossing | undefined {
  const { edges } = tree;
  for (let edge = 0; edge < edges.length / 4; edge++) {
    const other = findLaterEdge(tree, edge, (candidate) => cross(edges, edge * 4, candidate * 4));
    if (other >= 0) {
      const [lon, lat] = crossingOf(edges, edge * 4, other * 4);
      return { ring: ringOf(rings, edge), other: ringOf(rings, other), lon, lat };
    }
  }
  return undefined;
}

function cross(edges: Float64Array, i: number, j: number): boolean {
  return areApart(edges, i, j) && areApart(edges, j, i);
}

/** Whether the ends of edge j lie on two sides of the line through edge i, each by more than a touch. */
function areApart(edges: Float64Array, i: number, j: number): boolean {
  const x = edges[i] as number;
  const y = edges[i + 1] as number;
  const dx = (edges[i + 2] as number) - x;
  const dy = (edges[i + 3] as number) - y;
  const a = dx * ((edges[j + 1] as number) - y) - dy * ((edges[j] as number) - x);
  const b = dx * ((edges[j + 3] as number) - y) - dy * ((edges[j + 2] as number) - x);
  if (a > 0 === b > 0) return false;
  return Math.min(Math.abs(a), Math.abs(b)) > TOUCH_DEG * Math.sqrt(dx * dx + dy * dy);
}

/** A centimetre: nearer than this, two edges are taken for touching. */
const NEAR_DEG = 1e-7;

/** Whether some edge comes to another one than those before and behind it, or runs back along these. */
export function isTouching(tree: EdgeTree): boolean {
  const { edges } = tree;
  for (let edge = 0; edge < edges.length / 4; edge++) {
    if (findLaterEdge(tree, edge, (other) => areNear(edges, edge * 4, other * 4)) >= 0) return true;
  }
  return false;
}

function areNear(edges: Float64Array, i: number, j: number): boolean {
  // A corner that both share is no touch: but then their other ends must be apart.
  const isBefore = isSame(edges, i + 2, j);
  const isAfter = isSame(edges, j + 2, i);
  return (
    (!isAfter && isOn(edges, i, j)) ||
    (!isBefore && isOn(edges, i + 2, j)) ||
    (!isBefore && isOn(edges, j, i)) ||
    (!isAfter && isOn(edges, j + 2, i))
  );
}

function isSame(edges: Float64Array, p: number, q: number): boolean {
  return edges[p] === edges[q] && edges[p + 1] === edges[q + 1];
}

/** Whether the point at `p` lies on edge `j`. */
function isOn(edges: Float64Array, p: number, j: number): boolean {
  const x = (edges[p] as number) - (edges[j] as number);
  const y = (edges[p + 1] as number) - (edges[j + 1] as number);
  const dx = (edges[j + 2] as number) - (edges[j] as number);
  const dy = (edges[j + 3] as number) - (edges[j + 1] as number);
  const length2 = dx * dx + dy * dy;
  const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / length2));
  return Math.hypot(x - t * dx, y - t * dy) <= NEAR_DEG;
}

function crossingOf(edges: Float64Array, i: number, j: number): LonLat {
  const [x = 0, y = 0, x2 = 0, y2 = 0] = edges.subarray(i, i + 4);
  const [u = 0, v = 0, u2 = 0, v2 = 0] = edges.subarray(j, j + 4);
  const t = ((u - x) * (v2 - v) - (v - y) * (u2 - u)) / ((x2 - x) * (v2 - v) - (y2 - y) * (u2 - u));
  return [x + t * (x2 - x), y + t * (y2 - y)];
}

function ringOf(rings: readonly (readonly LonLat[])[], edge: number): number {
  let before = 0;
  return rings.findIndex((ring) => {
    before += ring.length - 1;
    return edge < before;
  });
}

/**
 * The first ring that is not where its role wants it: just inside a polygon's ring the area must hold, just inside a hole it
 * must not, and just outside a hole it must. Rings must not cross.
 */
export function findMisplacedRing(
  tree: EdgeTree,
  rings: readonly (readonly LonLat[])[],
  isHole: readonly boolean[],
): number | undefined {
  const misplaced = rings.findIndex((ring, i) => {
    const { inside, outside } = besideLongestEdge(ring);
    return isHole[i]
      ? isEnclosed(tree, ...inside) || !isEnclosed(tree, ...outside)
      : !isEnclosed(tree, ...inside);
  });
  return misplaced < 0 ? undefined : misplaced;
}

export function besideLongestEdge(ring: readonly LonLat[]): { inside: LonLat; outside: LonLat } {
  let longest2 = -1;
  let a: LonLat = [0, 0];
  let b: LonLat = a;
  for (let i = 1; i < ring.length; i++) {
    const from = ring[i - 1] as LonLat;
    const to = ring[i] as LonLat;
    const length2 = (to[0] - from[0]) ** 2 + (to[1] - from[1]) ** 2;
    if (length2 <= longest2) continue;
    longest2 = length2;
    a = from;
    b = to;
  }
  // Inside lies to the left of a ring that runs counter-clockwise.
  const step = (areaDeg2(ring) > 0 ? BESIDE_DEG : -BESIDE_DEG) / Math.sqrt(longest2);
  const lon = (a[0] + b[0]) / 2;
  const lat = (a[1] + b[1]) / 2;
  const dx = -(b[1] - a[1]) * step;
  const dy = (b[0] - a[0]) * step;
  return { inside: [lon + dx, lat + dy], outside: [lon - dx, lat - dy] };
}
