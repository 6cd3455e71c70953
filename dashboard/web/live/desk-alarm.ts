/** What a seat that answers for alerts hears and counts in every room, not only where the board is. */
import { onBeforeUnmount, type Ref, shallowRef, watchEffect } from 'vue';
import type { AlertCard } from '../../protocol.ts';
import { text } from '../i18n/language.ts';
import { compareAlerts } from './queue-order.ts';
import { countRows } from './queue-rows.ts';
import type { SoundState } from './use-sound.ts';

export interface DeskAlarm {
  /** Null: not known, because the connection is not there. */
  readonly unowned: number | null;
  readonly sound: SoundState;
  readonly toggle: () => void;
}
/** Null: this account answers for none. */
export const deskAlarm = shallowRef<DeskAlarm | null>(null);

/** Incidents, as the queue has them. */
export function unownedOf(alerts: readonly AlertCard[]): number {
  return countRows([...alerts].sort(compareAlerts)).unowned;
}
/** The tab says how many wait, as long as somebody counts them, and nothing after. */
export function useTitle(alerts: Readonly<Ref<readonly AlertCard[]>>): void {
  watchEffect(() => {
    document.title = text.value.title(unownedOf(alerts.value));
  });
  onBeforeUnmount(() => {
    document.title = text.value.title(0);
  });
}
