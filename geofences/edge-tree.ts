/**
 * The edges of rings and lines in a tree of bounding boxes, for nearest edge and ray casting in logarithmic time. Edges that
 * follow each other on a ring lie beside each other on the ground, so a tree over their order is a good one and needs no
 * sorting; and a stretch of a ring that lies wholly east of a point crosses the point's ray as often as its two ends say, odd
 * or even. Coordinates are degrees as given (longitudes unwrapped by the caller).
 */
import { scaleX, scaleY } from './metres.ts';

const LEAF_EDGES = 4;
/** Of a node: minLon, minLat, maxLon, maxLat, then four latitudes for the parity of its crossings. */
const NODE = 8;

export interface EdgeTree {
  /** lonA, latA, lonB, latB of each edge. */
  readonly edges: Float64Array;
  /** Node i has the children 2i+1 and 2i+2; `NODE` numbers each. */
  readonly nodes: Float64Array;
  readonly leaves: number;
}

/** Lines are lists of points; a ring repeats its first point at the end. */
export function buildEdgeTree(lines: readonly (readonly (readonly [number, number])[])[]): EdgeTree {
  const count = lines.reduce((sum, line) => sum + Math.max(0, line.length - 1), 0);
  const edges = new Float64Array(count * 4);
  /** Latitude of the first point of the line that an edge belongs to. */
  const lineLat = new Float64Array(count);
  let n = 0;
  for (const line of lines) {
    for (let i = 1; i < line.length; i++) {
      const a = line[i - 1];
      const b = line[i];
      if (a === undefined || b === undefined) continue;
      edges.set([a[0], a[1], b[0], b[1]], n * 4);
      lineLat[n++] = line[0]?.[1] ?? 0;
    }
  }
  let leaves = 1;
  while (leaves * LEAF_EDGES < count) leaves *= 2;
  const nodes = new Float64Array((2 * leaves - 1) * NODE);
  for (let node = 2 * leaves - 2; node >= 0; node--) {
    const at = node * NODE;
    nodes.set([Infinity, Infinity, -Infinity, -Infinity], at);
    if (node < leaves - 1) {
      for (const child of [(2 * node + 1) * NODE, (2 * node + 2) * NODE]) {
        if ((nodes[child] as number) === Infinity) continue;
        grow(nodes, at, nodes[child] as number, nodes[child + 1] as number);
        grow(nodes, at, nodes[child + 2] as number, nodes[child + 3] as number);
      }
    }
    const [from, to] = edgesUnder(node, leaves, count);
    if (from >= to) continue;
    if (node >= leaves - 1) {
      for (let i = from * 4; i < to * 4; i += 2) grow(nodes, at, edges[i] as number, edges[i + 1] as number);
    }
    // From the first edge to the end of its line, whole lines between (closed: even), from the last line's begin to the last edge.
    nodes[at + 4] = edges[from * 4 + 1] as number;
    nodes[at + 5] = lineLat[from] as number;
    nodes[at + 6] = lineLat[to - 1] as number;
    nodes[at + 7] = edges[(to - 1) * 4 + 3] as number;
  }
  return { edges, nodes, leaves };
}

/** First edge and the edge after the last below a node. */
function edgesUnder(node: number, leaves: number, count: number): [number, number] {
  let first = node;
  let last = node;
  while (first < leaves - 1) first = 2 * first + 1;
  while (last < leaves - 1) last = 2 * last + 2;
  return [
    Math.min(count, (first - leaves + 1) * LEAF_EDGES),
    Math.min(count, (last - leaves + 2) * LEAF_EDGES),
  ];
}

function grow(nodes: Float64Array, at: number, lon: number, lat: number): void {
  if (lon < (nodes[at] as number)) nodes[at] = lon;
  if (lat < (nodes[at + 1] as number)) nodes[at + 1] = lat;
  if (lon > (nodes[at + 2] as number)) nodes[at + 2] = lon;
  if (lat > (nodes[at + 3] as number)) nodes[at + 3] = lat;
}

const stack = new Int32Array(64);
const stackD2 = new Float64Array(64);
/** The nearest point of the last search, as differences in degrees from the point asked for. */
let foundDx = 0;
let foundDy = 0;

/** So far away that a degree of longitude has another length there: 0.05° changes it by 0.05 % at 30° of latitude. */
const FAR_DEG = 0.05;

