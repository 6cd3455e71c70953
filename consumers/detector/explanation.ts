/**
 * Why and why not: for one subject at one moment, which rules were in force, what each saw and what it concluded. By the same
 * functions that judge, on the same state, so it can't say anything else than the detector did. Pure.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { accuracyOfSigma, probabilityOutside } from '../../alerts/evidence/position-estimate.ts';
import type { SubjectView } from '../../alerts/kinds/kind.ts';
import { ALERT_KINDS_JUDGED } from '../../alerts/kinds/kinds.ts';
import { permitAt, permitEndMs } from '../../alerts/kinds/permits.ts';
import {
  isSilent,
  type SilenceCause,
  silenceCauseOf,
  silenceDeadlineMs,
} from '../../alerts/kinds/silence.ts';
import { viewOfVerdict, whereabouts } from '../../alerts/kinds/whereabouts.ts';
import type { Words } from '../../alerts/kinds/wording.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import type { AlertKindName, Severity } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Policy } from '../../src/kernel/policy.ts';
import { feedOf, type Schedule, type ZoneFeature } from '../../src/kernel/roster.ts';
import { whyNot } from './why-not.ts';

export interface Explanation {
  readonly subject: string;
  readonly atMs: Instant;
  readonly grade: string;
  readonly office: string;
  /** Since when profile, zones and policy were as they are here. */
  readonly rulesFromMs: Instant;
  readonly policy: Policy;
  /** First digits of the SHA-256 of the policy that was in force: the same policy, the same version. */
  readonly policyVersion: string;
  /** The same of the subject's profile, without the name. */
  readonly profileVersion: string;
  readonly position: PositionSeen | null;
  readonly devices: readonly DeviceSeen[];
  readonly zones: readonly ZoneSeen[];
  readonly permits: readonly {
    id: string;
    version: string;
    fromMs: Instant;
    endMs: Instant;
    destination: string | null;
    holds: boolean;
  }[];
  readonly curfews: readonly (Schedule & { zone: string; version: string; holds: boolean })[];
  readonly checkins: readonly {
    id: string;
    version: string;
    schedule: Schedule;
    lastWindow: { fromMs: Instant; untilMs: Instant } | null;
  }[];
  /** Every kind once at least, in the order in which they are judged. */
  readonly conclusions: readonly Conclusion[];
}

export interface PositionSeen {
  readonly device: string;
  readonly atMs: Instant;
  readonly lon: number;
  readonly lat: number;
  /** Radius that holds 68 %, grown by the time for which a fix is overdue. */
  readonly accuracyM: number;
  /** Too old to accuse or to clear. */
  readonly isStale: boolean;
}

export interface DeviceSeen {
  readonly id: string;
  readonly kind: string;
  readonly heardMs: Instant | null;
  readonly silentFromMs: Instant;
  readonly batteryPct: number | null;
  readonly off: string | null;
  readonly strapCutMs: Instant | null;
  readonly isFeedDown: boolean;
  /** Null: it is not silent, or for a cause that is named above. */
  readonly silentBy: SilenceCause | null;
  /** Why there is no place of it: nothing was ever heard, it was heard without a fix, or its fixes did not fit together. */
  readonly noFix: 'no-contact' | 'no-fix' | 'no-trustworthy-fix' | null;
}

export interface ZoneSeen {
  readonly zone: string;
  readonly name: string | null;
  /** Of the shape; null: not known. */
  readonly version: string | null;
  /** Of the assignment: rule, buffer and schedule. */
  readonly ruleVersion: string;
  readonly schedule: Schedule | null;
  readonly rule: 'stay-in' | 'keep-out';
  readonly bufferM: number;
  readonly inForce: boolean;
  /** To the drawn edge, negative inside; null: no position, or no shape. */
  readonly distanceM: number | null;
  /** Of being outside the edge, the buffer counted. */
  readonly probabilityOutside: number | null;
}

export interface Conclusion {
  readonly kind: AlertKindName;
  /** What it is about; empty where the kind had nothing to say. */
  readonly about: string;
  readonly says: 'holds' | 'undecided' | 'nothing';
  readonly confidence: number;
  readonly severity: Severity | null;
  /** The alert that stands open about it. */
  readonly alert: string | null;
  readonly words: Words;
}

