/**
 * One line in a route puts the deed into the audit: `await audit(db, request, { action: 'track.read', subject, office })`.
 * `db` is the transaction of the deed; where nothing is changed, it is called before what is shown is read.
 */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { told } from '../../src/kernel/fault.ts';
import { type AuditEntry, recordAudit } from '../../src/store/audit.ts';
import type { Db } from '../../src/store/statement.ts';
import { callerOf } from './auth/route-guard.ts';
import { Problem } from './problem.ts';

export type Deed = Omit<AuditEntry, 'actor' | 'address'>;

export async function audit(db: Db, request: FastifyRequest, ...deeds: readonly Deed[]): Promise<void> {
  const { kind, name, role, organisation } = callerOf(request).actor;
  const actor = { kind, name, role, organisation };
  await recordAudit(db, ...deeds.map((deed) => ({ ...deed, actor, address: request.ip })));
}

export const Reason = Type.Optional(
  Type.String({
    maxLength: 500,
    description: 'Why: goes into the audit. Needed of people who are signed in; the header X-Reason does too',
  }),
);

/** What is recorded of a token that says nothing: an integration may look without somebody at the keyboard. */
export const NOT_GIVEN = 'not given';

/**
 * Why somebody looks at what is sensitive (PIPL 28, 51), from the query or the header (percent-encoded where it is not
 * ASCII). A person must say it.
 */
export function reasonOf(request: FastifyRequest, given: string | undefined): string {
  const header = request.headers['x-reason'];
  const text = (given ?? (typeof header === 'string' ? unescaped(header) : '')).trim().slice(0, 500);
  if (text !== '') return text;
  if (callerOf(request).session !== null) throw new Problem('bad-request', told('reason-needed'));
  return NOT_GIVEN;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
