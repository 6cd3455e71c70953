/**
 * Time as data. An `Instant` is milliseconds since 1970-01-01T00:00:00Z (UTC, no leap seconds): the
 * unit of every `…Ms` field. The pure core never asks a clock; time arrives as an argument.
 */
export type Instant = number;

const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/** The years 1 to 9999 in UTC: what RFC 3339 and PostgreSQL can both write. */
const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** Parses an ISO 8601 / RFC 3339 date-time that carries its zone; `undefined` when it is not one. */
export function parseInstant(text: unknown): Instant | undefined {
  if (typeof text !== 'string') return undefined;
  return parseCanonical(text) ?? parseAny(text);
}

function parseAny(text: string): Instant | undefined {
  if (!ISO_8601.test(text)) return undefined;
  const ms = Date.parse(text);
  if (!(ms >= FIRST && ms <= LAST)) return undefined;
  // The language reads 30 February as 2 March; a day that is not in the calendar is a fault of the sender.
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day) ? ms : undefined;
}

const DAY_MS = 86_400_000;
/** The day met last, as text and as its first instant: nearly all times of a batch fall on one day. */
let dayText = '';
let dayMs = Number.NaN;

/**
 * The form that the log itself writes, `2026-03-01T00:00:00.000Z`: five times as quick as the general way, and each line of
 * the log is read by three consumers. Anything else is `undefined` here.
 */
function parseCanonical(text: string): Instant | undefined {
  if (text.length !== 24 || text.charCodeAt(23) !== 90 || text.charCodeAt(19) !== 46) return undefined;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined;
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const ms = digits(text, 20, 3);
  if (!(hour < 24 && minute < 60 && second < 60 && ms >= 0)) return undefined;
  if (!text.startsWith(dayText) || dayText === '') {
    const day = parseAny(`${text.slice(0, 11)}00:00:00Z`);
    if (day === undefined) return undefined;
    dayText = text.slice(0, 11);
    dayMs = day;
  }
  return dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms;
}

/** NaN where a character is no digit. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** RFC 3339 in UTC with milliseconds, e.g. `2026-03-01T00:00:00.000Z`. */
export function formatInstant(at: Instant): string {
  const inDay = at - dayMs;
  if (!(inDay >= 0 && inDay < DAY_MS)) {
    const text = new Date(at).toISOString();
    // Years beyond 9999 have another form.
    if (text.length === 24) {
      dayText = text.slice(0, 11);
      dayMs = at - (((at % DAY_MS) + DAY_MS) % DAY_MS);
    }
    return text;
  }
  const ms = inDay % 1000;
  const seconds = (inDay - ms) / 1000;
  const second = seconds % 60;
  const minutes = (seconds - second) / 60;
  const minute = minutes % 60;
  const hour = (minutes - minute) / 60;
  if (ms !== Math.floor(ms)) return new Date(at).toISOString();
  return `${dayText}${TWO[hour]}:${TWO[minute]}:${TWO[second]}.${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
}

const TWO = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
