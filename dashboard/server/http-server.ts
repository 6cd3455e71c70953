/**
 * The HTTP server that every role has: health, readiness, metrics, security headers, errors as RFC 9457. The
 * dashboard (`app.ts`) puts its routes on top of it; a process without that role serves this alone.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import fastifyCookie from '@fastify/cookie';
import fastifyHelmet from '@fastify/helmet';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Registry } from 'prom-client';
import { Type } from 'typebox';
import { told } from '../../src/kernel/fault.ts';
import type { Result } from '../../src/kernel/result.ts';
import { LogUnavailable } from '../../src/ports/observation-log.ts';
import { isOutage } from '../../src/store/outage.ts';
import type { RouteAction } from './auth/access.ts';
import { CALLS_A_MINUTE, createCallLimits } from './auth/call-limits.ts';
import { guardRoutes, registerAs } from './auth/route-guard.ts';
import type { Sessions } from './auth/sessions.ts';
import { buildLazySerializer } from './lazy-serializers.ts';
import {
  codeOf,
  faultsOf,
  isBeyondReach,
  isUnreadable,
  Problem,
  ProblemSchema,
  sendProblem,
} from './problem.ts';

export type App = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** One condition of `/readyz`: the log, the store, consumers caught up. A failure's text says what is not. */
export interface Probe {
  readonly name: string;
  check(): Promise<Result<void, string>>;
}

/** Routes of another room on this server, e.g. native ingest. They check their callers by themselves (`own-check`) or are `public`. */
export interface Guest {
  readonly action: Extract<RouteAction, 'public' | 'own-check'>;
  readonly plugin: FastifyPluginAsync;
}

export interface HttpServerDeps {
  readonly logger: FastifyBaseLogger;
  readonly registry: Registry;
  readonly probes: readonly Probe[];
  readonly sessions: Sessions;
  readonly plugins: readonly Guest[];
  /** Addresses or networks of proxies whose X-Forwarded-* headers are believed. */
  readonly trustProxy?: readonly string[] | undefined;
  /** PEM texts: the port speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Other origins that the page may take map tiles from. Default none. */
  readonly tileOrigins?: readonly string[];
  /** Of one caller; of one address five times as many. Default 60,000. */
  readonly callsAMinute?: number;
}

const PROBE_TIMEOUT_MS = 2000;
/** To receive a whole request: ten thousand observations over a slow line fit in. */
const REQUEST_TIMEOUT_MS = 120_000;
/** At the end running requests may finish, for so long: what was accepted is answered. */
const FINISH_WITHIN_MS = 5000;
/** After which a log that was away may be asked again. */
const RETRY_AFTER_S = 2;

export async function createHttpServer(
  deps: HttpServerDeps,
  options: {
    /** Called before any route is registered: what documents routes must stand before them. */
    before?(app: App): Promise<void>;
    /** Where no route fits: answers true when it has replied. */
    notFound?(request: FastifyRequest, reply: FastifyReply): Promise<boolean>;
  } = {},
): Promise<App> {
  const app = fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: deps.trustProxy === undefined ? false : [...deps.trustProxy],
    // TLS 1.2 and later, as Node has it by default. Null: plain HTTP.
    https: deps.tls ?? null,
    routerOptions: { maxParamLength: 256 },
    // What fails before there is a route (a broken escape, an id that is too long) passes by the hooks below.
    frameworkErrors: (error, _request, reply) => {
      reply
        .header('content-security-policy', "default-src 'none'")
        .header('x-content-type-options', 'nosniff');
      return sendProblem(reply, codeOf(error), error.message);
    },
    forceCloseConnections: 'idle',
    requestTimeout: REQUEST_TIMEOUT_MS,
    schemaController: { compilersFactory: { buildSerializer: buildLazySerializer } },
  })
    .withTypeProvider<TypeBoxTypeProvider>()
    .setValidatorCompiler(TypeBoxValidatorCompiler) as unknown as App;
  mapErrors(app, options.notFound);
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: { useDefaults: false, directives: policyWith(deps.tileOrigins ?? []) },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
    // Needs TLS, and a page on plain HTTP in an office network would only print a warning.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });
  await app.register(fastifyCookie);
  const limits = await createCallLimits(app, deps.callsAMinute ?? CALLS_A_MINUTE);
  guardRoutes(app as unknown as FastifyInstance, deps.sessions, limits);
  app.addSchema(ProblemSchema);
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), FINISH_WITHIN_MS).unref();
  });
  await options.before?.(app);
  registerHealth(app, deps);
  for (const guest of deps.plugins)
    await registerAs(app as unknown as FastifyInstance, guest.action, guest.plugin);
  return app;
}

