/** `subjects/:id/exemptions`: days on which a subject need not be located, recorded, and ended before their last day. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  addExemption,
  endExemption,
  findSpan,
  listExemptions,
  lockExemption,
} from '../../../src/store/exemptions.ts';
import { markExempt } from '../../../src/store/presence.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { audit } from '../audit.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Why } from './roster-items.ts';
import { answers, Day, Id, isRowNumber, Nullable, PlainText, readDay, Time } from './schemas.ts';

const MAX_EXEMPTIONS = 200;
const Exclusive = Type.String({ ...Day, description: 'Exclusive' });
const Exempt = {
  from: Day,
  until: Exclusive,
  ground: Type.Enum(['detention', 'hospital', 'decision']),
};
const Exemption = Type.Object({
  id: Type.String(),
  ...Exempt,
  note: Type.String(),
  by: Type.String(),
  at: Time,
  endsOn: Type.String({ ...Day, description: 'Exclusive, as it holds now: until, or the newest early end' }),
  ends: Type.Array(Type.Object({ until: Exclusive, reason: Type.String(), by: Type.String(), at: Time }), {
    description: 'Each early end, the oldest first',
  }),
});
type End = Static<typeof Exemption>['ends'][number];

export function registerExemptionRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['compliance'];

  app.get(
    '/api/v1/subjects/:id/exemptions',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'Days on which a subject need not be located, the newest first',
        params: Type.Object({ id: Id }),
        response: answers(Type.Object({ items: Type.Array(Exemption) })),
      },
    },
    async (request) => {
      const subject = await findSeen(callerOf(request).actor, 'compliance.read', request.params.id);
      const rows = await listExemptions(db, subject.id, MAX_EXEMPTIONS);
      return {
        items: rows.map(({ seq, from_day, until_day, ground, note, account, at, ends }) => {
          const early = (ends as readonly End[]).map((end) => ({
            ...end,
            at: new Date(end.at).toISOString(),
          }));
          return {
            id: seq,
            from: from_day,
            until: until_day,
            // The table's own check allows these three only.
            ground: ground as Static<typeof Exemption>['ground'],
            note,
            by: account,
            at: at.toISOString(),
            endsOn: early.at(-1)?.until ?? until_day,
            ends: early,
          };
        }),
      };
    },
  );

  app.post(
    '/api/v1/subjects/:id/exemptions',
    {
      config: { action: 'scores.enter' },
      schema: {
        tags,
        summary:
          'Days on which a subject need not be located, with the ground: left out of the rates, and shown as such',
        params: Type.Object({ id: Id }),
        body: Type.Object({ ...Exempt, note: PlainText({ minLength: 1, maxLength: 1000 }) }),
        response: answers(Type.Object({ id: Type.String() })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const subject = await findSeen(actor, 'scores.enter', request.params.id);
      const from = readDay('from', request.body.from);
      const until = readDay('until', request.body.until);
      if (until <= from) throw new Problem('bad-request', told('until-after-from'));
      const { ground, note } = request.body;
      return db.transaction(async (transaction) => {
        const [row] = await addExemption(transaction, subject.id, from, until, ground, note, actor.name);
        await markExempt(transaction, subject.id, from, until);
        await audit(transaction, request, {
          action: 'exemption.add',
          subject: subject.id,
          office: subject.office,
          reason: note,
          detail: { from, until, ground },
        });
        return { id: row?.seq ?? '' };
      });
    },
  );

  app.post(
    '/api/v1/subjects/:id/exemptions/:exemption/end',
    {
      config: { action: 'scores.enter' },
      schema: {
        tags,
        summary: 'End one before its last day: from then on the subject is to be located again',
        params: Type.Object({ id: Id, exemption: Id }),
        body: Type.Object({
          until: Type.String({ ...Day, description: 'Exclusive; its first day: it holds on no day' }),
          was: Nullable(Type.String({ ...Day, description: 'endsOn as it was read; null: whatever it is' })),
          reason: Why,
        }),
        response: answers(Type.Object({ id: Type.String(), endsOn: Day })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const subject = await findSeen(actor, 'scores.enter', request.params.id);
      const { exemption } = request.params;
      const { reason, was } = request.body;
      const until = readDay('until', request.body.until);
      if (!isRowNumber(exemption)) throw new Problem('not-found');
      return db.transaction(async (transaction) => {
        const [locked] = await lockExemption(transaction, exemption, subject.id);
        const [span] = locked === undefined ? [] : await findSpan(transaction, exemption);
        if (span?.from_day == null || span.until_day === null) throw new Problem('not-found');
        const { from_day: from, until_day: before } = span;
        if (was !== null && was !== before)
          throw new Problem('conflict', told('exemption-ended', { before }));
        if (until < from || until >= before)
          throw new Problem('bad-request', told('exemption-until', { from, before }));
        await endExemption(
          transaction,
          exemption,
          subject.id,
          until,
          reason,
          actor.name,
          new Date(deps.now()),
        );
        await markExempt(transaction, subject.id, until, before);
        await audit(transaction, request, {
          action: 'exemption.end',
          subject: subject.id,
          office: subject.office,
          target: exemption,
          reason,
          detail: { from, until, before },
        });
        return { id: exemption, endsOn: until };
      });
    },
  );

  async function findSeen(actor: Actor, action: Action, id: string) {
    const [subject] = await findSubject(db, id);
    if (subject === undefined || !can(actor, action, subject.office, subject.minor))
      throw new Problem('not-found');
    return subject;
  }
}
