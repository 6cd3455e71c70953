/** `supervision`: the dates that a subject's legal clocks run from. With the end of correction collection stops at once. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import { collectionEndMs } from '../../../src/legal/clocks.ts';
import { rosterWall, settleSubject } from '../../../src/legal/settle.ts';
import { listDates, setDates } from '../../../src/store/legal-clocks.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { audit } from '../audit.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import type { LegalDeps } from './legal-deeds.ts';
import { answers, Day, Id, Nullable, PlainText, readDay, readTime, Time, timeOrNull } from './schemas.ts';

const Dates = {
  effectiveOn: Nullable(Day),
  reportedOn: Nullable(Day),
  lostSince: Nullable(Type.String({ maxLength: 40, description: '脱管, with its zone' })),
  endsOn: Nullable(Day),
  endedAt: Nullable(Type.String({ maxLength: 40, description: 'Ended before endsOn, with its zone' })),
};
const Supervision = Type.Object({
  subject: Type.String(),
  ...Dates,
  collectsUntil: Nullable(Time),
  version: Type.Integer({ description: '0: nothing is entered yet' }),
  changedBy: Nullable(Type.String()),
  changedAt: Nullable(Time),
});
const Params = Type.Object({ id: Id });
/** Community corrections began in 2003. */
const OLDEST_MS = Date.UTC(2003, 0, 1);

export function registerSupervisionRoutes(app: App, deps: LegalDeps): void {
  const db = deps.database;
  const tags = ['legal-clocks'];

  app.get(
    '/api/v1/subjects/:id/supervision',
    {
      config: { action: 'subjects.read' },
      schema: {
        tags,
        summary: "What the subject's legal clocks run from",
        params: Params,
        response: answers(Supervision),
      },
    },
    async (request) => {
      const { id } = await findSeen(callerOf(request).actor, 'subjects.read', request.params.id);
      const [row] = await listDates(db, [id]);
      return toSupervision(id, row);
    },
  );

  app.put(
    '/api/v1/subjects/:id/supervision',
    {
      config: { action: 'clocks.write' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'Enter the dates; with the end of correction collection stops at once',
        params: Params,
        body: Type.Object({
          ...Dates,
          version: Type.Integer({ minimum: 0, maximum: 2_147_483_646 }),
          reason: PlainText({ minLength: 1, maxLength: 1000 }),
        }),
        response: answers(Supervision),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id, office } = await findSeen(actor, 'clocks.write', request.params.id);
      const { version, reason, ...given } = request.body;
      const nowMs = deps.now();
      const dates = readDates(given, nowMs);
      const row = await db.transaction(async (tx) => {
        const collectsMs = collectionEndMs(dates, await rosterWall(tx));
        const [saved] = await setDates(
          tx,
          id,
          version,
          dates.effectiveOn,
          dates.reportedOn,
          dateOrNull(dates.lostSinceMs),
          dates.endsOn,
          dateOrNull(dates.endedMs),
          dateOrNull(collectsMs),
          actor.name,
          new Date(nowMs),
        );
        if (saved === undefined) return undefined;
        await settleSubject(tx, id, nowMs);
        await audit(tx, request, {
          action: 'supervision.change',
          subject: id,
          office,
          reason,
          detail: given,
        });
        return saved;
      });
      if (row === undefined) throw new Problem('conflict', told('dates-changed'));
      return toSupervision(id, row);
    },
  );

  async function findSeen(actor: Actor, action: Action, id: string) {
    const [row] = await findSubject(db, id);
    if (row === undefined || !can(actor, action, row.office, row.minor)) throw new Problem('not-found');
    return row;
  }
}

type GivenDates = { readonly [Key in keyof typeof Dates]: string | null };

function readDates(given: GivenDates, nowMs: Instant) {
  const day = (name: 'effectiveOn' | 'reportedOn' | 'endsOn') =>
    given[name] === null ? null : readDay(name, given[name]);
  const time = (name: 'lostSince' | 'endedAt') => {
    const at = given[name] === null ? null : readTime(name, given[name]);
    if (at !== null && (at > nowMs || at < OLDEST_MS))
      throw new Problem('bad-request', told('not-ahead', { field: name }));
    return at;
  };
  const dates = {
    effectiveOn: day('effectiveOn'),
    reportedOn: day('reportedOn'),
    lostSinceMs: time('lostSince'),
    endsOn: day('endsOn'),
    endedMs: time('endedAt'),
  };
  const { effectiveOn, reportedOn, endsOn } = dates;
  if (effectiveOn !== null && reportedOn !== null && reportedOn < effectiveOn)
    throw new Problem('bad-request', told('reported-before-effective'));
  if (effectiveOn !== null && endsOn !== null && endsOn < effectiveOn)
    throw new Problem('bad-request', told('ends-before-effective'));
  return dates;
}

const dateOrNull = (at: Instant | null) => (at === null ? null : new Date(at));

function toSupervision(
  subject: string,
  row: Awaited<ReturnType<typeof listDates>>[number] | undefined,
): Static<typeof Supervision> {
  return {
    subject,
    effectiveOn: row?.effective_on ?? null,
    reportedOn: row?.reported_on ?? null,
    lostSince: timeOrNull(row?.lost_since ?? null),
    endsOn: row?.ends_on ?? null,
    endedAt: timeOrNull(row?.ended_at ?? null),
    collectsUntil: timeOrNull(row?.collects_until ?? null),
    version: row?.version ?? 0,
    changedBy: row?.changed_by ?? null,
    changedAt: timeOrNull(row?.changed_at ?? null),
  };
}
