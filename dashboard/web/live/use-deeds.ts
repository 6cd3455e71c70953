/**
 * Deeds under way, and what came of each, by alert: an answer that comes late belongs to the alert that it was asked for, whatever is
 * in hand by then.
 */
import { computed, ref, shallowRef } from 'vue';
import type { AlertCard } from '../../protocol.ts';
import type { Answer } from '../api/call.ts';
import { failureText } from '../i18n/failure-text.ts';
import { endSession } from '../session.ts';

/** `stillAnswered`: what is said of a deed that was not begun because another is under way. */
export function useDeeds(inHand: () => AlertCard, stillAnswered: () => string) {
  const outcomes = shallowRef<ReadonlyMap<string, string>>(new Map());
  const busy = ref(new Set<string>());
  const answering = new Map<string, Promise<unknown>>();

  function tell(alert: string, said: string | null): void {
    const next = new Map(outcomes.value);
    if (said === null) next.delete(alert);
    else next.set(alert, said);
    outcomes.value = next;
  }
  /**
   * Undefined: refused, or not begun because one of the same `about` is under way, and said so. `waits`: it is begun when that is over;
   * what somebody has written must not be dropped because the deed before is still being answered.
   */
  async function ask<T>(
    about: string,
    deed: () => Promise<Answer<T>>,
    waits = false,
  ): Promise<T | undefined> {
    const { alert } = inHand();
    if (busy.value.has(about) && !waits) {
      tell(alert, stillAnswered());
      return undefined;
    }
    while (busy.value.has(about)) await answering.get(about);
    tell(alert, null);
    busy.value.add(about);
    const asked = deed();
    answering.set(about, asked);
    const answer = await asked;
    answering.delete(about);
    busy.value.delete(about);
    if (answer.ok) return answer.value;
    if (answer.fault === 'signed-out') endSession();
    tell(alert, failureText(answer));
    return undefined;
  }
  return {
    outcome: computed(() => outcomes.value.get(inHand().alert) ?? null),
    isUnderWay: (about: string): boolean => busy.value.has(about),
    tell,
    ask,
  };
}
