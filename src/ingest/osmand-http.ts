/**
 * The port of OsmAnd / Traccar Client. A client keeps what is not answered with 2xx and sends it again for ever, so a request
 * that can never be right (no device named) gets 400, refused content is quarantined and gets 200, and a log that can't take it
 * now gets 503.
 */
import fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { LogUnavailable } from '../ports/observation-log.ts';
import type { Draft, Intake } from './intake.ts';
import { decodeOsmand } from './protocols/osmand.ts';
import type { Quarantine } from './quarantine.ts';

export interface OsmandHttpDeps {
  readonly intake: Intake;
  readonly quarantine: Pick<Quarantine, 'add'>;
  readonly logger: Logger;
  readonly now: () => number;
}

/** A Traccar Client's stored batch of 10,000 fixes. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** The server, not listening yet. */
export function createOsmandServer(deps: OsmandHttpDeps): FastifyInstance {
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true, exposeHeadRoutes: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof LogUnavailable) return reply.code(503).header('retry-after', '2').send();
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    if (status >= 500)
      deps.logger.error({ event: 'osmand.failed', error: String(error) }, 'a request failed');
    return reply.code(status).send();
  });
  app.all('/*', async (request, reply) => {
    const receivedMs = deps.now();
    const [path = '', ...rest] = request.url.split('?');
    const query = rest.join('?');
    const body = typeof request.body === 'string' ? request.body : '';
    const report = decodeOsmand(
      { query, contentType: request.headers['content-type'] ?? '', body },
      receivedMs,
    );
    const raw = () =>
      Buffer.from(JSON.stringify({ path, query, contentType: request.headers['content-type'] ?? '', body }));
    if (!report.ok) {
      await deps.quarantine.add([
        { source: 'osmand', feed: null, device: null, receivedMs, refusal: report.error, raw: raw() },
      ]);
      return reply.code(400).send();
    }
    const { observations } = report.value;
    const drafts = observations.map(
      (json): Draft => ({
        json,
        // A read record is kept in the native form (one of many may be refused); an unread one as the request that it was.
        raw: () => (json.ok ? Buffer.from(JSON.stringify(json.value)) : raw()),
      }),
    );
    await deps.intake.take(drafts, { source: 'osmand', feed: null, protocol: 'osmand', receivedMs });
    return reply.code(200).send();
  });
  return app;
}
