/**
 * Violations on a known schedule, the demo's ground truth. Pure: incident number `n` of a kind is a function of
 * (world, kind, n), and n follows from the wall clock, so a second start finds the same incidents under way. Only the opening incident
 * is tied to a run's start: it lets a new board show an alert at once.
 */
import { batteryOutage } from './battery.ts';
import { dayOf } from './day-plan.ts';
import { distanceM } from './plane.ts';
import { uniform } from './random.ts';
import { strapCut } from './strap.ts';
import type { DemoSubject, World } from './world.ts';

/** Those that come round, each to its own people. */
export type ScheduledKind = 'out-of-bounds' | 'exclusion-entry' | 'phone-off' | 'silent';
export type TruthKind = ScheduledKind | 'strap-tamper';

export interface Incident {
  /** The same in every run: `<kind>-<n>`. */
  readonly truth: string;
  readonly kind: TruthKind;
  readonly cause: 'walk' | 'ride' | 'switched-off' | 'no-signal' | 'battery' | 'strap';
  readonly subject: DemoSubject;
  readonly device: string;
  readonly zone: string | null;
  /** The violation itself by the true position or the device's true state; a way there and back lies around it. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Of a way: where it turns, how fast it goes, when it leaves home and the far end, and when it is home again. */
  readonly way: {
    readonly speedMps: number;
    readonly leftAtMs: number;
    readonly arrivedAtMs: number;
    readonly turnedAtMs: number;
    readonly homeAtMs: number;
  } | null;
}

/**
 * Mean time between incidents of a kind: together one each 107 s. As they last, about six to ten stand open at once,
 * which a board can show.
 */
const PERIOD_MS: Readonly<Record<ScheduledKind, number>> = {
  'out-of-bounds': 240_000,
  'exclusion-entry': 480_000,
  'phone-off': 600_000,
  silent: 720_000,
};
export const TRUTH_KINDS: readonly ScheduledKind[] = [
  'out-of-bounds',
  'exclusion-entry',
  'phone-off',
  'silent',
];
/** No incident with its way there and back is longer; a subject's next one begins later than that. */
const LONGEST_MS = 90 * 60_000;

function periodOf(world: World, kind: ScheduledKind): number {
  const people = world.byRole.get(kind)?.length ?? 0;
  return people === 0 ? Number.POSITIVE_INFINITY : Math.max(PERIOD_MS[kind], (2 * LONGEST_MS) / people);
}

function beginMs(world: World, kind: ScheduledKind, n: number): number {
  const key = TRUTH_KINDS.indexOf(kind);
  return Math.round((n + 0.25 * key + 0.5 * uniform(world.seed, n, key, 41)) * periodOf(world, kind));
}

/** Incident `n` of a kind; undefined in a world without people for it. */
export function incident(world: World, kind: ScheduledKind, n: number): Incident | undefined {
  const people = world.byRole.get(kind) ?? [];
  const subject = people[((n % people.length) + people.length) % people.length];
  if (subject === undefined) return undefined;
  const draw = (purpose: number) => uniform(world.seed, n, TRUTH_KINDS.indexOf(kind), 42, purpose);
  return make(`${kind}-${n}`, kind, subject, beginMs(world, kind, n), draw);
}

function make(
  truth: string,
  kind: ScheduledKind,
  subject: DemoSubject,
  startedAtMs: number,
  draw: (purpose: number) => number,
): Incident | undefined {
  const base = { truth, kind, subject, device: subject.phone.id, startedAtMs };
  if (kind === 'phone-off' || kind === 'silent') {
    // Silence must outlast the policy's 15 minutes to be one.
    const minutes = kind === 'silent' ? 20 + 12 * draw(1) : 5 + 10 * draw(1);
    return {
      ...base,
      cause: kind === 'silent' ? 'no-signal' : 'switched-off',
      zone: null,
      endedAtMs: startedAtMs + Math.round(minutes * 60_000),
      way: null,
    };
  }
  const walk = wayOut(kind, subject);
  if (walk === undefined) return undefined;
  const { nearM, farM, zone } = walk;
  const rides = kind === 'out-of-bounds' && (subject.role === 'opener' || draw(2) < 0.5);
  const speedMps = rides ? 4 + 2 * draw(3) : 1.1 + 0.4 * draw(3);
  const toMs = (metres: number) => Math.round((metres / speedMps) * 1000);
  const stayMs = Math.round((4 + 7 * draw(4)) * 60_000);
  const arrivedAtMs = startedAtMs + toMs(farM);
  const turnedAtMs = arrivedAtMs + stayMs;
  const endedAtMs = turnedAtMs + toMs(farM);
  return {
    ...base,
    cause: rides ? 'ride' : 'walk',
    zone,
    endedAtMs,
    way: {
      speedMps,
      leftAtMs: startedAtMs - toMs(nearM),
      arrivedAtMs,
      turnedAtMs,
      homeAtMs: endedAtMs + toMs(nearM),
    },
  };
}

