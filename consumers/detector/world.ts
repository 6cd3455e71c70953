/** What the broadcast lines say, the same in every partition: time, zones, policy, calendar, feeds. */
import type { FeedOutage } from '../../alerts/kinds/feed-outage.ts';
import type { Surroundings } from '../../alerts/kinds/kind.ts';
import { type PreparedZone, prepareZone } from '../../geofences/prepare-zone.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { FeedStatus, Sighting } from '../../src/kernel/log-event.ts';
import { EMPTY_POLICY_DOCUMENT, type PolicyDocument } from '../../src/kernel/policy.ts';
import { type Calendar, EMPTY_ROSTER, type Muster, type ZoneFeature } from '../../src/kernel/roster.ts';
import { createLocalTime, type LocalTime } from './local-time.ts';

/** A JSON value. */
export interface WorldState {
  readonly tickMs: Instant | null;
  readonly zones: readonly ZoneFeature[];
  readonly policy: PolicyDocument;
  readonly calendar: Calendar;
  readonly feedsDown: readonly FeedOutage[];
  /** When a feed last came back. */
  readonly feedsUp: Readonly<Record<string, Instant>>;
  readonly musters: readonly Muster[];
  /** Whose order → whom they must not meet. */
  readonly noContact: Readonly<Record<string, readonly string[]>>;
}

export interface World {
  tickMs(): Instant | null;
  policy(): PolicyDocument;
  localTime(): LocalTime;
  readonly surroundings: Surroundings;
  /** The setters answer whether anything changed. */
  setTick(atMs: Instant): boolean;
  zoneFeature(id: string): ZoneFeature | undefined;
  setZone(zone: ZoneFeature): boolean;
  setPolicy(policy: PolicyDocument): boolean;
  setCalendar(calendar: Calendar): boolean;
  /** The outage that began or ended; undefined: nothing changed. */
  setFeed(event: FeedStatus): FeedOutage | undefined;
  outageOf(feed: string): FeedOutage | undefined;
  setMuster(muster: Muster): boolean;
  setNoContact(whose: string, others: readonly string[]): boolean;
  /** Those that the subject is in, as the one with the order or the other. */
  pairsOf(subject: string): readonly Sighting['pair'][];
  state(): WorldState;
}

const NOBODY: readonly string[] = [];
const NO_PAIRS: readonly Sighting['pair'][] = [];
const NO_MUSTERS: readonly Muster[] = [];
const MUSTER_KEPT_MS = 30 * 86_400_000;

