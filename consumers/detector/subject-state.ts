/** What the detector keeps of one subject: JSON, small, moved in place by its own events only. */
import { accuracyOf, takeFix } from '../../alerts/evidence/position-estimate.ts';
import type { DeviceState } from '../../alerts/kinds/kind.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatus, Position } from '../../src/kernel/log-event.ts';
import type { Device, SubjectProfile } from '../../src/kernel/roster.ts';
import type { OpenAlert } from './alert-book.ts';

export interface SubjectState {
  readonly id: string;
  profile: SubjectProfile | null;
  devices: DeviceState[];
  open: OpenAlert[];
  /** Judged again at this time even if nothing comes; null: not needed. */
  dueMs: Instant | null;
}

/** Fixes kept as evidence. */
const MAX_FIXES = 10;
/** A subject has a few devices; more ids than this before any profile came are a flood. */
const MAX_DEVICES = 16;

export function createSubject(id: string): SubjectState {
  return { id, profile: null, devices: [], open: [], dueMs: null };
}

export function deviceOf(subject: SubjectState, id: string, nowMs: Instant): DeviceState | undefined {
  for (const device of subject.devices) if (device.id === id) return device;
  if (subject.devices.length >= MAX_DEVICES) return undefined;
  const made: DeviceState = {
    id,
    heardMs: null,
    silentFromMs: nowMs,
    estimate: null,
    fixes: [],
    batteryPct: null,
    off: null,
  };
  subject.devices.push(made);
  return made;
}

export function isAssigned(device: Device, at: Instant): boolean {
  return device.fromMs <= at && (device.untilMs === null || at < device.untilMs);
}

/** Any receipt is contact, whatever it says. */
export function noteContact(state: DeviceState, receivedMs: Instant): void {
  if (state.heardMs === null || receivedMs > state.heardMs) state.heardMs = receivedMs;
  if (receivedMs > state.silentFromMs) state.silentFromMs = receivedMs;
}

/** Answers whether the estimate moved, so that zones are to be judged. */
export function notePosition(state: DeviceState, fix: Position): boolean {
  // A fix from before the report is a stored one: it does not show the device on.
  if (state.off !== null && fix.atMs > state.off.atMs) state.off = null;
  const { estimate, effect, agreed } = takeFix(state.estimate, fix);
  state.estimate = estimate;
  if (effect === 'stale') return false;
  if (fix.batteryPct !== undefined) state.batteryPct = fix.batteryPct;
  if (effect === 'aside') return false;
  if (agreed !== undefined) pushFix(state, agreed[3], agreed[0], agreed[1], Math.round(agreed[2] * 1.515));
  pushFix(state, fix.atMs, fix.lon, fix.lat, accuracyOf(fix));
  return true;
}

function pushFix(state: DeviceState, atMs: Instant, lon: number, lat: number, accuracyM: number): void {
  if (state.fixes.length >= MAX_FIXES) state.fixes.shift();
  state.fixes.push([atMs, lon, lat, accuracyM]);
}

export function noteStatus(state: DeviceState, { status, atMs }: DeviceStatus): void {
  if (status === 'power-off' || status === 'unreachable') {
    // Reported again, it began with the first report.
    if (state.off === null) state.off = { atMs, status };
  } else if (state.off !== null && atMs >= state.off.atMs) state.off = null;
}
