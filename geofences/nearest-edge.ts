/** The nearest edge of a tree: how far it is in metres, and on which side of it a point lies. */
import { BOX, type EdgeTree, LEAF_EDGES } from './edge-tree.ts';
import { RAD, scaleXOf, scaleYOf } from './metres.ts';

const stack = new Int32Array(64);
const stackD2 = new Float64Array(64);
/** Not a node, and before all leaves. */
const NONE = 0;
/** The nearest point of the last search, as differences in degrees from the point asked for. */
let foundDx = 0;
let foundDy = 0;
/** Its edge's offset in `edges`, and where on it: 0 at its begin, 1 at its end. */
let foundEdge = 0;
let foundT = 0;
let foundM = 0;

/** Up to here what is found is nearest but for what lies a millimetre behind it. */
const SURE_M = 100_000;
/** Within `SURE_M` the leaning scale moves the nearest point of an edge so that its square is less by a smaller share. */
const LEAN_SHARE = 1.001;

/**
 * Metres from a point to the nearest edge. Edges are straight in longitude and latitude (RFC 7946, 3.1.1). The scale is that of
 * the latitude halfway to each of them: by one for all, the farther of two could win from a hundred kilometres.
 */
export function nearestEdgeM(tree: EdgeTree, lon: number, lat: number): number {
  // A degree of longitude is shorter by this share with each degree of latitude; halfway there, by half of it.
  const cos = Math.cos(lat * RAD);
  const tan = Math.sqrt(1 - cos * cos) / cos;
  search(tree, lon, lat, scaleXOf(cos), scaleYOf(cos), ((lat < 0 ? -tan : tan) * RAD) / 2);
  const middleCos = Math.cos((lat + foundDy / 2) * RAD);
  const x = foundDx * scaleXOf(middleCos);
  const y = foundDy * scaleYOf(middleCos);
  foundM = Math.sqrt(x * x + y * y);
  return foundM;
}

function search(tree: EdgeTree, lon: number, lat: number, kx: number, ky: number, shrink: number): void {
  const { boxes, leaves } = tree;
  const x = lon - tree.lon;
  const y = lat - tree.lat;
  // A box's scale of x is that of its edge where it is least: the northern one, where degrees of longitude shrink to the north.
  const leanEdge = shrink >= 0 ? 3 : 1;
  let best = Infinity;
  let depth = 0;
  let node = 1;
  for (;;) {
    // Down to a leaf by the nearer child each time: it bounds what the other has to beat.
    while (node < leaves) {
      const left = 2 * node;
      const at = left * BOX;
      const leftD2 = boxD2(boxes, at, leanEdge, x, y, kx, ky, shrink);
      const rightD2 = boxD2(boxes, at + BOX, leanEdge, x, y, kx, ky, shrink);
      const isLeftNearer = leftD2 <= rightD2;
      const farD2 = isLeftNearer ? rightD2 : leftD2;
      if (farD2 < best) {
        stack[depth] = isLeftNearer ? left + 1 : left;
        stackD2[depth++] = farD2;
      }
      const nearD2 = isLeftNearer ? leftD2 : rightD2;
      node = nearD2 >= best ? NONE : isLeftNearer ? left : left + 1;
      if (node === NONE) break;
    }
    if (node >= leaves) best = searchLeaf(tree, node, lon, lat, kx, ky, shrink, best);
    do if (depth-- === 0) return;
    while ((stackD2[depth] as number) >= best);
    node = stack[depth] as number;
  }
}

