/** Identity numbers: which are well-formed, and how they are shown where not all of it is needed. Pure. */

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = '10X98765432';

/**
 * Upper case without spaces; undefined: no number that can be. One of 18 places must have the check character of GB 11643 (ISO 7064,
 * MOD 11-2); others (passports, travel permits) are taken as they are.
 */
export function normalIdentityNumber(text: string): string | undefined {
  const number = text.replaceAll(/\s/g, '').toUpperCase();
  if (!/^[0-9A-Z-]{4,32}$/.test(number)) return undefined;
  if (!/^\d{17}[\dX]$/.test(number)) return /^\d{17}/.test(number) ? undefined : number;
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(number[i]), 0);
  return CHECKS[sum % 11] === number[17] ? number : undefined;
}

/** The first three and the last two places. Of a short one less, so that no more than a third is ever shown. */
export function maskOf(number: string): string {
  const [head, tail] = number.length >= 15 ? [3, 2] : [1, 0];
  return number.slice(0, head) + '*'.repeat(number.length - head - tail) + number.slice(number.length - tail);
}
