/** The policies in force, one object for all whom it holds for: a policy is larger than a subject's state. */
import type { Instant } from '../../src/kernel/instant.ts';
import { type Policy, type PolicyDocument, policyFor } from '../../src/kernel/policy.ts';
import type { Grade } from '../../src/kernel/roster.ts';

/** What holds until a key period begins or ends, or another document comes. */
export interface PolicyInForce {
  readonly policy: Policy;
  readonly untilMs: Instant;
  readonly document: PolicyDocument;
}

export interface Policies {
  of(document: PolicyDocument, grade: Grade, office: string, atMs: Instant): PolicyInForce;
}

export function createPolicies(): Policies {
  let known = new Map<string, PolicyInForce>();
  let ofDocument: PolicyDocument | undefined;
  return {
    of: (document, grade, office, atMs) => {
      if (ofDocument !== document) {
        known = new Map();
        ofDocument = document;
      }
      const periods = document.keyPeriods.map(({ fromMs, untilMs }) =>
        fromMs <= atMs && atMs < untilMs ? '1' : '0',
      );
      const untilMs = nextKeyPeriodEdgeMs(document, atMs);
      const key = `${grade} ${periods.join('')} ${untilMs} ${office}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      const made = { policy: policyFor(document, grade, office, atMs), untilMs, document };
      known.set(key, made);
      return made;
    },
  };
}

export function nextKeyPeriodEdgeMs(document: PolicyDocument, nowMs: Instant): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const { fromMs, untilMs } of document.keyPeriods) {
    if (fromMs > nowMs && fromMs < next) next = fromMs;
    if (untilMs > nowMs && untilMs < next) next = untilMs;
  }
  return next;
}
