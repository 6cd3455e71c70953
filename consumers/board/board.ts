/**
 * What was last known of each subject, folded from one partition of the log. Pure. Facts only: whether they are good
 * or bad news is for the detector to say. Rules: SPEC.md beside it.
 */
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatus, LogEvent, Position } from '../../src/kernel/log-event.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import type { LastKnown } from '../../src/ports/live-state.ts';

/** A subject's facts, and the newest time (by the devices' clocks) at which a device was surely on. */
interface Facts extends LastKnown {
  readonly onAtMs: Instant | null;
}

/** A JSON value: the whole of what the fold remembers. */
export interface BoardState {
  readonly tickMs: Instant | null;
  readonly subjects: readonly Facts[];
}

export interface BoardFold {
  /** Answers the subject's facts when the event changed them. */
  apply(event: LogEvent): LastKnown | undefined;
  /** The newest tick handled: how far this stage has come. */
  tickMs(): Instant | null;
  all(): readonly LastKnown[];
  snapshot(): BoardState;
}

export function createBoardFold(state?: BoardState): BoardFold {
  const subjects = new Map<string, Facts>(state?.subjects.map((facts) => [facts.subject, facts]));
  let tickMs = state?.tickMs ?? null;

  const change = (subject: string, by: (facts: Facts) => Facts): LastKnown | undefined => {
    const before = subjects.get(subject) ?? unknown(subject);
    const after = by(before);
    if (after === before) return undefined;
    subjects.set(subject, after);
    return toLastKnown(after);
  };

  return {
    apply(event) {
      switch (event.type) {
        case 'tick':
          // A clock that starts again repeats its last tick: time never goes back.
          if (tickMs === null || event.atMs > tickMs) tickMs = event.atMs;
          return undefined;
        case 'position':
          return change(event.subject, (facts) => withPosition(facts, event));
        case 'status':
          return change(event.subject, (facts) => withStatus(facts, event));
        default:
          return undefined;
      }
    },
    tickMs: () => tickMs,
    all: () => [...subjects.values()].map(toLastKnown),
    snapshot: () => ({ tickMs, subjects: [...subjects.values()] }),
  };
}

function unknown(subject: string): Facts {
  return {
    subject,
    device: null,
    atMs: null,
    lat: null,
    lon: null,
    accuracyM: null,
    speedMps: null,
    method: null,
    batteryPct: null,
    heardMs: null,
    off: false,
    onAtMs: null,
  };
}

function toLastKnown({ onAtMs: _, ...lastKnown }: Facts): LastKnown {
  return lastKnown;
}

/** A clock that runs far ahead would pin the dot to one place for ever: such a fix counts as heard only. */
const isFromTheFuture = (event: Position | DeviceStatus) =>
  event.atMs > event.receivedMs + DEFAULT_POLICY.clockSkewS * 1000;

function withPosition(facts: Facts, fix: Position): Facts {
  const heard = { ...facts, heardMs: latest(facts.heardMs, fix.receivedMs) };
  if (isFromTheFuture(fix)) return heard;
  const on = turnedOn(heard, fix.atMs);
  if (facts.atMs !== null && fix.atMs < facts.atMs) return on;
  const keepsBattery = facts.device === fix.device ? facts.batteryPct : null;
  return {
    ...on,
    device: fix.device,
    atMs: fix.atMs,
    lat: fix.lat,
    lon: fix.lon,
    accuracyM: fix.accuracyM ?? null,
    speedMps: fix.speedMps ?? null,
    method: fix.method ?? null,
    batteryPct: fix.batteryPct ?? keepsBattery,
  };
}

function withStatus(facts: Facts, event: DeviceStatus): Facts {
  const isOff = event.status === 'power-off' || event.status === 'unreachable';
  // The operator's word that it can't be reached is the opposite of having heard from it.
  const heard =
    event.status === 'unreachable' ? facts : { ...facts, heardMs: latest(facts.heardMs, event.receivedMs) };
  if (isFromTheFuture(event)) return heard;
  if (!isOff) return turnedOn(heard, event.atMs);
  const isOld = facts.onAtMs !== null && event.atMs < facts.onAtMs;
  return isOld || facts.off ? heard : { ...heard, off: true, onAtMs: event.atMs };
}

/** Something that the device did later than it was reported off shows that it is on; a stored older fix does not. */
function turnedOn(facts: Facts, atMs: Instant): Facts {
  if (facts.onAtMs !== null && atMs <= facts.onAtMs) return facts;
  return { ...facts, off: false, onAtMs: atMs };
}

const latest = (a: Instant | null, b: Instant) => (a === null || b > a ? b : a);
