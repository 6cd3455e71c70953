/** 逾期未销假: the permit ended and its return was not recorded. Watches each permit. */
import type { Permit } from '../../src/kernel/roster.ts';
import { type AlertKind, NOTHING, type SubjectView, type Verdict } from './kind.ts';
import { condition, duration } from './wording.ts';
import { lastFix } from './zone-evidence.ts';

const DEADLINE_S = 1800;

export const overdueLeave: AlertKind = {
  name: 'overdue-leave',
  judges: 'now',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    let verdicts: Verdict[] | undefined;
    for (const permit of view.profile.permits) {
      if (!hasReturned(permit, view) && view.nowMs > dueMs(permit, view)) {
        verdicts ??= [];
        verdicts.push({
          about: permit.id,
          says: 'holds',
          severity: view.profile.grade === 'strict' ? 'high' : 'medium',
          confidence: 1,
          device: view.located?.device.id ?? null,
        });
      }
    }
    return verdicts ?? NOTHING;
  },
  nextDueMs: (view) => {
    let next = Number.POSITIVE_INFINITY;
    for (const permit of view.profile.permits) {
      const atMs = dueMs(permit, view) + 1;
      if (permit.returnedAtMs === null && atMs > view.nowMs && atMs < next) next = atMs;
    }
    return next;
  },
  explain: (view, { about }) => {
    const permit = view.profile.permits.find(({ id }) => id === about);
    if (permit === undefined) throw new Error(`there is no permit ${about}`);
    const { id } = view.profile;
    const at = view.clock(permit.untilMs);
    const grace = duration(view.policy.leaveGraceS);
    const rest = view.located === null ? undefined : condition(view, view.located.state);
    return {
      atMs: permit.untilMs,
      zone: permit.destination,
      evidence: view.located === null ? [] : lastFix(view.located.state),
      zh: `${id} 的请假 ${about} 已于 ${at} 到期，超过宽限 ${grace.zh} 仍未登记销假。${rest?.zh ?? ''}`,
      en: `Permit ${about} of ${id} ended at ${at}; no return was recorded within the ${grace.en} of grace.${rest === undefined ? '' : ` ${rest.en}`}`,
    };
  },
  explainEnd: (view, { about, startedAtMs }) => {
    const permit = view.profile.permits.find(({ id }) => id === about);
    const { id } = view.profile;
    const returnedMs = permit?.returnedAtMs ?? null;
    const atMs = returnedMs === null ? view.nowMs : Math.min(view.nowMs, Math.max(startedAtMs, returnedMs));
    const at = view.clock(atMs);
    return {
      atMs,
      zone: permit?.destination ?? null,
      evidence: [],
      zh:
        returnedMs === null
          ? `${id} 的请假 ${about} 已于 ${at} 变更，不再逾期。`
          : `${id} 已于 ${at} 就请假 ${about} 销假。`,
      en:
        returnedMs === null
          ? `Permit ${about} of ${id} was changed at ${at} and is no longer overdue.`
          : `${id} reported back from permit ${about} at ${at}.`,
    };
  },
};

function hasReturned({ returnedAtMs }: Permit, { nowMs }: SubjectView): boolean {
  return returnedAtMs !== null && returnedAtMs <= nowMs;
}

function dueMs({ untilMs }: Permit, { policy }: SubjectView): number {
  return untilMs + policy.leaveGraceS * 1000;
}
