/** The rules that others use, on the same fixes: the first one outside, only good ones, three in a row; and plain timers. */
import { type PreparedZone, prepareZone } from '../../geofences/prepare-zone.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import type { LogEvent, Position } from '../../src/kernel/log-event.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import type { SubjectProfile, ZoneFeature } from '../../src/kernel/roster.ts';
import { HOUR_MS } from './calendar.ts';
import type { Told } from './score.ts';

export interface PlainRule {
  readonly name: string;
  /** In the order of receipt. */
  take(event: LogEvent): void;
  /** What it has told, those that still stand included. */
  told(): Told[];
}

interface Rule {
  readonly name: string;
  readonly mostAccuracyM: number;
  readonly inRow: number;
}

export const PLAIN: readonly Rule[] = [
  { name: 'first fix outside', mostAccuracyM: Number.POSITIVE_INFINITY, inRow: 1 },
  { name: 'over 100 m ignored', mostAccuracyM: 100, inRow: 1 },
  { name: 'three in a row', mostAccuracyM: Number.POSITIVE_INFINITY, inRow: 3 },
];

const PLACES = ['out-of-bounds', 'exclusion-entry', 'curfew'] as const;

export function createPlainRule(
  { name, mostAccuracyM, inRow }: Rule,
  profiles: readonly SubjectProfile[],
  zones: readonly ZoneFeature[],
): PlainRule {
  const prepared = new Map(
    zones.flatMap((zone): [string, PreparedZone][] => {
      const result = prepareZone(zone);
      return result.ok ? [[zone.id, result.value]] : [];
    }),
  );
  const people = new Map(profiles.map((profile) => [profile.id, profile]));
  const told: Told[] = [];
  const open = new Map<string, Told>();
  const rows = new Map<string, number>();
  const heard = new Map<string, number>();

  function level(
    kind: Told['kind'],
    who: string,
    about: string,
    isBroken: boolean,
    atMs: number,
    nowMs: number,
  ) {
    const key = `${kind} ${about}`;
    const row = isBroken ? (rows.get(key) ?? 0) + 1 : 0;
    rows.set(key, row);
    const known = open.get(key);
    if (!isBroken) {
      if (known !== undefined) known.clearedAtMs = nowMs;
      open.delete(key);
    } else if (known === undefined && row >= inRow) {
      const alert: Told = {
        kind,
        who,
        startedAtMs: atMs,
        detectedAtMs: nowMs,
        clearedAtMs: null,
        severity: 'high',
      };
      open.set(key, alert);
      told.push(alert);
    }
  }

  function judge(profile: SubjectProfile, fix: Position): void {
    if ((fix.accuracyM ?? 100) > mostAccuracyM) return;
    const { id } = profile;
    const { atMs, receivedMs, lon, lat } = fix;
    const distanceM = (zone: string) => {
      const shape = prepared.get(zone);
      return shape === undefined ? 0 : signedDistanceM(shape, lon, lat);
    };
    const isOnLeave = profile.permits.some(
      ({ fromMs, untilMs, returnedAtMs }) =>
        atMs >= fromMs && atMs < Math.min(untilMs, returnedAtMs ?? untilMs),
    );
    const hour = (atMs / HOUR_MS + 8) % 24;
    for (const kind of PLACES) {
      if (kind === 'curfew') {
        const [curfew] = profile.curfews;
        if (curfew === undefined) continue;
        const holds = !isOnLeave && (hour >= 22 + DEFAULT_POLICY.curfewGraceS / 3600 || hour < 6);
        level(kind, id, id, holds && distanceM(curfew.zone) > 0, atMs, receivedMs);
        continue;
      }
      const wanted = kind === 'out-of-bounds' ? 'stay-in' : 'keep-out';
      const zone = profile.zones.find(({ rule }) => rule === wanted);
      if (zone === undefined) continue;
      const m = distanceM(zone.zone);
      level(kind, id, id, kind === 'out-of-bounds' ? m > 0 && !isOnLeave : m < 0, atMs, receivedMs);
    }
  }

  return {
    name,
    take: (event) => {
      if (event.type === 'profile') people.set(event.profile.id, event.profile);
      if (event.type !== 'position' && event.type !== 'status') return;
      const profile = people.get(event.subject);
      const device = profile?.devices.find(({ id }) => id === event.device);
      if (profile === undefined || device === undefined) return;
      const limitS = Math.max(DEFAULT_POLICY.silenceMinS, DEFAULT_POLICY.silenceIntervals * device.intervalS);
      const lastMs = heard.get(device.id) ?? event.receivedMs;
      if (event.receivedMs - lastMs > limitS * 1000)
        told.push({
          kind: 'silent',
          who: profile.id,
          startedAtMs: lastMs,
          detectedAtMs: lastMs + limitS * 1000,
          clearedAtMs: event.receivedMs,
          severity: 'medium',
        });
      heard.set(device.id, Math.max(lastMs, event.receivedMs));
      if (event.type !== 'position') return;
      if (event.batteryPct !== undefined)
        level(
          'low-battery',
          profile.id,
          device.id,
          event.batteryPct < DEFAULT_POLICY.lowBatteryPct,
          event.atMs,
          event.receivedMs,
        );
      judge(profile, event);
    },
    told: () => told,
  };
}
