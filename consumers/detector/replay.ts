/**
 * The detector on a stretch of recorded lines: puts the files' rules in force at the first line, and makes what the lines lack of
 * what the running service writes into the log by itself: ticks, states of feeds, sightings of pairs. Pure.
 */
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { type LogEvent, noContactOf, receiptOf, type Sighting } from '../../src/kernel/log-event.ts';
import { type PolicyDocument, policyFor } from '../../src/kernel/policy.ts';
import type { Roster, ZoneFeature } from '../../src/kernel/roster.ts';
import { createDetector, type Detector } from './detector.ts';
import { feedChanges, isFeedTick } from './feed-watch.ts';

export interface Rules {
  readonly roster: Roster;
  readonly zones: readonly ZoneFeature[];
  readonly policy: PolicyDocument;
}

/** What the lines have of their own, and is not made. */
export interface LineKinds {
  readonly ticks: boolean;
  readonly feeds: boolean;
  readonly sightings: boolean;
}

export interface Replay {
  readonly detector: Detector;
  /** In the order of receipt. */
  take(event: LogEvent): void;
  /** Makes the ticks up to then. */
  until(atMs: Instant): void;
  /** The newest tick, made or read. */
  tickMs(): Instant | null;
}

export function createReplay(rules: Rules, has: LineKinds, emit: (alert: AlertEvent) => void): Replay {
  const detector = createDetector();
  const sight = has.sightings ? undefined : (sighting: Sighting) => detector.apply(sighting, emit);
  const down = new Set<string>();
  let policy = rules.policy;
  let lastMs: Instant | null = null;
  /** Asked for each line, so it is worked out only when something it depends on has changed. */
  let nextMs = Number.POSITIVE_INFINITY;
  let everyMs = 0;

  function plan(atMs: Instant): void {
    everyMs = policyFor(policy, 'standard', '', atMs).tickSeconds * 1000;
    nextMs = (Math.floor(atMs / everyMs) + 1) * everyMs;
    lastMs = atMs;
  }

  function begin(atMs: Instant): void {
    const apply = (event: LogEvent) => detector.apply(event, emit);
    apply({ type: 'calendar', atMs, calendar: rules.roster.calendar });
    apply({ type: 'policy', atMs, policy: rules.policy });
    for (const zone of rules.zones) apply({ type: 'zone', atMs, zone });
    for (const muster of rules.roster.musters) apply({ type: 'muster', atMs, muster });
    for (const profile of rules.roster.subjects) {
      apply({ type: 'profile', atMs, profile });
      if (profile.noContact.length > 0) apply(noContactOf(profile, atMs));
    }
    plan(atMs);
  }

  function lookAtFeeds(atMs: Instant, beforeMs: Instant | null): void {
    if (has.feeds || !isFeedTick(atMs, beforeMs)) return;
    for (const event of feedChanges(
      detector.countFeeds(),
      down,
      policyFor(policy, 'standard', '', atMs),
      atMs,
    )) {
      if (event.status === 'down') down.add(event.feed);
      else down.delete(event.feed);
      detector.apply(event, emit);
    }
  }

  /** On the grid of `tickSeconds`, like the running clock's. */
  function tickUpTo(untilMs: Instant): void {
    while (nextMs <= untilMs) {
      const atMs = nextMs;
      detector.apply({ type: 'tick', atMs }, emit);
      lookAtFeeds(atMs, lastMs);
      plan(atMs);
    }
  }

  return {
    detector,
    take: (event) => {
      const receiptMs = receiptOf(event);
      if (lastMs === null) begin(receiptMs);
      if (!has.ticks) tickUpTo(receiptMs);
      if (event.type === 'policy') {
        policy = event.policy;
        plan(Math.max(lastMs ?? receiptMs, event.atMs));
      }
      detector.apply(event, emit, sight);
      if (event.type === 'profile') detector.apply(noContactOf(event.profile, event.atMs), emit);
      if (has.ticks && event.type === 'tick') {
        lookAtFeeds(event.atMs, lastMs);
        plan(Math.max(lastMs ?? receiptMs, event.atMs));
      }
    },
    until: (atMs) => {
      if (lastMs === null) begin(atMs);
      tickUpTo(atMs);
    },
    tickMs: () => lastMs,
  };
}
