/** `alerts`: the queue, one alert with its whole ledger, acknowledging. */
import { Type } from 'typebox';
import { acknowledge } from '../../../alerts/acknowledge.ts';
import { ALERT_STATES } from '../../../src/kernel/alert-event.ts';
import { told } from '../../../src/kernel/fault.ts';
import { formatInstant, type Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  listAlertActions,
  listAlerts,
  listAlertVersions,
  listOpenWork,
} from '../../../src/store/alert-queue.ts';
import { audit } from '../audit.ts';
import type { Actor } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Alert, findSeenAlert, toAlertItem, toVersion, Version } from './alert-items.ts';
import {
  AlertKind,
  answers,
  Cursor,
  decodeCursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  readTime,
  Time,
  toPage,
} from './schemas.ts';

const AlertInFull = Type.Object({
  ...Alert.properties,
  versions: Type.Array(Version),
  actions: Type.Array(
    Type.Object({
      action: Type.String(),
      account: Type.String(),
      note: Type.String(),
      at: Time,
      detail: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
});
const Acknowledgement = Type.Object({
  alert: Type.String(),
  acknowledgedBy: Type.String(),
  acknowledgedAt: Time,
});

const State = Type.Enum([...ALERT_STATES, 'open'], {
  description: "'open' is opened or updated",
});

export function registerAlertRoutes(app: App, deps: { readonly database: Database; now(): Instant }): void {
  const db = deps.database;
  const tags = ['alerts'];

  app.get(
    '/api/v1/alerts',
    {
      config: { action: 'alerts.read' },
      schema: {
        tags,
        summary: 'Alerts, the latest begun first',
        querystring: Type.Object({
          state: Type.Optional(State),
          kind: Type.Optional(AlertKind),
          organisation: OrganisationPath,
          subject: Type.Optional(Id),
          since: Type.Optional(Type.String({ description: 'Begun at this time or later' })),
          work: Type.Optional(
            Type.Enum(['open', 'mine', 'unowned'], {
              description:
                'What is still to be worked on, nobody’s first, then the oldest; takes organisation and kind beside it',
            }),
          ),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Alert)),
      },
    },
    async (request) => {
      const { state, kind, organisation, subject, since, work, cursor, limit = 100 } = request.query;
      if (work !== undefined) {
        if (state !== undefined || subject !== undefined || since !== undefined)
          throw new Problem('bad-request', told('work-alone'));
        return listWork(callerOf(request).actor, work, organisation ?? '', kind ?? null, cursor, limit);
      }
      const [start, before] = cursor === undefined ? [null, null] : decodeCursor(cursor, 2);
      const { actor } = callerOf(request);
      const rows = await listAlerts(
        db,
        actor.organisation,
        organisation ?? '',
        state === undefined ? null : state === 'open' ? ['opened', 'updated'] : [state],
        kind ?? null,
        since === undefined ? null : new Date(readTime('since', since)),
        subject ?? null,
        start == null ? null : new Date(readTime('cursor', start)),
        before ?? null,
        limit + 1,
        actor.minors,
      );
      return toPage(rows, limit, toAlertItem, (last) =>
        encodeCursor(last.started_at.toISOString(), last.alert),
      );
    },
  );

  app.get(
    '/api/v1/alerts/:id',
    {
      config: { action: 'alerts.read' },
      schema: {
        tags,
        summary: 'One alert with every version of the ledger and what people did',
        params: Type.Object({ id: Id }),
        response: answers(AlertInFull),
      },
    },
    async (request) => {
      const row = await findSeenAlert(db, callerOf(request).actor, 'alerts.read', request.params.id);
      // Its evidence is where the subject was.
      await audit(db, request, {
        action: 'alert.read',
        subject: row.subject,
        office: row.office,
        target: row.alert,
      });
      const [versions, actions] = [
        await listAlertVersions(db, row.alert),
        await listAlertActions(db, row.alert),
      ];
      return {
        ...toAlertItem(row),
        versions: versions.map((version) => toVersion(version, row)),
        actions: actions.map((deed) => ({
          ...deed,
          at: deed.at.toISOString(),
          detail: deed.detail as Record<string, unknown>,
        })),
      };
    },
  );

  app.post(
    '/api/v1/alerts/:id/acknowledge',
    {
      config: { action: 'alerts.acknowledge' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'Acknowledge: again by whomever answers who was first, and changes nothing',
        params: Type.Object({ id: Id }),
        body: Type.Optional(Nullable(Type.Object({ note: Type.Optional(Type.String({ maxLength: 2000 })) }))),
        response: answers(Acknowledgement),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { alert } = await findSeenAlert(db, actor, 'alerts.acknowledge', request.params.id);
      const note = request.body?.note ?? '';
      const result = await acknowledge(db, { alert, account: actor.name, note, atMs: deps.now() });
      if (result.outcome === 'not-found') throw new Problem('not-found');
      if (result.outcome === 'retracted') throw new Problem('conflict', told('alert-retracted'));
      request.log.info({ event: `alert.${result.outcome}`, alert, account: actor.name }, 'acknowledge');
      return { alert, acknowledgedBy: result.by, acknowledgedAt: formatInstant(result.at.getTime()) };
    },
  );

  async function listWork(
    actor: Actor,
    work: 'open' | 'mine' | 'unowned',
    organisation: string,
    kind: string | null,
    cursor: string | undefined,
    limit: number,
  ) {
    const [rank, start, after] = cursor === undefined ? [] : decodeCursor(cursor, 3);
    if (rank !== undefined && !/^[012]$/.test(rank)) throw new Problem('bad-request', told('bad-cursor'));
    const rows = await listOpenWork(
      db,
      actor.organisation,
      organisation,
      work === 'open' ? null : work === 'mine' ? actor.name : '',
      kind,
      new Date(deps.now()),
      rank === undefined ? null : Number(rank),
      start === undefined ? null : new Date(readTime('cursor', start)),
      after ?? null,
      limit + 1,
      actor.minors,
    );
    return toPage(rows, limit, toAlertItem, (last) =>
      encodeCursor(String(last.rank), last.started_at.toISOString(), last.alert),
    );
  }
}
