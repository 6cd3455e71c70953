/**
 * Recurrent leave (经常性跨市、县活动; Measures, art. 29): one approval for half a year of going to and fro, for ordinary work and living.
 * The destination is one more place to be in, at the days and times that were approved; nobody goes on leave and nobody returns. Pure;
 * rules R in SPEC.md.
 */

import { told } from '../kernel/fault.ts';
import type { Instant } from '../kernel/instant.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import type { Schedule, SubjectProfile, ZoneAssignment } from '../kernel/roster.ts';
import type { WallClock } from '../kernel/wall-clock.ts';
import { monthsOn } from './local-days.ts';
import type { Measures } from './measures.ts';
import type { Leave, NeededLevel, PermitFault } from './permit.ts';

export interface RecurrentLeave extends Leave {
  readonly zone: string;
  /** Null: at all times. */
  readonly schedule: Schedule | null;
}

/** `assigned`: what binds the subject already. */
export function checkRecurrent(
  { fromMs, untilMs, zone }: Leave & { readonly zone: string | null },
  assigned: readonly ZoneAssignment[],
  wall: WallClock,
  { permit: { recurrent } }: Measures,
): Result<void, PermitFault> {
  if (zone === null) return fail({ code: 'bad-zone', ...told('recurrent-zone') });
  if (assigned.some((each) => each.zone === zone))
    return fail({
      code: 'bad-zone',
      ...told('zone-already', { zone }),
    });
  if (untilMs > monthsOn(fromMs, recurrent.mostMonths, wall))
    return fail({
      code: 'bad-time',
      ...told('recurrent-months', { months: recurrent.mostMonths, article: recurrent.article.en }),
    });
  return ok(undefined);
}

export function recurrentLevel({ permit: { recurrent } }: Measures): NeededLevel {
  return { level: recurrent.level, days: 0, cumulatedDays: 0, article: recurrent.article };
}

/** With the places of recurrent leave that is in force now. Whom no zone binds to stay is bound by none of these either. */
export function withRecurrent(
  profile: SubjectProfile,
  leaves: readonly RecurrentLeave[],
  nowMs: Instant,
): SubjectProfile {
  const inForce = leaves.filter(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs);
  if (inForce.length === 0 || !profile.zones.some(({ rule }) => rule === 'stay-in')) return profile;
  const zones = [...profile.zones];
  for (const { zone, schedule } of inForce)
    if (!zones.some((each) => each.zone === zone))
      zones.push({ zone, rule: 'stay-in', bufferM: 0, schedule });
  return { ...profile, zones };
}
