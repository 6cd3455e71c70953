/**
 * What stands between the commas of a watch's message, read where it lies: a frame has up to a hundred values, and to make a text of each
 * would cost more than all the rest of the decoder.
 */
export interface WatchValues {
  readonly text: string;
  /** Where each value begins; the last one is where a further value would. */
  readonly starts: readonly number[];
}

const COMMA = 0x2c;

/** The values of `text` from `from` to `to`; none where nothing is. */
export function valuesOf(text: string, from: number, to: number): WatchValues {
  const starts = [from];
  if (from > to) return { text, starts };
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === COMMA) starts.push(at + 1);
  starts.push(to + 1);
  return { text, starts };
}

export function countOf({ starts }: WatchValues): number {
  return starts.length - 1;
}

/** Undefined beyond the last. */
export function textAt({ text, starts }: WatchValues, nth: number, upTo = nth): string | undefined {
  const start = starts[nth];
  const next = starts[upTo + 1];
  return start === undefined || next === undefined ? undefined : text.slice(start, next - 1);
}

export function lengthAt({ starts }: WatchValues, nth: number): number {
  const start = starts[nth];
  const next = starts[nth + 1];
  return start === undefined || next === undefined ? 0 : next - 1 - start;
}

/** The only character of a value; NaN where it has none or several. */
export function letterAt({ text, starts }: WatchValues, nth: number): number {
  const start = starts[nth] ?? 0;
  return starts[nth + 1] === start + 2 ? text.charCodeAt(start) : Number.NaN;
}

const MAX_DIGITS = 15;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const DOT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;

/**
 * A decimal number; spaces may stand around it, a sign before it. Of its digits the first 15 count, the others must be decimals: with so
 * few mantissa and power of ten are exact, so that their quotient is the number that Number() gives. -0 is 0, as JSON writes it.
 * Undefined where it is none.
 */
export function numberAt({ text, starts }: WatchValues, nth: number): number | undefined {
  const next = starts[nth + 1];
  if (next === undefined) return undefined;
  let mantissa = 0;
  let digits = 0;
  let decimals = -1;
  let sign = 0;
  let isOver = false;
  for (let at = starts[nth] ?? 0; at < next - 1; at++) {
    const code = text.charCodeAt(at);
    if (code === SPACE) isOver = digits > 0;
    else if (isOver) return undefined;
    else if (code >= ZERO && code <= NINE) {
      if (digits === MAX_DIGITS && decimals >= 0) continue;
      mantissa = mantissa * 10 + code - ZERO;
      digits++;
      if (decimals >= 0) decimals++;
    } else if (code === DOT && decimals < 0) decimals = 0;
    else if ((code === MINUS || code === PLUS) && digits === 0 && sign === 0) sign = code;
    else return undefined;
  }
  if (digits === 0 || digits > MAX_DIGITS) return undefined;
  const value = decimals > 0 ? mantissa / 10 ** decimals : mantissa;
  return sign === MINUS && value !== 0 ? -value : value;
}

/** Not below 0. */
export function integerAt(values: WatchValues, nth: number): number | undefined {
  const value = numberAt(values, nth);
  return value !== undefined && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** One to eight hexadecimal digits; spaces may stand around them. */
export function hexAt({ text, starts }: WatchValues, nth: number): number | undefined {
  let start = starts[nth] ?? 0;
  let end = (starts[nth + 1] ?? 0) - 1;
  while (start < end && text.charCodeAt(start) === SPACE) start++;
  while (start < end && text.charCodeAt(end - 1) === SPACE) end--;
  if (end <= start || end - start > 8) return undefined;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  return value;
}

/** Whether there is such a value and it is empty, or spaces. */
export function isBlankAt(values: WatchValues, nth: number): boolean {
  return textAt(values, nth)?.trim() === '';
}

export function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
