/** Where everybody truly is: the day's plan, a leave, or an incident's way. Pure but for a memo of today's plans. */
import { batteryOutage, type Outage } from './battery.ts';
import { dayOf, onTheWay, planDay, type Segment, straight, type Whereabouts, whereIn } from './day-plan.ts';
import { extent, type Incident, incidentAround } from './incidents.ts';
import { type Point, reversed } from './plane.ts';
import type { DemoSubject, World } from './world.ts';

export interface Darkness extends Outage {
  readonly isSwitchedOff: boolean;
}

export interface Motion {
  /** The true position at `atMs`. A function of time alone, whatever was asked before. */
  whereIs(subject: DemoSubject, atMs: number): Whereabouts;
  /** The phone is dark: switched off, without signal, or its battery is dead; from when until when. */
  darkness(subject: DemoSubject, atMs: number): Darkness | undefined;
  /** When the phone next goes dark by an incident; infinity where that is not known. */
  nextDarkMs(subject: DemoSubject, atMs: number): number;
}

/** The way home from a leave is a long one. */
const LEAVE_SPEED_MPS = 15;
const FAR_AWAY_MS = 3_600_000;

/** `opening` is the run's first incident (`openingIncident`), if it has one. */
export function createMotion(world: World, opening: Incident | undefined): Motion {
  const plans = new Map<number, { day: number; segments: Segment[] }>();

  const planned = (subject: DemoSubject, atMs: number): Whereabouts => {
    const day = dayOf(atMs);
    const known = plans.get(subject.number);
    if (known?.day === day) return whereIn(known.segments, atMs);
    const segments = planDay(world, subject, day);
    plans.set(subject.number, { day, segments });
    return whereIn(segments, atMs);
  };

  const incidentOf = (subject: DemoSubject, atMs: number) => {
    if (opening?.subject !== subject) return incidentAround(world, subject, atMs);
    const [fromMs, untilMs] = extent(opening);
    if (atMs < fromMs) return { now: undefined, nextMs: fromMs };
    return atMs < untilMs
      ? { now: opening, nextMs: untilMs }
      : { now: undefined, nextMs: Number.POSITIVE_INFINITY };
  };

  return {
    whereIs(subject, atMs) {
      if (subject.leave !== null) return onLeave(subject, subject.leave, atMs);
      if (subject.role === 'ordinary' || subject.role === 'phone-off' || subject.role === 'silent')
        return planned(subject, atMs);
      const { now, nextMs } = incidentOf(subject, atMs);
      return now === undefined
        ? { ...at(subject.home), untilMs: Math.min(nextMs, atMs + FAR_AWAY_MS) }
        : onIncident(subject, now, atMs);
    },
    darkness(subject, atMs) {
      const { now } = incidentOf(subject, atMs);
      if (now !== undefined && now.way === null)
        return {
          fromMs: now.startedAtMs,
          untilMs: now.endedAtMs,
          isSwitchedOff: now.cause === 'switched-off',
        };
      const outage = batteryOutage(world.seed, subject, dayOf(atMs));
      return outage !== undefined && atMs >= outage.fromMs && atMs < outage.untilMs
        ? { ...outage, isSwitchedOff: false }
        : undefined;
    },
    nextDarkMs(subject, atMs) {
      if (subject.role !== 'phone-off' && subject.role !== 'silent') return Number.POSITIVE_INFINITY;
      return incidentOf(subject, atMs).nextMs;
    },
  };
}

function at(point: Point): Omit<Whereabouts, 'untilMs'> {
  return { x: point.x, y: point.y, speedMps: 0, headingDeg: 0 };
}

function onIncident(subject: DemoSubject, { way, endedAtMs }: Incident, atMs: number): Whereabouts {
  const far = subject.beyond?.point ?? subject.exclusion?.centre;
  if (way === null || far === undefined) return { ...at(subject.home), untilMs: endedAtMs };
  const path = straight(subject.home, far);
  if (atMs < way.arrivedAtMs) return onTheWay(path, way.leftAtMs, way.arrivedAtMs, atMs);
  if (atMs < way.turnedAtMs) return { ...at(far), untilMs: way.turnedAtMs };
  return onTheWay(reversed(path), way.turnedAtMs, way.homeAtMs, atMs);
}

/** At the destination until it is time to be home before the permit ends. */
function onLeave(
  { home }: DemoSubject,
  { destination, untilMs }: NonNullable<DemoSubject['leave']>,
  atMs: number,
): Whereabouts {
  const path = straight(destination, home);
  const homeAtMs = untilMs - FAR_AWAY_MS;
  const leftAtMs = homeAtMs - Math.round((path.lengthM / LEAVE_SPEED_MPS) * 1000);
  if (atMs < leftAtMs) return { ...at(destination), untilMs: Math.min(leftAtMs, atMs + FAR_AWAY_MS) };
  if (atMs < homeAtMs) return onTheWay(path, leftAtMs, homeAtMs, atMs);
  return { ...at(home), untilMs: atMs + FAR_AWAY_MS };
}
