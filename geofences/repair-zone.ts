/**
 * What is wrong with a shape, and what could be done about it that changes nothing of what it encloses: never applied by itself,
 * only offered. A ring that crosses itself, swapped coordinates and parts that overlap are for a person to draw anew.
 */
import { ok, type Refusal, type Result } from '../src/kernel/result.ts';
import type { LonLat, ZoneFeature } from '../src/kernel/roster.ts';
import { buildEdgeTree, isEnclosed } from './edge-tree.ts';
import { type PreparedZone, prepareZone } from './prepare-zone.ts';
import { areaDeg2, besideLongestEdge } from './ring-checks.ts';

export interface Repair {
  readonly what: 'closed' | 'duplicate-points' | 'spike' | 'split' | 'rewound';
  /** Place in the shape as it was given. */
  readonly where: string;
  readonly words: { readonly zh: string; readonly en: string };
}

export interface ZoneCheck {
  /** Why the zone can't be taken as it is; null: it can. */
  readonly refusal: Refusal | null;
  /** What was done to get `repaired`; none: there is nothing to mend, or nothing that could safely be. */
  readonly repairs: readonly Repair[];
  readonly repaired: ZoneFeature | null;
}

export function checkZone(zone: ZoneFeature): ZoneCheck {
  const prepared = prepareZone(zone);
  const refusal = prepared.ok ? null : prepared.error;
  const repairs: Repair[] = [];
  const repaired = repair(zone, (what, where, zh, en) => repairs.push({ what, where, words: { zh, en } }));
  if (repairs.length === 0 || repaired === null || !prepareZone(repaired).ok)
    return { refusal, repairs: [], repaired: null };
  return { refusal, repairs, repaired };
}

/** As `prepareZone`, with a word about a repair where one is offered. */
export function prepareOrOffer(zone: ZoneFeature): Result<PreparedZone, Refusal> {
  const prepared = prepareZone(zone);
  if (prepared.ok) return ok(prepared.value);
  const { repairs, repaired } = checkZone(zone);
  if (repaired === null) return prepared;
  const done = repairs.map(({ words }) => words.en).join('; ');
  const message = `${prepared.error.message} ("wardline zones check" would mend it: ${done})`;
  return { ok: false, error: { ...prepared.error, message } };
}

type Say = (what: Repair['what'], where: string, zh: string, en: string) => void;

function repair(zone: ZoneFeature, say: Say): ZoneFeature | null {
  const { geometry } = zone;
  const at = 'geometry.coordinates';
  if (geometry.type === 'Point') return null;
  if (geometry.type === 'LineString')
    return { ...zone, geometry: { ...geometry, coordinates: withoutRepeats(geometry.coordinates, at, say) } };
  const isMany = geometry.type === 'MultiPolygon';
  const polygons = isMany ? geometry.coordinates : [geometry.coordinates];
  const parts: LonLat[][][] = [];
  for (const [part, rings] of polygons.entries()) {
    const mended = repairPolygon(
      rings,
      (ring) => (isMany ? `${at}[${part}][${ring}]` : `${at}[${ring}]`),
      say,
    );
    if (mended === null) return null;
    parts.push(...mended);
  }
  const [only] = parts;
  if (only === undefined) return null;
  return !isMany && parts.length === 1
    ? { ...zone, geometry: { type: 'Polygon', coordinates: only } }
    : { ...zone, geometry: { type: 'MultiPolygon', coordinates: parts } };
}

/** The polygons that it comes apart into, mostly one; null: what belongs to what can't be told. */
function repairPolygon(
  rings: readonly (readonly LonLat[])[],
  placeOf: (ring: number) => string,
  say: Say,
): LonLat[][][] | null {
  const outers: LonLat[][] = [];
  const holes: LonLat[][] = [];
  for (const [index, given] of rings.entries()) {
    const where = placeOf(index);
    const isHole = index > 0;
    const whole = withoutRepeats(closed(given, where, say), where, say);
    const loops = split(whole, where, say);
    if (loops.length === 0) return null;
    const turn = areaDeg2(whole) > 0 ? 1 : -1;
    if (turn === (isHole ? 1 : -1)) {
      const [zh, en] = isHole ? ['顺时针', 'clockwise'] : ['逆时针', 'counter-clockwise'];
      say(
        'rewound',
        where,
        `${where} 改为${zh}方向（RFC 7946）`,
        `${where} is turned round to run ${en}, as RFC 7946 wants it`,
      );
    }
    for (const loop of loops) {
      const runsAsWhole = areaDeg2(loop) > 0 === turn > 0;
      const isOut = runsAsWhole !== isHole;
      (isOut ? outers : holes).push(areaDeg2(loop) > 0 === isOut ? loop : loop.toReversed());
    }
  }
  const polygons = outers.map((outer) => ({ rings: [outer], tree: buildEdgeTree([outer]) }));
  for (const hole of holes) {
    const { inside } = besideLongestEdge(hole);
    const around = polygons.filter(({ tree }) => isEnclosed(tree, ...inside));
    if (around.length !== 1) return null;
    around[0]?.rings.push(hole);
  }
  return polygons.map((polygon) => polygon.rings);
}

function closed(ring: readonly LonLat[], where: string, say: Say): readonly LonLat[] {
  const first = ring[0];
  const last = ring.at(-1);
  if (first === undefined || last === undefined || isSame(first, last)) return ring;
  say(
    'closed',
    where,
    `${where} 已闭合：末尾重复其首点`,
    `${where} is closed: its first point is repeated at the end`,
  );
  return [...ring, first];
}

function withoutRepeats(line: readonly LonLat[], where: string, say: Say): readonly LonLat[] {
  const kept = line.filter((point, i) => i === 0 || !isSame(point, line[i - 1] as LonLat));
  const left = line.length - kept.length;
  if (left > 0)
    say(
      'duplicate-points',
      where,
      `${where} 去掉 ${left} 个与前一点重复的点`,
      `${left} points of ${where} that repeat the one before are left out`,
    );
  return left > 0 ? kept : line;
}

/** The loops of a closed ring that comes back to a point where it was: each by itself encloses what it did before. Spikes have no area. */
function split(ring: readonly LonLat[], where: string, say: Say): LonLat[][] {
  const loops: LonLat[][] = [];
  const path: LonLat[] = [];
  const seen = new Map<string, number>();
  for (const [i, point] of ring.entries()) {
    const key = point.join(' ');
    const back = seen.get(key);
    if (back !== undefined) {
      const loop = path.splice(back, path.length - back, point);
      for (const left of loop.slice(1)) seen.delete(left.join(' '));
      const isSpike = loop.length < 3;
      if (isSpike)
        say(
          'spike',
          `${where}[${i}]`,
          `去掉伸向 ${place(loop.at(-1) ?? point)} 的无面积尖刺`,
          `a spike to ${place(loop.at(-1) ?? point)} that has no area is left out`,
        );
      else loops.push([...loop, point]);
      if (i < ring.length - 1 && !isSpike)
        say(
          'split',
          `${where}[${i}]`,
          `${where} 在 ${place(point)} 处与自身相接，在此分开`,
          `${where} touches itself at ${place(point)} and is parted there`,
        );
    } else {
      seen.set(key, path.length);
      path.push(point);
    }
  }
  return loops;
}

function place([lon, lat]: LonLat): string {
  return `${lon}, ${lat}`;
}

function isSame(a: LonLat, b: LonLat): boolean {
  return a[0] === b[0] && a[1] === b[1];
}
