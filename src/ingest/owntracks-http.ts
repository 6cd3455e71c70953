/**
 * `POST /owntracks`. The app keeps what is not answered with 2xx and sends it again for ever, so content that can't be taken is
 * quarantined and gets 200; what can never be anybody's gets 400; a wrong password 401, which the app shows; a log that can't
 * take it now 503. The answer is a JSON array: commands that wait for the phone.
 */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Json } from '../kernel/field.ts';
import { LogUnavailable } from '../ports/observation-log.ts';
import { createBodyBudget } from './body-budget.ts';
import { type OwntracksDeps, takeOwntracks } from './owntracks-take.ts';
import type { OwntracksMessage } from './protocols/owntracks-message.ts';

export interface OwntracksHttpDeps extends OwntracksDeps {
  readonly logger: Logger;
  /** Messages that wait for a device, to go out with this answer. */
  replies?(device: string): Promise<readonly Json[]>;
}

/** A photograph in a point of interest is the largest thing that the app sends. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_HELD_BYTES = 64 * 1024 * 1024;
const RETRY_AFTER_S = '2';

export function owntracksIngest(deps: OwntracksHttpDeps): FastifyPluginAsync {
  const budget = createBodyBudget(MAX_HELD_BYTES);
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) =>
      done(null, body),
    );
    app.setErrorHandler((error, request, reply) => {
      if (error instanceof LogUnavailable)
        return reply.code(503).header('retry-after', RETRY_AFTER_S).send([]);
      const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
      if (status >= 500)
        deps.logger.error(
          { event: 'owntracks.failed', error: String(error), id: request.id },
          'a request failed',
        );
      return reply.code(status).send([]);
    });
    app.addHook('onRequest', async (request, reply) => {
      const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
      const bytes = encoding === undefined ? Number(length ?? 0) : MAX_BODY_BYTES;
      if (bytes > MAX_BODY_BYTES) return;
      if (!budget.take(bytes)) throw new LogUnavailable('too many requests at once');
      // Not `onResponse`: that is not called for a connection that broke.
      reply.raw.once('close', () => budget.giveBack(bytes));
    });
    app.post('/owntracks', async (request, reply) => {
      const { password, ...message } = read(request);
      const { devices, unusable, isForged } = await takeOwntracks(deps, message, { password });
      if (isForged) return reply.code(401).header('www-authenticate', 'Basic realm="wardline"').send([]);
      if (unusable !== null) return reply.code(400).send([]);
      const { replies } = deps;
      if (replies === undefined) return [];
      return (await Promise.all(devices.map((device) => replies(device)))).flat();
    });
  };
}

function read(request: FastifyRequest): OwntracksMessage & { readonly password: string | null } {
  const { headers, body } = request;
  const query = request.query as Readonly<Record<string, unknown>>;
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
  return {
    topic: null,
    user: text(headers['x-limit-u']) ?? text(query.u),
    deviceName: text(headers['x-limit-d']) ?? text(query.d),
    retained: false,
    body: typeof body === 'string' ? body : '',
    password: passwordOf(headers.authorization),
  };
}

/** Of RFC 7617; the user's name is the app's own matter: who is meant is told by the message. */
function passwordOf(authorization: string | undefined): string | null {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,2048})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return null;
  const pair = Buffer.from(encoded, 'base64').toString();
  const at = pair.indexOf(':');
  return at < 0 ? null : pair.slice(at + 1);
}
