/** What the routes that change the roster share: who and why, and how a refusal is told. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Refusal, Result } from '../../../src/kernel/result.ts';
import type { Author } from '../../../src/roster/change.ts';
import type { Refused, Written } from '../../../src/roster/subject-edit.ts';
import { callerOf } from '../auth/route-guard.ts';
import { Problem } from '../problem.ts';
import { PlainText } from './schemas.ts';

/** Of the one that is changed, as it was read. */
export const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
/** Why: goes into the audit. */
export const Why = PlainText({ minLength: 1, maxLength: 500, description: 'Why: goes into the audit' });
export const WrittenAnswer = Type.Object({ id: Type.String(), version: Type.Integer() });

export function authorOf(request: FastifyRequest, reason: string): Author {
  const { kind, name, role, organisation } = callerOf(request).actor;
  return { actor: { kind, name, role, organisation }, address: request.ip, reason };
}

export function writtenOr(result: Result<Written, Refused>): Written {
  if (result.ok) return result.value;
  throw problemOf(result.error);
}

function problemOf(refused: Refused): Problem {
  switch (refused.code) {
    case 'not-found':
      return new Problem('not-found');
    case 'stale':
      return staleProblem(refused.version);
    case 'conflict':
      return new Problem('conflict', refused);
    case 'faults':
      return faultsProblem(refused.faults);
  }
}

export function staleProblem(version: number): Problem {
  return new Problem('conflict', told('changed-meanwhile', { version }));
}

export function faultsProblem(faults: readonly Refusal[]): Problem {
  // What clashes with the present state is another thing than what is wrong in itself.
  const clashes = faults.every(({ code }) => code === 'duplicate-id');
  return new Problem(clashes ? 'conflict' : 'bad-request', faults);
}
