/**
 * What was last known of each subject, folded from one partition of the log. Pure. Facts only: whether they are good
 * or bad news is for the detector to say. Rules: SPEC.md beside it.
 */
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatus, LogEvent, Position } from '../../src/kernel/log-event.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import type { LastKnown } from '../../src/ports/live-state.ts';

/**
 * A subject's facts, and the newest time (by the devices' clocks) at which a device was surely on. Moved in place: a copy for each fix
 * of each subject is what the garbage collector has to carry from one generation to the next.
 */
type Facts = { -readonly [Key in keyof LastKnown]: LastKnown[Key] } & { onAtMs: Instant | null };

/** A JSON value: the whole of what the fold remembers. */
export interface BoardState {
  readonly tickMs: Instant | null;
  readonly subjects: readonly Facts[];
}

export interface BoardFold {
  /** Answers whose facts the event has moved. */
  apply(event: LogEvent): string | undefined;
  /** As it stands. */
  lastKnown(subject: string): LastKnown | undefined;
  /** The newest tick handled: how far this stage has come. */
  tickMs(): Instant | null;
  all(): readonly LastKnown[];
  snapshot(): BoardState;
}

/** Takes a snapshot that was read back as its own. */
export function createBoardFold(state?: BoardState): BoardFold {
  const subjects = new Map<string, Facts>(state?.subjects.map((facts) => [facts.subject, facts]));
  let tickMs = state?.tickMs ?? null;

  const factsOf = (subject: string): Facts => {
    const known = subjects.get(subject);
    if (known !== undefined) return known;
    const made = unknown(subject);
    subjects.set(subject, made);
    return made;
  };

  return {
    apply(event) {
      switch (event.type) {
        case 'tick':
          // A clock that starts again repeats its last tick: time never goes back.
          if (tickMs === null || event.atMs > tickMs) tickMs = event.atMs;
          return undefined;
        case 'position':
          notePosition(factsOf(event.subject), event);
          return event.subject;
        case 'status':
          noteStatus(factsOf(event.subject), event);
          return event.subject;
        default:
          return undefined;
      }
    },
    lastKnown: (subject) => {
      const facts = subjects.get(subject);
      return facts === undefined ? undefined : toLastKnown(facts);
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

function notePosition(facts: Facts, fix: Position): void {
  facts.heardMs = latest(facts.heardMs, fix.receivedMs);
  if (isFromTheFuture(fix)) return;
  noteOn(facts, fix.atMs);
  if (facts.atMs !== null && fix.atMs < facts.atMs) return;
  const keepsBattery = facts.device === fix.device ? facts.batteryPct : null;
  facts.device = fix.device;
  facts.atMs = fix.atMs;
  facts.lat = fix.lat;
  facts.lon = fix.lon;
  facts.accuracyM = fix.accuracyM ?? null;
  facts.speedMps = fix.speedMps ?? null;
  facts.method = fix.method ?? null;
  facts.batteryPct = fix.batteryPct ?? keepsBattery;
}

function noteStatus(facts: Facts, event: DeviceStatus): void {
  const { status, atMs } = event;
  const isOff = status === 'power-off' || status === 'unreachable';
  // The operator's word that it can't be reached is the opposite of having heard from it.
  if (status !== 'unreachable') facts.heardMs = latest(facts.heardMs, event.receivedMs);
  if (isFromTheFuture(event)) return;
  if (!isOff) {
    noteOn(facts, atMs);
    return;
  }
  const isOld = facts.onAtMs !== null && atMs < facts.onAtMs;
  if (isOld || facts.off) return;
  facts.off = true;
  facts.onAtMs = atMs;
}

/** Something that the device did later than it was reported off shows that it is on; a stored older fix does not. */
function noteOn(facts: Facts, atMs: Instant): void {
  if (facts.onAtMs !== null && atMs <= facts.onAtMs) return;
  facts.off = false;
  facts.onAtMs = atMs;
}

const latest = (a: Instant | null, b: Instant) => (a === null || b > a ? b : a);
