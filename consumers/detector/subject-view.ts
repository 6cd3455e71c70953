/** A subject as the kinds see it at a moment, and when time alone can next change what they say. */
import type {
  AlertKind,
  LocatedDevice,
  SubjectView,
  Surroundings,
  WatchedDevice,
} from '../../alerts/kinds/kind.ts';
import { silenceLimitS } from '../../alerts/kinds/silence.ts';
import { distanceM } from '../../geofences/metres.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Policy, PolicyDocument } from '../../src/kernel/policy.ts';
import type { SubjectProfile } from '../../src/kernel/roster.ts';
import type { LocalTime } from './local-time.ts';
import { nextKeyPeriodEdgeMs } from './policies.ts';
import { findDevice, isWatched, type SubjectState } from './subject-state.ts';

/** A fix that was just taken. */
export interface TakenAt {
  readonly device: string;
  /** Null: it tells nothing about the place. */
  readonly atMs: Instant | null;
  /** False: it is taken again on the way back to the present, behind one that came late. */
  readonly isNewest: boolean;
  /** Whether the fact that has it taken came later than the reorder window. */
  readonly isLate: boolean;
}

/** Makes views of one subject after the other. Each is valid until the next is asked for: a million of them a minute are one object. */
export type Viewer = (
  subject: SubjectState,
  profile: SubjectProfile,
  policy: Policy,
  taken: TakenAt | null,
) => SubjectView;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function createViewer(distanceOf: SubjectView['distanceM'], surroundings: Surroundings): Viewer {
  let view: Mutable<SubjectView> | undefined;
  return (subject, profile, policy, taken) => {
    const { nowMs } = subject;
    const devices: WatchedDevice[] = [];
    for (const device of profile.devices) {
      if (!isWatched(device, nowMs)) continue;
      const state = findDevice(subject, device.id);
      if (state !== undefined) devices.push({ device, state });
    }
    const located = locate(devices, policy);
    const witness = located === null || devices.length < 2 ? null : witnessOf(located, devices);
    const atMs =
      taken !== null && located?.device.id === taken.device ? Math.min(taken.atMs ?? nowMs, nowMs) : nowMs;
    const isLate = taken !== null && taken.atMs !== null && taken.isLate;
    const { rulesFromMs, checkinsFromMs, checkins, memory } = subject;
    if (view === undefined) {
      view = {
        profile,
        policy,
        nowMs,
        atMs,
        isLate,
        rulesFromMs,
        checkinsFromMs,
        checkins,
        book: subject,
        memory,
        devices,
        located,
        witness,
        distanceM: distanceOf,
        ...surroundings,
      };
      return view;
    }
    view.profile = profile;
    view.policy = policy;
    view.nowMs = nowMs;
    view.atMs = atMs;
    view.isLate = isLate;
    view.rulesFromMs = rulesFromMs;
    view.checkinsFromMs = checkinsFromMs;
    view.checkins = checkins;
    view.book = subject;
    view.memory = memory;
    view.devices = devices;
    view.located = located;
    view.witness = witness;
    return view;
  };
}

/**
 * The device that speaks for the subject: one that is worn before one that is carried, as long as it is heard; else the one
 * whose fix is newest. Of two that say the same place at one time, the surer one.
 */
function locate(devices: readonly WatchedDevice[], policy: Policy): SubjectView['located'] {
  let newest: WatchedDevice | undefined;
  let worn: WatchedDevice | undefined;
  for (const item of devices) {
    const atMs = item.state.estimate?.atMs;
    if (atMs === undefined) continue;
    if (newest === undefined || atMs > (newest.state.estimate?.atMs ?? 0)) newest = item;
    if (item.device.kind === 'wristband' && (worn === undefined || atMs > (worn.state.estimate?.atMs ?? 0)))
      worn = item;
  }
  const first = worn !== undefined && isFresh(worn, newest, policy) ? worn : newest;
  let chosen = first === undefined ? null : locatedOf(first);
  if (chosen === null || devices.length === 1 || isCoarse(chosen)) return chosen;
  for (const item of devices) {
    const other = locatedOf(item);
    if (other !== null && isSurerOfSame(other, chosen)) chosen = other;
  }
  return chosen;
}

/** Of a device that is no surer than a cell is wide anything within a kilometre says the same: what agrees with it can't speak in its place. */
function witnessOf(located: LocatedDevice, devices: readonly WatchedDevice[]): LocatedDevice | null {
  if (!isCoarse(located)) return null;
  let witness: LocatedDevice | null = null;
  for (const item of devices) {
    const other = locatedOf(item);
    if (other !== null && isSurerOfSame(other, witness ?? located)) witness = other;
  }
  return witness;
}

function locatedOf({ device, state }: WatchedDevice): LocatedDevice | null {
  return state.estimate === null ? null : { device, state, estimate: state.estimate };
}

/** Two fixes so near in time are of one moment, of however frequent devices. */
const ONE_MOMENT_MS = 90_000;
const AGREE_SIGMAS = 2;
const COARSE_SIGMA_M = 200;

function isCoarse({ estimate }: LocatedDevice): boolean {
  return estimate.varianceM2 > COARSE_SIGMA_M * COARSE_SIGMA_M;
}

