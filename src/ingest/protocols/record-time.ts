import { formatInstant, type Instant } from '../../kernel/instant.ts';

/** A record's time: ISO 8601 in UTC, `2026-03-01T00:00:00Z`, with milliseconds only where there are any. */
export function recordTime(atMs: Instant): string {
  const text = formatInstant(atMs);
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
}
