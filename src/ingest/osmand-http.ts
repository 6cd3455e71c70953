/**
 * The port of OsmAnd / Traccar Client. A client keeps what is not answered with 2xx and sends it again for ever, so content that
 * can't be taken is quarantined and gets 200; a request that names no device can never be anybody's and gets 400; a log that
 * can't take it now gets 503.
 */
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createDeviceHttp } from './device-http.ts';
import { decodeOsmand, type OsmandRequest } from './protocols/osmand.ts';
import type { TakeDecoded } from './take-decoded.ts';

export interface OsmandHttpDeps {
  readonly take: TakeDecoded['take'];
  readonly logger: Logger;
  readonly now: () => number;
}

/** A Traccar Client's stored batch of 10,000 fixes. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** The server, not listening yet. */
export function createOsmandServer(deps: OsmandHttpDeps): FastifyInstance {
  const app = createDeviceHttp({ name: 'osmand', maxBodyBytes: MAX_BODY_BYTES, logger: deps.logger });
  app.all('/*', async (request, reply) => {
    const { url } = request;
    const at = url.indexOf('?');
    return reply
      .code(
        await take(deps, {
          query: at < 0 ? '' : url.slice(at + 1),
          contentType: request.headers['content-type'] ?? '',
          body: Buffer.isBuffer(request.body) ? request.body.toString() : '',
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
  const isNobodys =
    decoded.length > 0 &&
    decoded.every(({ device, refusal }) => device === null && refusal?.code === 'missing-field');
  return isNobodys ? 400 : 200;
}
