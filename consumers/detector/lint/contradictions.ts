/**
 * Whether the rules of one subject can be kept together: at every time of the week there must be a place that the union of the
 * stay-in zones, every keep-out zone and the curfew allow. And whether a keep-out zone can be come to at all by who keeps the others.
 */
import { boxAround, findDeepest } from '../../../geofences/deepest.ts';
import type { PreparedZone } from '../../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../../geofences/signed-distance.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { SubjectProfile } from '../../../src/kernel/roster.ts';
import type { LocalTime } from '../local-time.ts';
import type { Finding } from './finding.ts';

interface Rule {
  readonly kind: 'stay-in' | 'keep-out' | 'curfew';
  readonly zone: PreparedZone;
  readonly bufferM: number;
}

const QUARTER_MS = 900_000;
/** Schedules are weekly. */
const QUARTERS = 7 * 96;
/** What is left of a zone and lies no deeper than this is no place to be; of a zone that is itself so narrow: half a metre. */
const PLACE_M = 10;
const NARROW_M = 0.5;

export function findContradictions(
  profile: SubjectProfile,
  zone: string,
  zoneOf: (id: string) => PreparedZone | undefined,
  time: LocalTime,
  nowMs: Instant,
): Finding[] {
  const { id } = profile;
  const findings: Finding[] = [];
  const own = profile.zones.filter((item) => item.zone === zone);
  const ownCurfews = profile.curfews.filter((item) => item.zone === zone);
  const sets = setsOfWeek(profile, zoneOf, time, nowMs);
  const isOwn = (rule: Rule) => rule.zone.id === zone;
  const name = zoneOf(zone)?.name ?? zone;
  if (
    own.length + ownCurfews.length > 0 &&
    (sets.size === 0 || ![...sets.values()].some(({ rules }) => rules.some(isOwn))) &&
    zoneOf(zone) !== undefined
  ) {
    findings.push({
      code: 'never-in-force',
      weight: 'error',
      subject: id,
      zones: [],
      words: {
        zh: `${name} 对 ${id} 的时段从不生效：请检查星期与起止时间。`,
        en: `The schedule of ${name} for ${id} never holds: look at its days and times.`,
      },
    });
    return findings;
  }
  const told = new Set<string>();
  for (const { rules, atMs } of sets.values()) {
    if (!rules.some(isOwn)) continue;
    const clash = findClash(rules, isOwn);
    if (clash === null) continue;
    const zones = [...new Set(clash.map((rule) => rule.zone.id))].sort();
    const key = zones.join(' ');
    if (told.has(key)) continue;
    told.add(key);
    const at = time.clock(atMs).slice(0, 16);
    const list = (isZh: boolean) => clash.map((rule) => wordsOf(rule)[isZh ? 'zh' : 'en']);
    findings.push({
      code: 'contradiction',
      weight: 'error',
      subject: id,
      zones,
      words: {
        zh: `${id} 无处可守：${list(true).join('、')}（例如 ${at}）没有共同允许的地点。`,
        en: `${id} can keep the rules nowhere: ${list(false).join(', ')} (such as at ${at}) allow no place in common.`,
      },
    });
  }
  if (findings.length === 0) findings.push(...findUnreachable(id, sets, isOwn));
  return findings;
}

/** A keep-out zone that the stay-in union never comes near: its alert can only follow on another one. */
function findUnreachable(subject: string, sets: Sets, isOwn: (rule: Rule) => boolean): Finding[] {
  const withOwn = [...sets.values()].filter(({ rules }) =>
    rules.some((rule) => isOwn(rule) && rule.kind === 'keep-out'),
  );
  const isApart = withOwn.every(({ rules }) => {
    const stayIn = rules.filter(({ kind }) => kind === 'stay-in');
    const keepOut = rules.find((rule) => isOwn(rule) && rule.kind === 'keep-out');
    if (stayIn.length === 0 || keepOut === undefined) return false;
    const both = (lon: number, lat: number) =>
      Math.max(unionM(stayIn, lon, lat), signedDistanceM(keepOut.zone, lon, lat) + keepOut.bufferM);
    return !hasPlace(both, [keepOut]);
  });
  const zone = withOwn[0]?.rules.find(isOwn)?.zone;
  if (withOwn.length === 0 || !isApart || zone === undefined) return [];
  const name = zone.name ?? zone.id;
  return [
    {
      code: 'never-reachable',
      weight: 'warning',
      subject,
      zones: [],
      words: {
        zh: `禁止区域${name}全在 ${subject} 的限制区域之外：只有先越界才可能进入。`,
        en: `The exclusion zone ${name} lies wholly outside the zones that ${subject} must stay in: it can only be entered out of bounds.`,
      },
    },
  ];
}

