/** A rota as somebody types it: a line for each shift, group and swap, words apart by spaces. Pure. The server judges what it means. */
import type { Rota } from '../api/duty.ts';

export interface RotaText {
  readonly since: string;
  readonly shifts: string;
  readonly groups: string;
  readonly swaps: string;
}

const linesOf = (text: string): string[][] =>
  text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first !== '');

export function toText(rota: Rota): RotaText {
  return {
    since: rota.since,
    shifts: rota.shifts.map(({ name, from }) => `${name} ${from}`).join('\n'),
    groups: rota.groups.map(({ name, members }) => [name, ...members].join(' ')).join('\n'),
    swaps: rota.swaps.map(({ day, shift, group }) => `${day} ${shift} ${group}`).join('\n'),
  };
}

/** The rota, or the first line that is none. */
export function readText(text: RotaText, timeZone: string): Rota | { readonly broken: string } {
  const shifts = linesOf(text.shifts);
  const swaps = linesOf(text.swaps);
  const badShift = shifts.find(
    ([, from, more]) => !/^([01]\d|2[0-3]):[0-5]\d$/.test(from ?? '') || more !== undefined,
  );
  const badSwap = swaps.find(
    ([day, , group, more]) =>
      !/^\d{4}-\d{2}-\d{2}$/.test(day ?? '') || group === undefined || more !== undefined,
  );
  const bad = badShift ?? badSwap;
  if (bad !== undefined) return { broken: bad.join(' ') };
  return {
    since: text.since,
    timeZone,
    shifts: shifts.map(([name = '', from = '']) => ({ name, from })),
    groups: linesOf(text.groups).map(([name = '', ...members]) => ({ name, members })),
    swaps: swaps.map(([day = '', shift = '', group = '']) => ({ day, shift, group })),
  };
}
