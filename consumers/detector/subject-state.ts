/** What the detector keeps of one subject: JSON, small, moved in place by its own events only. */
import { accuracyOf, accuracyOfSigma, takeFix } from '../../alerts/evidence/position-estimate.ts';
import type { DeviceState } from '../../alerts/kinds/kind.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatus, Position } from '../../src/kernel/log-event.ts';
import type { Device, SubjectProfile } from '../../src/kernel/roster.ts';
import type { Book } from './alert-book.ts';

export interface SubjectState extends Book {
  readonly id: string;
  profile: SubjectProfile | null;
  /** Since when profile, zones and policy are what they are. */
  rulesFromMs: Instant;
  /** Newest receipt of anything of the subject's: its time never runs back. */
  nowMs: Instant;
  devices: DeviceState[];
  /** Judged again at this time even if nothing comes; null: not needed. */
  dueMs: Instant | null;
}

/** Fixes kept as evidence: with one device a subject stays near 1 KiB. */
const MAX_FIXES = 8;
/** A subject has a few devices; more ids than this that are on no profile are a flood. */
const MAX_STRANGE_DEVICES = 16;
/** Ten centimetres: what is kept for showing needs no more. */
const SHOWN_DIGITS = 1e6;

export function createSubject(id: string): SubjectState {
  return { id, profile: null, rulesFromMs: 0, nowMs: 0, devices: [], open: [], ended: {}, dueMs: null };
}

export function createDevice(id: string, silentFromMs: Instant): DeviceState {
  return {
    id,
    heardMs: null,
    silentFromMs,
    onMs: null,
    estimate: null,
    fixes: [],
    beforeRulesMs: null,
    batteryPct: null,
    off: null,
  };
}

/** Its state, made when it is new; undefined when too many unknown devices have been heard already. */
export function deviceOf(subject: SubjectState, id: string, nowMs: Instant): DeviceState | undefined {
  for (const device of subject.devices) if (device.id === id) return device;
  if (subject.devices.length >= MAX_STRANGE_DEVICES + (subject.profile?.devices.length ?? 0))
    return undefined;
  const made = createDevice(id, nowMs);
  subject.devices.push(made);
  return made;
}

/** Assigned, and for a wristband under an order in force: past it nothing is judged (Community Corrections Law, art. 29). */
export function isWatched({ fromMs, untilMs, kind, order }: Device, at: Instant): boolean {
  if (at < fromMs || (untilMs !== null && at >= untilMs)) return false;
  return kind === 'phone' || (order !== null && order.fromMs <= at && at < order.untilMs);
}

/** Whether what the device said at that time counts: it was watched, or there is no profile yet to say. */
export function countsFor({ profile }: SubjectState, device: string, at: Instant): boolean {
  if (profile === null) return true;
  for (const assigned of profile.devices) if (assigned.id === device && isWatched(assigned, at)) return true;
  return false;
}

/**
 * Any receipt from the device is contact, whatever it says. The operator's word on it is none; but a device that is reachable
 * again gets its time anew.
 */
export function noteContact(state: DeviceState, event: Position | DeviceStatus): void {
  const { receivedMs } = event;
  const status = event.type === 'status' ? event.status : undefined;
  if (status === 'unreachable') return;
  if (receivedMs > state.silentFromMs) state.silentFromMs = receivedMs;
  if (status !== 'reachable' && (state.heardMs === null || receivedMs > state.heardMs))
    state.heardMs = receivedMs;
}

/** What counts of a position: battery, that it is on, and the fix itself if the estimate takes it. */
export function notePosition(state: DeviceState, fix: Position): void {
  showOn(state, fix.atMs);
  const { estimate, effect, agreed } = takeFix(state.estimate, fix);
  state.estimate = estimate;
  // A fix older than the estimate changes nothing yet; to put it in its place is the reorder window's matter.
  if (effect === 'stale') return;
  if (fix.batteryPct !== undefined) state.batteryPct = fix.batteryPct;
  if (effect === 'aside') return;
  if (agreed !== undefined) pushFix(state, agreed[3], agreed[0], agreed[1], accuracyOfSigma(agreed[2]));
  pushFix(state, fix.atMs, fix.lon, fix.lat, accuracyOf(fix));
}

function pushFix(state: DeviceState, atMs: Instant, lon: number, lat: number, accuracyM: number): void {
  if (state.fixes.length >= MAX_FIXES) state.fixes.shift();
  state.fixes.push([atMs, shown(lon), shown(lat), Math.round(accuracyM * 10) / 10]);
}

function shown(degrees: number): number {
  return Math.round(degrees * SHOWN_DIGITS) / SHOWN_DIGITS;
}

export function noteStatus(state: DeviceState, { status, atMs }: DeviceStatus): void {
  if (status !== 'power-off' && status !== 'unreachable') {
    showOn(state, atMs);
    return;
  }
  // One that came late, after something newer that shows the device on, is history. Reported twice, it began with the first.
  if (state.off === null && (state.onMs === null || atMs >= state.onMs)) state.off = { atMs, status };
}

/** Stored fixes from before the report do not show it on. */
function showOn(state: DeviceState, atMs: Instant): void {
  if (state.onMs === null || atMs > state.onMs) state.onMs = atMs;
  if (state.off !== null && atMs > state.off.atMs) state.off = null;
}

/** The rules changed at `atMs`: where the devices were until then they were under other ones. */
export function noteRules(subject: SubjectState, atMs: Instant): void {
  subject.rulesFromMs = Math.max(subject.rulesFromMs, atMs);
  for (const device of subject.devices) device.beforeRulesMs = device.fixes.at(-1)?.[0] ?? null;
}
