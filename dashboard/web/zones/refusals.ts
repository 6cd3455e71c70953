/** What is wrong with a shape, in few words of either language: geofences/ says it in English with the place. Pure. */
import type { Refusal } from '../../../src/kernel/result.ts';

const BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [/crosses itself/, 'crosses'],
  [/crosses /, 'joins'],
  [/no area/, 'flat'],
  [/four points/, 'short'],
  [/not closed/, 'open'],
  [/line has no length/, 'line'],
  [/needs a radius/, 'radius'],
  [/needs a width/, 'width'],
  [/lie inside|lies inside/, 'misplaced'],
  [/simplify/, 'many'],
  [/swapped/, 'swapped'],
  [/no JSON/, 'json'],
];

/** A key of the editor's words; `other`: none of them. */
export function refusalKey({ message }: Pick<Refusal, 'message'>): string {
  return BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? 'other';
}
