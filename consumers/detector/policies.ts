/** The policies in force, one object for all whom it holds for: a policy is larger than a subject's state. */
import type { Instant } from '../../src/kernel/instant.ts';
import { type Policy, type PolicyDocument, policyFor } from '../../src/kernel/policy.ts';
import type { Grade } from '../../src/kernel/roster.ts';

export interface Policies {
  of(document: PolicyDocument, grade: Grade, office: string, atMs: Instant): Policy;
}

export function createPolicies(): Policies {
  let known = new Map<string, Policy>();
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
      const key = `${grade} ${periods.join('')} ${office}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      const made = policyFor(document, grade, office, atMs);
      known.set(key, made);
      return made;
    },
  };
}
