/**
 * One line in a route puts the deed into the audit: `await audit(db, request, { action: 'track.read', subject, office })`.
 * `db` is the transaction of the deed; where nothing is changed, it is called before what is shown is read.
 */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { told } from '../../src/kernel/fault.ts';
import { type AuditEntry, recordAudit } from '../../src/store/audit.ts';
import type { Db } from '../../src/store/statement.ts';
import type { Actor } from './auth/access.ts';
import { callerOf } from './auth/route-guard.ts';
import { Problem } from './problem.ts';

export type Deed = Omit<AuditEntry, 'actor' | 'address'>;

interface Looker {
  readonly actor: Actor;
  /** The IP. */
  readonly address: string;
}

export const lookerOf = (request: FastifyRequest): Looker => ({
  actor: callerOf(request).actor,
  address: request.ip,
});

export async function audit(db: Db, request: FastifyRequest, ...deeds: readonly Deed[]): Promise<void> {
  await record(db, lookerOf(request), deeds);
}

async function record(db: Db, { actor: by, address }: Looker, deeds: readonly Deed[]): Promise<void> {
  const { kind, name, role, organisation } = by;
  const actor = { kind, name, role, organisation };
  await recordAudit(db, ...deeds.map((deed) => ({ ...deed, actor, address })));
}

/** More in one entry would be a row of megabytes. */
const SHOWN_AN_ENTRY = 2000;

/**
 * Who was shown whose evidence or position by a list: one entry, in which each of them is found (`access-report`). Nobody: none. It is
 * known only when the list has been read, so it is written before that is answered.
 */
export async function auditShown(
  db: Db,
  by: Looker,
  action: string,
  subjects: Iterable<string>,
): Promise<void> {
  const shown = [...new Set(subjects)].sort();
  const deeds: Deed[] = [];
  for (let from = 0; from < shown.length; from += SHOWN_AN_ENTRY)
    deeds.push({ action, detail: { subjects: shown.slice(from, from + SHOWN_AN_ENTRY) } });
  await record(db, by, deeds);
}

/** An entry's detail for a reader, who need not be allowed to know whom else a list showed: their number. */
export function readableDetail(detail: unknown): Record<string, unknown> {
  const { subjects, ...rest } = detail as Record<string, unknown>;
  return Array.isArray(subjects) ? { ...rest, people: subjects.length } : (detail as Record<string, unknown>);
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
