/** The zones' shapes by id, read once when the board is opened. */
import type { Feature } from 'geojson';
import { onMounted, type ShallowRef, shallowRef } from 'vue';
import { allZones } from '../api/zones.ts';

export function useZones(): ShallowRef<ReadonlyMap<string, Feature>> {
  const zones = shallowRef<ReadonlyMap<string, Feature>>(new Map());
  onMounted(async () => {
    zones.value = new Map((await allZones()).map((zone) => [String(zone.id ?? zone.properties?.id), zone]));
  });
  return zones;
}
