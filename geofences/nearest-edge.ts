/** The nearest edge of a tree: how far it is in metres, and on which side of it a point lies. */
import { BOX, type EdgeTree, LEAF_EDGES } from './edge-tree.ts';
import { scaleX, scaleY } from './metres.ts';

const stack = new Int32Array(64);
const stackD2 = new Float64Array(64);
/**
 * What the last search found. The nearest point, as differences in degrees, by the scale halfway to each edge; and the nearest edge
 * by one scale for all: its offset in `edges` and where on it (0 at its begin, 1 at its end). Of both the squared metres.
 */
const found = { dx: 0, dy: 0, edge: 0, t: 0 };
const best = new Float64Array(2);
const POINT = 0;
const EDGE = 1;

/** So far away that a degree of longitude has another length there: 0.05° changes it by 0.05 % at 30° of latitude. */
const FAR_DEG = 0.05;
const RAD = Math.PI / 180;

/**
 * Metres from a point to the nearest edge. Edges are straight in longitude and latitude (RFC 7946, 3.1.1). The scale is that of
 * the latitude halfway there. A guess by the nearest boxes comes first: it bounds the search, and says whether that matters.
 */
export function nearestEdgeM(tree: EdgeTree, lon: number, lat: number): number {
  let kx = scaleX(lat);
  let ky = scaleY(lat);
  best.fill(Infinity);
  guess(tree, lon, lat, kx, ky);
  const farDeg = Math.sqrt(best[POINT] as number) / ky;
  let shrink = 0;
  let guessedDy = 0;
  if (farDeg > FAR_DEG) {
    guessedDy = found.dy;
    const middle = lat + guessedDy / 2;
    kx = scaleX(middle);
    ky = scaleY(middle);
    // A degree of longitude is shorter by this share with each degree of latitude; halfway there, by half of it.
    shrink = (Math.tan(middle * RAD) * RAD) / 2;
    best.fill((found.dx * kx) ** 2 + (found.dy * ky) ** 2);
  }
  search(tree, lon, lat, kx, ky, shrink, guessedDy, farDeg);
  const middle = lat + found.dy / 2;
  const x = found.dx * scaleX(middle);
  const y = found.dy * scaleY(middle);
  return Math.sqrt(x * x + y * y);
}

/** Down to the leaf whose boxes are nearest on the way: near the nearest edge, mostly. */
function guess(tree: EdgeTree, lon: number, lat: number, kx: number, ky: number): void {
  const { boxes, leaves } = tree;
  const x = lon - tree.lon;
  const y = lat - tree.lat;
  let node = 1;
  while (node < leaves) {
    const left = 2 * node;
    const leftD2 = boxD2(boxes, left * BOX, x, y, kx, ky);
    const rightD2 = boxD2(boxes, left * BOX + BOX, x, y, kx, ky);
    node = leftD2 <= rightD2 ? left : left + 1;
  }
  searchLeaf(tree, node, lon, lat, kx, ky, 0, 0);
}

/** Leaves what was found as it is, where nothing is nearer. `shrink`: of the scale of x, a degree of latitude beyond `guessedDy`. */
function search(
  tree: EdgeTree,
  lon: number,
  lat: number,
  kx: number,
  ky: number,
  shrink: number,
  guessedDy: number,
  farDeg: number,
): void {
  const { boxes, leaves } = tree;
  const x = lon - tree.lon;
  const y = lat - tree.lat;
  let limit = Math.max(best[POINT] as number, best[EDGE] as number);
  let depth = 1;
  stack[0] = 1;
  stackD2[0] = 0;
  while (depth > 0) {
    depth--;
    if ((stackD2[depth] as number) >= limit) continue;
    const node = stack[depth] as number;
    if (node >= leaves) {
      searchLeaf(tree, node, lon, lat, kx, ky, shrink, guessedDy);
      limit = Math.max(best[POINT] as number, best[EDGE] as number);
      continue;
    }
    const left = 2 * node;
    const at = left * BOX;
    const leftKx = shrink === 0 ? kx : kx * leastScale(boxes, at, y, shrink, guessedDy, farDeg);
    const rightKx = shrink === 0 ? kx : kx * leastScale(boxes, at + BOX, y, shrink, guessedDy, farDeg);
    const leftD2 = boxD2(boxes, at, x, y, leftKx, ky);
    const rightD2 = boxD2(boxes, at + BOX, x, y, rightKx, ky);
    // The nearer child is taken first: it bounds what the other has to beat.
    const isLeftNearer = leftD2 <= rightD2;
    const farD2 = isLeftNearer ? rightD2 : leftD2;
    const nearD2 = isLeftNearer ? leftD2 : rightD2;
    if (farD2 < limit) {
      stack[depth] = isLeftNearer ? left + 1 : left;
      stackD2[depth++] = farD2;
    }
    if (nearD2 < limit) {
      stack[depth] = isLeftNearer ? left : left + 1;
      stackD2[depth++] = nearD2;
    }
  }
}

