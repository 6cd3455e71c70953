import type { Told } from './fault.ts';

/** Expected failure as a value. A bug is a throw; see ARCHITECTURE.md. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

export function fail<E>(error: E): Result<never, E> {
  return { ok: false, error };
}

/**
 * Why some input was not taken. `code` is stable and countable; `where` is a path into the input
 * (`lat`, `subjects[3].devices[0].id`); `message` says what was wrong and what to do about it.
 */
export interface Refusal {
  readonly code: RefusalCode;
  readonly where: string;
  readonly message: string;
  /** More exact than `code`, where it is one of the interface's own faults. */
  readonly told?: Told;
}

export const REFUSAL_CODES = [
  'not-json',
  'not-an-object',
  'missing-field',
  'wrong-type',
  'out-of-range',
  'bad-time',
  'time-in-the-future',
  'time-too-old',
  'bad-coordinates',
  'unknown-value',
  'unknown-device',
  'unknown-terminal',
  'unknown-pin',
  'device-not-assigned',
  'outside-order',
  'correction-ended',
  'not-authenticated',
  'subject-mismatch',
  'feed-mismatch',
  'too-large',
  'duplicate-id',
  'unknown-reference',
  'bad-shape',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

export function refuse(code: RefusalCode, where: string, message: string): Result<never, Refusal> {
  return { ok: false, error: { code, where, message } };
}
