/** How many of a list's items are wholly within it, measured when its size or what stands in it changes. */
import { onBeforeUnmount, type Ref, ref, watch } from 'vue';

/** A fraction of a pixel is rounding, not a cut. */
const SLACK_PX = 1;

export function useFitting(
  list: Readonly<Ref<HTMLElement | null>>,
  items: () => unknown,
): Readonly<Ref<number>> {
  const fitting = ref(0);
  function measure() {
    if (list.value === null) return;
    const endPx = list.value.getBoundingClientRect().bottom + SLACK_PX;
    fitting.value = [...list.value.children].filter(
      (item) => item.getBoundingClientRect().bottom <= endPx,
    ).length;
  }
  const observer = new ResizeObserver(measure);
  watch(list, (now, before) => {
    if (before) observer.unobserve(before);
    if (now) observer.observe(now);
  });
  watch(items, measure, { flush: 'post' });
  onBeforeUnmount(() => observer.disconnect());
  return fitting;
}
