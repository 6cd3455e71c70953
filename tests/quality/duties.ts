/** What follows from documents and desks: renewed orders, returns from leave, check-ins and roll-calls, and the truth about them. */
import { toLonLat } from '../../src/demo/plane.ts';
import type { Checkin, LogEvent } from '../../src/kernel/log-event.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import type { Muster, SubjectProfile } from '../../src/kernel/roster.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './calendar.ts';
import { between, type Dice } from './dice.ts';
import type { Person } from './people.ts';
import { type Truth, truth } from './truth.ts';

/** Renewed orders and returns from leave, as the office puts them on record. */
export function changesOf(people: readonly Person[]): LogEvent[] {
  return people.flatMap(({ profile, leave, renewedMs }): LogEvent[] => {
    let now: SubjectProfile = profile;
    const changes: LogEvent[] = [];
    const edits: [number, (known: SubjectProfile) => SubjectProfile][] = [];
    if (renewedMs !== null)
      edits.push([
        renewedMs,
        (known) => ({
          ...known,
          devices: known.devices.map((device) =>
            device.order === null
              ? device
              : { ...device, order: { ...device.order, untilMs: device.order.untilMs + 85 * DAY_MS } },
          ),
        }),
      ]);
    const recordedMs = leave?.recordedMs ?? null;
    if (recordedMs !== null)
      edits.push([
        recordedMs,
        (known) => ({
          ...known,
          permits: known.permits.map((permit) => ({ ...permit, returnedAtMs: recordedMs })),
        }),
      ]);
    for (const [atMs, edit] of edits.sort(([a], [b]) => a - b)) {
      now = edit(now);
      changes.push({ type: 'profile', atMs: Math.round(atMs), profile: now });
    }
    return changes;
  });
}

/** What follows from the roster alone. */
export function noteDocuments(
  { profile, leave, renewedMs }: Person,
  note: (item: Truth) => void,
  endMs: number,
): void {
  if (leave !== null) {
    const fromMs = leave.permit.untilMs + DEFAULT_POLICY.leaveGraceS * 1000;
    const untilMs = leave.recordedMs ?? endMs;
    if (untilMs > fromMs && fromMs < endMs)
      note(truth('overdue-leave', profile.id, fromMs, Math.min(untilMs, endMs), { allowedS: 60 }));
  }
  for (const { order } of profile.devices) {
    if (order === null) continue;
    const fromMs = order.untilMs - DEFAULT_POLICY.deviceExpiryDays * DAY_MS;
    const untilMs = renewedMs ?? endMs;
    if (fromMs < Math.min(endMs, untilMs))
      note(truth('device-expiry', profile.id, fromMs, Math.min(endMs, untilMs), { allowedS: 60 }));
  }
}

const MISSED_SHARE = 0.015;
const OFFLINE_SHARE = 0.004;

/** `11:30` of the local day that begins four hours before `dayMs`. */
function clockMs(dayMs: number, text: string): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return dayMs - 4 * HOUR_MS + hour * HOUR_MS + minute * MINUTE_MS;
}

export function checkIn(
  { profile, leave }: Person,
  dayMs: number,
  dice: Dice,
  put: (event: LogEvent) => void,
  miss: (window: MissedWindow) => void,
): void {
  const weekday = ((((Math.floor((dayMs + 8 * HOUR_MS) / DAY_MS) + 3) % 7) + 7) % 7) + 1;
  for (const window of profile.checkins) {
    if (!window.days.includes(weekday)) continue;
    const [fromMs, untilMs] = [clockMs(dayMs, window.from), clockMs(dayMs, window.to)];
    if (leave !== null && fromMs < leave.homeMs && untilMs > leave.permit.fromMs) continue;
    const isMissed = dice() < MISSED_SHARE;
    const come = (atMs: number, lateMs: number) =>
      put({
        type: 'checkin',
        subject: profile.id,
        terminal: 'T1',
        atMs: Math.round(atMs),
        receivedMs: Math.round(atMs + lateMs),
        method: 'fingerprint',
      });
    if (!isMissed) {
      come(between(dice, fromMs, untilMs), dice() < OFFLINE_SHARE ? between(dice, 1, 20) * HOUR_MS : 1500);
      continue;
    }
    const madeUpMs = dice() < 0.5 ? untilMs + between(dice, 1, 60) * HOUR_MS : null;
    if (madeUpMs !== null) come(madeUpMs, 1500);
    miss({ subject: profile.id, fromMs, untilMs });
  }
}

/** A window in which its terminal saw nobody. */
export interface MissedWindow {
  readonly subject: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** `checkins`: of that day and to come. One at a roll-call within the window is enough, and a later one makes up for it (rule A24). */
export function noteMissed(
  missed: readonly MissedWindow[],
  checkins: readonly Checkin[],
  note: (item: Truth) => void,
): void {
  for (const { subject, fromMs, untilMs } of missed) {
    const cameMs = Math.min(
      untilMs + 7 * DAY_MS,
      ...checkins
        .filter((other) => other.subject === subject && other.atMs >= fromMs)
        .map(({ atMs }) => atMs),
    );
    if (cameMs > untilMs) note(truth('missed-checkin', subject, untilMs, cameMs, { allowedS: 60 }));
  }
}

/** Two roll-calls of sixty people; nineteen in twenty come. */
export function planMusters(people: readonly Person[], startMs: number, days: number): Muster[] {
  return [0.3, 0.7].map((share, i) => {
    const fromMs = startMs + Math.floor(share * days) * DAY_MS + (i === 0 ? 5 : 10) * HOUR_MS;
    const who = people.filter(({ number, leave }) => number % 29 === i && leave === null).slice(0, 60);
    return {
      id: `M${i}`,
      zone: `hall-${i}`,
      fromMs,
      untilMs: fromMs + HOUR_MS,
      subjects: who.map(({ profile }) => profile.id),
      excused: [],
    };
  });
}

/** `checkins`: of that day. Who checked in anywhere within the window has met it (rule A25), though not at the place. */
export function attend(
  { fromMs, untilMs, subjects }: Muster,
  dice: Dice,
  checkins: readonly Checkin[],
  put: (event: LogEvent) => void,
  note: (item: Truth) => void,
): void {
  for (const subject of subjects) {
    const atMs = Math.round(between(dice, fromMs, untilMs));
    if (dice() < 0.95)
      put({ type: 'checkin', subject, terminal: 'T2', atMs, receivedMs: atMs + 1500, method: 'face' });
    else {
      const isOptional = checkins.some(
        (other) => other.subject === subject && other.atMs >= fromMs && other.atMs <= untilMs,
      );
      note(truth('missed-checkin', subject, untilMs, untilMs + 7 * DAY_MS, { allowedS: 60, isOptional }));
    }
  }
}

export function mustersZones(people: readonly Person[], musters: readonly Muster[]) {
  return musters.map(({ zone }, i) => {
    const at = people[i]?.home ?? { x: 0, y: 0 };
    return {
      id: zone,
      name: null,
      radiusM: 150,
      widthM: null,
      geometry: { type: 'Point' as const, coordinates: toLonLat(at) },
    };
  });
}
