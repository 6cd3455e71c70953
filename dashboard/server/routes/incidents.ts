/** `incidents`: alerts with one cause, by the machine or by hand, with all that the caller may see of their parts. */
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { type WorkFault, workOn } from '../../../alerts/alert-work.ts';
import { mergeAlerts, splitAlerts } from '../../../alerts/incidents.ts';
import { CAUSES, type Cause } from '../../../src/kernel/casework.ts';
import type { Told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Result } from '../../../src/kernel/result.ts';
import type { Database } from '../../../src/ports/database.ts';
import { listIncidentAlerts, listIncidents } from '../../../src/store/alert-queue.ts';
import { findIncident } from '../../../src/store/alert-work.ts';
import { auditShown, lookerOf } from '../audit.ts';
import type { Actor } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Alert, findSeenAlert, toAlertItem } from './alert-items.ts';
import { commandOf, DEED_ACTIONS, DEED_BODIES, Note, workProblem } from './alert-work.ts';
import {
  answers,
  Cursor,
  decodeCursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  Page,
  readTime,
  Time,
  toPage,
} from './schemas.ts';

const Incident = Type.Object({
  incident: Type.String(),
  subject: Nullable(Type.String({ description: 'Null: of several' })),
  cause: Type.Enum(CAUSES),
  madeBy: Type.String(),
  madeAt: Time,
  parts: Type.Array(Alert),
});
const Alerts = Type.Array(Id, { minItems: 1, maxItems: 500 });
const MergeBody = Type.Object({ alerts: Alerts, note: Type.Optional(Note) });

