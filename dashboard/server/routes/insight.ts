/** Why and why not, another policy on the past, and whether an alert comes out again of what was recorded. */
import { Type } from 'typebox';
import type { AlertEvent } from '../../../src/kernel/alert-event.ts';
import { told } from '../../../src/kernel/fault.ts';
import { formatInstant, type Instant } from '../../../src/kernel/instant.ts';
import type { PolicyDocument } from '../../../src/kernel/policy.ts';
import { decodePolicyDocument } from '../../../src/kernel/policy-file.ts';
import type { Database } from '../../../src/ports/database.ts';
import { listVersions } from '../../../src/store/alert-rows.ts';
import { findSubject, listSubjects } from '../../../src/store/roster-views.ts';
import { audit, Reason, reasonOf } from '../audit.ts';
import { type Action, type Actor, can, covers } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { alertJson, withTimes } from './past-json.ts';
import { answers, Id, OrganisationPath, readTime, Time } from './schemas.ts';

/** What looks into the log for the desk. Its answers go out as they are, times as text. */
export interface PastOfLog {
  explain(subject: string, atMs: Instant): Promise<object | undefined>;
  reproduce(alert: string): Promise<
    | {
        readonly alert: string;
        readonly identical: boolean;
        readonly versions: readonly {
          readonly version: number;
          readonly result: string;
          readonly ledger: AlertEvent;
          readonly again: AlertEvent | null;
        }[];
      }
    | undefined
  >;
  backtest(
    other: PolicyDocument,
    fromMs: Instant,
    untilMs: Instant,
    isCounted: (subject: string) => boolean,
  ): Promise<{
    readonly counts: readonly object[];
    readonly load: object;
    readonly differences: readonly {
      readonly side: string;
      readonly kind: string;
      readonly subject: string;
      readonly before: AlertEvent | null;
      readonly after: AlertEvent | null;
    }[];
  }>;
}

const Anything = Type.Record(Type.String(), Type.Unknown());
const MAX_BACKTEST_DAYS = 31;
const PAGE = 10_000;

export function registerInsightRoutes(
  app: App,
  deps: { readonly database: Database; readonly past: PastOfLog; now(): Instant },
): void {
  const { database, past } = deps;
  const tags = ['insight'];

  app.get(
    '/api/v1/subjects/:id/explanation',
    {
      config: { action: 'insight.read' },
      schema: {
        tags,
        summary: 'Which rules were in force at a time, what each saw and concluded',
        params: Type.Object({ id: Id }),
        querystring: Type.Object({
          at: Type.Optional(Type.String({ description: 'With its zone; now unless given' })),
          reason: Reason,
        }),
        response: answers(Anything),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const subject = await findSeen(actor, 'insight.read', request.params.id);
      const atMs = request.query.at === undefined ? deps.now() : readTime('at', request.query.at);
      await audit(database, request, {
        action: 'explanation.read',
        subject: subject.id,
        office: subject.office,
        reason: reasonOf(request, request.query.reason),
        detail: { at: formatInstant(atMs) },
      });
      const explanation = await past.explain(subject.id, atMs);
      if (explanation === undefined) throw new Problem('not-found', told('nothing-in-log'));
      return withTimes(explanation) as Record<string, unknown>;
    },
  );

  app.get(
    '/api/v1/alerts/:id/reproduction',
    {
      config: { action: 'insight.read' },
      schema: {
        tags,
        summary: 'Whether the alert comes out again of the recorded observations',
        params: Type.Object({ id: Id }),
        response: answers(
          Type.Object({ alert: Type.String(), identical: Type.Boolean(), versions: Type.Array(Anything) }),
        ),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const [row] = await listVersions(database, request.params.id);
      if (row === undefined) throw new Problem('not-found');
      const subject =
        row.kind === 'feed-outage' ? undefined : await findSeen(actor, 'insight.read', row.subject);
      // Its evidence is where the subject was.
      await audit(database, request, {
        action: 'alert.reproduce',
        subject: subject?.id ?? null,
        office: subject?.office ?? null,
        target: row.alert,
      });
      const found = await past.reproduce(request.params.id);
      if (found === undefined) throw new Problem('not-found');
      return {
        alert: found.alert,
        identical: found.identical,
        versions: found.versions.map(({ version, result, ledger, again }) => ({
          version,
          result,
          ledger: alertJson(ledger),
          again: alertJson(again),
        })),
      };
    },
  );

  app.post(
    '/api/v1/policies/backtest',
    {
      config: { action: 'policies.backtest' },
      schema: {
        tags,
        summary: 'The recorded past under another policy',
        body: Type.Object({
          policy: Type.Unknown({ description: 'In the form of policy.json' }),
          from: Time,
          to: Time,
          organisation: OrganisationPath,
        }),
        response: answers(
          Type.Object({
            from: Time,
            until: Time,
            counts: Type.Array(Anything),
            load: Anything,
            differences: Type.Array(Anything),
          }),
        ),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { organisation = '' } = request.body;
      const [fromMs, untilMs] = [readTime('from', request.body.from), readTime('to', request.body.to)];
      if (untilMs <= fromMs || untilMs - fromMs > MAX_BACKTEST_DAYS * 86_400_000)
        throw new Problem('bad-request', told('span-to', { days: MAX_BACKTEST_DAYS }));
      const policy = decodePolicyDocument(request.body.policy);
      if (!policy.ok)
        throw new Problem(
          'bad-request',
          policy.error.map((refusal) => ({ ...refusal, where: `policy.${refusal.where}` })),
        );
      if (organisation !== '' && !covers(actor.organisation, organisation)) throw new Problem('not-found');
      await audit(database, request, {
        action: 'policy.backtest',
        target: organisation,
        detail: { from: formatInstant(fromMs), to: formatInstant(untilMs), policy: request.body.policy },
      });
      const own = await listOwn(actor, organisation);
      const result = await past.backtest(policy.value, fromMs, untilMs, (subject) => own.has(subject));
      return {
        from: formatInstant(fromMs),
        until: formatInstant(untilMs),
        counts: result.counts as Record<string, unknown>[],
        load: result.load as Record<string, unknown>,
        differences: result.differences.map(({ side, kind, subject, before, after }) => ({
          side,
          kind,
          subject,
          before: alertJson(before),
          after: alertJson(after),
        })),
      };
    },
  );

  async function listOwn(actor: Actor, organisation: string): Promise<Set<string>> {
    const own = new Set<string>();
    for (let after = ''; ; ) {
      const rows = await listSubjects(
        database,
        actor.organisation,
        organisation,
        null,
        after,
        PAGE,
        actor.minors,
        null,
        null,
        null,
        null,
        null,
      );
      for (const { id } of rows) own.add(id);
      if (rows.length < PAGE) return own;
      after = rows.at(-1)?.id ?? '';
    }
  }

  async function findSeen(actor: Actor, action: Action, id: string) {
    const [row] = await findSubject(database, id);
    if (row === undefined || !can(actor, action, row.office, row.minor)) throw new Problem('not-found');
    return row;
  }
}