/**
 * Nothing from elsewhere, no inline script or style, no eval. `blob:` and `data:` are for images only: MapLibre
 * decodes map images through them. Its worker is a file of our own origin, so workers need no `blob:`.
 */
const CONTENT_SECURITY_POLICY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'worker-src': ["'self'"],
  'manifest-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};

/** MapLibre fetches tiles, and falls back to an image's address. */
function policyWith(tileOrigins: readonly string[]) {
  const { 'img-src': images, 'connect-src': connections } = CONTENT_SECURITY_POLICY;
  return {
    ...CONTENT_SECURITY_POLICY,
    'img-src': [...images, ...tileOrigins],
    'connect-src': [...connections, ...tileOrigins],
  };
}

function mapErrors(
  app: App,
  notFound?: (request: FastifyRequest, reply: FastifyReply) => Promise<boolean>,
): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof LogUnavailable) return sendProblem(reply, 'unavailable', undefined, RETRY_AFTER_S);
    if (isOutage(error)) {
      request.log.error(
        { event: 'request.store-away', route: request.routeOptions.url, error: error.message },
        'the store is away',
      );
      return sendProblem(reply, 'unavailable', undefined, RETRY_AFTER_S);
    }
    const code = codeOf(error);
    if (code === 'internal') {
      request.log.error(
        { event: 'request.failed', route: request.routeOptions.url, err: error },
        'request failed',
      );
      return sendProblem(reply, code);
    }
    if (isUnreadable(error))
      request.log.info(
        { event: 'request.unreadable', route: request.routeOptions.url, code: error.code },
        'bad value',
      );
    if (isBeyondReach(error)) {
      request.log.error(
        {
          event: 'request.beyond-reach',
          route: request.routeOptions.url,
          account: request.caller?.actor.name,
        },
        'the store refused what the application let through',
      );
      return sendProblem(reply, code);
    }
    const retryAfterS = error instanceof Problem ? error.retryAfterS : undefined;
    return sendProblem(
      reply,
      code,
      isUnreadable(error) ? told('unstorable-value').message : error.message,
      retryAfterS,
      faultsOf(error),
    );
  });
  app.setNotFoundHandler(async (request, reply) => {
    if ((await notFound?.(request, reply)) === true) return reply;
    return sendProblem(reply, 'not-found', `${request.method} ${request.url.split('?')[0]}`);
  });
}

function registerHealth(app: App, deps: HttpServerDeps): void {
  const tags = ['operation'];
  const config = { action: 'public' } as const;
  app.get(
    '/healthz',
    {
      config,
      schema: {
        tags,
        summary: 'The process is alive',
        response: { 200: Type.Object({ status: Type.Literal('alive') }) },
      },
    },
    () => ({ status: 'alive' as const }),
  );
  const Readiness = Type.Object({
    status: Type.Union([Type.Literal('ready'), Type.Literal('not-ready')]),
    checks: Type.Record(Type.String(), Type.String(), { description: '"ok", or what is not' }),
  });
  app.get(
    '/readyz',
    {
      config,
      schema: {
        tags,
        summary: 'Log and store answer and consumers have caught up',
        response: { 200: Readiness, 503: Readiness },
      },
    },
    async (_request, reply) => {
      const found = await Promise.all(
        deps.probes.map(async (probe) => [probe.name, await run(probe)] as const),
      );
      const isReady = found.every(([, text]) => text === 'ok');
      return reply
        .code(isReady ? 200 : 503)
        .send({ status: isReady ? 'ready' : 'not-ready', checks: Object.fromEntries(found) });
    },
  );
  app.get(
    '/metrics',
    {
      config,
      schema: {
        tags,
        summary: 'Prometheus metrics',
        produces: ['text/plain'],
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) =>
      reply
        .header('content-type', deps.registry.contentType)
        .serializer((text: unknown) => String(text))
        .send(await deps.registry.metrics()),
  );
}

async function run(probe: Probe): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${PROBE_TIMEOUT_MS / 1000} s`), PROBE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([probe.check().then((result) => (result.ok ? 'ok' : result.error)), late]);
  } catch (error) {
    // A probe that throws is a stage that does not answer: that is what is asked here.
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
