/** What `components/live-seat.vue` gives to the rooms in it. */
import { type InjectionKey, inject } from 'vue';
import type { LiveBoard } from './use-board.ts';
import type { useSound } from './use-sound.ts';

export interface Seat {
  readonly live: LiveBoard;
  readonly sound: ReturnType<typeof useSound>;
}
export const SEAT: InjectionKey<Seat> = Symbol('seat');

export function useSeat(): Seat {
  const seat = inject(SEAT);
  if (seat === undefined) throw new Error('a room that shows the board stands outside the live seat');
  return seat;
}
