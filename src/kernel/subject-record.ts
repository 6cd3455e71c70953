/**
 * What the authority keeps of a subject beside what a detector needs: part of an entry of `roster.json` (`record`). The log carries none of
 * it, and no rule concludes anything from it (design.md, decision 9).
 */
import {
  type Faults,
  type Json,
  join,
  readArray,
  readChoice,
  readInstant,
  readObject,
  readOptionalText,
  readText,
  show,
} from './field.ts';
import { formatInstant, type Instant } from './instant.ts';

/** 管制, 缓刑, 假释, 暂予监外执行 (Community Corrections Law art. 2). */
export const LEGAL_TYPES = [
  'public-surveillance',
  'suspended-sentence',
  'parole',
  'temporary-execution-outside-prison',
] as const;
export type LegalType = (typeof LEGAL_TYPES)[number];

/** 解除矫正, 终止矫正, 变更执行地. */
export const ENDINGS = ['released', 'terminated', 'moved-away'] as const;
export type Ending = (typeof ENDINGS)[number];

export interface SubjectRecord {
  readonly legalType: LegalType;
  /** First and last day of correction, `YYYY-MM-DD`. */
  readonly from: string;
  readonly until: string;
  /** Codes of the authority's own list of key-person categories. */
  readonly categories: readonly string[];
  /** Who is responsible for the subject (定人包案): a name or a login. */
  readonly officer: string | null;
  /** Absent: under correction. */
  readonly ended?: { readonly atMs: Instant; readonly how: Ending };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A day that the calendar has. */
export function isDay(text: unknown): text is string {
  if (typeof text !== 'string' || !DAY.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text);
}

export function readRecord(json: unknown, where: string, faults: Faults): SubjectRecord {
  const item = readObject(json, where, faults) ?? {};
  const from = readDay(item, 'from', where, faults);
  const until = readDay(item, 'until', where, faults);
  if (isDay(from) && isDay(until) && until < from)
    faults.add('out-of-range', join(where, 'until'), 'lies before from');
  const { ended } = item;
  return {
    legalType: readChoice(item, 'legalType', LEGAL_TYPES, where, faults),
    from,
    until,
    categories: [
      ...new Set(
        readArray(item, 'categories', where, faults).map((code, i) =>
          readText({ code }, 'code', `${join(where, 'categories')}[${i}]`, faults),
        ),
      ),
    ].sort(),
    officer: readOptionalText(item, 'officer', where, faults),
    ...(ended === undefined || ended === null
      ? {}
      : { ended: readEnded(ended, join(where, 'ended'), faults) }),
  };
}

function readEnded(json: unknown, where: string, faults: Faults): NonNullable<SubjectRecord['ended']> {
  const item = readObject(json, where, faults) ?? {};
  return {
    atMs: readInstant(item, 'at', where, faults),
    how: readChoice(item, 'how', ENDINGS, where, faults),
  };
}

function readDay(item: Json, key: string, where: string, faults: Faults): string {
  const day = readText(item, key, where, faults);
  if (day !== '' && !isDay(day))
    faults.add('bad-time', join(where, key), `must be a day such as 2026-10-01, not ${show(day)}`);
  return day;
}

export function encodeRecord({ ended, ...record }: SubjectRecord): Json {
  return {
    ...record,
    ...(ended === undefined ? {} : { ended: { at: formatInstant(ended.atMs), how: ended.how } }),
  };
}