export function registerIncidentRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['incidents'];

  app.get(
    '/api/v1/incidents',
    {
      config: { action: 'alerts.read' },
      schema: {
        tags,
        summary: 'Incidents with their parts, newest first',
        querystring: Type.Object({
          state: Type.Optional(Type.Enum(['open', 'all'], { default: 'open' })),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Incident)),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { state = 'open', cursor, limit = 100 } = request.query;
      const [at, id] = cursor === undefined ? [] : decodeCursor(cursor, 2);
      const rows = await listIncidents(
        db,
        actor.organisation,
        state === 'open',
        at === undefined ? null : new Date(readTime('cursor', at)),
        id ?? null,
        limit + 1,
        actor.minors,
      );
      const ids = rows.slice(0, limit).map((row) => row.id);
      const seen = await listIncidentAlerts(db, ids, actor.organisation, actor.minors);
      await noteShown(request, seen);
      const parts = Map.groupBy(seen, (part) => part.incident);
      return toPage(
        rows,
        limit,
        (row) => toIncident(row, parts.get(row.id) ?? []),
        (last) => encodeCursor(last.made_at.toISOString(), last.id),
      );
    },
  );

  app.get(
    '/api/v1/incidents/:id',
    {
      config: { action: 'alerts.read' },
      schema: { tags, summary: 'One incident', params: Type.Object({ id: Id }), response: answers(Incident) },
    },
    async (request) => {
      const incident = await findSeenIncident(callerOf(request).actor, request.params.id);
      await noteShown(request, incident.parts);
      return incident;
    },
  );

  app.post(
    '/api/v1/incidents',
    {
      config: { action: 'alerts.work' },
      bodyLimit: 65_536,
      schema: {
        tags,
        summary: 'Merge alerts by hand into a new incident',
        body: MergeBody,
        response: answers(Incident),
      },
    },
    async (request) => change(callerOf(request).actor, null, request.body, mergeAlerts),
  );

  for (const [name, summary] of [
    ['merge', 'Put alerts into it'],
    ['split', 'Take alerts out of it: the machine does not group them again'],
  ] as const) {
    app.post(
      `/api/v1/incidents/:id/${name}`,
      {
        config: { action: 'alerts.work' },
        bodyLimit: 65_536,
        schema: {
          tags,
          summary,
          params: Type.Object({ id: Id }),
          body: MergeBody,
          response: answers(Incident),
        },
      },
      async (request) => {
        const { actor } = callerOf(request);
        await findSeenIncident(actor, request.params.id);
        return change(actor, request.params.id, request.body, name === 'merge' ? mergeAlerts : split);
      },
    );
  }

  // One cause, one decision: what is said of it is done to each part that the caller sees, and stands in each part's own record.
  for (const name of ['take', 'contact', 'note', 'resolve', 'review', 'close', 'return'] as const) {
    const action = DEED_ACTIONS[name] ?? 'alerts.work';
    app.post(
      `/api/v1/incidents/:id/${name}`,
      {
        config: { action },
        bodyLimit: 16_384,
        schema: {
          tags,
          summary: `${name}: for all parts; those for which it is not possible are named with the reason`,
          params: Type.Object({ id: Id }),
          body: DEED_BODIES[name] as (typeof DEED_BODIES)['note'],
          response: answers(
            Type.Object({
              ...Incident.properties,
              refused: Type.Array(Type.Object({ alert: Type.String(), detail: Type.String() })),
            }),
          ),
        },
      },
      async (request) => {
        const { actor } = callerOf(request);
        const { parts } = await findSeenIncident(actor, request.params.id);
        const { note, command } = commandOf(name, request.body);
        const refused: { alert: string; detail: string }[] = [];
        let first: Told | undefined;
        for (const { alert } of parts) {
          const done = await workOn(db, alert, command, { account: actor.name, atMs: deps.now(), note });
          if (done.ok) continue;
          first ??= done.error;
          refused.push({ alert, detail: done.error.message });
        }
        if (refused.length === parts.length) throw new Problem('conflict', first);
        return { ...(await findSeenIncident(actor, request.params.id)), refused };
      },
    );
  }

  /** The evidence of the parts is where people were. */
  const noteShown = (
    request: FastifyRequest,
    parts: readonly { readonly subject: string; readonly kind: string }[],
  ) =>
    auditShown(
      db,
      lookerOf(request),
      'incidents.read',
      parts.filter(({ kind }) => kind !== 'feed-outage').map(({ subject }) => subject),
    );

  type Change = (
    database: Database,
    given: {
      incident: string | null;
      alerts: readonly string[];
      by: { account: string; atMs: Instant; note: string };
    },
  ) => Promise<Result<string, WorkFault>>;

  async function change(
    actor: Actor,
    incident: string | null,
    { alerts, note = '' }: Static<typeof MergeBody>,
    doIt: Change,
  ) {
    for (const alert of alerts) await findSeenAlert(db, actor, 'alerts.work', alert);
    const done = await doIt(db, { incident, alerts, by: { account: actor.name, atMs: deps.now(), note } });
    if (!done.ok) throw workProblem(done.error);
    return findSeenIncident(actor, done.value, true);
  }

  /** `mayBeEmpty`: the last part has just been taken out. */
  async function findSeenIncident(actor: Actor, id: string, mayBeEmpty = false) {
    const [row] = await findIncident(db, id);
    const seen =
      row === undefined ? [] : await listIncidentAlerts(db, [row.id], actor.organisation, actor.minors);
    if (row === undefined || (seen.length === 0 && !mayBeEmpty)) throw new Problem('not-found');
    return toIncident(row, seen);
  }
}

const split = (
  database: Database,
  { incident, ...given }: Parameters<typeof mergeAlerts>[1],
): ReturnType<typeof splitAlerts> => {
  if (incident === null) throw new Error('a split names its incident');
  return splitAlerts(database, { ...given, incident });
};

function toIncident(
  row: Awaited<ReturnType<typeof findIncident>>[number],
  seen: Awaited<ReturnType<typeof listIncidentAlerts>>,
): Static<typeof Incident> {
  return {
    incident: row.id,
    subject: row.subject,
    cause: row.cause as Cause,
    madeBy: row.made_by,
    madeAt: row.made_at.toISOString(),
    parts: seen.map(toAlertItem),
  };
}
