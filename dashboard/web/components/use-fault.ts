/** What the last call of a room was refused with, in words; a session that ended leads to sign-in by itself. */
import { ref } from 'vue';
import type { Answer } from '../api/call.ts';
import { failureText } from '../i18n/failure-text.ts';
import { endSession } from '../session.ts';

export function useFault() {
  const fault = ref<string | null>(null);
  /** The value; undefined: it was refused, and the words stand in `fault`. */
  function take<T>(answer: Answer<T>): T | undefined {
    if (answer.ok) {
      fault.value = null;
      return answer.value;
    }
    if (answer.fault === 'signed-out') endSession();
    else fault.value = failureText(answer);
    return undefined;
  }
  return { fault, take };
}
