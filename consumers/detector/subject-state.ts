/** What the detector keeps of one subject: JSON, small, moved in place by its own events only. */
import { estimateOf, keepEstimate } from '../../alerts/evidence/kept-estimate.ts';
import { appended, countFixes, fixAt, pushOut, splitAt, timeAt } from '../../alerts/evidence/kept-fixes.ts';
import { type Fix, type PositionEstimate, takeFix, toFix } from '../../alerts/evidence/position-estimate.ts';
import { mark, retrace } from '../../alerts/evidence/retrace.ts';
import type { DeviceState, Memory } from '../../alerts/kinds/kind.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatus, Position } from '../../src/kernel/log-event.ts';
import type { Policy } from '../../src/kernel/policy.ts';
import type { Device, SubjectProfile } from '../../src/kernel/roster.ts';
import { type Book, NONE_OPEN } from './alert-book.ts';
import { createBattery, noteCharge, noteChargeWord } from './battery.ts';
import { noteFixSigns, noteJump } from './signs.ts';

export interface SubjectState extends Book {
  readonly id: string;
  profile: SubjectProfile | null;
  /** Since when profile, zones and policy are what they are. */
  rulesFromMs: Instant;
  /** Since when the check-in windows of the profile are what they are. */
  checkinsFromMs: Instant;
  /** Newest receipt of anything of the subject's: its time never runs back. */
  nowMs: Instant;
  devices: DeviceState[];
  /** Times of the newest check-ins, oldest first. Replaced, not moved: who has none shares the empty one. */
  checkins: readonly Instant[];
  readonly memory: Memory;
  /** When a rule of the subject's next begins or ends; reached: to be worked out; null: none will. */
  ruleEdgeMs: Instant | null;
  /** Judged again at this time even if nothing comes; null: not needed. */
  dueMs: Instant | null;
}

/** Fixes kept, as evidence and to put late ones in their place: with one device a subject stays near 1 KiB. */
const MAX_FIXES = 8;
const MAX_CHECKINS = 8;
/** A subject has a few devices; more ids than this that are on no profile are a flood. */
const MAX_STRANGE_DEVICES = 16;

/** Three of each subject's objects stay empty as a rule, and a literal keeps room for four properties that may never come. */
class Bare {}
const bare = <T extends object>() => new Bare() as T;
const NO_CHECKINS: readonly Instant[] = Object.freeze([]);

export function createSubject(id: string): SubjectState {
  return {
    id,
    profile: null,
    rulesFromMs: 0,
    checkinsFromMs: 0,
    nowMs: 0,
    devices: [],
    checkins: NO_CHECKINS,
    memory: bare(),
    open: NONE_OPEN,
    ended: bare(),
    ruleEdgeMs: 0,
    dueMs: null,
  };
}

export function createDevice(id: string, silentFromMs: Instant): DeviceState {
  return {
    id,
    heardMs: null,
    silentFromMs,
    onMs: null,
    estimate: null,
    fixes: [],
    base: null,
    beforeRulesMs: null,
    battery: createBattery(),
    off: null,
    signs: bare(),
  };
}

export function findDevice({ devices }: SubjectState, id: string): DeviceState | undefined {
  for (const device of devices) if (device.id === id) return device;
  return undefined;
}

/** Its state, made when it is new; undefined when too many unknown devices have been heard already. */
export function deviceOf(subject: SubjectState, id: string, nowMs: Instant): DeviceState | undefined {
  const known = findDevice(subject, id);
  if (known !== undefined) return known;
  if (subject.devices.length >= MAX_STRANGE_DEVICES + (subject.profile?.devices.length ?? 0))
    return undefined;
  const made = createDevice(id, nowMs);
  subject.devices.push(made);
  return made;
}

/**
 * Assigned, and for a wristband under an order in force: past it nothing is judged (Community Corrections Law, art. 29). A terminal
 * hangs on a wall: it is not carried, and its silence is nobody's.
 */