type Sets = ReadonlyMap<string, { readonly rules: readonly Rule[]; readonly atMs: Instant }>;

/** The sets of rules that hold together at some quarter of an hour of the week to come, each with its first one. */
function setsOfWeek(
  profile: SubjectProfile,
  zoneOf: (id: string) => PreparedZone | undefined,
  time: LocalTime,
  nowMs: Instant,
): Sets {
  const all = [
    ...profile.zones.map(({ rule, zone, bufferM, schedule }) => ({
      kind: rule,
      id: zone,
      bufferM,
      schedule,
    })),
    ...profile.curfews.map((curfew) => ({
      kind: 'curfew' as const,
      id: curfew.zone,
      bufferM: 0,
      schedule: curfew,
    })),
  ].flatMap(({ id, schedule, ...rule }) => {
    const zone = zoneOf(id);
    return zone === undefined ? [] : [{ ...rule, zone, schedule }];
  });
  const sets = new Map<string, { rules: Rule[]; atMs: Instant }>();
  for (let quarter = 0; quarter < QUARTERS; quarter++) {
    const atMs = nowMs - (nowMs % QUARTER_MS) + quarter * QUARTER_MS;
    const rules = all.filter(({ schedule }) => schedule === null || time.holds(schedule, atMs));
    const key = all.map((rule) => (rules.includes(rule) ? '1' : '0')).join('');
    if (rules.length > 0 && !sets.has(key)) sets.set(key, { rules, atMs });
  }
  return sets;
}

/** The rules that allow no place in common, no more of them than it takes; null: there is a place. */
function findClash(rules: readonly Rule[], isOwn: (rule: Rule) => boolean): readonly Rule[] | null {
  if (isKept(rules)) return null;
  // One kind after the other is left out while it still can't be kept: what is left is what clashes.
  let clash = rules;
  for (const rule of rules) {
    if (isOwn(rule) || rule.kind !== 'keep-out') continue;
    const fewer = clash.filter((item) => item !== rule);
    if (!isKept(fewer)) clash = fewer;
  }
  for (const kind of ['curfew', 'stay-in'] as const) {
    const fewer = clash.filter((item) => item.kind !== kind);
    if (fewer.length < clash.length && fewer.some(isOwn) && !isKept(fewer)) clash = fewer;
  }
  // Somebody else's quarrel, with which this zone has nothing to do.
  return isKept(clash.filter((rule) => !isOwn(rule))) ? clash : null;
}

function isKept(rules: readonly Rule[]): boolean {
  const of = (wanted: Rule['kind']) => rules.filter(({ kind }) => kind === wanted);
  const [stayIn, curfews, keepOut] = [of('stay-in'), of('curfew'), of('keep-out')];
  // Who is bound to nothing can always be far from what is forbidden.
  const bounds = curfews.length > 0 ? curfews : stayIn;
  if (bounds.length === 0) return true;
  const allowedM = (lon: number, lat: number) =>
    Math.max(
      stayIn.length === 0 ? Number.NEGATIVE_INFINITY : unionM(stayIn, lon, lat),
      curfews.length === 0 ? Number.NEGATIVE_INFINITY : unionM(curfews, lon, lat),
      ...keepOut.map(({ zone, bufferM }) => -signedDistanceM(zone, lon, lat) - bufferM),
    );
  return hasPlace(allowedM, bounds);
}

function hasPlace(allowedM: (lon: number, lat: number) => number, within: readonly Rule[]): boolean {
  return within.some(({ zone, bufferM, kind }) => {
    const box = boxAround(zone, kind === 'keep-out' ? 0 : bufferM);
    const isIn = (distanceM: (lon: number, lat: number) => number, placeM: number) =>
      findDeepest(distanceM, box, 1, -placeM).depthM > placeM;
    if (isIn(allowedM, PLACE_M)) return true;
    return !isIn((lon, lat) => signedDistanceM(zone, lon, lat), PLACE_M) && isIn(allowedM, NARROW_M);
  });
}

function unionM(rules: readonly Rule[], lon: number, lat: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { zone, bufferM } of rules) least = Math.min(least, signedDistanceM(zone, lon, lat) - bufferM);
  return least;
}

function wordsOf({ kind, zone }: Rule): { zh: string; en: string } {
  const name = zone.name ?? zone.id;
  const zh = { 'stay-in': '限制在', 'keep-out': '禁止进入', curfew: '宵禁于' }[kind];
  const en = { 'stay-in': 'stay in', 'keep-out': 'keep out of', curfew: 'curfew at' }[kind];
  return { zh: `${zh}${name}`, en: `${en} ${name}` };
}
