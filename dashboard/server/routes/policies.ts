/** `policies`: the thresholds of all rules, by organisation, grade and key period. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import { DEFAULT_POLICY, EMPTY_POLICY_DOCUMENT, type PolicyDocument } from '../../../src/kernel/policy.ts';
import { decodePolicyDocument, encodePolicyDocument } from '../../../src/kernel/policy-file.ts';
import { fail, ok } from '../../../src/kernel/result.ts';
import type { Database, Db } from '../../../src/ports/database.ts';
import { changeRoster, writePolicy } from '../../../src/roster/change.ts';
import { findDocument } from '../../../src/store/roster.ts';
import { covers } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { authorOf, faultsProblem, staleProblem, Why } from './roster-items.ts';
import { answers } from './schemas.ts';

const Part = Type.Record(Type.String({ maxLength: 64 }), Type.Number());
const Parts = Type.Record(Type.String({ maxLength: 256 }), Part);
const Document = {
  default: Part,
  grades: Parts,
  organisations: Type.Record(Type.String({ maxLength: 256 }), Part, {
    description: 'By path; one covers everything below it',
  }),
  keyPeriods: Type.Array(
    Type.Object({
      from: Type.String({ maxLength: 64 }),
      until: Type.String({ maxLength: 64 }),
      policy: Part,
    }),
    { maxItems: 200, description: '重点时段' },
  ),
};
const Policies = Type.Object({
  version: Type.Integer({ description: '0: none was set yet' }),
  ...Document,
  defaults: Type.Record(Type.String(), Type.Number(), { description: 'What holds where nothing is set' }),
});

export function registerPolicyRoutes(app: App, deps: { readonly database: Database; now(): Instant }): void {
  const db = deps.database;
  const tags = ['policies'];

  app.get(
    '/api/v1/policies',
    {
      config: { action: 'policies.read' },
      schema: {
        tags,
        summary: 'The policy in force: the narrowest wins (default, grade, organisation, key period)',
        response: answers(Policies),
      },
    },
    async () => toAnswer(await readPolicy(db)),
  );

  app.put(
    '/api/v1/policies',
    {
      config: { action: 'policies.write' },
      bodyLimit: 512 * 1024,
      schema: {
        tags,
        summary: 'Set the policy as a whole; within an organisation only what is set for it and below it',
        body: Type.Object({
          version: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
          reason: Why,
          ...Document,
        }),
        response: answers(Policies),
      },
    },
    async (request) => {
      const { version, reason, ...json } = request.body;
      const { actor } = callerOf(request);
      const given = decodePolicyDocument(json);
      if (!given.ok) throw faultsProblem(given.error);
      const done = await changeRoster(db, authorOf(request, reason), deps.now(), async (tx, change) => {
        const before = await readPolicy(tx);
        const beyond = beyondReach(before.policy, given.value, actor.organisation);
        if (beyond.length > 0)
          return fail(new Problem('forbidden', told('outside-named', { names: beyond.join(', ') })));
        if (before.version !== version) return fail(staleProblem(before.version));
        const written = await writePolicy(tx, change, given.value);
        return ok({ policy: given.value, version: written ?? before.version });
      });
      if (!done.ok) throw done.error;
      return toAnswer(done.value);
    },
  );
}

async function readPolicy(db: Db): Promise<{ policy: PolicyDocument; version: number }> {
  const [row] = await findDocument(db, 'policy');
  if (row === undefined) return { policy: EMPTY_POLICY_DOCUMENT, version: 0 };
  const policy = decodePolicyDocument(row.document);
  if (!policy.ok) throw new Error(`the store holds a policy that the program can't read`);
  return { policy: policy.value, version: row.version };
}

/** What differs and is not the organisation's own. */
function beyondReach(before: PolicyDocument, after: PolicyDocument, scope: string): string[] {
  if (scope === '') return [];
  const differs = (a: unknown, b: unknown) => sorted(a) !== sorted(b);
  const paths = new Set([...Object.keys(before.organisations), ...Object.keys(after.organisations)]);
  return [
    ...(differs(before.default, after.default) ? ['default'] : []),
    ...(differs(before.grades, after.grades) ? ['grades'] : []),
    ...(differs(before.keyPeriods, after.keyPeriods) ? ['keyPeriods'] : []),
    ...[...paths].filter(
      (path) => !covers(scope, path) && differs(before.organisations[path], after.organisations[path]),
    ),
  ];
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function toAnswer({ policy, version }: { policy: PolicyDocument; version: number }): Static<typeof Policies> {
  const document = encodePolicyDocument(policy) as unknown as Omit<
    Static<typeof Policies>,
    'version' | 'defaults'
  >;
  return { version, ...document, defaults: { ...DEFAULT_POLICY } };
}