export function isWatched({ fromMs, untilMs, kind, order, protocol }: Device, at: Instant): boolean {
  if (protocol === 'zkteco') return false;
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

/**
 * What counts of a position: battery, that it is on, and the fix itself. A fix that is late is put in its place among the kept
 * ones and what follows is taken again: `onFix` is called after each, oldest first, so that it can be judged.
 * One that tells nothing about the place, such as one that is older than all kept ones, is contact only.
 */
export function notePosition(state: DeviceState, position: Position, policy: Policy, onFix: OnFix): void {
  showOn(state, position.atMs);
  if (position.batteryPct !== undefined) noteCharge(state.battery, position.batteryPct, position.atMs);
  if (position.atMs === state.onMs) noteFixSigns(state, position);
  // Who admits that the place is made up has told nothing about the place.
  if (position.mock === true || !placeFix(state, toFix(position), policy, onFix)) onFix(null, true);
}

/** Its time, null where it tells nothing about the place; and whether nothing follows it that is kept. */
export type OnFix = (atMs: Instant | null, isNewest: boolean) => void;

/** False: it tells nothing new. */
function placeFix(state: DeviceState, fix: Fix, policy: Policy, onFix: OnFix): boolean {
  const { fixes } = state;
  const count = countFixes(fixes);
  let place = count;
  while (place > 0 && isBefore(fix, fixAt(fixes, place - 1))) place--;
  // The same instant again, be it the same frame or another: the first by place keeps it, whichever came first.
  if (timeAt(fixes, place - 1) === fix[0]) return false;
  if (place === 0 && !isAfterBase(state, fix)) return false;
  if (place === count) {
    take(state, fix, policy);
    onFix(fix[0], true);
    return true;
  }
  const [before, later] = splitAt(fixes, place);
  state.fixes = before;
  rewind(state, fix[0]);
  if (later[0]?.[0] === fix[0]) later.shift();
  take(state, fix, policy);
  onFix(fix[0], later.length === 0);
  for (const [i, again] of later.entries()) {
    take(state, again, policy);
    onFix(again[0], i === later.length - 1);
  }
  return true;
}

function isBefore([atMs, lon, lat]: Fix, [otherMs, otherLon, otherLat]: Fix): boolean {
  if (atMs !== otherMs) return atMs < otherMs;
  return lon !== otherLon ? lon < otherLon : lat < otherLat;
}

function baseOf({ base }: DeviceState): PositionEstimate | null {
  return base === null ? null : estimateOf(base);
}

function isAfterBase(state: DeviceState, [atMs]: Fix): boolean {
  const base = baseOf(state);
  return base === null || atMs > Math.max(base.atMs, base.aside.at(-1)?.[3] ?? base.atMs);
}

/** Back to before the kept fixes, and forward again through those that are still there. */
function rewind(state: DeviceState, toMs: Instant): void {
  if ((state.signs.jump?.atMs ?? 0) >= toMs) delete state.signs.jump;
  const { base, fixes } = state;
  state.estimate = baseOf(state);
  for (const past of retrace(base, fixes)) {
    state.estimate = past.estimate;
    state.fixes = past.fixes;
  }
}

function take(state: DeviceState, fix: Fix, policy: Policy): void {
  const { fixes } = state;
  const isFull = countFixes(fixes) >= MAX_FIXES;
  if (isFull) state.base = keepEstimate(takeFix(baseOf(state), fixAt(fixes, 0)).estimate);
  const before = state.estimate;
  const [fromMs, lon, lat] = [before?.atMs ?? 0, before?.lon ?? 0, before?.lat ?? 0];
  const sigmaM = Math.sqrt(before?.varianceM2 ?? 0);
  const taken = takeFix(before, fix);
  mark(fixes, fix, taken);
  if (isFull) pushOut(fixes, fix);
  else state.fixes = appended(fixes, fix);
  state.estimate = taken.estimate;
  if (taken.effect === 'took-over' && taken.agreed !== undefined)
    noteJump(state.signs, { atMs: fromMs, lon, lat, sigmaM }, taken.agreed, fix, policy);
}

export function noteStatus(state: DeviceState, { status, atMs }: DeviceStatus): void {
  noteChargeWord(state.battery, status, atMs);
  if (status === 'strap-cut') noteCut(state, atMs);
  if (status === 'strap-closed') noteClosed(state, atMs);
  if (status !== 'power-off' && status !== 'unreachable') {
    showOn(state, atMs);
    return;
  }
  // One that came late, after something newer that shows the device on, is history. Reported twice, it began with the first.
  if (state.off === null && (state.onMs === null || atMs >= state.onMs)) state.off = { atMs, status };
}

/**
 * Its clock is ahead: when it was where is not believed, what it says of itself is. A strap is cut and a battery is low whatever the
 * clock says, at the latest now.
 */
export function noteWord(state: DeviceState, event: Position | DeviceStatus): void {
  const { receivedMs } = event;
  if (event.type === 'status') noteStatus(state, { ...event, atMs: receivedMs });
  else {
    showOn(state, receivedMs);
    if (event.batteryPct !== undefined) noteCharge(state.battery, event.batteryPct, receivedMs);
  }
}

function noteCut(state: DeviceState, atMs: Instant): void {
  if (atMs <= (state.strapClosedMs ?? Number.NEGATIVE_INFINITY)) return;
  if (state.strapCutMs === undefined || atMs < state.strapCutMs) state.strapCutMs = atMs;
}

function noteClosed(state: DeviceState, atMs: Instant): void {
  if (state.strapClosedMs === undefined || atMs > state.strapClosedMs) state.strapClosedMs = atMs;
  if (state.strapCutMs !== undefined && atMs >= state.strapCutMs) delete state.strapCutMs;
}

/** Stored fixes from before the report do not show it on. */
function showOn(state: DeviceState, atMs: Instant): void {
  if (state.onMs === null || atMs > state.onMs) state.onMs = atMs;
  if (state.off !== null && atMs > state.off.atMs) state.off = null;
}

export function noteCheckin(subject: SubjectState, atMs: Instant): void {
  const { checkins } = subject;
  let place = checkins.length;
  while (place > 0 && (checkins[place - 1] ?? 0) > atMs) place--;
  if (checkins[place - 1] === atMs) return;
  subject.checkins = checkins.toSpliced(place, 0, atMs).slice(-MAX_CHECKINS);
}

/** The rules changed at `atMs`: where the devices were until then they were under other ones. */
export function noteRules(subject: SubjectState, atMs: Instant): void {
  subject.rulesFromMs = Math.max(subject.rulesFromMs, atMs);
  for (const device of subject.devices)
    device.beforeRulesMs = timeAt(device.fixes, countFixes(device.fixes) - 1) ?? null;
}
