/**
 * The dashboard: page, REST and live board on one server. `createDashboard` builds it; who calls `listen` and `close`
 * is the composition root. The list of what is registered stands here, in order.
 */
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Frontier, LiveState } from '../../src/ports/live-state.ts';
import type { RetentionSettings } from '../../src/retention/classes.ts';
import { registerAs } from './auth/route-guard.ts';
import { createSessions } from './auth/sessions.ts';
import { registerBoardSocket } from './board-socket.ts';
import { type App, createHttpServer, type HttpServerDeps } from './http-server.ts';
import { createLiveBoard } from './live-board.ts';
import { pageFallback, registerPage } from './page.ts';
import { registerAccountRoutes } from './routes/accounts.ts';
import { registerAlarmLoadRoutes } from './routes/alarm-load.ts';
import { registerAlertWorkRoutes } from './routes/alert-work.ts';
import { registerAlertRoutes } from './routes/alerts.ts';
import { registerAuditRoutes } from './routes/audit.ts';
import { registerCalendarRoutes } from './routes/calendar.ts';
import { registerCheckRoutes } from './routes/checks.ts';
import { registerComplianceRoutes } from './routes/compliance.ts';
import { registerDailyLogRoutes } from './routes/daily-logs.ts';
import { registerDeviceAssignmentRoutes } from './routes/device-assignments.ts';
import { registerDeviceCommandRoutes } from './routes/device-commands.ts';
import { registerDeviceMessageRoutes } from './routes/device-messages.ts';
import { registerDeviceNoticeRoutes } from './routes/device-notices.ts';
import { registerDeviceSecretRoutes } from './routes/device-secrets.ts';
import { registerDueRoutes } from './routes/due.ts';
import { type EvidenceOffice, registerEvidenceRoutes } from './routes/evidence-packs.ts';
import { registerExemptionRoutes } from './routes/exemptions.ts';
import { registerFeedRoutes } from './routes/feeds.ts';
import { registerHazardRoutes } from './routes/hazards.ts';
import { type IdentityOffice, registerIdentityRoutes } from './routes/identities.ts';
import { registerIncidentRoutes } from './routes/incidents.ts';
import { type PastOfLog, registerInsightRoutes } from './routes/insight.ts';
import { registerKeyCategoryRoutes } from './routes/key-categories.ts';
import { registerLegalClockRoutes } from './routes/legal-clocks.ts';
import { registerLegalReferenceRoutes } from './routes/legal-reference.ts';
import { registerMusterRoutes } from './routes/musters.ts';
import { registerNoticeDeliveryRoutes } from './routes/notice-deliveries.ts';
import { registerNoticeSubscriptionRoutes } from './routes/notice-subscriptions.ts';
import { registerNoticeRoutes } from './routes/notices.ts';
import { registerOrganisationRoutes } from './routes/organisations.ts';
import { registerPermitRoutes } from './routes/permits.ts';
import { registerPolicyRoutes } from './routes/policies.ts';
import { registerPositioningOrderRoutes } from './routes/positioning-orders.ts';
import { registerPresenceRoutes } from './routes/presence.ts';
import { type Quarantine, registerQuarantineRoutes } from './routes/quarantine.ts';
import { registerReportRoutes } from './routes/reports.ts';
import { registerResponseCardRoutes } from './routes/response-cards.ts';
import { registerRetentionRoutes } from './routes/retention.ts';
import { registerRosterRoutes } from './routes/roster.ts';
import { registerRotaRoutes } from './routes/rota.ts';
import { registerScoringRoutes } from './routes/scoring.ts';
import { registerSealRoutes } from './routes/seals.ts';
import { type MapTiles, registerSessionRoutes } from './routes/session.ts';
import { registerShelvingRoutes } from './routes/shelvings.ts';
import { registerShiftRoutes } from './routes/shifts.ts';
import { registerSubjectChangeRoutes } from './routes/subject-changes.ts';
import { registerSubjectTableRoutes } from './routes/subject-tables.ts';
import { registerSubjectRoutes } from './routes/subjects.ts';
import { registerSupervisionRoutes } from './routes/supervision.ts';
import { registerTaskFileRoutes } from './routes/task-files.ts';
import { registerTaskRoutes } from './routes/tasks.ts';
import { registerTerminalRoutes } from './routes/terminals.ts';
import { registerTokenRoutes } from './routes/tokens.ts';
import { registerTrendRoutes } from './routes/trends.ts';
import { registerUncollectedRoutes } from './routes/uncollected.ts';
import { registerZoneChangeRoutes } from './routes/zone-changes.ts';
import { registerZoneCheckRoutes, type ZonesOfPast } from './routes/zone-checks.ts';

export interface DashboardDeps extends Omit<HttpServerDeps, 'sessions'> {
  /** Sees the whole tree: for sign-in and for what the live board knows of everybody. Routes get `requests`. */
  readonly database: Database;
  /** Sees what the caller of the work in progress may (`auth/reach.ts`). */
  readonly requests: Database;
  readonly liveState: LiveState;
  readonly quarantine: Quarantine;
  /** What looks into the log. */
  readonly past: PastOfLog & ZonesOfPast;
  /** What makes evidence packs. */
  readonly evidence: EvidenceOffice;
  /** How long what is kept. */
  readonly retention: RetentionSettings;
  /** What encrypts identity numbers. */
  readonly identities: IdentityOffice;
  /** Folder of the built page. */
  readonly pageDir: string;
  readonly version: string;
  readonly demo: boolean;
  /** Map tiles of another origin. Default none. */
  readonly tiles?: MapTiles | null;
  readonly tickSeconds: number;
  /** Seconds between two self-tests; 0 or absent: none. */
  readonly selfTestS?: number;
  /** Partitions of the log: a frontier is asked of each. */
  readonly partitions: number;
  /** The stages whose lateness the board shows: those that write frontiers into the live state. */
  readonly stages: readonly Frontier['stage'][];
  now(): Instant;
  /** How often the rights of live connections are asked for again. Default 30 s. */
  readonly recheckMs?: number;
}

