/** `metrics/alarm-load`: how heavy the alarms are on those who answer them (ISA-18.2, EEMUA 191). */
import { Type } from 'typebox';
import { alarmLoad, LOAD_TARGETS } from '../../../compliance/alarm-load.ts';
import { told } from '../../../src/kernel/fault.ts';
import { formatInstant } from '../../../src/kernel/instant.ts';
import { listLoadAlerts } from '../../../src/store/alarm-load.ts';
import { listNames } from '../../../src/store/daily-logs.ts';
import { hiddenFrom } from '../../../src/store/minors.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import type { FigureDeps } from './compliance.ts';
import { answers, Nullable, OrganisationPath, readTime, Time } from './schemas.ts';

const DAY_MS = 86_400_000;
const MAX_DAYS = 31;
/** More than a month of a province. Beyond it the figures would be of a part, so they are refused. */
const MAX_ALERTS = 500_000;

const Source = { subject: Type.String(), kind: Type.String() };

export function registerAlarmLoadRoutes(app: App, deps: FigureDeps): void {
  app.get(
    '/api/v1/metrics/alarm-load',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags: ['metrics'],
        summary:
          'Alerts per officer, floods, stale and chattering ones, priorities, worst sources, and what came of each kind',
        querystring: Type.Object({
          from: Type.Optional(Time),
          to: Type.Optional(Time),
          organisation: OrganisationPath,
          officers: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 1000, default: 1, description: 'Seats on duty' }),
          ),
        }),
        response: answers(
          Type.Object({
            from: Time,
            to: Time,
            targets: Type.Record(Type.String(), Type.Number()),
            raised: Type.Integer(),
            shown: Type.Integer(),
            officers: Type.Integer(),
            perOfficerPer10Min: Type.Number(),
            peakPerOfficer10Min: Type.Number(),
            windows: Type.Array(Type.Integer(), {
              description: 'Shown in each ten minutes, from the first on',
            }),
            floodShare: Type.Number(),
            floods: Type.Array(Type.Object({ from: Time, to: Time, alerts: Type.Integer() })),
            stale: Type.Array(Type.String()),
            chattering: Type.Array(Type.Object({ ...Source, most: Type.Integer() })),
            priorities: Type.Record(Type.String(), Type.Integer()),
            worstSources: Type.Array(
              Type.Object({
                ...Source,
                name: Nullable(Type.String()),
                alerts: Type.Integer(),
                share: Type.Number(),
              }),
            ),
            kinds: Type.Array(
              Type.Object({
                kind: Type.String(),
                raised: Type.Integer(),
                merged: Type.Integer(),
                shown: Type.Integer(),
                contacted: Type.Integer(),
                confirmed: Type.Integer(),
                confirmedShare: Nullable(Type.Number()),
              }),
            ),
          }),
        ),
      },
    },
    async (request) => {
      const { organisation = '', officers = 1 } = request.query;
      const toMs = request.query.to === undefined ? deps.now() : readTime('to', request.query.to);
      const fromMs = request.query.from === undefined ? toMs - DAY_MS : readTime('from', request.query.from);
      if (toMs <= fromMs || toMs - fromMs > MAX_DAYS * DAY_MS)
        throw new Problem('bad-request', told('span-to', { days: MAX_DAYS }));
      const { organisation: scope, minors } = callerOf(request).actor;
      const [from, to] = [new Date(fromMs), new Date(toMs)];
      const rows = await listLoadAlerts(deps.whole, scope, organisation, from, to, MAX_ALERTS + 1);
      if (rows.length > MAX_ALERTS) throw new Problem('bad-request', told('too-many-alerts'));
      const load = alarmLoad(
        rows.map((row) => ({
          alert: row.alert,
          subject: row.subject,
          kind: row.kind,
          severity: row.severity,
          raisedAtMs: row.raised_at.getTime(),
          clearedAtMs: row.cleared_at?.getTime() ?? null,
          isAcknowledged: row.is_acknowledged,
          isMerged: row.is_merged,
          isHidden: row.is_hidden,
          isContacted: row.is_contacted,
          isConfirmed: row.is_confirmed,
        })),
        fromMs,
        toMs,
        officers,
      );
      const { windows, floods, stale, chattering, worstSources, kinds, priorities, ...rest } = load;
      const hidden = await hiddenFrom(
        deps.database,
        minors,
        rows.map(({ subject }) => subject),
      );
      const isSeen = ({ subject }: { readonly subject: string }) => !hidden.has(subject);
      const seenAlerts = new Set(rows.filter(isSeen).map(({ alert }) => alert));
      const names = new Map(
        (
          await listNames(
            deps.database,
            worstSources.map(({ subject }) => subject),
          )
        ).map(({ id, name }) => [id, name]),
      );
      return {
        ...rest,
        from: formatInstant(fromMs),
        to: formatInstant(toMs),
        targets: { ...LOAD_TARGETS },
        windows: [...windows],
        floods: floods.map((flood) => ({
          from: formatInstant(flood.fromMs),
          to: formatInstant(flood.untilMs),
          alerts: flood.alerts,
        })),
        stale: stale.filter((alert) => seenAlerts.has(alert)),
        chattering: chattering.filter(isSeen),
        priorities: { ...priorities },
        worstSources: worstSources
          .filter(isSeen)
          .map((source) => ({ ...source, name: names.get(source.subject) ?? null })),
        kinds: [...kinds],
      };
    },
  );
}
