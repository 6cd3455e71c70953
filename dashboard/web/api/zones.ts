import type { Feature, FeatureCollection } from 'geojson';
import { type Answer, get, send } from './call.ts';

export type ZoneProperties = {
  readonly name?: string;
  readonly radiusM?: number;
  readonly widthM?: number;
  readonly purpose?: string;
};
/** At most so many pages: the map draws the zone of one alert, it need not know all of a country. */
const MOST_PAGES = 20;

/** With the version that a change has to name. */
export type ZoneRead = Feature & { readonly version?: number };

export async function allZones(): Promise<ZoneRead[]> {
  const features: ZoneRead[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer: Answer<FeatureCollection & { nextCursor: string | null }> = await get('zones', {
      limit: 500,
      cursor,
    });
    if (!answer.ok) return features;
    features.push(...answer.value.features);
    cursor = answer.value.nextCursor;
    if (cursor === null) return features;
  }
  return features;
}

/** Those that somebody can be bound by: no dead ground. */
export async function bindingZones(): Promise<ZoneRead[]> {
  return (await allZones()).filter(({ properties }) => properties?.purpose === undefined);
}

export type Rule = 'stay-in' | 'keep-out' | 'curfew';
export interface Use {
  /** Absent: as those have it who have the zone already. */
  readonly rule?: Rule;
  readonly bufferM?: number;
  readonly schedule?: { readonly days: readonly number[]; readonly from: string; readonly to: string };
}
export interface Finding {
  readonly code: string;
  readonly weight: 'error' | 'warning';
  readonly subject: string | null;
  readonly zones: readonly string[];
  readonly words: { readonly zh: string; readonly en: string };
}
export interface Judged {
  readonly alert: string;
  readonly subject: string;
  readonly kind: string;
  readonly severity: string;
  readonly startedAt: string;
  readonly clearedAt: string | null;
}
export interface Difference {
  readonly side: 'only-before' | 'only-after' | 'changed';
  readonly kind: string;
  readonly subject: string;
  readonly before: Judged | null;
  readonly after: Judged | null;
}
export interface ZoneLint {
  /** Who was looked at, of `subjects` who have the zone. */
  readonly looked: readonly string[];
  readonly subjects: number;
  /** Metres from the deepest place to the edge. */
  readonly depthM: number | null;
  readonly accuracy: { readonly fixes: number; readonly medianM: number; readonly p90M: number } | null;
  readonly findings: readonly Finding[];
  readonly week: {
    readonly from: string;
    readonly until: string;
    readonly doubtful: number;
    readonly raised: readonly (Judged & { readonly doubtful: boolean })[];
    readonly differences: readonly Difference[];
  } | null;
}
export const lintDraft = (zone: unknown, use: Use, subjects: readonly string[]) =>
  send<ZoneLint>('POST', 'zones/lint', { zone, ...use, ...(subjects.length === 0 ? {} : { subjects }) });

/** Without a version it is a new one. */
export const writeZone = (id: string, feature: unknown, version: number | null, reason: string) =>
  send<{ readonly id: string; readonly version: number }>('PUT', `zones/${encodeURIComponent(id)}`, {
    feature,
    reason,
    ...(version === null ? {} : { version }),
  });
