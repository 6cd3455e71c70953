/** What deeds on permits and orders have in common: who decides at which level, and that a deed and its entry in the audit are one. */

import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Result } from '../../../src/kernel/result.ts';
import { LEVELS, levelOf } from '../../../src/legal/measures.ts';
import type { Officer } from '../../../src/legal/permit-desk.ts';
import type { Database, Db } from '../../../src/ports/database.ts';
import { findOrganisationKind } from '../../../src/store/organisations.ts';
import { audit } from '../audit.ts';
import type { Actor } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import { Problem } from '../problem.ts';

export const Article = Type.Object({ zh: Type.String(), en: Type.String() });
export const LevelName = Type.Enum(LEVELS, {
  description: 'office: 受委托的司法所; county: 县级社区矫正机构; city: 上一级; province',
});
export interface LegalDeps {
  readonly database: Database;
  now(): Instant;
}

/** Who decides, and at which level of the tree. */
export async function officerOf(db: Db, { name, organisation }: Actor): Promise<Officer> {
  const [row] = await findOrganisationKind(db, organisation);
  return { account: name, level: levelOf(organisation, row?.kind) };
}

export function refused(fault: { readonly code: string } & Told): Problem {
  const { code } = fault;
  if (code === 'wrong-level') return new Problem('forbidden', fault);
  return new Problem(code === 'wrong-state' ? 'conflict' : 'bad-request', fault);
}

export interface Deed<Row> {
  readonly action: string;
  readonly office: string;
  readonly reason: string | null;
  detail?(row: Row): Record<string, unknown>;
  act(tx: Db, by: Officer): Promise<Result<Row, { readonly code: string } & Told>>;
}

/** The deed and its entry in the audit, both or neither. */
export async function perform<Row extends { readonly id: string; readonly subject: string }>(
  db: Database,
  request: FastifyRequest,
  { action, office, reason, detail, act }: Deed<Row>,
): Promise<Row> {
  const done = await db.transaction(async (tx) => {
    const result = await act(tx, await officerOf(tx, callerOf(request).actor));
    if (result.ok) {
      const { id: target, subject } = result.value;
      await audit(tx, request, {
        action,
        subject,
        office,
        target,
        reason,
        ...(detail === undefined ? {} : { detail: detail(result.value) }),
      });
    }
    return result;
  });
  if (!done.ok) throw refused(done.error);
  return done.value;
}
