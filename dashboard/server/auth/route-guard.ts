/**
 * Deny by default: every route declares `config: { action }` or fails when it is registered, and every call is checked
 * against that declaration before its body is read. A plugin whose routes can't declare one (a third party's) is
 * registered through `registerAs`, which declares for it.
 */
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest, FastifySchema } from 'fastify';
import { Problem } from '../problem.ts';
import { can, type RouteAction } from './access.ts';
import type { CallLimits } from './call-limits.ts';
import { reachOf, withReach } from './reach.ts';
import type { Caller, Sessions } from './sessions.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    action?: RouteAction;
  }
  interface FastifyInstance {
    /** What each route declares, in the order of registration. */
    declaredRoutes: readonly DeclaredRoute[];
  }
  interface FastifyRequest {
    /** Who calls; null on public routes. */
    caller: Caller | null;
  }
}

export interface DeclaredRoute {
  readonly method: string;
  readonly url: string;
  readonly action: RouteAction;
  readonly schema: FastifySchema | undefined;
}

const DEFAULT_ACTION = 'actionOfPlugin';
/** `__Host-` would need TLS, and an office network may have none: the name stays the same on both. */
export const SESSION_COOKIE = 'wardline_session';

export function guardRoutes(app: FastifyInstance, sessions: Sessions, limits: CallLimits): void {
  const declared: DeclaredRoute[] = [];
  app.decorate('declaredRoutes', declared);
  app.decorateRequest('caller', null);
  app.addHook('onRoute', function declareAction(route) {
    const byPlugin = this.hasDecorator(DEFAULT_ACTION)
      ? this.getDecorator<RouteAction>(DEFAULT_ACTION)
      : undefined;
    const action = route.config?.action ?? byPlugin;
    if (action === undefined)
      throw new Error(`route ${String(route.method)} ${route.url} declares no action: config: { action: … }`);
    route.config = { ...route.config, action };
    for (const method of [route.method].flat())
      declared.push({ method, url: route.url, action, schema: route.schema });
  });
  app.addHook('onRequest', async function guard(request) {
    const action = request.routeOptions.config?.action;
    // No route: the not-found handler answers, which has nothing to protect.
    if (action === undefined && request.is404) return;
    if (action === 'own-check') return;
    // Of the open ones only what asks the store: the page's own files are cheap.
    if (action !== 'public' || request.routeOptions.url?.startsWith('/api/v1/') === true)
      await limits.checkAddress(request);
    if (action === 'public') return;
    const caller = await identify(request, sessions);
    if (caller === undefined) throw new Problem('not-signed-in');
    if (action === undefined || !can(caller.actor, action, caller.actor.organisation))
      throw new Problem('forbidden');
    checkForgery(request, caller);
    request.caller = caller;
    await limits.checkCaller(request, action);
    if (caller.mustChange && !MAY_WITH_ONE_TIME_PASSWORD.has(action))
      throw new Problem('password-change-needed');
  });
  // The last hook before the handler, and with a callback: what an async hook enters does not reach what follows it.
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.caller === null) done();
    else withReach(reachOf(request.caller.actor), done);
  });
}

/** Until it is changed, a one-time password opens nothing but what changes it. */
const MAY_WITH_ONE_TIME_PASSWORD: ReadonlySet<RouteAction> = new Set(['account.own']);

/** Registers a plugin whose routes all fall under one action. */
export async function registerAs(
  app: FastifyInstance,
  action: RouteAction,
  plugin: FastifyPluginAsync,
): Promise<void> {
  await app.register(async (scope) => {
    scope.decorate(DEFAULT_ACTION, action);
    await scope.register(plugin);
  });
}

/** The caller of a route that is not public. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error(`${request.url} has no caller: its route is public`);
  return request.caller;
}

/** Who calls, by bearer token or cookie; undefined: nobody known. */
export async function identify(request: FastifyRequest, sessions: Sessions): Promise<Caller | undefined> {
  const authorization = request.headers.authorization;
  if (authorization !== undefined) {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1];
    return token === undefined ? undefined : sessions.callerOfBearer(token);
  }
  const cookie = request.cookies[SESSION_COOKIE];
  return cookie === undefined || cookie.length > 512 ? undefined : sessions.callerOfCookie(cookie);
}

/** A browser sends the cookie by itself, so a call by cookie must come from our own page. */
function checkForgery(request: FastifyRequest, caller: Caller): void {
  if (caller.session === null) return;
  const isUpgrade = request.headers.upgrade !== undefined;
  const isSafe = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS';
  if (isSafe && !isUpgrade) return;
  checkOrigin(request, isUpgrade);
  if (!isUpgrade && request.headers['x-csrf-token'] !== caller.session.csrf) throw new Problem('csrf-token');
}

/** Browsers name the page's origin on every upgrade and every mutating call; `required` refuses a call without. */
export function checkOrigin(request: FastifyRequest, required: boolean): void {
  const origin = request.headers.origin;
  if (origin === undefined && !required) return;
  const host = origin === undefined ? undefined : URL.parse(origin)?.host;
  if (host === undefined || host !== request.host) throw new Problem('foreign-origin');
}
