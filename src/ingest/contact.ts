/**
 * What is refused for its time or its place was said all the same, now and by a device that is known: so it is no silence. Beside the
 * refusal a status goes on the log. Pure.
 */
import { isObject, type Json } from '../kernel/field.ts';
import { parseInstant } from '../kernel/instant.ts';
import { DEVICE_STATUSES, type DeviceStatus } from '../kernel/log-event.ts';
import type { Refusal } from '../kernel/result.ts';
import { assignmentOf } from './assignment.ts';
import { mayCollect } from './collection.ts';
import type { Origin } from './intake.ts';
import type { Devices } from './roster-cache.ts';

/**
 * Undefined: nothing is known of a device that may be heard now. A time ahead of receipt stays as it was said, for the detector to see
 * whose clock is off (D8, A26), and what the device reports of itself with it; any other refusal leaves that it was heard.
 */
export function contactOf(
  json: unknown,
  { code }: Refusal,
  origin: Origin,
  devices: Devices,
): DeviceStatus | undefined {
  // A file's receipts are its own: what it says is no word of now.
  if (!isObject(json) || origin.trustReceived === true) return undefined;
  const { type, device, subject, at } = json;
  if ((type !== 'position' && type !== 'status') || typeof device !== 'string') return undefined;
  const { receivedMs } = origin;
  const found = assignmentOf(device, subject, receivedMs, origin, devices);
  if (!found.ok || !mayCollect(found.value, 'status', receivedMs).ok) return undefined;
  const heard = {
    type: 'status',
    device: found.value.device,
    subject: found.value.subject,
    receivedMs,
  } as const;
  const aheadMs = code === 'time-in-the-future' ? parseInstant(at) : undefined;
  return aheadMs === undefined
    ? { ...heard, atMs: receivedMs, status: 'reachable' }
    : { ...heard, atMs: aheadMs, status: statusOf(json) };
}

function statusOf({ type, status }: Json): DeviceStatus['status'] {
  return (type === 'status' ? DEVICE_STATUSES.find((known) => known === status) : undefined) ?? 'reachable';
}
