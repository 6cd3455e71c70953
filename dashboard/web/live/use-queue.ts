/** The alert queue as it is shown: sorted, filtered, and steady while somebody works in it. */
import { computed, onBeforeUnmount, type Ref, ref, shallowRef } from 'vue';
import type { AlertCard } from '../../protocol.ts';
import { text } from '../i18n/language.ts';
import { compareAlerts, isUnowned } from './queue-order.ts';
import { hasPart, keepPlaces, type QueueRow, rowsOf } from './queue-rows.ts';
import type { LiveBoard } from './use-board.ts';

/** So long after the last move in the list the rows keep their places: nothing slips away under the pointer. */
const HOLD_MS = 6000;
const SUBJECTS_SHOWN = 8;

export function useQueue(live: LiveBoard, selected: Readonly<Ref<string | null>>) {
  const filter = ref('');
  const held = shallowRef<readonly (readonly string[])[] | null>(null);
  let release: number | undefined;

  const all = computed(() => [...live.alerts.value].sort(compareAlerts));
  const matches = (...fields: (string | undefined)[]) => {
    const word = filter.value.trim().toLowerCase();
    return word === '' || fields.some((field) => field?.toLowerCase().includes(word));
  };
  const isFound = (alert: AlertCard) => {
    const card = live.cardOf.value.get(alert.subject);
    return matches(card?.name, card?.officeName, text.value.kinds[alert.kind], alert.subject);
  };
  const found = computed(() => rowsOf(all.value).filter(({ parts }) => parts.some(isFound)));
  const rows = computed(() => (held.value === null ? found.value : keepPlaces(found.value, held.value)));
  const heldBack = computed(() => {
    const places = held.value;
    if (places === null) return 0;
    const known = new Set(places.flat());
    return found.value.filter(
      ({ lead, parts }) => isUnowned(lead) && parts.every((part) => !known.has(part.alert)),
    ).length;
  });
  const people = computed(() =>
    filter.value.trim() === ''
      ? []
      : (live.board.value?.cards ?? []).filter((card) => matches(card.name, card.officeName, card.id)),
  );

  function touch(): void {
    held.value ??= rows.value.map(({ parts }) => parts.map(({ alert }) => alert));
    window.clearTimeout(release);
    release = window.setTimeout(() => {
      held.value = null;
    }, HOLD_MS);
  }
  onBeforeUnmount(() => window.clearTimeout(release));

  /** The row so many steps from the selected one; the first where none is selected. */
  function stepped(step: number, among: readonly QueueRow[] = rows.value): QueueRow | undefined {
    const at = among.findIndex((row) => hasPart(row, selected.value));
    return among[at < 0 ? 0 : Math.max(0, Math.min(among.length - 1, at + step))];
  }

  return {
    filter,
    all,
    rows,
    heldBack,
    subjects: computed(() => people.value.slice(0, SUBJECTS_SHOWN)),
    moreSubjects: computed(() => Math.max(0, people.value.length - SUBJECTS_SHOWN)),
    touch,
    stepped,
  };
}
