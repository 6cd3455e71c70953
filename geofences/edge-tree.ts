/**
 * The edges of rings and lines in a tree of bounding boxes, for nearest edge (nearest-edge.ts) and ray casting in logarithmic time. Edges that
 * follow each other on a ring lie beside each other on the ground, so a tree over their order is a good one and needs no
 * sorting; and a stretch of a ring that lies wholly east of a point crosses the point's ray as often as its two ends say, odd
 * or even. Coordinates are degrees as given (longitudes unwrapped by the caller).
 */
export const LEAF_EDGES = 4;
/** Of a node: west, south, east, north. */
export const BOX = 4;

export interface EdgeTree {
  /** lonA, latA, lonB, latB of each edge. */
  readonly edges: Float64Array;
  /**
   * Node i has the children 2i and 2i+1, the root is 1. Degrees from `lon` and `lat`, rounded outwards to four bytes: a verdict
   * reads little else than boxes of shapes that it has not seen for long, so half the bytes are half the time.
   */
  readonly boxes: Float32Array;
  readonly lon: number;
  readonly lat: number;
  readonly leaves: number;
  /** First edge of each line. */
  readonly lineStarts: Int32Array;
  /**
   * Of a grid over the bounds, `across` × `across` cells, eastwards and then northwards: the leaf with which a search for the nearest
   * edge begins (nearest-edge.ts). Any will do, the first one too; it is the quicker the nearer that leaf is.
   */
  readonly starts: Uint16Array;
  /** So many levels above that leaf is a node over all that may be nearest to a point of the cell; up to the root is right for all. */
  readonly climbs: Uint8Array;
  readonly across: number;
}

/** Lines are lists of points; a ring repeats its first point at the end. */
export function buildEdgeTree(lines: readonly (readonly (readonly [number, number])[])[]): EdgeTree {
  const count = lines.reduce((sum, line) => sum + Math.max(0, line.length - 1), 0);
  const edges = new Float64Array(count * 4);
  const lineStarts: number[] = [];
  let n = 0;
  for (const line of lines) {
    if (line.length > 1) lineStarts.push(n / 4);
    for (let i = 1; i < line.length; i++) {
      const a = line[i - 1];
      const b = line[i];
      if (a === undefined || b === undefined) continue;
      edges[n++] = a[0];
      edges[n++] = a[1];
      edges[n++] = b[0];
      edges[n++] = b[1];
    }
  }
  const [lon = 0, lat = 0] = edges;
  let leaves = 1;
  while (leaves * LEAF_EDGES < count) leaves *= 2;
  const boxes = new Float32Array(2 * leaves * BOX);
  for (let node = 2 * leaves - 1; node >= 1; node--) {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    if (node < leaves) {
      const left = 2 * node * BOX;
      const right = left + BOX;
      west = Math.min(boxes[left] as number, boxes[right] as number);
      south = Math.min(boxes[left + 1] as number, boxes[right + 1] as number);
      east = Math.max(boxes[left + 2] as number, boxes[right + 2] as number);
      north = Math.max(boxes[left + 3] as number, boxes[right + 3] as number);
    } else {
      const from = (node - leaves) * LEAF_EDGES * 4;
      for (let i = from; i < Math.min(from + LEAF_EDGES * 4, edges.length); i += 2) {
        const x = (edges[i] as number) - lon;
        const y = (edges[i + 1] as number) - lat;
        west = Math.min(west, x);
        south = Math.min(south, y);
        east = Math.max(east, x);
        north = Math.max(north, y);
      }
      west = floor32(west);
      south = floor32(south);
      east = -floor32(-east);
      north = -floor32(-north);
    }
    boxes.set([west, south, east, north], node * BOX);
  }
  const across = Math.ceil(2 * Math.sqrt(leaves));
  return {
    edges,
    boxes,
    lon,
    lat,
    leaves,
    lineStarts: Int32Array.from(lineStarts),
    starts: new Uint16Array(across * across),
    climbs: new Uint8Array(across * across).fill(Math.log2(leaves)),
    across,
  };
}

