/** What a subject's mark shows: facts about contact, and whether an alert is open. Pure. */
import { FLAG_OFF, type SubjectCard, type Whereabouts } from '../../protocol.ts';

export const SUBJECT_STATUSES = ['heard', 'silent', 'off', 'unknown'] as const;
export type SubjectStatus = (typeof SUBJECT_STATUSES)[number];

/** Without contact for longer than this the mark is hollow; whether that is an alert is for the detector to say. */
export const HEARD_WITHIN_S = 900;

export function statusOf(whereabouts: Whereabouts | null | undefined, nowMs: number): SubjectStatus {
  if (whereabouts === null || whereabouts === undefined || whereabouts[5] === 0) return 'unknown';
  if ((whereabouts[7] & FLAG_OFF) !== 0) return 'off';
  return nowMs / 1000 - whereabouts[5] > HEARD_WITHIN_S ? 'silent' : 'heard';
}

export const isOnLeave = ({ leaves = [] }: SubjectCard, nowMs: number): boolean =>
  leaves.some(([fromMs, untilMs]) => fromMs <= nowMs && nowMs < untilMs);

const FADES_OVER_S = 14_400;

/** 1 for a fresh place, less with its age, and never nothing: a stale place is still the last one known. */
export function freshness(ageS: number): number {
  return Math.max(0.35, 1 - Math.max(0, ageS - HEARD_WITHIN_S) / FADES_OVER_S);
}