/**
 * Whether a device has the smaller error and lies within the joint one. What the subject may have walked between the two fixes is not
 * added: who goes away from the more exact one, left at home, is not to be taken for being there.
 */
function isSurerOfSame(other: LocatedDevice, chosen: LocatedDevice): boolean {
  const [a, b] = [other.estimate, chosen.estimate];
  if (a.varianceM2 >= b.varianceM2) return false;
  const apartMs = Math.abs(a.atMs - b.atMs);
  if (apartMs > Math.max(ONE_MOMENT_MS, 1200 * Math.min(other.device.intervalS, chosen.device.intervalS)))
    return false;
  const joint = Math.sqrt(a.varianceM2 + b.varianceM2);
  return distanceM(a.lon, a.lat, b.lon, b.lat) <= AGREE_SIGMAS * joint;
}

function isFresh(worn: WatchedDevice, newest: WatchedDevice | undefined, policy: Policy): boolean {
  const behindMs = (newest?.state.estimate?.atMs ?? 0) - (worn.state.estimate?.atMs ?? 0);
  return behindMs <= silenceLimitS(policy, worn.device) * 1000;
}

/** The next moment at which a rule of the subject's begins or ends; null: none. */
export function nextRuleEdgeMs(
  profile: SubjectProfile,
  document: PolicyDocument,
  surroundings: Surroundings,
  localTime: LocalTime,
  nowMs: Instant,
): Instant | null {
  let next = nextKeyPeriodEdgeMs(document, nowMs);
  const consider = (at: Instant | null | undefined) => {
    if (at !== null && at !== undefined && at > nowMs && at < next) next = at;
  };
  for (const device of profile.devices) {
    consider(device.fromMs);
    consider(device.untilMs);
    consider(device.order?.fromMs);
    consider(device.order?.untilMs);
  }
  for (const permit of profile.permits) {
    consider(permit.fromMs);
    consider(permit.untilMs);
    consider(permit.returnedAtMs);
  }
  for (const { schedule } of profile.zones)
    if (schedule !== null) consider(localTime.nextEdgeMs(schedule, nowMs));
  for (const curfew of profile.curfews) consider(localTime.nextEdgeMs(curfew, nowMs));
  for (const checkin of profile.checkins) consider(localTime.nextEdgeMs(checkin, nowMs));
  for (const muster of surroundings.mustersOf(profile.id)) {
    consider(muster.fromMs);
    consider(muster.untilMs);
  }
  return next === Number.POSITIVE_INFINITY ? null : next;
}

/** The next moment at which a kind can change what it says though no rule does; infinite: none. */
export function nextDueMs(view: SubjectView, kinds: readonly DueKind[]): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const kind of kinds) {
    const dueMs = kind.nextDueMs(view);
    if (dueMs > view.nowMs && dueMs < next) next = dueMs;
  }
  return next;
}

/** One that time alone can move. */
export type DueKind = AlertKind & Required<Pick<AlertKind, 'nextDueMs'>>;

export function isDueKind(kind: AlertKind): kind is DueKind {
  return kind.nextDueMs !== undefined;
}

/**
 * Whether a fix of the present can concern no other kind than those about a place: nothing stands open, no device has said or
 * shown anything but where it is, and nothing has fallen due. Most fixes are so, and it is most of the work that they save.
 */
export function isUneventful(view: SubjectView, { dueMs, ruleEdgeMs }: SubjectState): boolean {
  const { profile, policy, nowMs, book, devices } = view;
  if (book.open.length > 0 || (dueMs !== null && nowMs >= dueMs)) return false;
  if ((ruleEdgeMs !== null && nowMs >= ruleEdgeMs) || view.mustersOf(profile.id).length > 0) return false;
  let phones = 0;
  for (const { device, state } of devices) {
    if (device.kind === 'phone') phones++;
    const { battery, signs } = state;
    if (state.off !== null || state.strapCutMs !== undefined || battery.saidLowMs !== undefined) return false;
    if (battery.extremePct !== null && battery.extremePct < policy.lowBatteryPct) return false;
    if (signs.mockMs !== undefined || signs.ahead !== undefined || signs.jump !== undefined) return false;
    if (signs.still !== undefined) return false;
  }
  // Phone and wristband: how far they are apart is another kind's.
  return phones === 0 || phones === devices.length;
}

/** Whether a rule about a place began or ended after what is looked at happened: then the present is to be judged as well. */
export function hasRuleEdgeSince(view: SubjectView): boolean {
  const { profile, policy, rulesFromMs, nowMs, atMs } = view;
  if (atMs >= nowMs) return false;
  if (rulesFromMs > atMs) return true;
  const isBetween = (edge: Instant | null) => edge !== null && edge > atMs && edge <= nowMs;
  for (const { fromMs, untilMs, returnedAtMs } of profile.permits)
    if (isBetween(fromMs) || isBetween(untilMs) || isBetween(returnedAtMs)) return true;
  for (const { schedule } of profile.zones)
    if (schedule !== null && view.isInForce(schedule, atMs) !== view.isInForce(schedule, nowMs)) return true;
  for (const curfew of profile.curfews) {
    const window = view.windowAt(curfew, nowMs);
    if (window?.fromMs !== view.windowAt(curfew, atMs)?.fromMs) return true;
    if (window !== null && isBetween(window.fromMs + policy.curfewGraceS * 1000)) return true;
  }
  return false;
}
