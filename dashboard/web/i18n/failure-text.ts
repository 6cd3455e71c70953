/** A failed call in the page's language. */
import type { Failure } from '../api/call.ts';
import { faultEn, faultZh } from './fault-text.ts';
import { text } from './language.ts';

/** Null: the server has said no more than what kind of failure it is. */
export function detailOf({ faults = [], detail }: Failure): string | null {
  if (faults.length === 0) return detail;
  return text.value.locale === 'zh-CN' ? faults.map(faultZh).join('') : faults.map(faultEn).join('; ');
}

export function failureText(failure: Failure): string {
  return [text.value.faults[failure.fault], detailOf(failure)].filter((part) => part !== null).join(' ');
}
