/**
 * A subject's state that was read back from JSON, as small as one that grew: the parser makes each empty list, each id and each bare
 * object anew, which is a tenth of what a subject weighs.
 */
import { NONE_ASIDE } from '../../alerts/evidence/position-estimate.ts';
import type { DeviceState } from '../../alerts/kinds/kind.ts';
import type { SubjectProfile } from '../../src/kernel/roster.ts';
import { NONE_OPEN } from './alert-book.ts';
import { createBattery } from './battery.ts';
import { createDevice, createSubject, type SubjectState } from './subject-state.ts';

/** `profile`: the same, with its equal parts shared. */
export function restoreSubject(saved: SubjectState, profile: SubjectProfile | null): SubjectState {
  const made = createSubject(profile?.id ?? saved.id);
  return Object.assign(made, saved, {
    id: made.id,
    profile,
    devices: saved.devices.map((device) => restoreDevice(device, profile)),
    checkins: saved.checkins.length === 0 ? made.checkins : saved.checkins,
    memory: Object.assign(made.memory, saved.memory),
    open: saved.open.length === 0 ? NONE_OPEN : saved.open,
    ended: Object.assign(made.ended, saved.ended),
  });
}

function restoreDevice(saved: DeviceState, profile: SubjectProfile | null): DeviceState {
  const id = profile?.devices.find((device) => device.id === saved.id)?.id ?? saved.id;
  const made = createDevice(id, saved.silentFromMs);
  const { estimate } = saved;
  if (estimate?.aside.length === 0) estimate.aside = NONE_ASIDE;
  return Object.assign(made, saved, {
    id,
    battery: Object.assign(createBattery(), saved.battery),
    signs: Object.assign(made.signs, saved.signs),
  });
}
