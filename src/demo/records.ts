/** Legal type and dates of correction of the city's people, as invented as they are. Pure. */
import { formatInstant, type Instant } from '../kernel/instant.ts';
import type { LegalType, SubjectRecord } from '../kernel/subject-record.ts';
import { uniform } from './random.ts';
import type { DemoSubject } from './world.ts';

const DAY_MS = 86_400_000;
/** How the types are spread; most are on a suspended sentence. */
const SHARES: readonly (readonly [upTo: number, type: LegalType])[] = [
  [0.82, 'suspended-sentence'],
  [0.91, 'parole'],
  [0.96, 'temporary-execution-outside-prison'],
  [1, 'public-surveillance'],
];
/** Nobody's correction ends sooner than this after a renewal, but for a few whose end is near. */
const LEFT_DAYS = 90;
const NEAR_DAYS = 45;
const isNearEnd = ({ role, number }: DemoSubject) => role === 'ordinary' && number % 200 === 11;

/** Terms follow one another, so that a restart changes nobody's dates until the own term has run out. */
export function recordOf(person: DemoSubject, renewedMs: Instant, seed: number): SubjectRecord {
  const draw = (what: number) => uniform(seed, person.number, what);
  const termDays = Math.floor(200 + 900 * draw(31));
  const today = Math.floor(renewedMs / DAY_MS);
  const phase = Math.floor(termDays * draw(32));
  const begin = today - ((((today - phase) % termDays) + termDays) % termDays);
  const end = isNearEnd(person) ? today + NEAR_DAYS : begin + termDays + LEFT_DAYS;
  const share = draw(33);
  return {
    legalType: SHARES.find(([upTo]) => share < upTo)?.[1] ?? 'suspended-sentence',
    from: dayText(begin),
    until: dayText(end),
    categories: [],
    officer: '演示责任人',
  };
}

const dayText = (day: number) => formatInstant(day * DAY_MS).slice(0, 10);
