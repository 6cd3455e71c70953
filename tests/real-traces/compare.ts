/**
 * What the detector found at the places of the real traces beside what the experimenter wrote down. The journal knows the stays
 * of planned trips only; of a stay that it does not have the seven other phones, carried together with this one, tell whether
 * it was so.
 */
import type { Journal, Visit } from './data.ts';

export interface Stay {
  readonly place: string;
  readonly fromMs: number;
  /** Null: still there at the end of the data. */
  readonly untilMs: number | null;
}

export interface PhoneFix {
  readonly phone: string;
  readonly atMs: number;
  readonly lon: number;
  readonly lat: number;
  readonly accuracyM: number;
}

export interface Outcome {
  /** Moments that the journal has. */
  readonly known: number;
  /** Of those: the phone said nothing of use around the stay (no fix of 100 m or better). */
  readonly blind: number;
  readonly found: number;
  readonly missed: number;
  /** Found less journal, seconds, sorted; negative: found before the button was pressed. */
  readonly delaysS: readonly number[];
}

export interface Compared {
  readonly enter: Outcome;
  readonly leave: Outcome;
  readonly stays: number;
  /** Not in the journal, and another phone was there. */
  readonly confirmed: number;
  /** Not in the journal, and other phones were elsewhere, or none of them said anything of use. */
  readonly false: number;
}

/** The button was pressed at the door or on the platform; the zone's edge is some minutes away. */
const TOLERANCE_MS = 600_000;
const USEFUL_ACCURACY_M = 100;

export interface Evidence {
  /** Of all phones, in the order of time. */
  readonly fixes: readonly PhoneFix[];
  readonly visits: readonly Visit[];
  readonly journal: Journal;
  distanceM(place: string, fix: PhoneFix): number;
}

export function compare(
  phone: string,
  stays: readonly Stay[],
  { fixes: all, visits, journal, distanceM }: Evidence,
): Compared {
  const useful = all.filter(({ accuracyM }) => accuracyM <= USEFUL_ACCURACY_M);
  const fixes = useful.filter((fix) => fix.phone === phone);
  const others = useful.filter((fix) => fix.phone !== phone);
  const untilOf = (stay: Stay) => stay.untilMs ?? Number.POSITIVE_INFINITY;
  const meets = (stay: Stay, visit: Visit) =>
    stay.place === visit.place &&
    stay.fromMs <= visit.untilMs + TOLERANCE_MS &&
    untilOf(stay) >= visit.fromMs - TOLERANCE_MS;
  const isSeen = (visit: Visit) =>
    fixes.some(
      ({ atMs }) => atMs >= visit.fromMs - TOLERANCE_MS / 2 && atMs <= visit.untilMs + TOLERANCE_MS / 2,
    );
  const outcome = (
    momentOf: (visit: Visit) => number | null,
    foundAt: (stay: Stay) => number | null,
  ): Outcome => {
    const known = visits.filter((visit) => momentOf(visit) !== null);
    const seen = known.filter(isSeen);
    const delaysS: number[] = [];
    for (const visit of seen) {
      const moment = momentOf(visit) ?? 0;
      const times = stays
        .filter((stay) => meets(stay, visit))
        .flatMap((stay) => foundAt(stay) ?? [])
        .map((atMs) => (atMs - moment) / 1000)
        .sort((a, b) => Math.abs(a) - Math.abs(b));
      if (times[0] !== undefined) delaysS.push(Math.round(times[0]));
    }
    delaysS.sort((a, b) => a - b);
    return {
      known: known.length,
      blind: known.length - seen.length,
      found: delaysS.length,
      missed: seen.length - delaysS.length,
      delaysS,
    };
  };
  const unjournalled = stays.filter(
    (stay) =>
      journal.periods.some(({ fromMs, untilMs }) => stay.fromMs >= fromMs && stay.fromMs <= untilMs) &&
      !visits.some((visit) => meets(stay, visit)),
  );
  const confirmed = unjournalled.filter((stay) =>
    others.some(
      (fix) =>
        fix.atMs >= stay.fromMs - TOLERANCE_MS / 2 &&
        fix.atMs <= untilOf(stay) + TOLERANCE_MS / 2 &&
        distanceM(stay.place, fix) <= fix.accuracyM,
    ),
  );
  return {
    enter: outcome(
      (visit) => visit.enterMs,
      (stay) => stay.fromMs,
    ),
    leave: outcome(
      (visit) => visit.leaveMs,
      (stay) => stay.untilMs,
    ),
    stays: stays.length,
    confirmed: confirmed.length,
    false: unjournalled.length - confirmed.length,
  };
}

/** One line of the table: phone, then known/blind/found/missed and the median delay of enter and of leave, then stays. */
export function row(phone: string, { enter, leave, stays, confirmed, false: wrong }: Compared): string[] {
  const cells = ({ known, blind, found, missed, delaysS }: Outcome) => [
    String(known),
    String(blind),
    String(found),
    String(missed),
    delaysS.length === 0 ? '–' : `${delaysS[delaysS.length >> 1]} s`,
  ];
  return [phone, ...cells(enter), ...cells(leave), String(stays), String(confirmed), String(wrong)];
}

export const HEADINGS = [
  'phone',
  ...['enter', 'leave'].flatMap((what) => [
    `${what} known`,
    'phone blind',
    'found',
    'missed',
    'median delay',
  ]),
  'stays found',
  'not in the journal, other phones agree',
  'false',
];

export function table(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(HEADINGS), line(HEADINGS.map(() => '---')), ...rows.map(line)].join('\n');
}