export async function createDashboard(given: DashboardDeps): Promise<FastifyInstance> {
  const sessions = createSessions({ db: given.database, now: given.now });
  const liveBoard = createLiveBoard(given);
  // From here on the whole tree is out of reach.
  const deps = { ...given, database: given.requests };
  const app = await createHttpServer(
    { ...deps, sessions },
    { before: (server) => registerDocs(server, deps.version), notFound: pageFallback(deps.pageDir) },
  );

  registerSessionRoutes(app, { sessions, database: deps.database, tiles: deps.tiles ?? null });
  registerOrganisationRoutes(app, { ...deps, whole: given.database });
  registerAccountRoutes(app, { ...deps, sessions });
  registerTokenRoutes(app, { ...deps, sessions });
  registerAlertRoutes(app, deps);
  registerAlertWorkRoutes(app, deps);
  registerIncidentRoutes(app, deps);
  registerShelvingRoutes(app, deps);
  registerTaskRoutes(app, deps);
  await registerTaskFileRoutes(app, deps);
  registerResponseCardRoutes(app, deps);
  registerHazardRoutes(app, deps);
  registerShiftRoutes(app, { ...deps, whole: given.database });
  registerRotaRoutes(app, deps);
  registerCheckRoutes(app, deps);
  registerSubjectChangeRoutes(app, { ...deps, whole: given.database });
  await registerSubjectTableRoutes(app, deps);
  registerDeviceAssignmentRoutes(app, deps);
  registerRosterRoutes(app, deps);
  registerZoneChangeRoutes(app, deps);
  registerPolicyRoutes(app, deps);
  registerCalendarRoutes(app, deps);
  registerKeyCategoryRoutes(app, deps);
  registerSubjectRoutes(app, { ...deps, liveBoard });
  registerMusterRoutes(app, deps);
  registerPermitRoutes(app, deps);
  registerPositioningOrderRoutes(app, deps);
  registerLegalClockRoutes(app, deps);
  registerLegalReferenceRoutes(app);
  registerSupervisionRoutes(app, deps);
  registerUncollectedRoutes(app, deps);
  registerFeedRoutes(app, deps);
  registerDeviceSecretRoutes(app, deps);
  registerDeviceMessageRoutes(app, deps);
  registerTerminalRoutes(app, deps);
  registerDeviceCommandRoutes(app, deps);
  registerDeviceNoticeRoutes(app, deps);
  registerQuarantineRoutes(app, deps);
  registerInsightRoutes(app, deps);
  registerZoneCheckRoutes(app, deps);
  registerAuditRoutes(app, { ...deps, whole: given.database });
  registerSealRoutes(app, deps);
  registerEvidenceRoutes(app, deps);
  registerRetentionRoutes(app, deps);
  registerPresenceRoutes(app, deps);
  registerExemptionRoutes(app, deps);
  registerComplianceRoutes(app, { ...deps, whole: given.database });
  registerTrendRoutes(app, { ...deps, whole: given.database });
  registerDueRoutes(app, deps);
  registerDailyLogRoutes(app, { ...deps, whole: given.database });
  registerScoringRoutes(app, deps);
  registerAlarmLoadRoutes(app, { ...deps, whole: given.database });
  registerReportRoutes(app, { ...deps, whole: given.database });
  registerIdentityRoutes(app, deps);
  registerNoticeRoutes(app, deps);
  registerNoticeSubscriptionRoutes(app, deps);
  registerNoticeDeliveryRoutes(app, deps);
  await registerBoardSocket(app, { ...deps, database: given.database, liveBoard, sessions });
  await registerPage(app as unknown as FastifyInstance, deps.pageDir);

  app.addHook('onReady', () => liveBoard.start());
  app.addHook('onClose', () => liveBoard.stop());
  return app as unknown as FastifyInstance;
}

const GUEST_ANSWERS = {
  '2xx': Type.Null({ description: 'Taken, durably' }),
  '4xx': Type.Null({ description: 'Refused: the sender must change something' }),
  '5xx': Type.Null({ description: 'Not now: keep it and send it again' }),
};

/** OpenAPI out of the routes' own schemas, at /api/docs and /api/docs/json. */
async function registerDocs(app: App, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Wardline 守界',
        version,
        description: 'Lists answer {items, nextCursor}; errors are RFC 9457.',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'wardline_session' },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
    transform: ({ schema, url, route }) => {
      const action = route.config?.action;
      const isOpen = action === 'public' || action === 'own-check';
      const security = isOpen ? [] : [{ session: [] }, { token: [] }];
      // A guest's answers are its protocol's.
      const response = schema?.response ?? (action === 'own-check' ? GUEST_ANSWERS : undefined);
      return { schema: { ...schema, security, ...(response === undefined ? {} : { response }) }, url };
    },
  });
  await registerAs(app as unknown as FastifyInstance, 'public', async (scope) => {
    await scope.register(fastifySwaggerUi, {
      routePrefix: '/api/docs',
      staticCSP: true,
      // The plugin's own policy names a validator on another site and asks for TLS, which an office may not have.
      transformStaticCSP: () =>
        "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'",
      uiConfig: { validatorUrl: null },
    });
  });
}
