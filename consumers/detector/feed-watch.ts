/**
 * Whether a feed as a whole has fallen silent (design, decision 7): the share of its live devices that are overdue together.
 * Counted where the subjects' state is, one count a partition; decided on the sum of all.
 */
import type { DeviceState } from '../../alerts/kinds/kind.ts';
import { silenceLimitS, silentSinceMs } from '../../alerts/kinds/silence.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { FeedStatus } from '../../src/kernel/log-event.ts';
import type { Policy } from '../../src/kernel/policy.ts';
import { type Device, feedOf } from '../../src/kernel/roster.ts';
import { findDevice, isWatched, type SubjectState } from './subject-state.ts';

export interface FeedCount {
  /** Devices that were heard within their own limit, at the tick or, of a feed that is down, when it went. Off ones are none. */
  live: number;
  /** Of those: nothing for `feedOutageS` longer than their interval. */
  overdue: number;
  /** Newest receipt of an overdue one: since when nothing has come. */
  heardMs: Instant;
}

/** Looked at on this grid only: an outage lasts minutes, and to count every device with each tick costs more than it tells. */
const LOOK_EVERY_MS = 30_000;

/** Whether a tick is one after which the feeds are counted: the first on or after each step of the grid. */
export function isFeedTick(atMs: Instant, beforeMs: Instant | null): boolean {
  return beforeMs === null || Math.floor(atMs / LOOK_EVERY_MS) > Math.floor(beforeMs / LOOK_EVERY_MS);
}

/** `downSince`: since when a feed is down, null for one that is up. */
export function countFeeds(
  watches: Iterable<{ readonly state: SubjectState }>,
  policy: Policy,
  nowMs: Instant,
  downSince: (feed: string) => Instant | null,
): Map<string, FeedCount> {
  const counts = new Map<string, FeedCount & { readonly downSinceMs: Instant | null }>();
  for (const { state: subject } of watches) {
    for (const device of subject.profile?.devices ?? []) {
      const { id } = device;
      const feed = feedOf(device);
      if (feed === null || !isWatched(device, nowMs)) continue;
      const state = findDevice(subject, id);
      if (state === undefined) continue;
      let count = counts.get(feed);
      if (count === undefined) {
        count = { live: 0, overdue: 0, heardMs: 0, downSinceMs: downSince(feed) };
        counts.set(feed, count);
      }
      countDevice(count, device, state, policy, nowMs, count.downSinceMs);
    }
  }
  return counts;
}

/** Adds one device to the count. `downSinceMs` null: its feed is up. */
function countDevice(
  count: FeedCount,
  device: Device,
  state: DeviceState,
  policy: Policy,
  nowMs: Instant,
  downSinceMs: Instant | null,
): void {
  if (state.heardMs === null || state.off !== null) return;
  const quietMs = nowMs - silentSinceMs(device, state);
  const overdueMs = (device.intervalS + policy.feedOutageS) * 1000;
  const limitMs = silenceLimitS(policy, device) * 1000;
  const isLive =
    downSinceMs === null
      ? quietMs <= Math.max(limitMs, overdueMs + policy.tickSeconds * 2000)
      : nowMs - quietMs >= downSinceMs - limitMs;
  if (!isLive) return;
  count.live++;
  if (quietMs < overdueMs) return;
  count.overdue++;
  if (state.heardMs > count.heardMs) count.heardMs = state.heardMs;
}

/** The lines to write into the log at a tick, in the order of the feeds' ids. `troubles`: since when a feed could not be asked. */
export function feedChanges(
  counts: ReadonlyMap<string, FeedCount>,
  down: ReadonlySet<string>,
  policy: Policy,
  atMs: Instant,
  troubles: ReadonlyMap<string, Instant> = NO_TROUBLES,
): FeedStatus[] {
  const changes: FeedStatus[] = [];
  for (const [feed, { live, overdue, heardMs }] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const isSilent = overdue >= policy.feedOutageMinDevices && overdue >= policy.feedOutageShare * live;
    const askedMs = troubles.get(feed) ?? Number.POSITIVE_INFINITY;
    const isUnasked = askedMs <= atMs - policy.feedOutageS * 1000;
    if ((isSilent || isUnasked) === down.has(feed)) continue;
    changes.push(
      isUnasked
        ? { type: 'feed', feed, atMs, status: 'down', sinceMs: askedMs, overdue, live, cause: 'operator' }
        : isSilent
          ? { type: 'feed', feed, atMs, status: 'down', sinceMs: heardMs, overdue, live }
          : { type: 'feed', feed, atMs, status: 'up' },
    );
  }
  return changes;
}

const NO_TROUBLES: ReadonlyMap<string, Instant> = new Map();
