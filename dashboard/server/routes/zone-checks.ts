/** Whether a zone can be judged, and what is wrong with it before it alerts wrongly. Nothing is changed. */
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { checkZone } from '../../../geofences/repair-zone.ts';
import type { AlertEvent } from '../../../src/kernel/alert-event.ts';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Refusal } from '../../../src/kernel/result.ts';
import type { Schedule, ZoneFeature } from '../../../src/kernel/roster.ts';
import { decodeZone, encodeZone } from '../../../src/kernel/zone-file.ts';
import type { Database, Reach } from '../../../src/ports/database.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { audit } from '../audit.ts';
import { reachOf } from '../auth/reach.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { alertJson, withTimes } from './past-json.ts';
import { answers, Id, Nullable } from './schemas.ts';

interface Checked {
  readonly refusal: Refusal | null;
  readonly repairs: readonly {
    readonly what: string;
    readonly where: string;
    readonly words: { readonly zh: string; readonly en: string };
  }[];
  readonly repaired: ZoneFeature | null;
}

interface Looked {
  readonly zone: string;
  /** Whose way was looked at. */
  readonly looked: readonly string[];
  readonly check: Checked;
  readonly week: {
    readonly fromMs: Instant;
    readonly untilMs: Instant;
    readonly raised: readonly { readonly alert: AlertEvent; readonly doubtful: boolean }[];
    readonly differences: readonly {
      readonly side: string;
      readonly kind: string;
      readonly subject: string;
      readonly before: AlertEvent | null;
      readonly after: AlertEvent | null;
    }[];
  } | null;
}

type Use =
  | { readonly rule: 'stay-in' | 'keep-out'; readonly bufferM: number; readonly schedule: Schedule | null }
  | { readonly rule: 'curfew'; readonly schedule: Schedule };

/** Looks at zones for the desk, at those within reach who have them. */
export interface ZonesOfPast {
  lintZone(reach: Reach, zone: string, nowMs: Instant): Promise<Looked | undefined>;
  lintDraft(
    reach: Reach,
    draft: { readonly zone: ZoneFeature; readonly use: Use | null },
    subjects: readonly string[],
    nowMs: Instant,
  ): Promise<Looked>;
}

/** The most points that a shape may have, each written out in full. */
const MAX_BODY_BYTES = 16 * 2 ** 20;
const MAX_SUBJECTS = 50;
const Feature = Type.Unknown({ description: 'A GeoJSON feature as in zones.geojson' });
const Place = Type.Object({ where: Type.String(), message: Type.String() });
const Check = Type.Object({
  valid: Type.Boolean(),
  refusals: Type.Array(Type.Object({ code: Type.String(), ...Place.properties })),
  repairs: Type.Array(
    Type.Object({
      what: Type.String(),
      ...Place.properties,
      words: Type.Object({ zh: Type.String(), en: Type.String() }),
    }),
  ),
  repaired: Nullable(Type.Record(Type.String(), Type.Unknown())),
});
const LintAnswer = Type.Record(Type.String(), Type.Unknown(), {
  description:
    'findings, accuracy usual there, and the last week with this zone: raised, doubtful, differences',
});
const DraftSchedule = Type.Object({
  days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 })),
  from: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }),
  to: Type.String({ pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$' }),
});
const DraftBody = Type.Object({
  zone: Feature,
  rule: Type.Optional(
    Type.Union([Type.Literal('stay-in'), Type.Literal('keep-out'), Type.Literal('curfew')], {
      description: 'As the subjects have it already unless given',
    }),
  ),
  bufferM: Type.Optional(Type.Number({ minimum: 0, maximum: 100_000 })),
  schedule: Type.Optional(DraftSchedule),
  subjects: Type.Optional(Type.Array(Id, { maxItems: MAX_SUBJECTS })),
});

export function registerZoneCheckRoutes(
  app: App,
  deps: { readonly past: ZonesOfPast; readonly database: Database; now(): Instant },
): void {
  const tags = ['zones'];

  /** What comes out of it is where people were: an entry for each of them, before it is shown. */
  async function noteLook(request: FastifyRequest, { zone, looked }: Looked): Promise<void> {
    for (const id of looked) {
      const [subject] = await findSubject(deps.database, id);
      // On the roster no longer: the entry is the actor's.
      await audit(deps.database, request, {
        action: 'zone.lint',
        subject: id,
        office: subject?.office ?? null,
        target: zone,
      });
    }
  }

  app.post(
    '/api/v1/zones/check',
    {
      config: { action: 'zones.read' },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        tags,
        summary: 'Whether a shape can be judged, where it can not, and the repair that would change nothing',
        body: Feature,
        response: answers(Check),
      },
    },
    async (request) => {
      const zone = decodeZone(request.body);
      if (!zone.ok) return { valid: false, refusals: zone.error, repairs: [], repaired: null };
      return checkJson(checkZone(zone.value));
    },
  );

  app.get(
    '/api/v1/zones/:id/lint',
    {
      config: { action: 'zones.lint' },
      schema: {
        tags,
        summary: 'What is wrong with a zone for those who have it, and what it would have raised last week',
        params: Type.Object({ id: Id }),
        response: answers(LintAnswer),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      request.log.info({ event: 'zone.lint', zone: request.params.id, account: actor.name }, 'zone lint');
      const found = await deps.past.lintZone(reachOf(actor), request.params.id, deps.now());
      if (found === undefined) throw new Problem('not-found');
      await noteLook(request, found);
      return lintJson(found);
    },
  );

  app.post(
    '/api/v1/zones/lint',
    {
      config: { action: 'zones.lint' },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        tags,
        summary: 'The same of a zone as it is meant to be drawn',
        body: DraftBody,
        response: answers(LintAnswer),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const zone = decodeZone(request.body.zone, 'zone');
      if (!zone.ok) throw new Problem('bad-request', zone.error);
      const draft = { zone: zone.value, use: useOf(request.body) };
      request.log.info(
        { event: 'zone.lint', zone: zone.value.id, account: actor.name },
        'zone lint of a draft',
      );
      const found = await deps.past.lintDraft(reachOf(actor), draft, request.body.subjects ?? [], deps.now());
      await noteLook(request, found);
      return lintJson(found);
    },
  );
}

function useOf({ rule, bufferM = 0, schedule }: Static<typeof DraftBody>): Use | null {
  if (rule === undefined) return null;
  if (rule !== 'curfew') return { rule, bufferM, schedule: schedule ?? null };
  if (schedule === undefined) throw new Problem('bad-request', told('curfew-needs-times'));
  return { rule, schedule };
}

function checkJson({ refusal, repairs, repaired }: Checked): Static<typeof Check> {
  return {
    valid: refusal === null,
    refusals: refusal === null ? [] : [refusal],
    repairs: repairs.map((repair) => ({ ...repair, message: repair.words.en })),
    repaired: repaired === null ? null : encodeZone(repaired),
  };
}

function lintJson({ week, check, ...rest }: Looked): Record<string, unknown> {
  return {
    ...(withTimes(rest) as Record<string, unknown>),
    check: checkJson(check),
    week:
      week === null
        ? null
        : {
            ...(withTimes({ fromMs: week.fromMs, untilMs: week.untilMs }) as Record<string, unknown>),
            doubtful: week.raised.filter(({ doubtful }) => doubtful).length,
            raised: week.raised.map(({ alert, doubtful }) => ({ ...alertJson(alert), doubtful })),
            differences: week.differences.map(({ side, kind, subject, before, after }) => ({
              side,
              kind,
              subject,
              before: alertJson(before),
              after: alertJson(after),
            })),
          },
  };
}