/** Answers the better of `bestD2` and the nearest of the leaf's edges. `shrink`: of the scale of x, a degree of latitude. */
function searchLeaf(
  { edges, leaves }: EdgeTree,
  node: number,
  lon: number,
  lat: number,
  kx: number,
  ky: number,
  shrink: number,
  bestD2: number,
): number {
  let best = bestD2;
  const lean = shrink / ky;
  const from = (node - leaves) * LEAF_EDGES * 4;
  const to = Math.min(from + LEAF_EDGES * 4, edges.length);
  for (let i = from; i < to; i += 4) {
    const ax = ((edges[i] as number) - lon) * kx;
    const ay = ((edges[i + 1] as number) - lat) * ky;
    const dx = ((edges[i + 2] as number) - lon) * kx - ax;
    const dy = ((edges[i + 3] as number) - lat) * ky - ay;
    const length2 = dx * dx + dy * dy;
    const along = -(ax * dx + ay * dy);
    let t = along <= 0 ? 0 : along >= length2 ? 1 : along / length2;
    let px = ax + t * dx;
    let py = ay + t * dy;
    let x = px * (1 - lean * py);
    let d2 = x * x + py * py;
    if (d2 >= best * LEAN_SHARE) continue;
    // Two steps of Newton's to where the leaning scale has it: by the even one the next edge's corner could win, and tell a wrong side.
    for (let step = 0; step < 2; step++) {
      const slope = dx * (1 - lean * py) - lean * px * dy;
      const bend = slope * slope + dy * dy - 2 * lean * dx * dy * x;
      if (!(bend > 0)) break;
      t = Math.min(1, Math.max(0, t - (x * slope + py * dy) / bend));
      px = ax + t * dx;
      py = ay + t * dy;
      x = px * (1 - lean * py);
      d2 = x * x + py * py;
    }
    if (d2 < best) {
      best = d2;
      foundDx = px / kx;
      foundDy = py / ky;
      foundEdge = i;
      foundT = t;
    }
  }
  return best;
}

/** No more than an edge in the box can score. */
function boxD2(
  boxes: Float32Array,
  at: number,
  leanEdge: number,
  x: number,
  y: number,
  kx: number,
  ky: number,
  shrink: number,
): number {
  const west = (boxes[at] as number) - x;
  const east = x - (boxes[at + 2] as number);
  const south = (boxes[at + 1] as number) - y;
  const north = y - (boxes[at + 3] as number);
  const scale = 1 - shrink * ((boxes[at + leanEdge] as number) - y);
  const dx = (west > 0 ? west : Math.max(east, 0)) * (scale > 0 ? kx * scale : 0);
  const dy = (south > 0 ? south : Math.max(north, 0)) * ky;
  return dx * dx + dy * dy;
}

/**
 * The side of the edge that `nearestEdgeM` has just found: positive to its left, negative to its right, 0 where it does not
 * tell. Nothing lies between the point and what is nearest to it, so by rings that touch nothing (`isTouching`) the side says
 * whether the point is inside. At a corner the point lies outside the bend: to the right where the ring turns left. That holds in any
 * scale that is one for all edges, as the leaning one is: x · (1 − lean · y), y is a map of the plane that keeps left and right.
 * What a step of Newton's leaves over is the square of what it mends times `lean`: at `SURE_M` and 60° north a kilometre, then ten
 * centimetres, then nothing. Beyond it the side tells nothing.
 */
export function foundSide({ edges }: EdgeTree, lon: number, lat: number): number {
  if (foundM > SURE_M) return 0;
  const i = foundEdge;
  const x = edges[i] as number;
  const y = edges[i + 1] as number;
  const dx = (edges[i + 2] as number) - x;
  const dy = (edges[i + 3] as number) - y;
  if (foundT > 0 && foundT < 1) return dx * (lat - y) - dy * (lon - x);
  // The corner's other edge stands beside this one, but for the first and the last of a ring.
  const j = foundT === 0 ? i - 4 : i + 4;
  const corner = foundT === 0 ? i : i + 2;
  const same = foundT === 0 ? j + 2 : j;
  if (edges[same] !== edges[corner] || edges[same + 1] !== edges[corner + 1]) return 0;
  const otherDx = (edges[j + 2] as number) - (edges[j] as number);
  const otherDy = (edges[j + 3] as number) - (edges[j + 1] as number);
  const turn = dx * otherDy - dy * otherDx;
  return foundT === 0 ? turn : -turn;
}
