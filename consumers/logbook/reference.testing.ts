/**
 * The slow reference: a day's account straight from the raw observations, minute by minute, each time through all of them. It shares
 * the roster's words and the geometry with the logbook, and nothing of how it keeps or adds up.
 */
import { accuracyOf, probabilityOutside, sigmaOf } from '../../alerts/evidence/position-estimate.ts';
import { distanceM } from '../../geofences/metres.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatus, FeedStatus, LogEvent, Position } from '../../src/kernel/log-event.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import type { Schedule, SubjectProfile } from '../../src/kernel/roster.ts';

/** In Beijing, which has one offset: local midnights are whole days from here. */
const OFFSET_MS = 8 * 3_600_000;
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

export interface Circle {
  readonly id: string;
  readonly lon: number;
  readonly lat: number;
  readonly radiusM: number;
}

export interface Told {
  readonly contact: Record<string, number>;
  readonly bounds: Record<string, number>;
  readonly curfew: Record<string, number>;
  readonly slotsDue: number;
  readonly slotsLocated: number;
  readonly isChecked: boolean;
  readonly checkinsDue: number;
  readonly checkinsMet: number;
  readonly checkinsFingerprint: number;
}

export function referenceDay(
  profile: SubjectProfile,
  circles: readonly Circle[],
  events: readonly LogEvent[],
  day: number,
  fromMs: Instant,
  untilMs: Instant,
): Told {
  const midnight = day * DAY - OFFSET_MS;
  const own = events.filter((e) => 'subject' in e && e.subject === profile.id);
  const device = profile.devices[0];
  if (device === undefined) throw new Error('the reference knows one device');
  const believed = (e: Position | DeviceStatus) =>
    e.device === device.id &&
    e.receivedMs - e.atMs <= DEFAULT_POLICY.backfillHorizonS * 1000 &&
    e.atMs - e.receivedMs <= DEFAULT_POLICY.clockSkewS * 1000;
  const fixes = own.filter((e): e is Position => e.type === 'position' && believed(e));
  const statuses = own.filter((e): e is DeviceStatus => e.type === 'status' && believed(e));
  const checkins = own.filter((e) => e.type === 'checkin');
  const slotOf = (at: Instant) => Math.floor((at + OFFSET_MS) / (5 * MINUTE));
  const isLocated = (slot: number) => fixes.some((f) => f.mock !== true && slotOf(f.atMs) === slot);
  const isMock = (slot: number) => fixes.some((f) => f.mock === true && slotOf(f.atMs) === slot);
  const perFix = Math.ceil(device.intervalS / 300);
  const blockOf = (slot: number) =>
    Math.floor((slot % 288) / perFix) + Math.floor(slot / 288) * (288 / perFix);
  const isBlockLocated = (slot: number) =>
    fixes.some((f) => f.mock !== true && blockOf(slotOf(f.atMs)) === blockOf(slot));

  const feedDown: [number, number][] = [];
  for (const e of events.filter((e): e is FeedStatus => e.type === 'feed')) {
    const last = feedDown.at(-1);
    if (e.status === 'down' && (last === undefined || last[1] !== Infinity))
      feedDown.push([e.atMs, Infinity]);
    if (e.status === 'up' && last !== undefined && last[1] === Infinity) last[1] = e.atMs;
  }

  const sideOf = (fix: Position, zones: readonly string[]) => {
    const beyond = zones.map((zone) => {
      const circle = circles.find(({ id }) => id === zone);
      if (circle === undefined) throw new Error(zone);
      return distanceM(circle.lon, circle.lat, fix.lon, fix.lat) - circle.radiusM;
    });
    if (beyond.length === 0) return undefined;
    const p = probabilityOutside(Math.min(...beyond), sigmaOf(accuracyOf(fix)));
    if (p >= DEFAULT_POLICY.outsideProbability) return 'outside';
    return 1 - p >= DEFAULT_POLICY.insideProbability ? 'inside' : undefined;
  };
  const boundsAt = (at: Instant) =>
    profile.zones.filter((z) => z.schedule === null || holds(z.schedule, at)).map((z) => z.zone);
  const curfewAt = (at: Instant) => profile.curfews.filter((c) => holds(c, at)).map((c) => c.zone);
  const isOnLeave = (at: Instant) =>
    profile.permits.some(
      (p) => p.fromMs <= at + MINUTE - 1 && at < Math.min(p.untilMs, p.returnedAtMs ?? Infinity),
    );

  /** The slot's evidence of that day: those of other days say nothing. */
  const clear = (slot: number, zonesAt: (at: Instant) => string[]) => {
    const sides = fixes
      .filter((f) => f.mock !== true && slotOf(f.atMs) === slot)
      .map((f) => sideOf(f, zonesAt(f.atMs)))
      .filter((side) => side !== undefined);
    return sides.length === 0 ? undefined : sides.every((s) => s === sides[0]) ? sides[0] : 'both';
  };
  const first = day * 288;
  const valueAt = (slot: number, zonesAt: (at: Instant) => string[]) => {
    for (let back = 0; back <= Math.min(perFix - 1, 2) && slot - back >= first; back++) {
      const here = clear(slot - back, zonesAt);
      if (here === undefined) continue;
      if (here === 'inside') return 'kept';
      if (here !== 'outside') return undefined;
      let before: string | undefined;
      for (let s = slot - back - 1; s >= first && before === undefined; s--) before = clear(s, zonesAt);
      let after: string | undefined;
      for (let s = slot - back + 1; s < first + 288 && after === undefined; s++) after = clear(s, zonesAt);
      return before === 'outside' || after === 'outside' ? 'broken' : undefined;
    }
    return undefined;
  };

  /** What the device's condition was in a minute, from the first report on. */
  const causes = new Map<number, string | undefined>();
  {
    let status: string | undefined;
    let sinceSlot = -1;
    let low = false;
    for (let at = Math.floor(fromMs / MINUTE) * MINUTE - DAY; at < midnight + DAY; at += MINUTE) {
      const slot = slotOf(at);
      if ((status === 'power-off' || status === 'unreachable') && slot > sinceSlot && isLocated(slot))
        status = undefined;
      const said = statuses
        .filter((s) => Math.floor(s.atMs / MINUTE) * MINUTE === at)
        .map((s) => s.status)
        .sort();
      for (const code of new Set(said)) {
        const was = status;
        if (code === 'low-battery') low = true;
        if (code === 'charging') low = false;
        if (status === 'strap-cut') status = code === 'strap-closed' ? undefined : status;
        else if (code === 'power-off' || code === 'strap-cut') status = code;
        else if (code === 'unreachable') status ??= code;
        else if (['strap-closed', 'power-on', 'reachable', 'charging'].includes(code)) status = undefined;
        if (status !== was) sinceSlot = slot;
      }
      if (status === 'strap-cut') causes.set(at, 'person');
      else if (low) causes.set(at, 'device');
      else
        causes.set(at, status === 'power-off' ? 'person' : status === 'unreachable' ? 'network' : undefined);
    }
  }
  const ownerAt = (at: Instant) => {
    const slot = slotOf(at);
    const minute = Math.floor(at / MINUTE) * MINUTE;
    if (feedDown.some(([a, b]) => minute >= Math.floor(a / MINUTE) * MINUTE && minute < b)) return 'platform';
    if (isLocated(slot)) return 'network';
    if (isMock(slot)) return 'person';
    return causes.get(at) ?? (isBlockLocated(slot) ? 'platform' : 'device');
  };

  const add = (isDue: (at: Instant) => boolean, valueOfSlot: (slot: number) => string | undefined) => {
    const sum: Record<string, number> = {
      due: 0,
      kept: 0,
      broken: 0,
      person: 0,
      device: 0,
      network: 0,
      platform: 0,
    };
    for (let at = midnight; at < midnight + DAY; at += MINUTE) {
      if (at < Math.floor(fromMs / MINUTE) * MINUTE || at >= untilMs || !isDue(at)) continue;
      const value = valueOfSlot(slotOf(at)) ?? ownerAt(at);
      sum.due = (sum.due ?? 0) + 1;
      sum[value] = (sum[value] ?? 0) + 1;
    }
    return sum;
  };
  const isKnown = (at: Instant) => at >= Math.floor(fromMs / MINUTE) * MINUTE && at < untilMs;
  const blocks = new Set<number>();
  for (let at = midnight; at < midnight + DAY; at += MINUTE) if (isKnown(at)) blocks.add(blockOf(slotOf(at)));
  const due = profile.checkins.flatMap((window) => {
    const from = midnight + minuteOf(window.from) * MINUTE;
    const until = midnight + minuteOf(window.to) * MINUTE;
    const isDue = window.days.includes(weekday(day)) && until > fromMs && until <= untilMs;
    // Leave at the close, or over the whole window, also where it ends with it.
    const isExcused = profile.permits.some(
      (p) =>
        (p.fromMs <= until && until < p.untilMs) ||
        (p.fromMs <= from && from < p.untilMs && p.untilMs >= until),
    );
    return isDue && !isExcused ? [{ from, until }] : [];
  });
  const within = ({ from, until }: { from: number; until: number }) =>
    checkins.filter((c) => c.atMs >= from && c.atMs <= until);
  return {
    contact: add(
      () => true,
      (slot) => (isBlockLocated(slot) ? 'kept' : undefined),
    ),
    bounds: add(
      (at) => boundsAt(at).length > 0 && !isOnLeave(at),
      (slot) => valueAt(slot, boundsAt),
    ),
    curfew: add(
      (at) => curfewAt(at).length > 0 && !isOnLeave(at),
      (slot) => valueAt(slot, curfewAt),
    ),
    slotsDue: blocks.size,
    slotsLocated: [...blocks].filter((b) =>
      fixes.some((f) => f.mock !== true && blockOf(slotOf(f.atMs)) === b),
    ).length,
    isChecked:
      fixes.some((f) => f.mock !== true && Math.floor(slotOf(f.atMs) / 288) === day) ||
      checkins.some((c) => Math.floor(slotOf(c.atMs) / 288) === day),
    checkinsDue: due.length,
    checkinsMet: due.filter((w) => within(w).length > 0).length,
    checkinsFingerprint: due.filter((w) =>
      within(w).some((c) => c.type === 'checkin' && c.method === 'fingerprint'),
    ).length,
  };
}

function holds(schedule: Schedule, at: Instant): boolean {
  const day = Math.floor((at + OFFSET_MS) / DAY);
  const minute = (at + OFFSET_MS - day * DAY) / MINUTE;
  const [from, to] = [minuteOf(schedule.from), minuteOf(schedule.to)];
  const begins = (d: number) => schedule.days.includes(weekday(d));
  if (from < to) return begins(day) && minute >= from && minute < to;
  return (begins(day) && minute >= from) || (begins(day - 1) && minute < to);
}

const minuteOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
const weekday = (day: number) => ((((day + 3) % 7) + 7) % 7) + 1;
