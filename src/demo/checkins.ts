/**
 * Who of the invented city checks in, where and when: an office's terminal knows its people by PIN, and a punch is a function of seed
 * and day, so a run that starts later goes on where an earlier one stopped. Pure.
 */
import type { CheckinWindow, Terminal, TerminalPin } from '../kernel/roster.ts';
import { uniform } from './random.ts';
import type { DemoSubject, World } from './world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Jieyang's wall clocks. */
export const ZONE_MS = 8 * HOUR_MS;
const FINGERPRINT = 1;
const FACE = 15;

export function terminalsOf(offices: World['offices']): Terminal[] {
  return offices.map(({ path }, i) => ({
    id: idOf(i),
    name: `演示终端${i + 1}`,
    office: path,
    address: serialOf(i),
    timeZone: '+08:00',
  }));
}

const idOf = (index: number) => `terminal-${String(index + 1).padStart(3, '0')}`;
export const serialOf = (index: number) => `DEMO${String(index + 1).padStart(6, '0')}`;

/** Those of the strict grade check in once a week (on a working day), at their office. */
export function checkinsOf({ grade, number }: Pick<DemoSubject, 'grade' | 'number'>): CheckinWindow[] {
  return grade === 'strict' ? [{ id: 'weekly', days: [weekdayOf(number)], from: '08:30', to: '17:30' }] : [];
}

const weekdayOf = (number: number) => 1 + (number % 5);
const pinOf = (number: number) => String(number).padStart(5, '0');

export function pinsOf(
  person: Pick<DemoSubject, 'office' | 'number'>,
  offices: World['offices'],
): TerminalPin[] {
  const index = offices.findIndex(({ path }) => path === person.office);
  return [{ terminal: idOf(index), pin: pinOf(person.number), fromMs: 0, untilMs: null }];
}

export interface Punch {
  readonly pin: string;
  readonly atMs: number;
  readonly verify: number;
}

/** Those who check in, by office. */
export function punchersOf({
  subjects,
}: Pick<World, 'subjects'>): ReadonlyMap<string, readonly DemoSubject[]> {
  return Map.groupBy(
    subjects.filter(({ grade }) => grade === 'strict'),
    ({ office }) => office,
  );
}

/** Of one office's people, after `fromMs` and up to `untilMs`, in order. */
export function punchesBetween(
  seed: number,
  people: readonly DemoSubject[],
  fromMs: number,
  untilMs: number,
): Punch[] {
  const punches: Punch[] = [];
  for (let day = dayOf(fromMs); day <= dayOf(untilMs); day++) {
    // 1970-01-01 was a Thursday.
    const weekday = ((day + 3) % 7) + 1;
    for (const { number } of people) {
      if (weekdayOf(number) !== weekday) continue;
      // From 08:40 to 16:40: well within the window, also by a clock that is ahead.
      const inDayMs = (8 + 2 / 3 + 8 * uniform(seed, number, day, 91)) * HOUR_MS;
      const atMs = Math.floor((day * DAY_MS + inDayMs) / 1000) * 1000 - ZONE_MS;
      const verify = uniform(seed, number, 92) < 0.8 ? FINGERPRINT : FACE;
      if (atMs > fromMs && atMs <= untilMs) punches.push({ pin: pinOf(number), atMs, verify });
    }
  }
  return punches.sort((a, b) => a.atMs - b.atMs);
}

const dayOf = (atMs: number) => Math.floor((atMs + ZONE_MS) / DAY_MS);

/** One in seven is some minutes ahead, ms. */
export function aheadOf(index: number): number {
  return index % 7 === 3 ? (5 + (index % 10)) * 60_000 : 0;
}
