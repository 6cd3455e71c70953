/**
 * The policy: every threshold the rules use, with the defaults of design.md. A policy document can set any of
 * them for a supervision grade, an organisation and a key period; the narrowest wins
 * (default < grade < organisation, longest path last < key period).
 */
import type { Instant } from './instant.ts';
import type { Grade } from './roster.ts';

export interface Policy {
  readonly tickSeconds: number;
  readonly outsideProbability: number;
  readonly insideProbability: number;
  /** For a forbidden place, where `outsideProbability` does not already ask for less. */
  readonly exclusionProbability: number;
  readonly silenceIntervals: number;
  readonly silenceMinS: number;
  readonly abscondAfterS: number;
  readonly separationM: number;
  readonly separationS: number;
  readonly lowBatteryPct: number;
  readonly curfewGraceS: number;
  readonly checkinGraceS: number;
  readonly leaveGraceS: number;
  readonly gatheringM: number;
  readonly gatheringS: number;
  readonly maxSpeedMps: number;
  readonly clockSkewS: number;
  readonly reorderWindowS: number;
  readonly backfillHorizonS: number;
  readonly feedOutageShare: number;
  readonly feedOutageMinDevices: number;
  readonly feedOutageS: number;
  readonly deviceExpiryDays: number;
}

export const DEFAULT_POLICY: Policy = {
  tickSeconds: 10,
  outsideProbability: 0.99,
  insideProbability: 0.95,
  exclusionProbability: 0.95,
  silenceIntervals: 3,
  silenceMinS: 900,
  abscondAfterS: 3600,
  separationM: 200,
  separationS: 600,
  lowBatteryPct: 20,
  curfewGraceS: 300,
  checkinGraceS: 0,
  leaveGraceS: 3600,
  gatheringM: 100,
  gatheringS: 1800,
  maxSpeedMps: 100,
  clockSkewS: 600,
  reorderWindowS: 120,
  backfillHorizonS: 604_800,
  feedOutageShare: 0.5,
  feedOutageMinDevices: 10,
  feedOutageS: 300,
  deviceExpiryDays: 7,
};

export type PolicyPart = { readonly [K in keyof Policy]?: number };

export interface PolicyDocument {
  readonly default: PolicyPart;
  readonly grades: { readonly [G in Grade]?: PolicyPart };
  /** By organisation path, e.g. `445281` or `445281/liusha-east`. A path covers everything below it. */
  readonly organisations: Readonly<Record<string, PolicyPart>>;
  readonly keyPeriods: readonly {
    readonly fromMs: Instant;
    readonly untilMs: Instant;
    readonly policy: PolicyPart;
  }[];
}

export const EMPTY_POLICY_DOCUMENT: PolicyDocument = {
  default: {},
  grades: {},
  organisations: {},
  keyPeriods: [],
};

/** How sure it must be that somebody is in a forbidden place before it is told (rule A2, decision 081). */
export const sureOfExclusion = ({ outsideProbability, exclusionProbability }: Policy): number =>
  Math.min(outsideProbability, exclusionProbability);

/** The policy in force for a subject of `grade` under `office` at `at`. Pure; answers a whole policy. */
export function policyFor(document: PolicyDocument, grade: Grade, office: string, at: Instant): Policy {
  const organisations = Object.keys(document.organisations)
    .filter((path) => office === path || office.startsWith(`${path}/`))
    .sort((a, b) => a.length - b.length)
    .map((path) => document.organisations[path]);
  const keyPeriods = document.keyPeriods
    .filter((period) => period.fromMs <= at && at < period.untilMs)
    .map((period) => period.policy);
  return Object.assign(
    // A copy keeps the shape: an object that is put together key by key is read like a dictionary, and these are read all the time.
    { ...DEFAULT_POLICY },
    document.default,
    document.grades[grade],
    ...organisations,
    ...keyPeriods,
  );
}
