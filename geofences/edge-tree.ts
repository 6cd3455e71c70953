/**
 * The edges of rings and lines in a tree of bounding boxes, for nearest edge and ray casting in logarithmic time. Edges that
 * follow each other on a ring lie beside each other on the ground, so a tree over their order is a good one and needs no
 * sorting. Coordinates are degrees as given (longitudes unwrapped by the caller).
 */
import { metresPerDegree } from './metres.ts';

const LEAF_EDGES = 8;

export interface EdgeTree {
  /** lonA, latA, lonB, latB of each edge. */
  readonly edges: Float64Array;
  /** minLon, minLat, maxLon, maxLat of each node; node i has the children 2i+1 and 2i+2. */
  readonly boxes: Float64Array;
  readonly leaves: number;
}

/** Lines are lists of points; a ring repeats its first point at the end. */
export function buildEdgeTree(lines: readonly (readonly (readonly [number, number])[])[]): EdgeTree {
  const edges: number[] = [];
  for (const line of lines) {
    for (let i = 1; i < line.length; i++) {
      const a = line[i - 1];
      const b = line[i];
      if (a !== undefined && b !== undefined) edges.push(a[0], a[1], b[0], b[1]);
    }
  }
  let leaves = 1;
  while (leaves * LEAF_EDGES < edges.length / 4) leaves *= 2;
  const boxes = new Float64Array((2 * leaves - 1) * 4);
  for (let node = 0; node < boxes.length; node += 4)
    boxes.set([Infinity, Infinity, -Infinity, -Infinity], node);
  for (let leaf = 0; leaf < leaves; leaf++) {
    const from = leaf * LEAF_EDGES * 4;
    for (let i = from; i < Math.min(from + LEAF_EDGES * 4, edges.length); i += 2) {
      grow(boxes, (leaves - 1 + leaf) * 4, edges[i] as number, edges[i + 1] as number);
    }
  }
  for (let node = leaves - 2; node >= 0; node--) {
    for (const child of [2 * node + 1, 2 * node + 2]) {
      grow(boxes, node * 4, boxes[child * 4] as number, boxes[child * 4 + 1] as number);
      grow(boxes, node * 4, boxes[child * 4 + 2] as number, boxes[child * 4 + 3] as number);
    }
  }
  return { edges: Float64Array.from(edges), boxes, leaves };
}

function grow(boxes: Float64Array, at: number, lon: number, lat: number): void {
  if (lon < (boxes[at] as number)) boxes[at] = lon;
  if (lat < (boxes[at + 1] as number)) boxes[at + 1] = lat;
  if (lon > (boxes[at + 2] as number)) boxes[at + 2] = lon;
  if (lat > (boxes[at + 3] as number)) boxes[at + 3] = lat;
}

const stack = new Int32Array(64);

/** Metres from a point to the nearest edge. Edges are straight in longitude and latitude (RFC 7946, 3.1.1). */
export function nearestEdgeM({ edges, boxes, leaves }: EdgeTree, lon: number, lat: number): number {
  const { x: kx, y: ky } = metresPerDegree(lat);
  let best = Infinity;
  let bestLat = lat;
  let bestDx = 0;
  let depth = 0;
  stack[depth++] = 0;
  while (depth > 0) {
    const node = stack[--depth] as number;
    if (boxDistance2(boxes, node * 4, lon, lat, kx, ky) >= best) continue;
    if (node < leaves - 1) {
      const left = 2 * node + 1;
      const right = left + 1;
      const isLeftNearer =
        boxDistance2(boxes, left * 4, lon, lat, kx, ky) <= boxDistance2(boxes, right * 4, lon, lat, kx, ky);
      // The nearer child is taken first: it bounds what the other has to beat.
      stack[depth++] = isLeftNearer ? right : left;
      stack[depth++] = isLeftNearer ? left : right;
      continue;
    }
    const from = (node - leaves + 1) * LEAF_EDGES * 4;
    const to = Math.min(from + LEAF_EDGES * 4, edges.length);
    for (let i = from; i < to; i += 4) {
      const ax = ((edges[i] as number) - lon) * kx;
      const ay = ((edges[i + 1] as number) - lat) * ky;
      const dx = ((edges[i + 2] as number) - lon) * kx - ax;
      const dy = ((edges[i + 3] as number) - lat) * ky - ay;
      const length2 = dx * dx + dy * dy;
      const t = length2 === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length2));
      const px = ax + t * dx;
      const py = ay + t * dy;
      const d2 = px * px + py * py;
      if (d2 < best) {
        best = d2;
        bestLat = lat + py / ky;
        bestDx = px / kx;
      }
    }
  }
  // Again with the scale halfway to the point found: over tens of kilometres a degree changes its length.
  const scale = metresPerDegree((lat + bestLat) / 2);
  const x = bestDx * scale.x;
  const y = (bestLat - lat) * scale.y;
  return Math.sqrt(x * x + y * y);
}

function boxDistance2(
  boxes: Float64Array,
  at: number,
  lon: number,
  lat: number,
  kx: number,
  ky: number,
): number {
  const dx = Math.max((boxes[at] as number) - lon, 0, lon - (boxes[at + 2] as number)) * kx;
  const dy = Math.max((boxes[at + 1] as number) - lat, 0, lat - (boxes[at + 3] as number)) * ky;
  return dx * dx + dy * dy;
}

/** Whether a point is inside by the even-odd rule: a ray to the east crosses an odd number of edges. */
export function isEnclosed({ edges, boxes, leaves }: EdgeTree, lon: number, lat: number): boolean {
  let inside = false;
  let depth = 0;
  stack[depth++] = 0;
  while (depth > 0) {
    const node = stack[--depth] as number;
    const at = node * 4;
    if (lat < (boxes[at + 1] as number) || lat > (boxes[at + 3] as number) || lon > (boxes[at + 2] as number))
      continue;
    if (node < leaves - 1) {
      stack[depth++] = 2 * node + 1;
      stack[depth++] = 2 * node + 2;
      continue;
    }
    const from = (node - leaves + 1) * LEAF_EDGES * 4;
    const to = Math.min(from + LEAF_EDGES * 4, edges.length);
    for (let i = from; i < to; i += 4) {
      const latA = edges[i + 1] as number;
      const latB = edges[i + 3] as number;
      if (latA > lat === latB > lat) continue;
      const lonA = edges[i] as number;
      if (lon < lonA + ((lat - latA) / (latB - latA)) * ((edges[i + 2] as number) - lonA)) inside = !inside;
    }
  }
  return inside;
}
