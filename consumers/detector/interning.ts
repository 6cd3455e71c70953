/** Profiles as they are kept: equal parts of different people are one object. A million people have a few hundred zones and schedules. */
import type { SubjectProfile } from '../../src/kernel/roster.ts';

export interface Interning {
  /** Without the person's name, which the log does not carry either. */
  profile(profile: SubjectProfile): SubjectProfile;
}

/** More different parts than these are no repetition: they are forgotten, and those that come again are kept anew. */
const MAX_PARTS = 100_000;

export function createInterning(): Interning {
  const parts = new Map<string, unknown>();
  /** The same value as before, if there was one. */
  const one = <T>(value: T): T => {
    const key = JSON.stringify(value);
    const known = parts.get(key);
    if (known !== undefined) return known as T;
    if (parts.size >= MAX_PARTS) parts.clear();
    parts.set(key, value);
    return value;
  };
  const list = <T>(values: readonly T[]): readonly T[] => one(values.map(one));
  return {
    profile: (profile) => {
      const { id, office, grade, devices, zones, curfews, checkins, permits, noContact } = profile;
      return {
        id,
        name: '',
        office: one(office),
        grade: one(grade),
        devices: devices.map((device) => ({
          ...device,
          feed: one(device.feed),
          protocol: one(device.protocol),
          kind: one(device.kind),
          order: one(device.order),
        })),
        zones: list(zones),
        curfews: list(curfews),
        checkins: list(checkins),
        permits: permits.length === 0 ? list(permits) : permits,
        noContact: list(noContact),
      };
    },
  };
}
