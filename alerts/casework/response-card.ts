/**
 * The response card: who is called or visited, in which order, after how long, for each kind of alert; which steps wait for the
 * end of the quiet hours (measures must not disturb work and life more than needed: Community Corrections Law, article 34). Pure.
 * Built-in cards are a beginning; the authority edits its own. After the German 'Ereignismeldungen GÜL'.
 */
import type { AlertKindName } from '../../src/kernel/alert-event.ts';
import type { Contact } from '../../src/kernel/casework.ts';
import type { Instant } from '../../src/kernel/instant.ts';

export type CardKind = AlertKindName | 'spot-check';

export interface CardStep {
  readonly whom: Contact;
  /** After the task was sent. */
  readonly afterMin: number;
  /** Also at night: what can't wait. */
  readonly inQuietHours: boolean;
  readonly zh: string;
  readonly en: string;
}
export interface ResponseCard {
  readonly steps: readonly CardStep[];
  /** `HH:MM`, over midnight where `to` is before `from`; null: none. */
  readonly quiet: { readonly from: string; readonly to: string } | null;
}
export interface PlannedStep extends CardStep {
  readonly atMs: Instant;
}

const step = (whom: Contact, afterMin: number, inQuietHours: boolean, zh: string, en: string): CardStep => ({
  whom,
  afterMin,
  inQuietHours,
  zh,
  en,
});
const QUIET = { from: '22:00', to: '07:00' } as const;
const call = (afterMin: number, urgent: boolean) =>
  step('subject', afterMin, urgent, '电话联系本人，核实所在位置和原因', 'Call the subject: where, and why');
const guarantor = (afterMin: number, urgent: boolean) =>
  step('guarantor', afterMin, urgent, '联系保证人或家属', 'Call the guarantor or the family');
const visit = (afterMin: number, urgent: boolean) =>
  step('visit', afterMin, urgent, '实地查访住所和最后位置', 'Visit the home and the last place');
const police = (afterMin: number) =>
  step(
    'police',
    afterMin,
    true,
    '仍未找到：通知公安机关协助查找，告知检察机关',
    'Not found: tell the police, and the procuratorate',
  );
const check = (zh: string, en: string) => step('operator', 5, true, zh, en);

/** Lost contact is searched for at once (article 30); a violation going on is stopped, else the police are told (article 31). */
const URGENT: ResponseCard = {
  steps: [call(0, true), guarantor(10, true), visit(30, true), police(60)],
  quiet: QUIET,
};
const ORDINARY: ResponseCard = {
  steps: [call(0, false), guarantor(60, false), visit(240, false)],
  quiet: QUIET,
};
const DEVICE: ResponseCard = {
  steps: [check('向运营商或设备方核查', 'Ask the operator or the maker'), call(30, false), visit(480, false)],
  quiet: QUIET,
};

const CARDS: Readonly<Record<CardKind, ResponseCard>> = {
  'out-of-bounds': URGENT,
  'exclusion-entry': URGENT,
  curfew: URGENT,
  abscond: URGENT,
  'strap-tamper': URGENT,
  separation: URGENT,
  gathering: URGENT,
  'leave-deviation': URGENT,
  'phone-off': { steps: [call(0, true), guarantor(20, true), visit(90, false), police(180)], quiet: QUIET },
  silent: { steps: [call(0, true), guarantor(30, true), visit(120, false), police(240)], quiet: QUIET },
  'overdue-leave': ORDINARY,
  'missed-checkin': ORDINARY,
  'low-battery': ORDINARY,
  'implausible-fix': DEVICE,
  'device-expiry': DEVICE,
  'feed-outage': DEVICE,
  'spot-check': {
    steps: [call(0, false), guarantor(15, false), visit(60, false), police(240)],
    quiet: QUIET,
  },
};

export const CARD_KINDS = Object.keys(CARDS) as CardKind[];

export function builtInCard(kind: CardKind): ResponseCard {
  return CARDS[kind];
}

/** Each step with its time; one that may not disturb the night waits for its end. `timeZone` is the calendar's. */
export function planSteps(card: ResponseCard, sentMs: Instant, timeZone: string): PlannedStep[] {
  return card.steps.map((each) => {
    const atMs = sentMs + each.afterMin * 60_000;
    return {
      ...each,
      atMs: each.inQuietHours || card.quiet === null ? atMs : afterQuiet(atMs, card.quiet, timeZone),
    };
  });
}

function afterQuiet(atMs: Instant, quiet: { from: string; to: string }, timeZone: string): Instant {
  const minute = minuteOfDay(atMs, timeZone);
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)];
  const isQuiet = from <= to ? from <= minute && minute < to : minute >= from || minute < to;
  return isQuiet ? atMs + ((to - minute + 1440) % 1440) * 60_000 : atMs;
}

const minutesOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

/** Of the local day, 0…1439. */
export function minuteOfDay(atMs: Instant, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(atMs);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  return part('hour') * 60 + part('minute');
}
