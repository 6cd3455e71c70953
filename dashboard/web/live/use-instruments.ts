/** What the board and the wall screen read off the live board: how late it is, the counters, whether an empty queue means anything. */
import { computed, type Ref, ref, shallowRef, watch } from 'vue';
import { type BoardCounts, countBoard } from './counts.ts';
import type { LiveBoard } from './use-board.ts';

const TICKS_UNTIL_LATE = 3;
const FADES_EVERY_MS = 10_000;

export function useInstruments(live: LiveBoard, organisation: string) {
  const { board, alerts, health, link, moved, nowMs } = live;
  /** Null: unknown, which is not the same as none. */
  const behindMs = computed(() =>
    health.value?.frontierMs == null ? null : Math.max(0, nowMs.value - health.value.frontierMs),
  );
  const isLate = computed(
    () =>
      link.value !== 'live' ||
      (behindMs.value !== null &&
        behindMs.value > TICKS_UNTIL_LATE * 1000 * (health.value?.tickSeconds ?? 10)),
  );
  /** Undefined: none are made; `ageMs` null: unknown, which is not the same as late. */
  const selfTest = computed(() => {
    const told = health.value?.selfTest;
    if (told === undefined) return undefined;
    const ageMs = told.atMs === null ? null : Math.max(0, nowMs.value - told.atMs);
    return { ageMs, isLate: ageMs !== null && ageMs > told.limitMs };
  });
  const isLateBannerShown = computed(() => link.value === 'live' && isLate.value && behindMs.value !== null);
  const doubt = computed(() => (behindMs.value === null ? 'no-data' : isLate.value ? 'late' : 'none'));

  const counts = shallowRef<BoardCounts | null>(null);
  let countedMoves = -1;
  let countedMs = 0;
  function recount() {
    counts.value = board.value === null ? null : countBoard(board.value, nowMs.value);
  }
  watch([alerts, board], recount, { immediate: true });
  // One pass over all subjects: once a second is as often as anybody can read it.
  watch(nowMs, () => {
    if (moved.value === countedMoves && nowMs.value - countedMs <= FADES_EVERY_MS) return;
    countedMoves = moved.value;
    countedMs = nowMs.value;
    recount();
  });

  const emptySinceMs = ref(nowMs.value);
  const isSincePage = ref(true);
  watch(
    () => alerts.value.length,
    (length, before) => {
      if (length > 0 || before === 0) return;
      emptySinceMs.value = nowMs.value;
      isSincePage.value = false;
    },
  );

  const placeName: Readonly<Ref<string | null>> = computed(() => {
    if (organisation === '') return null;
    const card = board.value?.cards.find(
      ({ office }) => office === organisation || office.startsWith(`${organisation}/`),
    );
    if (card === undefined) return organisation;
    return organisation.includes('/') ? card.officeName : (card.officeName.split(' ')[0] ?? organisation);
  });
  return {
    behindMs,
    isLate,
    selfTest,
    isLateBannerShown,
    doubt,
    counts,
    emptySinceMs,
    isSincePage,
    placeName,
  };
}
