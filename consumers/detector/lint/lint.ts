/**
 * Zone lint: what is wrong with a zone before it alerts wrongly, for those who have it or are to have it. What it would have raised
 * last week is for a replay to say (src/insight). Pure.
 */
import { probabilityOutside, sigmaOf } from '../../../alerts/evidence/position-estimate.ts';
import { boxAround, findDeepest } from '../../../geofences/deepest.ts';
import { type PreparedZone, prepareZone } from '../../../geofences/prepare-zone.ts';
import { checkZone, type ZoneCheck } from '../../../geofences/repair-zone.ts';
import { signedDistanceM } from '../../../geofences/signed-distance.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import { type PolicyDocument, policyFor, sureOfExclusion } from '../../../src/kernel/policy.ts';
import type { Calendar, SubjectProfile, ZoneFeature } from '../../../src/kernel/roster.ts';
import { createLocalTime, type LocalTime } from '../local-time.ts';
import { findContradictions } from './contradictions.ts';
import { lookUnder, type Obligation } from './dead-ground.ts';
import type { Finding } from './finding.ts';
import { lookAtWay, type TrackPoint } from './way.ts';

export interface LintInput {
  readonly zone: ZoneFeature;
  /** Of those who have the zone, or are to have it. */
  readonly profiles: readonly SubjectProfile[];
  zoneOf(id: string): PreparedZone | undefined;
  readonly policy: PolicyDocument;
  readonly calendar: Calendar;
  readonly nowMs: Instant;
  readonly accuracy: UsualAccuracy | null;
  trackOf(subject: string): readonly TrackPoint[];
  /** What else binds somebody; looked at for dead ground only. */
  readonly obligations: readonly Obligation[];
}

/** Of the fixes recorded in and around the zone: radii that hold 68 %, metres. */
export interface UsualAccuracy {
  readonly fixes: number;
  readonly medianM: number;
  readonly p90M: number;
}

export interface Lint {
  readonly zone: string;
  readonly check: ZoneCheck;
  /** Metres from the deepest place to the edge; null: the shape can't be judged. */
  readonly depthM: number | null;
  readonly accuracy: UsualAccuracy | null;
  readonly findings: readonly Finding[];
}

const MIN_FIXES = 20;
const MIN_DAYS = 3;
/** `Daily`: on so many of the days on which the subject was seen at all. */
const DAILY_SHARE = 0.5;
const MAX_DEPTH_ERROR_M = 100;

export function lint(input: LintInput): Lint {
  const { zone, accuracy } = input;
  const check = checkZone(zone);
  const prepared = prepareZone(zone);
  const findings = ofShape(zone, check);
  if (!prepared.ok) return { zone: zone.id, check, depthM: null, accuracy, findings };
  const shape = prepared.value;
  const zoneOf = (id: string) => (id === zone.id ? shape : input.zoneOf(id));
  const time = createLocalTime(input.calendar);
  const depthM = depthOf(shape, accuracy?.medianM ?? 0);
  if (zone.purpose === 'no-signal') {
    findings.push(...lookUnder(shape, input.obligations));
    return { zone: zone.id, check, depthM, accuracy, findings };
  }
  for (const profile of input.profiles) {
    findings.push(
      ...findContradictions(profile, zone.id, zoneOf, time, input.nowMs),
      ...tooSmall(input, profile, shape, depthM),
      ...ofWay(input, profile, shape, time),
    );
  }
  return { zone: zone.id, check, depthM, accuracy, findings };
}

function ofShape({ id, name }: ZoneFeature, { refusal, repairs, repaired }: ZoneCheck): Finding[] {
  const about = { subject: null, zones: [] } as const;
  const findings: Finding[] = [];
  const called = name ?? id;
  if (refusal !== null) {
    const said = `${refusal.where}: ${refusal.message}`;
    findings.push({
      ...about,
      code: 'bad-shape',
      weight: 'error',
      words: {
        zh: `${called} 的图形不能用于判定：${said}`,
        en: `The shape of ${called} can’t be judged: ${said}`,
      },
    });
  }
  if (repaired !== null) {
    const done = (language: 'zh' | 'en') => repairs.map(({ words }) => words[language]).join('; ');
    findings.push({
      ...about,
      code: 'repairable',
      weight: 'warning',
      words: {
        zh: `${called} 可安全修复，不改变其范围：${done('zh')}`,
        en: `${called} can be mended without a change to what it encloses: ${done('en')}`,
      },
    });
  }
  return findings;
}