/** Number of four bytes that is surely not above, though the difference it stands for was rounded. Of nothing: as it is. */
function floor32(x: number): number {
  return !Number.isFinite(x) ? x : Math.fround(x - Math.abs(x) * 2 ** -23 - 1e-13);
}

/** West, south, east, north of all edges, in degrees as given; a hair too large. */
export function boundsOf({ boxes, lon, lat }: EdgeTree): readonly [number, number, number, number] {
  const [west = 0, south = 0, east = 0, north = 0] = boxes.subarray(BOX, 2 * BOX);
  return [lon + west, lat + south, lon + east, lat + north];
}

const stack = new Int32Array(64);

/** Whether a point is inside by the even-odd rule: a ray to the east crosses an odd number of edges. For rings only. */
export function isEnclosed(tree: EdgeTree, lon: number, lat: number): boolean {
  const { edges, boxes, leaves } = tree;
  const x = lon - tree.lon;
  const y = lat - tree.lat;
  const isOneRing = tree.lineStarts.length === 1;
  const leafLevel = Math.clz32(leaves);
  let inside = false;
  let depth = 1;
  stack[0] = 1;
  while (depth > 0) {
    const node = stack[--depth] as number;
    const at = node * BOX;
    if (y < (boxes[at + 1] as number) || y > (boxes[at + 3] as number) || x > (boxes[at + 2] as number))
      continue;
    if (node < leaves && x >= (boxes[at] as number)) {
      stack[depth++] = 2 * node;
      stack[depth++] = 2 * node + 1;
      continue;
    }
    const levels = Math.clz32(node) - leafLevel;
    const first = ((node << levels) - leaves) * LEAF_EDGES;
    const from = first * 4;
    const to = Math.min(edges.length, from + (LEAF_EDGES << levels) * 4);
    if (x < (boxes[at] as number) && (isOneRing || isOneLine(tree, first, to / 4))) {
      if ((edges[from + 1] as number) > lat !== (edges[to - 1] as number) > lat) inside = !inside;
      continue;
    }
    if (node < leaves) {
      stack[depth++] = 2 * node;
      stack[depth++] = 2 * node + 1;
      continue;
    }
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

/** First edge and the edge after the last below a node. */
function edgesUnder({ edges, leaves }: EdgeTree, node: number): [number, number] {
  const levels = Math.clz32(node) - Math.clz32(leaves);
  const first = (node << levels) - leaves;
  const count = edges.length / 4;
  return [Math.min(count, first * LEAF_EDGES), Math.min(count, (first + (1 << levels)) * LEAF_EDGES)];
}

function isOneLine({ lineStarts }: EdgeTree, from: number, to: number): boolean {
  let low = 0;
  let high = lineStarts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lineStarts[middle] as number) <= from) low = middle + 1;
    else high = middle;
  }
  return low === lineStarts.length || (lineStarts[low] as number) >= to;
}

/** Index of an edge after `edge` whose box touches that edge's box and that `accepts` takes; −1: none. */
export function findLaterEdge(tree: EdgeTree, edge: number, accepts: (other: number) => boolean): number {
  const { edges, boxes, leaves } = tree;
  const i = edge * 4;
  const minX = Math.min(edges[i] as number, edges[i + 2] as number) - tree.lon;
  const maxX = Math.max(edges[i] as number, edges[i + 2] as number) - tree.lon;
  const minY = Math.min(edges[i + 1] as number, edges[i + 3] as number) - tree.lat;
  const maxY = Math.max(edges[i + 1] as number, edges[i + 3] as number) - tree.lat;
  let depth = 1;
  stack[0] = 1;
  while (depth > 0) {
    const node = stack[--depth] as number;
    const at = node * BOX;
    if (
      (boxes[at] as number) > maxX ||
      (boxes[at + 1] as number) > maxY ||
      (boxes[at + 2] as number) < minX ||
      (boxes[at + 3] as number) < minY
    )
      continue;
    const [from, to] = edgesUnder(tree, node);
    if (to <= edge + 1) continue;
    if (node < leaves) {
      stack[depth++] = 2 * node;
      stack[depth++] = 2 * node + 1;
      continue;
    }
    for (let other = Math.max(from, edge + 1); other < to; other++) {
      if (accepts(other)) return other;
    }
  }
  return -1;
}
