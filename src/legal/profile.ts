/** What was decided here, in the subject's profile: it wins over what a roster's file says of the same permit or device. Pure. */
import type { Instant } from '../kernel/instant.ts';
import type { Permit, SubjectProfile } from '../kernel/roster.ts';
import { orderOf, type Term } from './positioning-order.ts';

export interface Decided {
  readonly permits: readonly Permit[];
  /** Approved terms by the device's id. */
  readonly terms: ReadonlyMap<string, readonly (Term & { readonly ground: string })[]>;
}

const PREFIX = 'permit-';
/** A leave that is over for so long is no more of a detector's concern. */
const REMEMBERED_MS = 60 * 86_400_000;

export const permitIdOf = (id: string) => `${PREFIX}${id}`;

/** Whether a permit of a profile is one that was decided here. */
export function isOurs({ id }: Pick<Permit, 'id'>): boolean {
  return /^permit-\d+$/.test(id);
}

export function withDecided(profile: SubjectProfile, decided: Decided, nowMs: Instant): SubjectProfile {
  const isRecent = ({ returnedAtMs }: Permit) =>
    returnedAtMs === null || nowMs - returnedAtMs < REMEMBERED_MS;
  return {
    ...profile,
    permits: [...profile.permits.filter((permit) => !isOurs(permit)), ...decided.permits.filter(isRecent)],
    devices: profile.devices.map((device) => {
      const order = orderOf(decided.terms.get(device.id) ?? [], nowMs);
      return order === undefined ? device : { ...device, order };
    }),
  };
}

/** As the log has it: of somebody whose correction has ended nothing is asked any more, and no device is watched. */
export function asJudged(profile: SubjectProfile, endsMs: Instant | null, nowMs: Instant): SubjectProfile {
  if (endsMs === null || nowMs < endsMs) return profile;
  return {
    ...profile,
    devices: profile.devices.map((device) => {
      const untilMs = Math.max(device.fromMs, Math.min(device.untilMs ?? endsMs, endsMs));
      return { ...device, untilMs };
    }),
    zones: [],
    curfews: [],
    checkins: [],
    permits: [],
  };
}
