/** What follows from the result of a spot check. Pure. Officers decide about people; this decides who looks. */

import type { Severity } from '../../src/kernel/alert-event.ts';
import type { SpotCheckResult } from '../../src/kernel/log-event.ts';

export const RESULT_WORDS: Readonly<Record<SpotCheckResult, string>> = {
  self: '本人接通',
  'other-person': '他人代接',
  'no-answer': '未接',
  off: '关机',
  'no-such-number': '空号',
  forwarded: '呼叫转移',
  located: '装置已应答',
  'no-fix': '装置可联系，未能定位',
};

export type Consequence =
  | { readonly do: 'nothing' }
  /** Once may be chance: asked again within the hour, by telephone. */
  | { readonly do: 'ask-again' }
  | { readonly do: 'task'; readonly severity: Severity };

/** `isSecond`: it was asked again because nobody answered before. */
export function consequenceOf(result: SpotCheckResult, isSecond: boolean): Consequence {
  switch (result) {
    case 'self':
    case 'located':
      return { do: 'nothing' };
    // Indoors there may be none: no fault of theirs, and not where they are.
    case 'no-fix':
      return { do: 'ask-again' };
    case 'no-answer':
      return isSecond ? { do: 'task', severity: 'high' } : { do: 'ask-again' };
    case 'off':
    case 'other-person':
    case 'no-such-number':
    case 'forwarded':
      return { do: 'task', severity: 'high' };
  }
}

export function hasFailed(result: SpotCheckResult): boolean {
  return result !== 'self' && result !== 'located' && result !== 'no-fix';
}
