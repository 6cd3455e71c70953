/** Whose a device is at a moment, as its sender has it. Pure but for the roster's memory. */
import type { Instant } from '../kernel/instant.ts';
import { type Refusal, type Result, refuse } from '../kernel/result.ts';
import type { Origin } from './intake.ts';
import type { Assignment, Devices } from './roster-cache.ts';

/** Whose it is by the roster, if nothing that is said contradicts that. */
export function assignmentOf(
  device: string,
  subject: unknown,
  atMs: Instant,
  origin: Origin,
  devices: Devices,
): Result<Assignment, Refusal> {
  const found = devices.resolve(device, atMs, origin.protocol);
  if (!found.ok) return found;
  const assignment = found.value;
  if (origin.feed !== null && assignment.feed !== null && assignment.feed !== origin.feed) {
    return refuse(
      'feed-mismatch',
      'device',
      `comes in by feed ${assignment.feed} on the roster, not by ${origin.feed}`,
    );
  }
  if (subject !== undefined && subject !== null && subject !== assignment.subject) {
    return refuse(
      'subject-mismatch',
      'subject',
      `the device belongs to ${assignment.subject} at that time: leave subject out, or mend the roster`,
    );
  }
  return found;
}