/** Coarser for large zones: what matters is whether it is more than a few accuracies. */
function depthOf(shape: PreparedZone, medianM: number): number {
  if (shape.shape === 'circle') return shape.radiusM;
  if (shape.shape === 'corridor') return shape.halfWidthM;
  const toleranceM = Math.min(MAX_DEPTH_ERROR_M, Math.max(1, medianM / 20));
  const { depthM } = findDeepest(
    (lon, lat) => signedDistanceM(shape, lon, lat),
    boxAround(shape, 0),
    toleranceM,
  );
  return Math.round(depthM * 10) / 10;
}

/** In the middle of the zone, with a fix as they usually are there: would the detector be sure enough? */
function tooSmall(
  { policy: document, accuracy, nowMs }: LintInput,
  { id, grade, office, zones, curfews }: SubjectProfile,
  zone: PreparedZone,
  depthM: number,
): Finding[] {
  if (accuracy === null || accuracy.fixes < MIN_FIXES) return [];
  const policy = policyFor(document, grade, office, nowMs);
  const uses = [
    ...zones.filter((item) => item.zone === zone.id),
    ...curfews.filter((item) => item.zone === zone.id).map(() => ({ rule: 'curfew' as const, bufferM: 0 })),
  ];
  return uses.flatMap(({ rule, bufferM }): Finding[] => {
    const isKeepOut = rule === 'keep-out';
    const roomM = depthM + (isKeepOut ? -bufferM : bufferM);
    const sure = probabilityOutside(roomM, sigmaOf(accuracy.medianM));
    if (sure >= (isKeepOut ? sureOfExclusion(policy) : policy.insideProbability)) return [];
    const name = zone.name ?? zone.id;
    const room = `${Math.round(roomM)} m`;
    const usual = `${Math.round(accuracy.medianM)} m`;
    return [
      {
        code: 'smaller-than-accuracy',
        weight: 'warning',
        subject: id,
        zones: [],
        words: isKeepOut
          ? {
              zh: `禁止区域${name}最深处距边界 ${room}，而当地定位误差通常为 ${usual}：${id} 进入后多半无法确认。`,
              en: `The exclusion zone ${name} is ${room} deep and fixes there are usually good to ${usual}: that ${id} is in it can mostly not be told.`,
            }
          : {
              zh: `${name}最深处距边界 ${room}，而当地定位误差通常为 ${usual}：${id} 即使身在其中也多半无法确认。`,
              en: `${name} is ${room} deep and fixes there are usually good to ${usual}: that ${id} is in it can mostly not be told.`,
            },
      },
    ];
  });
}

function ofWay(input: LintInput, profile: SubjectProfile, zone: PreparedZone, time: LocalTime): Finding[] {
  const { id } = profile;
  const track = input.trackOf(id);
  const name = zone.name ?? zone.id;
  const dayOf = (atMs: Instant) => time.clock(atMs).slice(0, 10);
  const findings: Finding[] = [];
  const uses = profile.zones.filter((item) => item.zone === zone.id);
  for (const { bufferM, schedule } of uses.filter(({ rule }) => rule === 'keep-out')) {
    const way = lookAtWay(track, zone, bufferM, dayOf, (at) => schedule === null || time.holds(schedule, at));
    if (way.days < MIN_DAYS || way.daysInside < way.days * DAILY_SHARE || way.lastInsideMs === null) continue;
    const last = time.clock(way.lastInsideMs).slice(0, 16);
    findings.push({
      code: 'on-daily-way',
      weight: 'warning',
      subject: id,
      zones: [],
      words: {
        zh: `禁止区域${name}在 ${id} 每日的路上：最近 ${way.days} 天有轨迹，其中 ${way.daysInside} 天在生效时段经过，最近一次 ${last}。`,
        en: `The exclusion zone ${name} lies on the daily way of ${id}: passed while it holds on ${way.daysInside} of ${way.days} days with a track, last at ${last}.`,
      },
    });
  }
  const mustBeIn =
    uses.some(({ rule }) => rule === 'stay-in') || profile.curfews.some((item) => item.zone === zone.id);
  if (mustBeIn) {
    const way = lookAtWay(track, zone, 0, dayOf, () => true);
    if (way.days >= MIN_DAYS && way.daysInside === 0)
      findings.push({
        code: 'never-visited',
        weight: 'warning',
        subject: id,
        zones: [],
        words: {
          zh: `${id} 最近 ${way.days} 天的轨迹从未进入${name}，最近处相距 ${Math.round(way.nearestM)} m：请核对图形与人员。`,
          en: `In ${way.days} days of track ${id} was never in ${name}, at the nearest ${Math.round(way.nearestM)} m from it: check the shape and the person.`,
        },
      });
  }
  return findings;
}
