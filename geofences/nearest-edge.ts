/** The nearest edge of a tree: how far it is in metres, and on which side of it a point lies. */
import { BOX, type EdgeTree, LEAF_EDGES } from './edge-tree.ts';
import { RAD, scaleXOf, scaleYOf } from './metres.ts';

const stack = new Int32Array(64);
const stackD2 = new Float64Array(64);
/** Not a node, and before all leaves. */
const NONE = 0;

/**
 * The search under way and what it has found, by the names below. One array, because to V8 a fraction that a function hands to another
 * one, or keeps in a variable outside, is an object: a verdict would make dozens of them.
 */
const work = new Float64Array(10);
/** The point asked for, degrees; metres in a degree there, east and north. */
const LON = 0;
const LAT = 1;
const KX = 2;
const KY = 3;
/** By which share a degree of longitude is shorter with each degree of latitude; halfway there, by half of it. */
const SHRINK = 4;
/** The square of the distance to the nearest point so far; where that is, as differences in degrees; where on its edge, 0 to 1. */
const BEST_D2 = 5;
const FOUND_DX = 6;
const FOUND_DY = 7;
const FOUND_T = 8;
const FOUND_M = 9;
/** Its edge's offset in `edges`. */
let foundEdge = 0;

/** Up to here what is found is nearest but for what lies a millimetre behind it. */
const SURE_M = 100_000;
/** Within `SURE_M` the leaning scale moves the nearest point of an edge so that its square is less by a smaller share. */
const LEAN_SHARE = 1.001;

/**
 * Metres from a point to the nearest edge. Edges are straight in longitude and latitude (RFC 7946, 3.1.1). The scale is that of
 * the latitude halfway to each of them: by one for all, the farther of two could win from a hundred kilometres.
 */
export function nearestEdgeM(tree: EdgeTree, lon: number, lat: number): number {
  const cos = Math.cos(lat * RAD);
  const tan = Math.sqrt(1 - cos * cos) / cos;
  work[LON] = lon;
  work[LAT] = lat;
  work[KX] = scaleXOf(cos);
  work[KY] = scaleYOf(cos);
  work[SHRINK] = ((lat < 0 ? -tan : tan) * RAD) / 2;
  search(tree);
  const middleCos = Math.cos((lat + (work[FOUND_DY] as number) / 2) * RAD);
  const x = (work[FOUND_DX] as number) * scaleXOf(middleCos);
  const y = (work[FOUND_DY] as number) * scaleYOf(middleCos);
  const foundM = Math.sqrt(x * x + y * y);
  work[FOUND_M] = foundM;
  return foundM;
}

/**
 * Works out where searches of a new tree begin and where they may end: for each cell of its grid the leaf that is nearest to the cell's
 * middle, and the lowest node over all that may be nearest to a point of the cell. That can't be farther from the middle than
 * what is nearest to the middle and twice the way from there to a corner.
 */
export function placeStarts(tree: EdgeTree): void {
  const { starts, climbs, across, lon, lat } = tree;
  const [west = 0, south = 0, east = 0, north = 0] = tree.boxes.subarray(BOX, 2 * BOX);
  const [width, height] = [(east - west) / across, (north - south) / across];
  for (let cell = 0; cell < starts.length; cell++) {
    const x = west + ((cell % across) + 0.5) * width;
    const y = south + (Math.floor(cell / across) + 0.5) * height;
    nearestEdgeM(tree, lon + x, lat + y);
    starts[cell] = foundEdge / (4 * LEAF_EDGES);
    const acrossM = Math.hypot(width * (work[KX] as number), height * (work[KY] as number));
    const reachM = (Math.sqrt(work[BEST_D2] as number) + acrossM) * REACH_SLACK;
    if (reachM <= REACH_DEG * (work[KX] as number)) climbs[cell] = climbTo(tree, x, y, reachM * reachM);
  }
}

/**
 * Within four degrees of longitude distances by the leaning scale are those on the ground to 0.1 %, from the middle of a cell as from its
 * other points, so what holds on the ground holds for them with ten times that to spare.
 */
const REACH_DEG = 4;
const REACH_SLACK = 1.01;

/** How many levels above the leaves the lowest node lies that is over all that are within reach of a point, around which the search's scale lies. */
function climbTo({ boxes, leaves }: EdgeTree, x: number, y: number, reachD2: number): number {
  const kx = work[KX] as number;
  const ky = work[KY] as number;
  const shrink = work[SHRINK] as number;
  const leanEdge = leanEdgeOf(shrink);
  let first = NONE;
  let last = NONE;
  let depth = 1;
  stack[0] = 1;
  while (depth > 0) {
    const node = stack[--depth] as number;
    if (boxD2(boxes, node * BOX, leanEdge, x, y, kx, ky, shrink) > reachD2) continue;
    if (node < leaves) {
      stack[depth++] = 2 * node + 1;
      stack[depth++] = 2 * node;
    } else {
      if (first === NONE) first = node;
      last = node;
    }
  }
  return 32 - Math.clz32(first ^ last);
}

