import type { FeatureCollection } from 'geojson';
import { type Answer, get } from './call.ts';

export type ZoneProperties = { readonly name?: string; readonly radiusM?: number; readonly widthM?: number };
/** At most so many pages: the map draws the zone of one alert, it need not know all of a country. */
const MOST_PAGES = 20;

export async function allZones(): Promise<FeatureCollection['features']> {
  const features: FeatureCollection['features'] = [];
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
