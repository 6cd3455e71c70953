/** A zone as somebody means to draw it, laid over the profiles of those who are to have it. */
import type { Schedule, SubjectProfile, ZoneAssignment, ZoneFeature } from '../../../src/kernel/roster.ts';

export interface Draft {
  readonly zone: ZoneFeature;
  /** Null: as the subjects have it already; the shape alone is new. */
  readonly use: DraftUse | null;
}

export type DraftUse =
  | (Pick<ZoneAssignment, 'bufferM' | 'schedule'> & { readonly rule: 'stay-in' | 'keep-out' })
  | { readonly rule: 'curfew'; readonly schedule: Schedule };

export function withUse(profile: SubjectProfile, zone: string, use: DraftUse | null): SubjectProfile {
  if (use === null) return profile;
  if (use.rule === 'curfew')
    return {
      ...profile,
      curfews: [...profile.curfews.filter((item) => item.zone !== zone), { zone, ...use.schedule }],
    };
  return {
    ...profile,
    zones: [...profile.zones.filter((item) => item.zone !== zone), { zone, ...use }],
  };
}

/** Whether a rule of the subject's names the zone. */
export function hasZone({ zones, curfews }: SubjectProfile, zone: string): boolean {
  return zones.some((item) => item.zone === zone) || curfews.some((item) => item.zone === zone);
}
