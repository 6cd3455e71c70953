/** The hazard ledger (隐患台账): its four states and the closed loop. Pure. What is not thoroughly put right is not written off. */
import type { HazardState } from '../../src/kernel/casework.ts';
import { type Told, told } from '../../src/kernel/fault.ts';
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

export interface HazardRefusal extends Told {
  readonly code: 'not-in-this-state' | 'note-needed' | 'same-person';
}

/** What it is after the deed. */
export function changeHazard(hazard: Hazard, deed: HazardDeedName, by: By): Result<Hazard, HazardRefusal> {
  const allowed: Partial<Record<HazardDeedName, HazardState>> = HAZARD_TRANSITIONS[hazard.state];
  const state = allowed[deed];
  if (hazard.writtenOffBy !== null)
    return fail({ code: 'not-in-this-state', ...told('written-off', { by: hazard.writtenOffBy }) });
  if (state === undefined)
    return fail({
      code: 'not-in-this-state',
      ...told('hazard-state', { state: hazard.state, possible: Object.keys(allowed).join(', ') }),
    });
  if (by.note.trim() === '') return fail({ code: 'note-needed', ...told('note-needed', { deed }) });
  if (deed === 'write-off' && hazard.rectifiedBy === by.account)
    return fail({
      code: 'same-person',
      ...told('hazard-checked-by-other'),
    });
  return ok({
    state,
    rectifiedBy: deed === 'finish' ? by.account : deed === 'fail-check' ? null : hazard.rectifiedBy,
    writtenOffBy: deed === 'write-off' ? by.account : null,
  });
}