/** Of x, for whatever lies in the box and within what is of interest: no more than either scale that edges are measured by. */
function leastScale(
  boxes: Float32Array,
  at: number,
  y: number,
  shrink: number,
  guessedDy: number,
  farDeg: number,
): number {
  const toDeg =
    shrink >= 0
      ? Math.min((boxes[at + 3] as number) - y, farDeg)
      : Math.max((boxes[at + 1] as number) - y, -farDeg);
  return Math.min(1, Math.max(0, 1 - shrink * (toDeg - guessedDy)));
}

function searchLeaf(
  { edges, leaves }: EdgeTree,
  node: number,
  lon: number,
  lat: number,
  kx: number,
  ky: number,
  shrink: number,
  guessedDy: number,
): void {
  const from = (node - leaves) * LEAF_EDGES * 4;
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
    const edgeD2 = px * px + py * py;
    if (edgeD2 < (best[EDGE] as number)) {
      best[EDGE] = edgeD2;
      found.edge = i;
      found.t = t;
    }
    const x = px * (1 - shrink * (py / ky - guessedDy));
    const pointD2 = x * x + py * py;
    if (pointD2 < (best[POINT] as number)) {
      best[POINT] = pointD2;
      found.dx = px / kx;
      found.dy = py / ky;
    }
  }
}

function boxD2(boxes: Float32Array, at: number, x: number, y: number, kx: number, ky: number): number {
  const west = (boxes[at] as number) - x;
  const east = x - (boxes[at + 2] as number);
  const south = (boxes[at + 1] as number) - y;
  const north = y - (boxes[at + 3] as number);
  const dx = Math.max(west, east, 0) * kx;
  const dy = Math.max(south, north, 0) * ky;
  return dx * dx + dy * dy;
}

/**
 * The side of the edge that `nearestEdgeM` has just found: positive to its left, negative to its right, 0 where it does not
 * tell. Nothing lies between the point and the edge that is
 * nearest by one scale for all, so by rings that touch nothing (`isTouching`) the side says
 * whether the point is inside. At a corner the point lies outside the bend: to the right where the ring turns left.
 */
export function foundSide({ edges }: EdgeTree, lon: number, lat: number): number {
  const i = found.edge;
  const x = edges[i] as number;
  const y = edges[i + 1] as number;
  const dx = (edges[i + 2] as number) - x;
  const dy = (edges[i + 3] as number) - y;
  if (found.t > 0 && found.t < 1) return dx * (lat - y) - dy * (lon - x);
  // The corner's other edge stands beside this one, but for the first and the last of a ring.
  const j = found.t === 0 ? i - 4 : i + 4;
  const corner = found.t === 0 ? i : i + 2;
  const same = found.t === 0 ? j + 2 : j;
  if (edges[same] !== edges[corner] || edges[same + 1] !== edges[corner + 1]) return 0;
  const otherDx = (edges[j + 2] as number) - (edges[j] as number);
  const otherDy = (edges[j + 3] as number) - (edges[j + 1] as number);
  const turn = dx * otherDy - dy * otherDx;
  return found.t === 0 ? turn : -turn;
}
