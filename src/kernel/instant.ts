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
  if (typeof text !== 'string' || !ISO_8601.test(text)) return undefined;
  const ms = Date.parse(text);
  return ms >= FIRST && ms <= LAST ? ms : undefined;
}

/** RFC 3339 in UTC with milliseconds, e.g. `2026-03-01T00:00:00.000Z`. */
export function formatInstant(at: Instant): string {
  return new Date(at).toISOString();
}
