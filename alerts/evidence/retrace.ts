/** The kept fixes of a device, taken again one after the other: where it was found to be after each, and which of them counted then. */
import { estimateOf, type KeptEstimate } from './kept-estimate.ts';
import { confirm, countFixes, fixAt, type KeptFixes, timeAt } from './kept-fixes.ts';
import {
  CONFIRMED,
  COUNTED,
  type Fix,
  type PositionEstimate,
  type TakenFix,
  takeFix,
} from './position-estimate.ts';

/** After a fix. Both are moved by the next step. */
export interface Past {
  readonly estimate: PositionEstimate;
  readonly fixes: KeptFixes;
}

/** `base`: the estimate before the first of them. */
export function* retrace(base: KeptEstimate | null, kept: KeptFixes): Generator<Past, void> {
  let estimate = base === null ? null : estimateOf(base);
  const fixes: KeptFixes = [];
  for (let i = 0; i < countFixes(kept); i++) {
    const fix = fixAt(kept, i);
    const taken = takeFix(estimate, fix);
    mark(fixes, fix, taken);
    fixes.push(...fix);
    estimate = taken.estimate;
    yield { estimate, fixes };
  }
}

/** What the estimate took is evidence; so is, with a second witness, what it had kept aside. `before`: the fixes before this one. */
export function mark(before: KeptFixes, fix: Fix, { effect, agreed }: TakenFix): void {
  fix[5] &= ~(COUNTED | CONFIRMED);
  if (effect === 'moved' || effect === 'took-over') fix[5] |= COUNTED;
  if (agreed === undefined) return;
  for (let i = 0; i < countFixes(before); i++) if (timeAt(before, i) === agreed[3]) confirm(before, i);
}
