/** Answers about the past in the form of the interface. */
import { type AlertEvent, encodeAlertEvent } from '../../../src/kernel/alert-event.ts';
import { formatInstant } from '../../../src/kernel/instant.ts';

export function alertJson(event: AlertEvent | null): Record<string, unknown> | null {
  return event === null ? null : (JSON.parse(encodeAlertEvent(event)) as Record<string, unknown>);
}

/** `fromMs: 0` inside is `from: "…"` outside. */
export function withTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTimes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) =>
      key.endsWith('Ms') && (typeof part === 'number' || part === null)
        ? [key.slice(0, -2), part === null || !Number.isFinite(part) ? null : formatInstant(part)]
        : [key, withTimes(part)],
    ),
  );
}
