/** `evidence-packs`: one action makes a ZIP about an alert or a period (src/evidence). */
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Database } from '../../../src/ports/database.ts';
import { findAlert } from '../../../src/store/alert-queue.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { audit, reasonOf } from '../audit.ts';
import { can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Id, problem, readTime } from './schemas.ts';

/** The functions of src/evidence, given by the composition: rooms don't import each other. */
export interface EvidenceOffice {
  /** Undefined: no such alert or subject. */
  make(request: {
    readonly by: string;
    readonly reason: string;
    readonly about:
      | { readonly alert: string }
      | { readonly subject: string; readonly fromMs: number; readonly toMs: number };
  }): Promise<{ readonly name: string; readonly zip: Uint8Array } | undefined>;
}

const MAX_DAYS = 31;

export function registerEvidenceRoutes(
  app: App,
  deps: { readonly database: Database; readonly evidence: EvidenceOffice },
): void {
  const db = deps.database;

  app.post(
    '/api/v1/evidence-packs',
    {
      config: { action: 'evidence.make' },
      bodyLimit: 16_384,
      schema: {
        tags: ['evidence'],
        summary:
          'A signed ZIP about one alert, or about a subject within a span; wardline verify --pack checks it',
        body: Type.Object({
          alert: Type.Optional(Id),
          subject: Type.Optional(Id),
          from: Type.Optional(Type.String({ description: 'With subject: inclusive, with its zone' })),
          to: Type.Optional(Type.String({ description: `Exclusive; at most ${MAX_DAYS} days after from` })),
          reason: Type.Optional(
            Type.String({ maxLength: 500, description: 'Why: stands in the pack and the audit' }),
          ),
        }),
        response: {
          200: {
            description: 'The pack',
            content: { 'application/zip': { schema: Type.Any() } },
          },
          '4xx': problem('The request was refused'),
          '5xx': problem('It could not be done now'),
        },
      },
    },
    async (request, reply) => {
      const { actor } = callerOf(request);
      const about = readAbout(request.body);
      const subject = await subjectOf(about);
      if (subject === undefined || !can(actor, 'evidence.make', subject.office))
        throw new Problem('not-found');
      const reason = reasonOf(request, request.body.reason);
      await audit(db, request, {
        action: 'evidence.make',
        subject: subject.id,
        office: subject.office,
        target: 'alert' in about ? about.alert : null,
        reason,
        detail: 'alert' in about ? {} : { from: request.body.from, to: request.body.to },
      });
      const pack = await deps.evidence.make({ by: actor.name, reason, about });
      if (pack === undefined) throw new Problem('not-found');
      return reply
        .header('content-type', 'application/zip')
        .header('content-disposition', `attachment; filename="${pack.name}"`)
        .header('cache-control', 'no-store')
        .send(Buffer.from(pack.zip));
    },
  );

  async function subjectOf(about: ReturnType<typeof readAbout>) {
    const id = 'alert' in about ? (await findAlert(db, about.alert))[0]?.subject : about.subject;
    return id === undefined ? undefined : (await findSubject(db, id))[0];
  }
}

function readAbout({
  alert,
  subject,
  from,
  to,
}: {
  alert?: string;
  subject?: string;
  from?: string;
  to?: string;
}) {
  if ((alert === undefined) === (subject === undefined))
    throw new Problem('bad-request', told('alert-or-span'));
  if (alert !== undefined) return { alert };
  if (subject === undefined || from === undefined || to === undefined)
    throw new Problem('bad-request', told('subject-needs-span'));
  const [fromMs, toMs] = [readTime('from', from), readTime('to', to)];
  if (toMs <= fromMs || toMs - fromMs > MAX_DAYS * 86_400_000)
    throw new Problem('bad-request', told('span-to', { days: MAX_DAYS }));
  return { subject, fromMs, toMs };
}