/** Metres from a point to the nearest edge. Edges are straight in longitude and latitude (RFC 7946, 3.1.1). */
export function nearestEdgeM(tree: EdgeTree, lon: number, lat: number): number {
  search(tree, lon, lat, scaleX(lat), scaleY(lat));
  let middle = lat + foundDy / 2;
  if (Math.abs(foundDy) > FAR_DEG) {
    search(tree, lon, lat, scaleX(middle), scaleY(middle));
    middle = lat + foundDy / 2;
  }
  const x = foundDx * scaleX(middle);
  const y = foundDy * scaleY(middle);
  return Math.sqrt(x * x + y * y);
}

function search({ edges, nodes, leaves }: EdgeTree, lon: number, lat: number, kx: number, ky: number): void {
  let best = Infinity;
  let depth = 1;
  stack[0] = 0;
  stackD2[0] = 0;
  while (depth > 0) {
    depth--;
    if ((stackD2[depth] as number) >= best) continue;
    const node = stack[depth] as number;
    if (node < leaves - 1) {
      const left = 2 * node + 1;
      const leftD2 = boxD2(nodes, left * NODE, lon, lat, kx, ky);
      const rightD2 = boxD2(nodes, left * NODE + NODE, lon, lat, kx, ky);
      // The nearer child is taken first: it bounds what the other has to beat.
      const isLeftNearer = leftD2 <= rightD2;
      const farD2 = isLeftNearer ? rightD2 : leftD2;
      if (farD2 < best) {
        stack[depth] = isLeftNearer ? left + 1 : left;
        stackD2[depth++] = farD2;
      }
      stack[depth] = isLeftNearer ? left : left + 1;
      stackD2[depth++] = isLeftNearer ? leftD2 : rightD2;
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
      const along = -(ax * dx + ay * dy);
      const t = along <= 0 ? 0 : along >= length2 ? 1 : along / length2;
      const px = ax + t * dx;
      const py = ay + t * dy;
      const d2 = px * px + py * py;
      if (d2 < best) {
        best = d2;
        foundDx = px / kx;
        foundDy = py / ky;
      }
    }
  }
}

function boxD2(nodes: Float64Array, at: number, lon: number, lat: number, kx: number, ky: number): number {
  const west = (nodes[at] as number) - lon;
  const east = lon - (nodes[at + 2] as number);
  const south = (nodes[at + 1] as number) - lat;
  const north = lat - (nodes[at + 3] as number);
  const dx = Math.max(west, east, 0) * kx;
  const dy = Math.max(south, north, 0) * ky;
  return dx * dx + dy * dy;
}

/** Whether a point is inside by the even-odd rule: a ray to the east crosses an odd number of edges. For rings only. */
export function isEnclosed({ edges, nodes, leaves }: EdgeTree, lon: number, lat: number): boolean {
  let inside = false;
  let depth = 1;
  stack[0] = 0;
  while (depth > 0) {
    const node = stack[--depth] as number;
    const at = node * NODE;
    if (lat < (nodes[at + 1] as number) || lat > (nodes[at + 3] as number) || lon > (nodes[at + 2] as number))
      continue;
    if (lon < (nodes[at] as number)) {
      const isOdd =
        ((nodes[at + 4] as number) > lat !== (nodes[at + 5] as number) > lat) !==
        ((nodes[at + 6] as number) > lat !== (nodes[at + 7] as number) > lat);
      if (isOdd) inside = !inside;
      continue;
    }
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

/** Index of an edge after `edge` whose box touches that edge's box and that `accepts` takes; −1: none. */
export function findLaterEdge(
  { edges, nodes, leaves }: EdgeTree,
  edge: number,
  accepts: (other: number) => boolean,
): number {
  const i = edge * 4;
  const minLon = Math.min(edges[i] as number, edges[i + 2] as number);
  const maxLon = Math.max(edges[i] as number, edges[i + 2] as number);
  const minLat = Math.min(edges[i + 1] as number, edges[i + 3] as number);
  const maxLat = Math.max(edges[i + 1] as number, edges[i + 3] as number);
  const count = edges.length / 4;
  let depth = 1;
  stack[0] = 0;
  while (depth > 0) {
    const node = stack[--depth] as number;
    const at = node * NODE;
    if (
      (nodes[at] as number) > maxLon ||
      (nodes[at + 1] as number) > maxLat ||
      (nodes[at + 2] as number) < minLon ||
      (nodes[at + 3] as number) < minLat
    )
      continue;
    if (node < leaves - 1) {
      stack[depth++] = 2 * node + 1;
      stack[depth++] = 2 * node + 2;
      continue;
    }
    const from = (node - leaves + 1) * LEAF_EDGES;
    for (let other = Math.max(from, edge + 1); other < Math.min(from + LEAF_EDGES, count); other++) {
      if (accepts(other)) return other;
    }
  }
  return -1;
}
