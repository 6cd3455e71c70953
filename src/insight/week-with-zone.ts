/** The recorded week of those who have a zone, judged once as it was recorded and once with the zone as it is now, or is meant to be. */
import { compareAlerts, type Difference } from '../../consumers/detector/backtest.ts';
import { createDetector } from '../../consumers/detector/detector.ts';
import { netOf } from '../../consumers/detector/reconcile.ts';
import type { AlertEvent } from '../kernel/alert-event.ts';
import type { Instant } from '../kernel/instant.ts';
import { type LogEvent, receiptOf } from '../kernel/log-event.ts';
import { partitionOf } from '../kernel/partition.ts';
import type { SubjectProfile, ZoneFeature } from '../kernel/roster.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import { isRule, readPast } from './past.ts';

export interface WeekWithZone {
  readonly fromMs: Instant;
  readonly untilMs: Instant;
  /** What it would have raised about itself, as it was opened, with its end. */
  readonly raised: readonly RaisedAlert[];
  /** What would have been raised and was not, and the other way round, of any zone: two zones of one union share an alert. */
  readonly differences: readonly Difference[];
}

export interface RaisedAlert {
  readonly alert: AlertEvent;
  /**
   * It ended within ten minutes, or was never farther from the edge than its fixes may be off: more likely drift than a way that
   * somebody went. Nobody but a person can say which alert was false.
   */
  readonly doubtful: boolean;
}

const SHORT_MS = 600_000;

export async function replayWeek(
  log: ObservationLog,
  zone: ZoneFeature,
  profiles: readonly SubjectProfile[],
  { fromMs, untilMs }: { readonly fromMs: Instant; readonly untilMs: Instant },
): Promise<WeekWithZone> {
  const wanted = new Map(profiles.map((profile) => [profile.id, profile]));
  const [recorded, other]: [AlertEvent[], AlertEvent[]] = [[], []];
  for (const partition of new Set(profiles.map(({ id }) => partitionOf(id, log.partitions)))) {
    const asRecorded = createDetector();
    const withZone = createDetector();
    let isFirst = true;
    for await (const event of readPast(log, partition, null, untilMs)) {
      if (!isAsked(event, wanted) || (receiptOf(event) < fromMs && !isRule(event))) continue;
      asRecorded.apply(event, (alert) => recorded.push(alert));
      const emit = (alert: AlertEvent) => other.push(alert);
      if (isFirst) withZone.apply({ type: 'zone', atMs: receiptOf(event), zone }, emit);
      isFirst = false;
      // The shape of now holds for the whole week.
      if (event.type === 'zone' && event.zone.id === zone.id) continue;
      withZone.apply(event.type === 'profile' ? layOver(event, wanted, zone.id) : event, emit);
    }
  }
  const isNow = (alert: AlertEvent) => alert.kind !== 'feed-outage' && alert.detectedAtMs >= fromMs;
  const net = netOf(other.filter(isNow));
  const raised = other
    .filter(({ state, zone: about }) => state === 'opened' && about === zone.id)
    .flatMap((opened): RaisedAlert[] => {
      const last = net.get(opened.alert);
      if (last === undefined || last.state === 'retracted') return [];
      const alert = { ...opened, clearedAtMs: last.clearedAtMs };
      return [{ alert, doubtful: isDoubtful(alert) }];
    });
  return {
    fromMs,
    untilMs,
    raised,
    differences: compareAlerts(recorded.filter(isNow), other.filter(isNow)),
  };
}

function isAsked(event: LogEvent, wanted: ReadonlyMap<string, SubjectProfile>): boolean {
  if (event.type === 'profile') return wanted.has(event.profile.id);
  // Pairs have nothing to do with zones.
  if (event.type === 'sighting' || event.type === 'no-contact') return false;
  return !('subject' in event) || wanted.has(event.subject);
}

function layOver(
  event: Extract<LogEvent, { type: 'profile' }>,
  wanted: ReadonlyMap<string, SubjectProfile>,
  zone: string,
): LogEvent {
  const now = wanted.get(event.profile.id);
  if (now === undefined) return event;
  const { zones, curfews } = event.profile;
  return {
    ...event,
    profile: {
      ...event.profile,
      zones: [
        ...zones.filter((item) => item.zone !== zone),
        ...now.zones.filter((item) => item.zone === zone),
      ],
      curfews: [
        ...curfews.filter((item) => item.zone !== zone),
        ...now.curfews.filter((item) => item.zone === zone),
      ],
    },
  };
}

function isDoubtful({ startedAtMs, clearedAtMs, evidence }: AlertEvent): boolean {
  if (clearedAtMs !== null && clearedAtMs - startedAtMs <= SHORT_MS) return true;
  return evidence.every(({ distanceM, accuracyM }) => Math.abs(distanceM) <= accuracyM);
}
