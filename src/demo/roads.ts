/**
 * Roads of our own making: no open street map of Jieyang is to be had, and an invented one shows nobody's house.
 * A jittered grid inside each county, joined to neighbours where the straight line stays inside; its largest
 * connected part is the network.
 */
import { type County, isLineInside, isWellInside } from './counties.ts';
import { distanceM, type Path, type Point, pathOf } from './plane.ts';
import { uniform } from './random.ts';

export interface Roads {
  readonly nodes: readonly Point[];
  /** Neighbours of each node, by index. */
  readonly neighbours: readonly (readonly number[])[];
}

const GRID_M = 1300;
const JITTER_M = 420;
const MARGIN_M = 250;
/** A real network is not a full grid. */
const KEPT_SHARE = 0.82;

export function buildRoads(county: County, seed: number): Roads {
  const outline = county.rings.flat();
  const minX = Math.min(...outline.map((point) => point.x));
  const minY = Math.min(...outline.map((point) => point.y));
  const columns = Math.ceil((Math.max(...outline.map((point) => point.x)) - minX) / GRID_M);
  const rows = Math.ceil((Math.max(...outline.map((point) => point.y)) - minY) / GRID_M);
  const code = Number(county.code);
  const points: Point[] = [];
  const at = new Map<number, number>();
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column <= columns; column++) {
      const point = {
        x: minX + column * GRID_M + (uniform(seed, code, row, column, 1) - 0.5) * 2 * JITTER_M,
        y: minY + row * GRID_M + (uniform(seed, code, row, column, 2) - 0.5) * 2 * JITTER_M,
      };
      if (!isWellInside(county, point, MARGIN_M)) continue;
      at.set(row * 1000 + column, points.length);
      points.push(point);
    }
  }
  const neighbours: number[][] = points.map(() => []);
  for (const [cell, a] of at) {
    for (const step of [1, 1000]) {
      const b = at.get(cell + step);
      const from = points[a];
      const to = b === undefined ? undefined : points[b];
      if (b === undefined || from === undefined || to === undefined) continue;
      if (uniform(seed, code, cell, step, 3) > KEPT_SHARE || !isLineInside(county, from, to, MARGIN_M / 2))
        continue;
      neighbours[a]?.push(b);
      neighbours[b]?.push(a);
    }
  }
  return largestPart(points, neighbours);
}

function largestPart(points: readonly Point[], neighbours: readonly (readonly number[])[]): Roads {
  const seen = new Set<number>();
  let largest: number[] = [];
  for (let start = 0; start < points.length; start++) {
    if (seen.has(start)) continue;
    const part = [start];
    seen.add(start);
    for (let i = 0; i < part.length; i++) {
      for (const next of neighbours[part[i] ?? -1] ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        part.push(next);
      }
    }
    if (part.length > largest.length) largest = part;
  }
  const renamed = new Map(largest.map((old, i) => [old, i]));
  return {
    nodes: largest.map((old) => points[old] as Point),
    neighbours: largest.map((old) => (neighbours[old] ?? []).map((next) => renamed.get(next) as number)),
  };
}

/** The node nearest to `point` that a straight line inside the county reaches; undefined when there is none near. */
export function nearestNode(county: County, roads: Roads, point: Point): number | undefined {
  const near = roads.nodes
    .map((node, i) => ({ i, m: distanceM(node, point) }))
    .filter(({ m }) => m < 2.5 * GRID_M)
    .sort((a, b) => a.m - b.m)
    .slice(0, 4);
  return near.find(({ i }) => isLineInside(county, point, roads.nodes[i] ?? point, 120))?.i;
}

/** From place to place by the shortest way (A*); both ends are joined to their node by a straight line. */
export function route(roads: Roads, from: Point, fromNode: number, to: Point, toNode: number): Path {
  const goal = roads.nodes[toNode] ?? to;
  const cost = new Map([[fromNode, 0]]);
  const before = new Map<number, number>();
  const open = new Set([fromNode]);
  while (open.size > 0) {
    let best = -1;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const node of open) {
      const estimate = (cost.get(node) ?? 0) + distanceM(roads.nodes[node] ?? goal, goal);
      if (estimate < bestCost) {
        best = node;
        bestCost = estimate;
      }
    }
    if (best === toNode) break;
    open.delete(best);
    for (const next of roads.neighbours[best] ?? []) {
      const through = (cost.get(best) ?? 0) + distanceM(roads.nodes[best] ?? goal, roads.nodes[next] ?? goal);
      if (through >= (cost.get(next) ?? Number.POSITIVE_INFINITY)) continue;
      cost.set(next, through);
      before.set(next, best);
      open.add(next);
    }
  }
  const nodes: Point[] = [];
  for (let node: number | undefined = toNode; node !== undefined; node = before.get(node))
    nodes.push(roads.nodes[node] ?? goal);
  return pathOf([from, ...nodes.reverse(), to]);
}
