/**
 * What a message says. Pure. A line about somebody is one of two types: `OfPerson` has a masked name and an office and no position,
 * `OfPlace` a rounded position and neither name nor office. No type has a full name. Rules: SPEC.md, N5.
 */
import type { AlertKindName, Severity } from '../kernel/alert-event.ts';
import type { Instant } from '../kernel/instant.ts';
import type { NoticeName } from '../kernel/notices.ts';
import type { Language } from './kinds.ts';
import type { MaskedName } from './masked-name.ts';
import type { RoundedPlace } from './rounded-place.ts';
import { TEXTS } from './texts.ts';

interface Common {
  readonly what: NoticeName;
  /** Id of what it is about: to be looked up by who may. */
  readonly ref: string;
  readonly kind: AlertKindName | null;
  readonly severity: Severity | null;
  readonly atMs: Instant;
}
export interface OfPerson extends Common {
  readonly of: 'person';
  readonly name: MaskedName | null;
  readonly office: string;
  readonly place?: never;
}
export interface OfPlace extends Common {
  readonly of: 'place';
  /** Null: nothing is known of it. */
  readonly place: RoundedPlace | null;
  readonly name?: never;
  readonly office?: never;
}
export type Line = OfPerson | OfPlace;

export interface Message {
  /** Of one line, for channels that have a title. */
  readonly title: string;
  readonly text: string;
}

/** More than this are counted, not listed: robots and short messages have their limits. */
const MOST_LISTED = 10;

/** `utcOffsetMs`: of the office's clock. No line: a test. */
export function compose(lines: readonly Line[], language: Language, utcOffsetMs: number): Message {
  const texts = TEXTS[language];
  if (lines.length === 0) return { title: texts.product, text: `${texts.product} ${texts.test}` };
  const shown = lines.slice(0, MOST_LISTED).map((line) => describe(line, language, utcOffsetMs));
  const [first = ''] = shown;
  if (lines.length === 1)
    return { title: `${texts.product} ${headOf(lines[0], language)}`, text: `${texts.product} ${first}` };
  const title = `${texts.product} ${texts.several(lines.length)}`;
  const rest = lines.length > MOST_LISTED ? [texts.more(lines.length - MOST_LISTED)] : [];
  return { title, text: [title, ...shown, ...rest].join('\n') };
}

function headOf(line: Line | undefined, language: Language): string {
  if (line === undefined) return '';
  const texts = TEXTS[language];
  const severity = line.severity === null ? '' : texts.severity(texts.severities[line.severity]);
  return `${severity}${texts.what[line.what]}`;
}

function describe(line: Line, language: Language, utcOffsetMs: number): string {
  const texts = TEXTS[language];
  const parts = [headOf(line, language)];
  if (line.kind !== null) parts.push(texts.kinds[line.kind]);
  if (line.of === 'person')
    parts.push(line.name === null ? line.office : texts.person(line.name, line.office));
  else if (line.place !== null) parts.push(texts.place(line.place.text));
  // `03-01 14:05`, of the office's day.
  parts.push(new Date(line.atMs + utcOffsetMs).toISOString().slice(5, 16).replace('T', ' '));
  parts.push(texts.ref(line.ref));
  return parts.filter((part) => part !== '').join(texts.between);
}
