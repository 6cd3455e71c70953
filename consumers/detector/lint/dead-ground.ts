/**
 * What known dead ground lies over. It binds nobody, and so nothing is asked of it that is asked of a zone that does; but it explains
 * silence, and where somebody must be at night or must never be that may hide what matters.
 */
import { boxAround, findDeepest } from '../../../geofences/deepest.ts';
import type { PreparedZone } from '../../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../../geofences/signed-distance.ts';
import type { Finding } from './finding.ts';

/** A zone that binds, and how many it binds so. */
export interface Obligation {
  readonly zone: PreparedZone;
  readonly rule: 'stay-in' | 'keep-out' | 'curfew';
  readonly people: number;
}

/** What lies no deeper in both touches, and is not covered. */
const TOUCH_M = 1;

export function lookUnder(dead: PreparedZone, obligations: readonly Obligation[]): Finding[] {
  const name = dead.name ?? dead.id;
  return obligations.flatMap(({ zone, rule, people }): Finding[] => {
    // Who may be in all of a county is not at home in each cellar of it: of that only what leaves nothing else.
    if (rule === 'stay-in' ? !isWithin(zone, dead) : !isCommon(zone, dead)) return [];
    const other = zone.name ?? zone.id;
    const about = { weight: 'warning', subject: null, zones: [zone.id] } as const;
    if (rule === 'keep-out')
      return [
        {
          ...about,
          code: 'covers-keep-out',
          words: {
            zh: `无信号区域${name}与禁止区域${other}（${people} 人）重叠：在其中失联将被说明为无信号，可能掩盖闯入。`,
            en: `The dead ground ${name} lies over the exclusion zone ${other} (${people} people): silence there is put down to no signal, and may hide that somebody is in it.`,
          },
        },
      ];
    return [
      {
        ...about,
        code: 'covers-home',
        words: {
          zh: `无信号区域${name}覆盖${rule === 'curfew' ? '宵禁场所' : '限制区域'}${other}（${people} 人）：在此失联将被说明为无信号，可能掩盖关机或离开。`,
          en: `The dead ground ${name} covers ${other}, where ${people} people must ${rule === 'curfew' ? 'be under curfew' : 'stay'}: silence there is put down to no signal, and may hide that a device was switched off or has left.`,
        },
      },
    ];
  });
}

function isCommon(zone: PreparedZone, dead: PreparedZone): boolean {
  const both = (lon: number, lat: number) =>
    Math.max(signedDistanceM(zone, lon, lat), signedDistanceM(dead, lon, lat));
  return isAnywhere(both, zone, dead);
}
function isWithin(zone: PreparedZone, dead: PreparedZone): boolean {
  const left = (lon: number, lat: number) =>
    Math.max(signedDistanceM(zone, lon, lat), -signedDistanceM(dead, lon, lat));
  return isCommon(zone, dead) && !isAnywhere(left, zone, zone);
}
function isAnywhere(
  distanceM: (lon: number, lat: number) => number,
  zone: PreparedZone,
  other: PreparedZone,
): boolean {
  const [west, south, east, north] = boxAround(zone, 0);
  const box = boxAround(other, 0);
  if (east < box[0] || box[2] < west || north < box[1] || box[3] < south) return false;
  const common = [
    Math.max(west, box[0]),
    Math.max(south, box[1]),
    Math.min(east, box[2]),
    Math.min(north, box[3]),
  ] as const;
  return findDeepest(distanceM, common, TOUCH_M, -TOUCH_M).depthM > TOUCH_M;
}