/** How far it is from home to the violation, and from there to the far end. */
function wayOut(kind: ScheduledKind, { beyond, exclusion, home, county }: DemoSubject) {
  if (kind === 'out-of-bounds' && beyond !== null)
    return { nearM: beyond.insideM, farM: beyond.outsideM, zone: `county-${county.code}` };
  if (kind === 'exclusion-entry' && exclusion !== null)
    return {
      nearM: distanceM(home, exclusion.centre) - exclusion.radiusM,
      farM: exclusion.radiusM,
      zone: exclusion.zone,
    };
  return undefined;
}

/** The first violation of a run, 20 to 40 s after its start: somebody near the edge rides out. */
export function openingIncident(world: World, runStartMs: number): Incident | undefined {
  const people = world.byRole.get('opener') ?? [];
  const draw = (purpose: number) => uniform(world.seed, runStartMs, 43, purpose);
  const subject = people[Math.floor(draw(0) * people.length)];
  if (subject === undefined) return undefined;
  const startedAtMs = runStartMs + 20_000 + Math.round(20_000 * draw(5));
  return make(`opening-${runStartMs}`, 'out-of-bounds', subject, startedAtMs, draw);
}

const kindOf = (subject: DemoSubject): ScheduledKind | undefined =>
  TRUTH_KINDS.find((kind) => kind === subject.role);

/** The subject's incident at `atMs`, its ways included, and when the next one begins. */
export function incidentAround(
  world: World,
  subject: DemoSubject,
  atMs: number,
): { readonly now: Incident | undefined; readonly nextMs: number } {
  const kind = kindOf(subject);
  const people = kind === undefined ? [] : (world.byRole.get(kind) ?? []);
  if (kind === undefined || people.length === 0) return { now: undefined, nextMs: Number.POSITIVE_INFINITY };
  const place = people.indexOf(subject);
  const turn = Math.floor((atMs / periodOf(world, kind) - place) / people.length);
  for (const n of [turn - 1, turn, turn + 1, turn + 2].map((t) => t * people.length + place)) {
    const candidate = incident(world, kind, n);
    if (candidate === undefined) break;
    const [fromMs, untilMs] = extent(candidate);
    if (atMs < fromMs) return { now: undefined, nextMs: fromMs };
    if (atMs < untilMs) return { now: candidate, nextMs: untilMs };
  }
  return { now: undefined, nextMs: Number.POSITIVE_INFINITY };
}

/** From leaving home to being back, or the incident itself. */
export function extent({ way, startedAtMs, endedAtMs }: Incident): readonly [number, number] {
  return way === null ? [startedAtMs, endedAtMs] : [way.leftAtMs, way.homeAtMs];
}

/** Every incident that begins in [fromMs, untilMs), flat batteries included, in order. The opening one is not among them. */
export function incidentsBetween(world: World, fromMs: number, untilMs: number): Incident[] {
  const found: Incident[] = [];
  const isIn = (candidate: Incident | undefined) =>
    candidate !== undefined && candidate.startedAtMs >= fromMs && candidate.startedAtMs < untilMs;
  for (const kind of TRUTH_KINDS) {
    const period = periodOf(world, kind);
    if (!Number.isFinite(period)) continue;
    for (let n = Math.floor(fromMs / period) - 2; n <= Math.floor(untilMs / period) + 1; n++) {
      const candidate = incident(world, kind, n);
      if (candidate !== undefined && isIn(candidate)) found.push(candidate);
    }
  }
  for (const subject of world.subjects) {
    for (let day = dayOf(fromMs) - 1; day <= dayOf(untilMs); day++) {
      const outage = batteryOutage(world.seed, subject, day);
      if (outage === undefined) continue;
      const candidate: Incident = {
        truth: `battery-${subject.id}-${day}`,
        kind: 'silent',
        cause: 'battery',
        subject,
        device: subject.phone.id,
        zone: null,
        startedAtMs: outage.fromMs,
        endedAtMs: outage.untilMs,
        way: null,
      };
      if (isIn(candidate)) found.push(candidate);
    }
    for (let day = dayOf(fromMs) - 1; day <= dayOf(untilMs); day++) {
      const cut = strapCut(world.seed, subject, day);
      if (cut === undefined) continue;
      const candidate: Incident = {
        truth: `strap-${subject.id}-${day}`,
        kind: 'strap-tamper',
        cause: 'strap',
        subject,
        device: subject.wristband?.id ?? '',
        zone: null,
        startedAtMs: cut.fromMs,
        endedAtMs: cut.untilMs,
        way: null,
      };
      if (isIn(candidate)) found.push(candidate);
    }
  }
  return found.sort((a, b) => a.startedAtMs - b.startedAtMs || (a.truth < b.truth ? -1 : 1));
}

/** One line of the ground truth. The subject and device as on the wire; times ISO 8601. */
export function truthLine(incident: Incident): string {
  return JSON.stringify({
    truth: incident.truth,
    subject: incident.subject.id,
    device: incident.device,
    kind: incident.kind,
    cause: incident.cause,
    zone: incident.zone,
    startedAt: new Date(incident.startedAtMs).toISOString(),
    endedAt: new Date(incident.endedAtMs).toISOString(),
  });
}
