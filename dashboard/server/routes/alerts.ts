/** `alerts`: the queue, one alert with its whole ledger, acknowledging. */
import { type Static, Type } from 'typebox';
import { acknowledge } from '../../../alerts/acknowledge.ts';
import { ALERT_STATES } from '../../../src/kernel/alert-event.ts';
import { formatInstant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  findAlert,
  listAlertActions,
  listAlerts,
  listAlertVersions,
} from '../../../src/store/alert-queue.ts';
import { type AlertRow, nameIn, toEvidence } from '../alert-view.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import {
  AlertKind,
  AlertStateName,
  answers,
  Cursor,
  decodeCursor,
  Evidence,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  readTime,
  SeverityName,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Version = Type.Object({
  version: Type.Integer(),
  state: AlertStateName,
  severity: SeverityName,
  startedAt: Time,
  detectedAt: Time,
  clearedAt: Nullable(Time),
  recordedAt: Time,
  zone: Nullable(Type.String()),
  device: Nullable(Type.String()),
  confidence: Type.Number(),
  late: Type.Boolean(),
  reason: Type.String(),
  reasonEn: Type.String(),
  evidence: Evidence,
});
const Alert = Type.Object({
  alert: Type.String(),
  subject: Type.String(),
  subjectName: Nullable(Type.String()),
  office: Nullable(Type.String()),
  kind: AlertKind,
  zoneName: Nullable(Type.String()),
  acknowledgedBy: Nullable(Type.String()),
  acknowledgedAt: Nullable(Time),
  ...Version.properties,
});
const AlertInFull = Type.Object({
  ...Alert.properties,
  versions: Type.Array(Version),
  actions: Type.Array(
    Type.Object({ action: Type.String(), account: Type.String(), note: Type.String(), at: Time }),
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

export function registerAlertRoutes(app: App, deps: { readonly database: Database }): void {
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
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Alert)),
      },
    },
    async (request) => {
      const { state, kind, organisation, subject, since, cursor, limit = 100 } = request.query;
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
      return toPage(rows, limit, toItem, (last) => encodeCursor(last.started_at.toISOString(), last.alert));
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
      const row = await findSeen(callerOf(request).actor, 'alerts.read', request.params.id);
      const [versions, actions] = [
        await listAlertVersions(db, row.alert),
        await listAlertActions(db, row.alert),
      ];
      return {
        ...toItem(row),
        versions: versions.map((version) => toVersion(version, row)),
        actions: actions.map((deed) => ({ ...deed, at: deed.at.toISOString() })),
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
      const { alert } = await findSeen(actor, 'alerts.acknowledge', request.params.id);
      const note = request.body?.note ?? '';
      const result = await acknowledge(db, { alert, account: actor.name, note });
      if (result.outcome === 'not-found') throw new Problem('not-found');
      if (result.outcome === 'retracted') throw new Problem('conflict', 'the alert was retracted');
      request.log.info({ event: `alert.${result.outcome}`, alert, account: actor.name }, 'acknowledge');
      return { alert, acknowledgedBy: result.by, acknowledgedAt: formatInstant(result.at.getTime()) };
    },
  );

  /** One outside the caller's reach is as if it did not exist. */
  async function findSeen(actor: Actor, action: Action, id: string): Promise<AlertRow> {
    const [row] = await findAlert(db, id);
    const isEverybodys = row?.kind === 'feed-outage' && row.office === null;
    const [office, minor] = isEverybodys
      ? [actor.organisation, false]
      : [row?.office ?? null, row?.minor ?? true];
    if (row === undefined || !can(actor, action, office, minor)) throw new Problem('not-found');
    return row;
  }
}

type VersionRow = Awaited<ReturnType<typeof listAlertVersions>>[number];

function toVersion(
  row: VersionRow,
  alert: Pick<AlertRow, 'subject' | 'subject_name'>,
): Static<typeof Version> {
  return {
    version: row.version,
    // The ledger's columns are written from these types only (alerts/ledger.ts).
    state: row.state as Static<typeof AlertStateName>,
    severity: row.severity as Static<typeof SeverityName>,
    startedAt: row.started_at.toISOString(),
    detectedAt: row.detected_at.toISOString(),
    clearedAt: timeOrNull(row.cleared_at),
    recordedAt: row.recorded_at.toISOString(),
    zone: row.zone,
    device: row.device,
    confidence: row.confidence,
    late: row.late,
    reason: nameIn(row.reason, alert.subject, alert.subject_name),
    reasonEn: nameIn(row.reason_en, alert.subject, alert.subject_name),
    evidence: toEvidence(row.evidence).map(({ atMs, ...fix }) => ({ at: formatInstant(atMs), ...fix })),
  };
}

function toItem(row: AlertRow): Static<typeof Alert> {
  return {
    alert: row.alert,
    subject: row.subject,
    subjectName: row.subject_name,
    office: row.office,
    kind: row.kind as Static<typeof AlertKind>,
    zoneName: row.zone_name,
    acknowledgedBy: row.acknowledged_by,
    acknowledgedAt: timeOrNull(row.acknowledged_at),
    ...toVersion(row, row),
  };
}