/** By the cell of a point given from the tree's corner; outside the bounds the nearest one, of which only the start holds. */
function cellOf({ boxes, across }: EdgeTree, x: number, y: number): number {
  const west = boxes[BOX] as number;
  const south = boxes[BOX + 1] as number;
  const column = Math.floor(((x - west) / ((boxes[BOX + 2] as number) - west)) * across);
  const row = Math.floor(((y - south) / ((boxes[BOX + 3] as number) - south)) * across);
  const last = across - 1;
  return Math.max(0, Math.min(last, row)) * across + Math.max(0, Math.min(last, column));
}

function isWithin(boxes: Float32Array, x: number, y: number): boolean {
  return (
    x >= (boxes[BOX] as number) &&
    y >= (boxes[BOX + 1] as number) &&
    x <= (boxes[BOX + 2] as number) &&
    y <= (boxes[BOX + 3] as number)
  );
}

/**
 * From a leaf near the point up to where nothing nearer can be: what lies beside the way is looked into where something nearer may be. The
 * first leaf holds the nearest edge or one not much farther, so nearly all that lies beside is passed over by one look at its box.
 */
function search(tree: EdgeTree): void {
  const { boxes, leaves, starts, climbs } = tree;
  const x = (work[LON] as number) - tree.lon;
  const y = (work[LAT] as number) - tree.lat;
  const kx = work[KX] as number;
  const ky = work[KY] as number;
  const shrink = work[SHRINK] as number;
  const leanEdge = leanEdgeOf(shrink);
  const cell = cellOf(tree, x, y);
  let node = leaves + (starts[cell] as number);
  const top = isWithin(boxes, x, y) ? node >> (climbs[cell] as number) : 1;
  work[BEST_D2] = Infinity;
  searchLeaf(tree, node);
  for (; node > top; node >>= 1) {
    const beside = node ^ 1;
    if (boxD2(boxes, beside * BOX, leanEdge, x, y, kx, ky, shrink) < (work[BEST_D2] as number))
      searchBelow(tree, beside);
  }
}

/** Down to a leaf by the nearer child each time: it bounds what the other has to beat. */
function searchBelow(tree: EdgeTree, top: number): void {
  const { boxes, leaves } = tree;
  const x = (work[LON] as number) - tree.lon;
  const y = (work[LAT] as number) - tree.lat;
  const kx = work[KX] as number;
  const ky = work[KY] as number;
  const shrink = work[SHRINK] as number;
  const leanEdge = leanEdgeOf(shrink);
  let best = work[BEST_D2] as number;
  let depth = 0;
  let node = top;
  for (;;) {
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
    if (node >= leaves) {
      searchLeaf(tree, node);
      best = work[BEST_D2] as number;
    }
    do if (depth-- === 0) return;
    while ((stackD2[depth] as number) >= best);
    node = stack[depth] as number;
  }
}

/** Takes the nearest of the leaf's edges, where it is nearer than what was found before. */
function searchLeaf({ edges, leaves }: EdgeTree, node: number): void {
  const lon = work[LON] as number;
  const lat = work[LAT] as number;
  const kx = work[KX] as number;
  const ky = work[KY] as number;
  const lean = (work[SHRINK] as number) / ky;
  let best = work[BEST_D2] as number;
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
      work[BEST_D2] = d2;
      work[FOUND_DX] = px / kx;
      work[FOUND_DY] = py / ky;
      work[FOUND_T] = t;
      foundEdge = i;
    }
  }
}
/** A box's scale of x is that of its edge where it is least: the northern one, where degrees of longitude shrink to the north. */
function leanEdgeOf(shrink: number): number {
  return shrink >= 0 ? 3 : 1;
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
  if ((work[FOUND_M] as number) > SURE_M) return 0;
  const i = foundEdge;
  const x = edges[i] as number;
  const y = edges[i + 1] as number;
  const dx = (edges[i + 2] as number) - x;
  const dy = (edges[i + 3] as number) - y;
  if ((work[FOUND_T] as number) > 0 && (work[FOUND_T] as number) < 1) return dx * (lat - y) - dy * (lon - x);
  // The corner's other edge stands beside this one, but for the first and the last of a ring.
  const j = (work[FOUND_T] as number) === 0 ? i - 4 : i + 4;
  const corner = (work[FOUND_T] as number) === 0 ? i : i + 2;
  const same = (work[FOUND_T] as number) === 0 ? j + 2 : j;
  if (edges[same] !== edges[corner] || edges[same + 1] !== edges[corner + 1]) return 0;
  const otherDx = (edges[j + 2] as number) - (edges[j] as number);
  const otherDy = (edges[j + 3] as number) - (edges[j + 1] as number);
  const turn = dx * otherDy - dy * otherDx;
  return (work[FOUND_T] as number) === 0 ? turn : -turn;
}
