/**
 * The port of OsmAnd / Traccar Client. A client keeps what is not answered with 2xx and sends it again for ever, so content that
 * can't be taken is quarantined and gets 200; a request that names no device can never be anybody's and gets 400; a log that
 * can't take it now gets 503.
 */
import fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { LogUnavailable } from '../ports/observation-log.ts';
import { createBodyBudget } from './body-budget.ts';
import type { Draft, Intake } from './intake.ts';
import { decodeOsmand, type OsmandRequest } from './protocols/osmand.ts';
import type { Quarantine } from './quarantine.ts';

export interface OsmandHttpDeps {
  readonly intake: Intake;
  readonly quarantine: Pick<Quarantine, 'add'>;
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
  const receivedMs = deps.now();
  const report = decodeOsmand(request, receivedMs);
  if (!report.ok) {
    // A probe of the port carries nothing that could be kept.
    if (request.query !== '' || request.body !== '') {
      const refused = {
        source: 'osmand',
        feed: null,
        device: null,
        receivedMs,
        refusal: report.error,
      } as const;
      await deps.quarantine.add([{ ...refused, raw: requestBytes(request) }]);
    }
    return report.error.code === 'missing-field' ? 400 : 200;
  }
  const { device, observations } = report.value;
  const drafts = observations.map(
    ({ json, part }, i): Draft => ({
      json,
      device,
      raw: () => requestBytes(part ?? request, part === null ? i : undefined),
    }),
  );
  await deps.intake.take(drafts, { source: 'osmand', feed: null, protocol: 'osmand', receivedMs });
  return 200;
}

/** The request as quarantine keeps it; `record`: which of the records that it holds was refused. Read by retry.ts. */
function requestBytes({ query, contentType, body }: OsmandRequest, record?: number): Uint8Array {
  return Buffer.from(JSON.stringify({ query, contentType, body, record }));
}