export function explain(
  view: SubjectView,
  alertOf: (kind: string, about: string) => string | null,
  featureOf: (zone: string) => ZoneFeature | undefined,
): Explanation {
  const { profile, policy, nowMs, rulesFromMs } = view;
  const where = whereabouts(view);
  return {
    subject: profile.id,
    atMs: nowMs,
    grade: profile.grade,
    office: profile.office,
    rulesFromMs,
    policy,
    policyVersion: versionOf(policy),
    profileVersion: versionOf({ ...profile, name: undefined, contacts: undefined }),
    position:
      where === null || view.located === null
        ? null
        : {
            device: where.device.id,
            atMs: view.located.estimate.atMs,
            lon: where.lon,
            lat: where.lat,
            accuracyM: accuracyOfSigma(where.sigmaM),
            isStale: where.isStale,
          },
    devices: view.devices.map(({ device, state }): DeviceSeen => {
      const noFix =
        state.estimate !== null
          ? null
          : state.heardMs === null
            ? 'no-contact'
            : state.fixes.length === 0
              ? 'no-fix'
              : 'no-trustworthy-fix';
      return {
        id: device.id,
        kind: device.kind,
        heardMs: state.heardMs,
        silentFromMs: silenceDeadlineMs(policy, device, state) + 1,
        batteryPct: state.battery.pct,
        off: state.off?.status ?? null,
        strapCutMs: state.strapCutMs ?? null,
        isFeedDown: view.isFeedDown(feedOf(device)),
        silentBy: isSilent(view, device, state) ? silenceCauseOf(view, state) : null,
        noFix,
      };
    }),
    zones: profile.zones.map((assignment): ZoneSeen => {
      const { zone: id, rule, bufferM, schedule } = assignment;
      const zone = view.zone(id);
      const distanceM =
        zone === undefined || where === null ? null : signedDistanceM(zone, where.lon, where.lat);
      const edgeM = rule === 'stay-in' ? bufferM : -bufferM;
      const feature = featureOf(id);
      return {
        zone: id,
        name: zone?.name ?? null,
        version: feature === undefined ? null : versionOf(feature),
        ruleVersion: versionOf(assignment),
        schedule,
        rule,
        bufferM,
        inForce: view.isInForce(schedule, nowMs),
        distanceM: distanceM === null ? null : Math.round(distanceM * 10) / 10,
        probabilityOutside:
          distanceM === null || where === null
            ? null
            : Math.round(probabilityOutside(distanceM - edgeM, where.sigmaM) * 10_000) / 10_000,
      };
    }),
    permits: profile.permits.map((permit) => ({
      id: permit.id,
      version: versionOf(permit),
      fromMs: permit.fromMs,
      endMs: permitEndMs(permit),
      destination: permit.destination,
      holds: permitAt(view, nowMs)?.id === permit.id,
    })),
    curfews: profile.curfews.map((curfew) => ({
      ...curfew,
      version: versionOf(curfew),
      holds: view.windowAt(curfew, nowMs) !== null,
    })),
    checkins: profile.checkins.map((checkin) => ({
      id: checkin.id,
      version: versionOf(checkin),
      schedule: { days: checkin.days, from: checkin.from, to: checkin.to },
      lastWindow: view.lastOfficeWindow(checkin, nowMs),
    })),
    conclusions: ALERT_KINDS_JUDGED.flatMap((kind): Conclusion[] => {
      const verdicts = kind.judge(view);
      if (verdicts.length === 0) {
        return [
          {
            kind: kind.name,
            about: '',
            says: 'nothing',
            confidence: 0,
            severity: null,
            alert: null,
            words:
              whereabouts(view) === null && kind.judges === 'place'
                ? undecidedWords(view, 0)
                : whyNot(view, kind.name),
          },
        ];
      }
      return verdicts.map((verdict): Conclusion => {
        const { about, says, confidence, severity } = verdict;
        const account = says === 'holds' ? kind.explain(viewOfVerdict(view, verdict), verdict) : null;
        return {
          kind: kind.name,
          about,
          says,
          confidence,
          severity,
          alert: alertOf(kind.name, about),
          words: account === null ? undecidedWords(view, confidence) : { zh: account.zh, en: account.en },
        };
      });
    }),
  };
}

/** Unknown has an owner: what is missing, and since when. */
function undecidedWords(view: SubjectView, confidence: number): Words {
  const where = whereabouts(view);
  if (where === null)
    return { zh: '尚无可信定位，不能判定。', en: 'No trustworthy position yet: it can’t be told.' };
  const at = view.clock(view.located?.estimate.atMs ?? view.nowMs);
  if (where.isStale)
    return {
      zh: `最近一次可信定位为 ${at}，已过久，既不据以告警，也不据以解除。`,
      en: `The last trustworthy position is of ${at}, too old to accuse or to clear.`,
    };
  const percent = `${Math.floor(confidence * 1000) / 10} %`;
  return {
    zh: `概率 ${percent}，介于告警与解除之间，维持原状。`,
    en: `Probability ${percent}, between what opens and what clears: it stays as it was.`,
  };
}

/** JSON text with its keys in order, so that one value has one version. */
function versionOf(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, 12);
}
