/**
 * Which alerts have one cause: together they are one incident. Pure. A rule names what it joins; what no rule names stays by
 * itself. Grouping hides nothing: the parts keep their own deadlines and stages, and an officer's split stands.
 */
import type { AlertKindName } from '../../src/kernel/alert-event.ts';
import type { Cause } from '../../src/kernel/casework.ts';
import type { Instant } from '../../src/kernel/instant.ts';

export interface GroupedAlert {
  readonly alert: string;
  /** Of a feed outage: the feed. */
  readonly subject: string;
  readonly kind: AlertKindName;
  readonly device: string | null;
  /** Of its device, where it has one. */
  readonly feed: string | null;
  readonly startedAtMs: Instant;
  /** Null: it still stands. */
  readonly clearedAtMs: Instant | null;
  readonly incident: string | null;
  /** Why its incident is one. */
  readonly incidentCause: Cause | null;
  /** By hand: not to be grouped again. */
  readonly incidentFixed: boolean;
}

/** A battery that died is no cause of what came half a day later. */
const BATTERY_REACH_MS = 12 * 3_600_000;
/** Until an outage is found, the first of its devices may already have been called silent. */
const OUTAGE_REACH_MS = 30 * 60_000;
const TOGETHER_REACH_MS = 30 * 60_000;

const DARK: ReadonlySet<AlertKindName> = new Set(['phone-off', 'silent']);
const BATTERY: ReadonlySet<AlertKindName> = new Set(['low-battery', 'phone-off', 'silent']);
const REMOVED: ReadonlySet<AlertKindName> = new Set(['strap-tamper', 'separation']);
/** Of many people at one moment, told by the clock: a curfew that begins, a window that closes. */
export const DUE: ReadonlySet<AlertKindName> = new Set(['curfew', 'missed-checkin']);
const AWAY: ReadonlySet<AlertKindName> = new Set(['out-of-bounds', 'curfew', 'leave-deviation']);

/** Why `a` and `b` (the older begun first) have one cause; null: nothing says so. */
export function causeOf(first: GroupedAlert, then: GroupedAlert): Cause | null {
  if (first.kind === 'feed-outage' || then.kind === 'feed-outage') return outageOf(first, then);
  if (isDueWith(first, then)) return 'same-deadline';
  // Of one kind one stands at most about one thing: a second of it has a beginning, and a cause, of its own.
  if (first.subject !== then.subject || first.kind === then.kind) return null;
  const apartMs = then.startedAtMs - first.startedAtMs;
  const lasts = first.clearedAtMs === null || first.clearedAtMs >= then.startedAtMs;
  const sameDevice = first.device === null || then.device === null || first.device === then.device;
  if (then.kind === 'abscond')
    return lasts && (DARK.has(first.kind) || AWAY.has(first.kind) || REMOVED.has(first.kind))
      ? 'absconded'
      : null;
  if (BATTERY.has(first.kind) && DARK.has(then.kind) && sameDevice)
    return apartMs <= BATTERY_REACH_MS && lasts ? 'battery-died' : null;
  if (REMOVED.has(first.kind) && REMOVED.has(then.kind))
    return apartMs <= TOGETHER_REACH_MS || lasts ? 'device-removed' : null;
  if (AWAY.has(first.kind) && AWAY.has(then.kind)) return lasts ? 'away' : null;
  return null;
}

/** Who was not there when one moment came is one list (点名), not an alarm each: what ended together begins at the same millisecond. */
function isDueWith(a: GroupedAlert, b: GroupedAlert): boolean {
  return a.subject !== b.subject && a.kind === b.kind && DUE.has(a.kind) && a.startedAtMs === b.startedAtMs;
}

function outageOf(a: GroupedAlert, b: GroupedAlert): Cause | null {
  const [outage, other] = a.kind === 'feed-outage' ? [a, b] : [b, a];
  if (!DARK.has(other.kind) || other.feed === null || other.feed !== outage.subject) return null;
  const until = outage.clearedAtMs ?? Number.POSITIVE_INFINITY;
  const isWithin = other.startedAtMs >= outage.startedAtMs - OUTAGE_REACH_MS && other.startedAtMs <= until;
  return isWithin ? 'feed-outage' : null;
}

/** An incident to be made or joined: `incident` null makes a new one of both. */
export interface Joining {
  readonly incident: string | null;
  readonly cause: Cause;
  readonly alerts: readonly string[];
}

/**
 * What a new alert joins, among those that stand or ended lately. The one begun last with a cause in common decides, so that a
 * chain (low battery, off, silent) ends in one incident. Of an outage: everything that it explains. What a person has of their own goes
 * before the list of those who missed one moment, and what follows of one of them is no part of that list.
 */
export function joinOf(fresh: GroupedAlert, others: readonly GroupedAlert[]): Joining | null {
  if (fresh.incidentFixed || fresh.incident !== null) return null;
  const free = others.filter((other) => other.alert !== fresh.alert && !other.incidentFixed);
  if (fresh.kind === 'feed-outage') {
    const explained = free.filter((other) => other.incident === null && causeOf(fresh, other) !== null);
    return explained.length === 0
      ? null
      : {
          incident: null,
          cause: 'feed-outage',
          alerts: [fresh.alert, ...explained.map((other) => other.alert)],
        };
  }
  const inOrder = (other: GroupedAlert): Cause | null =>
    other.startedAtMs <= fresh.startedAtMs ? causeOf(other, fresh) : causeOf(fresh, other);
  let best: { readonly other: GroupedAlert; readonly cause: Cause } | undefined;
  for (const other of free) {
    const cause = inOrder(other);
    if (cause === null) continue;
    const isOfList = cause === 'same-deadline';
    if (other.incident !== null && (other.incidentCause === 'same-deadline') !== isOfList) continue;
    if (best !== undefined && isOfList !== (best.cause === 'same-deadline')) {
      if (!isOfList) best = { other, cause };
      continue;
    }
    const isBetter =
      best === undefined ||
      other.startedAtMs > best.other.startedAtMs ||
      (other.startedAtMs === best.other.startedAtMs && other.alert < best.other.alert);
    if (isBetter) best = { other, cause };
  }
  if (best === undefined) return null;
  const { other, cause } = best;
  return other.incident === null
    ? { incident: null, cause, alerts: [other.alert, fresh.alert] }
    : { incident: other.incident, cause, alerts: [fresh.alert] };
}
