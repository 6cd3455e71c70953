/** Values and fields as fingerprint terminals write them (protocols.md, part E). Pure. */

import { formatInstant } from '../../kernel/instant.ts';

/** `YYYY-MM-DD HH:MM[:SS]`; some firmware writes slashes, T, parts of a second, or the offset that it is in. */
const DATE_TIME =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d{1,6})?)?\s?(?:(Z)|([+-])(\d{2}):?(\d{2}))?$/;
const MAX_OFFSET_MS = 14 * 3_600_000;
const EPOCH_S = /^\d{9,10}$/;

/**
 * `shownMs`: what the terminal's wall clock shows, as if it were UTC. `atMs`: an instant, where it counts seconds since 1970 or says its
 * offset.
 */
export type TerminalTime = { readonly shownMs: number } | { readonly atMs: number };

/** Undefined for what is no time, or a day that is not in the calendar. */
export function readTerminalTime(text: string): TerminalTime | undefined {
  if (EPOCH_S.test(text)) return { atMs: Number(text) * 1000 };
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  if (year < 1970 || month < 1 || month > 12 || day < 1) return undefined;
  const shownMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // The language reads 30 February as 2 March.
  if (day > 28 && new Date(shownMs).getUTCDate() !== day) return undefined;
  if (match[7] === 'Z') return { atMs: shownMs };
  const sign = match[8];
  if (sign === undefined) return { shownMs };
  const offsetMs = (Number(match[9]) * 60 + Number(match[10])) * 60_000;
  if (offsetMs > MAX_OFFSET_MS) return undefined;
  return { atMs: sign === '-' ? shownMs + offsetMs : shownMs - offsetMs };
}

/** `2026-03-01 08:00:00` */
export function showTerminalTime(shownMs: number): string {
  const text = formatInstant(shownMs);
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

/** A whole number; null where there is none or it is none. */
export function readWhole(text: string | undefined): number | null {
  return text !== undefined && /^[+-]?\d{1,9}$/.test(text) ? Number(text) : null;
}

/** A PIN is a text: leading zeros count. */
export function isPin(text: string): boolean {
  return /^\w{1,32}$/.test(text) || (/^[^\s\p{Cc}]{1,32}$/u.test(text) && text.isWellFormed());
}

/** Columns of a line: parted by tabs, on some firmware by spaces, or by commas. A date and its time come as one, also where they were two. */
export function columnsOf(line: string): string[] {
  const columns = partsOf(line);
  // Most have the two in one column, and a line costs no more than it must.
  const at = columns.findIndex(
    ({ length }, nth) => length >= 8 && length <= 10 && DATE.test(columns[nth] ?? ''),
  );
  if (at < 0 || !TIME.test(columns[at + 1] ?? '')) return columns;
  return [...columns.slice(0, at), `${columns[at]} ${columns[at + 1]}`, ...columns.slice(at + 2)];
}

const DATE = /^\d{4}[-/]\d{1,2}[-/]\d{1,2}$/;
const TIME = /^\d{1,2}:\d{1,2}(:\d{1,2})?(\.\d{1,6})?(Z|[+-]\d{2}:?\d{2})?$/;
const BY_COMMAS = /^\s*[^\s,]+\s*,\s*\d{4}[-/]/;

function partsOf(line: string): string[] {
  if (line.includes('\t')) return line.split('\t').map((column) => column.trim());
  if (BY_COMMAS.test(line)) return line.split(',').map((column) => column.trim());
  const wide = line.trim().split(/\s{2,}/);
  if (wide.length > 1) return wide;
  return line
    .trim()
    .replace(/(\d[-/]\d{1,2}) (\d{1,2}:)/, '$1T$2')
    .split(' ')
    .map((column) => column.replace(/^(\d{4}[-/].*)T/, '$1 '));
}

/** `KEY=value` parted by tabs, on some firmware by spaces. Keys in lower case; of a key twice the first counts. */
export function fieldsOf(text: string, wanted: ReadonlySet<string>): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of text.includes('\t') ? text.split('\t') : text.split(/\s+(?=[A-Za-z]\w*=)/)) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    const key = part.slice(0, at).trim().toLowerCase();
    // What is not wanted (templates, pictures, passwords) is not even copied.
    if (wanted.has(key) && !fields.has(key)) fields.set(key, part.slice(at + 1).trim());
  }
  return fields;
}
