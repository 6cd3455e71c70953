/** What was on the screen, which is later than what the page knows: a key answers to what its presser saw. */
import { type ShallowRef, shallowRef, watch } from 'vue';

export interface Painted<T> {
  /** Undefined before the first. */
  readonly painted: ShallowRef<T | undefined>;
  /** Since when it has been on the screen, on the clock of events; infinite while it is not. */
  since(value: unknown): number;
}

export function usePainted<T>(shown: () => T): Painted<T> {
  const painted = shallowRef<T>();
  let sinceMs = Number.POSITIVE_INFINITY;
  watch(
    shown,
    (value) => {
      // In the second frame the first, in which it was drawn, has been on the screen.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          painted.value = value;
          sinceMs = performance.now();
        }),
      );
    },
    { immediate: true, flush: 'post' },
  );
  return { painted, since: (value) => (painted.value === value ? sinceMs : Number.POSITIVE_INFINITY) };
}
