/** The one line that says the most important thing about an alert. Pure but for the language. */
import type { AlertCard } from '../../protocol.ts';
import { inLanguage, metres, percent, text } from '../i18n/language.ts';
import { isAboutZone } from '../live/queue-order.ts';

export function lineOf(alert: AlertCard, name: string, nowMs: number): string {
  const last = alert.evidence.at(-1);
  if (isAboutZone(alert.kind) && last !== undefined) {
    const { queue } = text.value;
    const error = metres(last.accuracyM);
    return [
      alert.kind === 'out-of-bounds'
        ? queue.outside(metres(Math.max(0, last.distanceM)), error)
        : queue.insideZone(metres(Math.max(0, -last.distanceM)), error),
      percent(alert.confidence),
      alert.zoneName ?? '',
    ]
      .filter((part) => part !== '')
      .join(' · ');
  }
  return inLanguage(alert.reason, nowMs)
    .replace(` of ${name}`, '')
    .replace(name, '')
    .trim()
    .replace(/^的/, '');
}
