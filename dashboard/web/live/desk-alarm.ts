/** What a seat that answers for alerts hears and counts in every room, not only where the board is. */
import { onBeforeUnmount, type Ref, shallowRef, watchEffect } from 'vue';
import type { AlertCard } from '../../protocol.ts';
import { text } from '../i18n/language.ts';
import { isUnowned } from './queue-order.ts';
import type { SoundState } from './use-sound.ts';

export interface DeskAlarm {
  /** Null: not known, because the connection is not there. */
  readonly unowned: number | null;
  readonly sound: SoundState;
  readonly toggle: () => void;
}
/** Null: this account answers for none, or the room shows it by itself. */
export const deskAlarm = shallowRef<DeskAlarm | null>(null);

/** The tab says how many wait, as long as somebody counts them, and nothing after. */
export function useTitle(alerts: Readonly<Ref<readonly AlertCard[]>>): void {
  watchEffect(() => {
    document.title = text.value.title(alerts.value.filter(isUnowned).length);
  });
  onBeforeUnmount(() => {
    document.title = text.value.title(0);
  });
}
