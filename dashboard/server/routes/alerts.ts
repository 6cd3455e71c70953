/** `alerts`: the queue, one alert with its whole ledger, acknowledging. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { acknowledge } from '../../../alerts/acknowledge.ts';
import { ALERT_STATES } from '../../../src/kernel/alert-event.ts';
import { LOCATING_PROTOCOLS } from '../../../src/kernel/device-command.ts';
import { told } from '../../../src/kernel/fault.ts';
import { formatInstant, type Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  listAlertActions,
  listAlerts,
  listAlertVersions,
  listOpenWork,
} from '../../../src/store/alert-queue.ts';
import { findAskable } from '../../../src/store/device-commands.ts';
import type { AlertRow } from '../alert-view.ts';
import { audit, auditShown, lookerOf } from '../audit.ts';
import { can } from '../auth/access.ts';
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
  isAskable: Type.Boolean({
    description:
      'The caller may ask, and a device of the subject can be asked where it is: `subjects/:id/locate`',
  }),
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
        return listWork(request, work, organisation ?? '', kind ?? null, cursor, limit);
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
      await noteShown(request, rows.slice(0, limit));
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
      const { actor } = callerOf(request);
      const row = await findSeenAlert(db, actor, 'alerts.read', request.params.id);
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
      const mayAsk = can(actor, 'devices.command', row.office, row.minor ?? true);
      const askable = mayAsk
        ? await findAskable(db, row.subject, LOCATING_PROTOCOLS, new Date(deps.now()))
        : [];
      return {
        ...toAlertItem(row),
        isAskable: askable.length > 0,
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

  /** The evidence in a list is where people were. A feed's own alert is about nobody. */
  async function noteShown(request: FastifyRequest, rows: readonly AlertRow[]): Promise<void> {
    const shown = rows.filter(({ kind }) => kind !== 'feed-outage').map(({ subject }) => subject);
    await auditShown(db, lookerOf(request), 'alerts.read', shown);
  }

  async function listWork(
    request: FastifyRequest,
    work: 'open' | 'mine' | 'unowned',
    organisation: string,
    kind: string | null,
    cursor: string | undefined,
    limit: number,
  ) {
    const { actor } = callerOf(request);
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
    await noteShown(request, rows.slice(0, limit));
    return toPage(rows, limit, toAlertItem, (last) =>
      encodeCursor(String(last.rank), last.started_at.toISOString(), last.alert),
    );
  }
}
