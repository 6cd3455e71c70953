/** Zones by the name that people know them by. Read when a room first needs them, and again before one is chosen. */
import { shallowRef } from 'vue';
import { allZones } from '../api/zones.ts';

export interface NamedZone {
  readonly id: string;
  readonly name: string;
}
const list = shallowRef<readonly NamedZone[]>([]);
let isAsked = false;

export async function readZones(): Promise<void> {
  isAsked = true;
  list.value = (await allZones()).map((zone) => {
    const id = String(zone.id ?? zone.properties?.id);
    return { id, name: typeof zone.properties?.name === 'string' ? zone.properties.name : id };
  });
}

export function useZones() {
  if (!isAsked) void readZones();
  const nameOf = (id: string): string => list.value.find((zone) => zone.id === id)?.name ?? id;
  return { list, nameOf };
}
