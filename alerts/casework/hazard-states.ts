/** The hazard ledger (隐患台账): its four states and the closed loop. Pure. What is not thoroughly put right is not written off. */
import type { HazardState } from '../../src/kernel/casework.ts';
import { fail, ok, type Result } from '../../src/kernel/result.ts';
import type { By } from './alert-stages.ts';

/** State × deed → state; writing off changes no state and ends it. */
export const HAZARD_TRANSITIONS = {
  'not-rectified': { start: 'rectifying', 'give-up': 'cannot-rectify' },
  rectifying: { finish: 'rectified', 'give-up': 'cannot-rectify' },
  rectified: { 'fail-check': 'rectifying', 'write-off': 'rectified' },
  'cannot-rectify': { start: 'rectifying' },
} as const satisfies Record<HazardState, Partial<Record<HazardDeedName, HazardState>>>;

export const HAZARD_DEEDS = ['start', 'finish', 'give-up', 'fail-check', 'write-off'] as const;
export type HazardDeedName = (typeof HAZARD_DEEDS)[number];

export interface Hazard {
  readonly state: HazardState;
  readonly rectifiedBy: string | null;
  readonly writtenOffBy: string | null;
}

export interface HazardRefusal {
  readonly code: 'not-in-this-state' | 'note-needed' | 'same-person';
  readonly message: string;
}

/** What it is after the deed. */
export function changeHazard(hazard: Hazard, deed: HazardDeedName, by: By): Result<Hazard, HazardRefusal> {
  const allowed: Partial<Record<HazardDeedName, HazardState>> = HAZARD_TRANSITIONS[hazard.state];
  const state = allowed[deed];
  if (hazard.writtenOffBy !== null)
    return fail({ code: 'not-in-this-state', message: `${hazard.writtenOffBy} has written it off` });
  if (state === undefined)
    return fail({
      code: 'not-in-this-state',
      message: `it is ${hazard.state}: possible are ${Object.keys(allowed).join(', ')}`,
    });
  if (by.note.trim() === '')
    return fail({ code: 'note-needed', message: `${deed}: say what was done in "note"` });
  if (deed === 'write-off' && hazard.rectifiedBy === by.account)
    return fail({
      code: 'same-person',
      message: 'somebody else than who put it right checks it and writes it off',
    });
  return ok({
    state,
    rectifiedBy: deed === 'finish' ? by.account : deed === 'fail-check' ? null : hazard.rectifiedBy,
    writtenOffBy: deed === 'write-off' ? by.account : null,
  });
}
