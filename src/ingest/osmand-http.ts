/**
 * The port of OsmAnd / Traccar Client. A client keeps what is not answered with 2xx and sends it again for ever, so content that
 * can't be taken is quarantined and gets 200; a request that names no device can never be anybody's and gets 400; a log that
 * can't take it now gets 503.
 */
import fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { LogUnavailable } from '../ports/observation-log.ts';
import { createBodyBudget } from './body-budget.ts';
import { decodeOsmand, type OsmandRequest } from './protocols/osmand.ts';
import type { TakeDecoded } from './take-decoded.ts';

export interface OsmandHttpDeps {
  readonly take: TakeDecoded['take'];
  readonly logger: Logger;
  readonly now: () => number;
}

/** A Traccar Client's stored batch of 10,000 fixes. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** What a request without a body costs. */
const REQUEST_BYTES = 4096;
const RETRY_AFTER_S = '2';

/** The server, not listening yet. */
export function createOsmandServer(deps: OsmandHttpDeps): FastifyInstance {
  const budget = createBodyBudget(MAX_HELD_BYTES);
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // Phones on bad networks leave connections half open; a fix is a few hundred bytes.
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    const bytes = REQUEST_BYTES + (encoding === undefined ? Number(length ?? 0) : MAX_BODY_BYTES);
    if (!budget.take(bytes)) throw new LogUnavailable('too many requests at once');
    // Not `onResponse`: that is not called for a connection that broke.
    reply.raw.once('close', () => budget.giveBack(bytes));
  });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof LogUnavailable) return reply.code(503).header('retry-after', RETRY_AFTER_S).send();
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    if (status >= 500)
      deps.logger.error({ event: 'osmand.failed', error: String(error) }, 'a request failed');
    return reply.code(status).send();
  });
  app.all('/*', async (request, reply) => {
    const { url } = request;
    const at = url.indexOf('?');
    return reply
      .code(
        await take(deps, {
          query: at < 0 ? '' : url.slice(at + 1),
          contentType: request.headers['content-type'] ?? '',
          body: typeof request.body === 'string' ? request.body : '',
        }),
      )
      .send();
  });
  return app;
}

/** Answers the status. */
async function take(deps: OsmandHttpDeps, request: OsmandRequest): Promise<number> {
  // A probe of the port carries nothing that could be kept.
  if (request.query === '' && request.body === '') return 400;
  const receivedMs = deps.now();
  const decoded = decodeOsmand(request, receivedMs);
  await deps.take(decoded, { source: 'osmand', feed: null, protocol: 'osmand', receivedMs });
  const [first] = decoded;
  return first?.device === null && first.refusal?.code === 'missing-field' ? 400 : 200;
}
