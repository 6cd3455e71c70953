/** The zone in hand: as it stands, as it is being drawn, or as it is to be. */
import { computed, shallowRef } from 'vue';
import { checkZone, type ZoneCheck } from '../../../geofences/repair-zone.ts';
import type { ZoneFeature } from '../../../src/kernel/roster.ts';
import { isoDay } from '../i18n/language.ts';
import { crossingOf, type Drawn, type Tool, withDrawn } from './shape.ts';

export interface Draft {
  readonly zone: ZoneFeature;
  readonly tool: Tool;
  /** There is none of this id yet. */
  readonly isNew: boolean;
  /** Somebody is drawing: the shape is not whole. */
  readonly isUnfinished: boolean;
}

const RANDOM = 36 ** 4;
function newId(): string {
  const tail = Math.floor(Math.random() * RANDOM)
    .toString(36)
    .padStart(4, '0');
  return `z${isoDay(Date.now()).split('-').join('')}-${tail}`;
}
const EMPTY = { radiusM: null, widthM: null, geometry: { type: 'Polygon', coordinates: [] } } as const;

export function useDraft() {
  const draft = shallowRef<Draft | null>(null);

  /** Undefined: nothing is in hand, or it is not whole yet. */
  const check = computed<ZoneCheck | undefined>(() =>
    draft.value === null || draft.value.isUnfinished ? undefined : checkZone(draft.value.zone),
  );
  /** Where an area's line crosses itself, as far as its corners are set. */
  const crossing = computed(() =>
    draft.value?.tool === 'area' ? crossingOf(draft.value.zone, draft.value.isUnfinished) : undefined,
  );
  return {
    draft,
    check,
    crossing,
    begin(tool: Tool, name: string) {
      draft.value = { zone: { ...EMPTY, id: newId(), name }, tool, isNew: true, isUnfinished: true };
    },
    open(zone: ZoneFeature, tool: Tool, isNew: boolean) {
      draft.value = {
        zone: isNew ? { ...zone, id: zone.id === '' ? newId() : zone.id } : zone,
        tool,
        isNew,
        isUnfinished: false,
      };
    },
    drawn(drawn: Drawn | null, isFinished: boolean) {
      const before = draft.value;
      if (before === null) return;
      draft.value =
        drawn === null
          ? { ...before, zone: { ...before.zone, ...EMPTY }, isUnfinished: true }
          : { ...before, zone: withDrawn(before.zone, drawn), isUnfinished: !isFinished };
    },
    change(part: Partial<ZoneFeature>) {
      const before = draft.value;
      if (before !== null)
        draft.value = { ...before, zone: { ...before.zone, ...part }, isUnfinished: false };
    },
    setPurpose(purpose: ZoneFeature['purpose']) {
      const before = draft.value;
      if (before === null) return;
      const { purpose: _, ...zone } = before.zone;
      draft.value = { ...before, zone: purpose === undefined ? zone : { ...zone, purpose } };
    },
    rename(part: { readonly id?: string; readonly name?: string }) {
      const before = draft.value;
      if (before !== null) draft.value = { ...before, zone: { ...before.zone, ...part } };
    },
  };
}