export function createWorld(state?: WorldState): World {
  let tickMs = state?.tickMs ?? null;
  let policy = state?.policy ?? EMPTY_POLICY_DOCUMENT;
  let calendar = state?.calendar ?? EMPTY_ROSTER.calendar;
  let localTime: LocalTime = createLocalTime(calendar);
  const features = new Map<string, ZoneFeature>();
  const prepared = new Map<string, PreparedZone>();
  const deadGround = new Map<string, PreparedZone>();
  const feedsDown = new Map(state?.feedsDown.map((outage) => [outage.feed, outage]));
  const feedsUp = new Map(Object.entries(state?.feedsUp ?? {}));
  const musters = new Map<string, Muster>();
  const bySubject = new Map<string, Muster[]>();

  function setZone(zone: ZoneFeature): boolean {
    const known = features.get(zone.id);
    if (known !== undefined && isSame(known, zone)) return false;
    const result = prepareZone(zone);
    // Shapes are checked before they reach the log. One that slipped through changes nothing: the one before it holds.
    if (!result.ok) return false;
    features.set(zone.id, zone);
    // Dead ground binds nobody: to all rules but that of silence it is not there.
    const [own, other] = zone.purpose === undefined ? [prepared, deadGround] : [deadGround, prepared];
    own.set(zone.id, result.value);
    other.delete(zone.id);
    return true;
  }
  for (const zone of state?.zones ?? []) setZone(zone);

  function setMuster(muster: Muster): boolean {
    if (isSame(musters.get(muster.id), muster)) return false;
    musters.set(muster.id, muster);
    // Those long over are asked about no more.
    const newestMs = Math.max(...Array.from(musters.values(), ({ untilMs }) => untilMs));
    for (const [id, { untilMs }] of musters) if (newestMs - untilMs > MUSTER_KEPT_MS) musters.delete(id);
    bySubject.clear();
    for (const each of musters.values())
      for (const subject of each.subjects) bySubject.set(subject, [...(bySubject.get(subject) ?? []), each]);
    return true;
  }
  for (const muster of state?.musters ?? []) setMuster(muster);

  const noContact = new Map<string, readonly string[]>();
  const pairs = new Map<string, Sighting['pair'][]>();

  function setNoContact(whose: string, others: readonly string[]): boolean {
    if (isSame(noContact.get(whose) ?? NOBODY, others)) return false;
    if (others.length === 0) noContact.delete(whose);
    else noContact.set(whose, others);
    pairs.clear();
    for (const [subject, theirs] of noContact) {
      for (const other of theirs) {
        if (other === subject) continue;
        // Both may have an order against each other: one pair, the smaller id's.
        const isTwice = noContact.get(other)?.includes(subject) === true && other < subject;
        if (isTwice) continue;
        const pair = [subject, other] as const;
        for (const who of pair) pairs.set(who, [...(pairs.get(who) ?? []), pair]);
      }
    }
    return true;
  }
  for (const [whose, others] of Object.entries(state?.noContact ?? {})) setNoContact(whose, others);

  return {
    tickMs: () => tickMs,
    policy: () => policy,
    localTime: () => localTime,
    surroundings: {
      zone: (id) => prepared.get(id),
      deadGround: () => deadGround,
      mustersOf: (subject) => bySubject.get(subject) ?? NO_MUSTERS,
      isInForce: (schedule, atMs) => schedule === null || localTime.holds(schedule, atMs),
      windowAt: (schedule, atMs) => localTime.windowAt(schedule, atMs),
      lastOfficeWindow: (schedule, atMs) => localTime.lastOfficeWindow(schedule, atMs),
      lastEdgeMs: (schedule, atMs) => (schedule === null ? null : localTime.lastEdgeMs(schedule, atMs)),
      isFeedDown: (feed) => feed !== null && feedsDown.has(feed),
      clock: (atMs) => localTime.clock(atMs),
    },
    setTick: (atMs) => {
      if (tickMs !== null && atMs <= tickMs) return false;
      tickMs = atMs;
      return true;
    },
    zoneFeature: (id) => features.get(id),
    setZone,
    setMuster,
    setNoContact,
    pairsOf: (subject) => pairs.get(subject) ?? NO_PAIRS,
    setPolicy: (changed) => {
      if (isSame(policy, changed)) return false;
      policy = changed;
      return true;
    },
    setCalendar: (changed) => {
      if (isSame(calendar, changed)) return false;
      calendar = changed;
      localTime = createLocalTime(calendar);
      return true;
    },
    setFeed: ({ feed, atMs, status, sinceMs = atMs, overdue = null, live = null, cause }) => {
      const known = feedsDown.get(feed);
      if ((status === 'down') === (known !== undefined)) return undefined;
      if (known !== undefined) {
        feedsDown.delete(feed);
        feedsUp.set(feed, atMs);
        return known;
      }
      // What goes down again went after it was back: with the same begin it would be the same alert.
      const outage = {
        feed,
        atMs,
        sinceMs: Math.max(sinceMs, (feedsUp.get(feed) ?? sinceMs - 1) + 1),
        overdue,
        live,
        ...(cause === undefined ? {} : { cause }),
      };
      feedsDown.set(feed, outage);
      return outage;
    },
    outageOf: (feed) => feedsDown.get(feed),
    state: () => ({
      tickMs,
      zones: [...features.values()],
      policy,
      calendar,
      feedsDown: [...feedsDown.values()],
      feedsUp: Object.fromEntries(feedsUp),
      musters: [...musters.values()],
      noContact: Object.fromEntries(noContact),
    }),
  };
}

/** Same value whatever the order of the keys: jsonb keeps its own, and what went through the store must change nothing. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => isSame(item, b[i]))
    );
  const left = Object.entries(a);
  const right = new Map<string, unknown>(Object.entries(b));
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && isSame(value, right.get(key)))
  );
}
