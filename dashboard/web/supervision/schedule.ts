/** Windows of a day as the forms have them. Pure. */
import { EVERY_DAY, type Schedule } from '../../../src/kernel/roster.ts';

/** For the attribute `pattern`. */
export const CLOCK = '(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)';
const WHOLE_CLOCK = new RegExp(`^${CLOCK}$`);
export const NIGHT: Schedule = { days: EVERY_DAY, from: '22:00', to: '06:00' };
export const WORKDAY: Schedule = { days: [1], from: '09:00', to: '17:00' };

export const isSchedule = ({ days, from, to }: Schedule): boolean =>
  days.length > 0 && WHOLE_CLOCK.test(from) && WHOLE_CLOCK.test(to);

/** `一 三 09:00–17:00`; every day goes without days. */
export function scheduleText({ days, from, to }: Schedule, names: readonly string[]): string {
  const which = days.length === EVERY_DAY.length ? '' : `${days.map((day) => names[day - 1]).join(' ')} `;
  return `${which}${from}–${to}`;
}
