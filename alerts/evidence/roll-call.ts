/** Who was at the place of a roll call (集中点验) by what was recorded of the devices. */
import type { PreparedZone } from '../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import type { Position } from '../../src/kernel/log-event.ts';
import type { ZoneFeature } from '../../src/kernel/roster.ts';
import { accuracyOf, probabilityOutside, sigmaOf } from './position-estimate.ts';

/** A fix as far as it says where somebody was; without what is absent its accuracy is assumed. */
export type PlacedFix = Pick<Position, 'atMs' | 'lat' | 'lon' | 'accuracyM' | 'method'>;

/** The first fix that lies in the place as surely as asked, by its own error, as the day's account has it (logbook L12). */
export function firstThere<Fix extends PlacedFix>(
  fixes: readonly Fix[],
  zone: PreparedZone,
  insideProbability: number,
): Fix | undefined {
  return fixes.find((fix) => {
    const sigmaM = sigmaOf(accuracyOf(fix));
    return 1 - probabilityOutside(signedDistanceM(zone, fix.lon, fix.lat), sigmaM) >= insideProbability;
  });
}

const DEGREE_M = 111_000;

/** Nothing outside of it lies in the zone. Degrees. */
export function boxAround({ geometry, radiusM, widthM }: ZoneFeature) {
  const points = (geometry.type === 'Point' ? [geometry.coordinates] : geometry.coordinates).flat(
    3,
  ) as readonly number[];
  const lons = points.filter((_, i) => i % 2 === 0);
  const lats = points.filter((_, i) => i % 2 === 1);
  const [south, north] = [Math.min(...lats), Math.max(...lats)];
  const marginM = Math.max(radiusM ?? 0, (widthM ?? 0) / 2);
  const marginLat = marginM / DEGREE_M;
  const marginLon = marginLat / Math.cos(Math.max(Math.abs(south), Math.abs(north)) * (Math.PI / 180));
  return {
    west: Math.min(...lons) - marginLon,
    south: south - marginLat,
    east: Math.max(...lons) + marginLon,
    north: north + marginLat,
  };
}
