/** `subjects/:id/identity`: the identity number, shown on demand with a reason, and set. Lists show its mask. */
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { findIdentity, setIdentity } from '../../../src/store/identities.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { audit, Reason, reasonOf } from '../audit.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, Id } from './schemas.ts';

/** The functions of src/identity, given by the composition: rooms don't import each other. */
export interface IdentityOffice {
  readonly keyId: string | undefined;
  seal(subject: string, number: string): { readonly keyId: string; readonly sealed: Buffer };
  open(subject: string, keyId: string, sealed: Buffer): string | undefined;
  /** Undefined: no number that can be. */
  normal(text: string): string | undefined;
  mask(number: string): string;
}

export function registerIdentityRoutes(
  app: App,
  deps: { readonly database: Database; readonly identities: IdentityOffice; now(): Instant },
): void {
  const { database, identities } = deps;
  const tags = ['subjects'];

  app.get(
    '/api/v1/subjects/:id/identity',
    {
      config: { action: 'identity.read' },
      schema: {
        tags,
        summary: 'The identity number in full: why it is looked at goes into the audit',
        params: Type.Object({ id: Id }),
        querystring: Type.Object({ reason: Reason }),
        response: answers(Type.Object({ subject: Type.String(), number: Type.String() })),
      },
    },
    async (request, reply) => {
      const subject = await findSeen(callerOf(request).actor, 'identity.read', request.params.id);
      const reason = reasonOf(request, request.query.reason);
      const [kept] = await findIdentity(database, subject.id);
      if (kept === undefined) throw new Problem('not-found', told('no-identity'));
      await audit(database, request, {
        action: 'identity.read',
        subject: subject.id,
        office: subject.office,
        reason,
      });
      const number = identities.open(subject.id, kept.key_id, kept.sealed);
      if (number === undefined) throw new Problem('conflict', told('identity-sealed', { key: kept.key_id }));
      return reply.header('cache-control', 'no-store').send({ subject: subject.id, number });
    },
  );

  app.put(
    '/api/v1/subjects/:id/identity',
    {
      config: { action: 'identity.set' },
      bodyLimit: 4096,
      schema: {
        tags,
        summary: 'Set the identity number: kept encrypted',
        params: Type.Object({ id: Id }),
        body: Type.Object({
          number: Type.String({
            minLength: 4,
            maxLength: 64,
            description: 'Of 18 places: with its right check character',
          }),
        }),
        response: answers(Type.Object({ subject: Type.String(), masked: Type.String() })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const subject = await findSeen(actor, 'identity.set', request.params.id);
      if (identities.keyId === undefined) throw new Problem('conflict', told('identity-unkept'));
      const number = identities.normal(request.body.number);
      if (number === undefined) throw new Problem('bad-request', told('bad-identity'));
      const masked = identities.mask(number);
      const { keyId, sealed } = identities.seal(subject.id, number);
      await database.transaction(async (tx) => {
        await setIdentity(tx, subject.id, keyId, sealed, masked, actor.name, new Date(deps.now()));
        await audit(tx, request, { action: 'identity.set', subject: subject.id, office: subject.office });
      });
      return { subject: subject.id, masked };
    },
  );

  async function findSeen(actor: Actor, action: Action, id: string) {
    const [row] = await findSubject(database, id);
    if (row === undefined || !can(actor, action, row.office)) throw new Problem('not-found');
    return row;
  }
}
