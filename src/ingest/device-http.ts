/**
 * What every HTTP port of devices has: bodies of a bounded size and, together, of a bounded sum; 503 when the log can't take it now, so
 * that the device keeps it and comes again; no hanging connections.
 */
import fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { LogUnavailable } from '../ports/observation-log.ts';
import { createBodyBudget } from './body-budget.ts';

export interface DeviceHttpDeps {
  /** In the log: `<name>.failed`. */
  readonly name: string;
  readonly maxBodyBytes: number;
  readonly logger: Logger;
}

const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** What a request without a body costs. */
const REQUEST_BYTES = 4096;
const RETRY_AFTER_S = '2';

/** The server without routes, not listening yet. Bodies come as bytes, whatever their type says. */
export function createDeviceHttp({ name, maxBodyBytes, logger }: DeviceHttpDeps): FastifyInstance {
  const budget = createBodyBudget(MAX_HELD_BYTES);
  const app = fastify({
    bodyLimit: maxBodyBytes,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // Old firmware names no host.
    http: { requireHostHeader: false },
    // Devices on bad networks leave connections half open; what they send is short.
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    const bytes = REQUEST_BYTES + (encoding === undefined ? Number(length ?? 0) : maxBodyBytes);
    if (!budget.take(bytes)) throw new LogUnavailable('too many requests at once');
    // Not `onResponse`: that is not called for a connection that broke.
    reply.raw.once('close', () => budget.giveBack(bytes));
  });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof LogUnavailable) return reply.code(503).header('retry-after', RETRY_AFTER_S).send();
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    if (status >= 500) logger.error({ event: `${name}.failed`, error: String(error) }, 'a request failed');
    return reply.code(status).send();
  });
  return app;
}
