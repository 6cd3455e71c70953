/** Zones by the name that people know them by. Read when a room first needs them, and again before one is chosen. */
import type { Feature } from 'geojson';
import { shallowRef } from 'vue';
import { type PreparedZone, prepareZone } from '../../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../../geofences/signed-distance.ts';
import { decodeZone } from '../../../src/kernel/zone-file.ts';
import { bindingZones } from '../api/zones.ts';

export interface NamedZone {
  readonly id: string;
  readonly name: string;
  readonly feature: Feature;
}
const list = shallowRef<readonly NamedZone[]>([]);
let isAsked = false;

export async function readZones(): Promise<void> {
  isAsked = true;
  list.value = (await bindingZones()).map((feature) => {
    const id = String(feature.id ?? feature.properties?.id);
    const { name } = feature.properties ?? {};
    return { id, name: typeof name === 'string' ? name : id, feature };
  });
}

export function useZones() {
  if (!isAsked) void readZones();
  const nameOf = (id: string): string => list.value.find((zone) => zone.id === id)?.name ?? id;
  /** Of these zones, for asking what lies in them; one that can't be judged is left out. */
  const prepared = (ids: readonly string[]): PreparedZone[] =>
    list.value
      .filter(({ id }) => ids.includes(id))
      .flatMap(({ feature }) => {
        const zone = decodeZone(feature);
        const ready = zone.ok ? prepareZone(zone.value) : zone;
        return ready.ok ? [ready.value] : [];
      });
  return { list, nameOf, prepared };
}

export const isIn = (zone: PreparedZone, lon: number, lat: number): boolean =>
  signedDistanceM(zone, lon, lat) <= 0;
