/**
 * `POST /ingest/v1/observations`: JSON array or NDJSON, up to 10,000 items, bearer token of a feed. The body is read as a
 * stream; NDJSON goes to the log in groups while the rest still comes in. 200 means that every item is durable, in the log
 * or (refused, with index and reason) in quarantine. Nothing else is acknowledged.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { fail, ok, type Refusal, type Result, refuse } from '../kernel/result.ts';
import { LogUnavailable } from '../ports/observation-log.ts';
import { createBodyBudget } from './body-budget.ts';
import type { FindFeed } from './feed-tokens.ts';
import type { Draft, Intake, Taken } from './intake.ts';
import { sliceElements } from './json-elements.ts';

export interface NativeHttpDeps {
  readonly intake: Intake;
  readonly findFeed: FindFeed;
  readonly now: () => number;
}

const MAX_ITEMS = 10_000;
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_HELD_BYTES = 64 * 1024 * 1024;
const GROUP_ITEMS = 1000;
const RETRY_AFTER_S = 2;
/** JSON, NDJSON and what tools send when told nothing; the first character of the body decides. */
const MEDIA_TYPES = new Set([
  'application/json',
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  'text/plain',
]);

interface Fault {
  readonly code: 'bad-request' | 'not-signed-in' | 'too-large' | 'unsupported-media-type' | 'unavailable';
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

/** Thrown out of the reading when the bodies of all requests together are more than is held at once. */
class TooMuchAtOnce extends Error {
  override readonly name = 'TooMuchAtOnce';
}

export function nativeIngest(deps: NativeHttpDeps): FastifyPluginAsync {
  const budget = createBodyBudget(MAX_HELD_BYTES);

  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    // The headers for pages are made anew for each answer, and cost a ping more than reading it does: what a machine reads needs these two.
    app.post('/ingest/v1/observations', { helmet: false }, async (request, reply) => {
      reply
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', "default-src 'none'");
      const refused = checkHeaders(request);
      if (refused !== undefined) return problem(request, reply, refused);
      let feed: string | undefined;
      try {
        const hash = tokenHashOf(request.headers.authorization);
        feed = hash === undefined ? undefined : await deps.findFeed(hash);
      } catch (error) {
        request.log.warn({ event: 'ingest.token-unknown', error: String(error) }, 'tokens can not be read');
        return problem(request, reply, UNAVAILABLE);
      }
      if (feed === undefined) return problem(request, reply, NOT_SIGNED_IN);
      let held = 0;
      const hold = (bytes: number) => {
        if (!budget.take(bytes)) throw new TooMuchAtOnce();
        held += bytes;
      };
      try {
        const taken = await readAndTake(request, deps, feed, hold);
        return taken.ok ? reply.send(taken.value) : problem(request, reply, taken.error);
      } catch (error) {
        if (error instanceof LogUnavailable || error instanceof TooMuchAtOnce)
          return problem(request, reply, UNAVAILABLE);
        // The sender has gone: nobody is there to answer to, and it sends again.
        if (request.raw.destroyed && !request.raw.complete)
          return problem(request, reply, unreadable('the body broke off'));
        throw error;
      } finally {
        budget.giveBack(held);
      }
    });
  };
}

const UNAVAILABLE: Fault = {
  code: 'unavailable',
  status: 503,
  title: 'Not able to do this now: try again',
  detail: 'the log can not take it now: keep it and send it again',
};
const NOT_SIGNED_IN: Fault = {
  code: 'not-signed-in',
  status: 401,
  title: 'Sign in first',
  detail: "send the feed's token: Authorization: Bearer <token>",
};

function unreadable(detail: string): Fault {
  return { code: 'bad-request', status: 400, title: 'The request can not be read', detail };
}

function tooLarge(detail: string): Fault {
  const whole = `${detail}: send it in parts`;
  return { code: 'too-large', status: 413, title: 'The request is too large', detail: whole };
}

function unsupported(detail: string): Fault {
  return { code: 'unsupported-media-type', status: 415, title: 'This content type is not read here', detail };
}

/** What can be said before a byte of the body is read. */
function checkHeaders({ headers }: FastifyRequest): Fault | undefined {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== undefined && !MEDIA_TYPES.has(type))
    return unsupported('send application/json (an array) or application/x-ndjson');
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') return unsupported(`content-encoding ${encoding} is not read: send it plain`);
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) return tooLarge(TOO_MANY_BYTES);
  return undefined;
}

const TOO_MANY_BYTES = `more than ${MAX_BODY_BYTES / 1024 / 1024} MiB`;
const TOO_MANY_ITEMS = `more than ${MAX_ITEMS} items`;

function problem(request: FastifyRequest, reply: FastifyReply, fault: Fault): FastifyReply {
  const { code, status, title, detail } = fault;
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  if (status === 503) reply.header('retry-after', String(RETRY_AFTER_S));
  // What of the body is still on its way is not read: the connection can't be used for another request.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: `urn:wardline:problem:${code}`, title, status, detail }));
}

async function readAndTake(
  request: FastifyRequest,
  deps: NativeHttpDeps,
  feed: string,
  hold: (bytes: number) => void,
): Promise<Result<Taken, Fault>> {
  const body = request.body as Readable | null | undefined;
  if (body === null || body === undefined) return fail(unreadable('the body is empty'));
  const take = (drafts: readonly Draft[]) =>
    deps.intake.take(drafts, { source: 'native', feed, receivedMs: deps.now() });
  const groups: Promise<Taken>[] = [];
  let bytes = 0;
  let items = 0;
  let isArray: boolean | undefined;
  /** Bytes of a JSON array, or of the line that is not whole yet. */
  let rest: Buffer[] = [];
  let lines: Buffer[] = [];

  const addLine = (line: Buffer) => {
    if (isBlank(line)) return;
    items++;
    lines.push(line);
    if (lines.length === GROUP_ITEMS) flush();
  };
  const flush = () => {
    groups.push(guard(take(lines.map(lineDraft))));
    lines = [];
  };
  for await (const chunk of chunksOf(body, request.headers['content-length'])) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return fail(tooLarge(TOO_MANY_BYTES));
    hold(chunk.length);
    isArray ??= startsArray(chunk);
    if (isArray === true) {
      rest.push(chunk);
      continue;
    }
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0 && items <= MAX_ITEMS; to = chunk.indexOf(NEWLINE, from)) {
      const end = chunk.subarray(from, to);
      addLine(rest.length === 0 ? end : Buffer.concat([...rest, end]));
      rest = [];
      from = to + 1;
    }
    if (items > MAX_ITEMS) break;
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (isArray === undefined) return fail(unreadable('the body is empty'));
  if (isArray) {
    const drafts = arrayDrafts(Buffer.concat(rest));
    if (!drafts.ok) return drafts;
    return drafts.value.length > MAX_ITEMS ? fail(tooLarge(TOO_MANY_ITEMS)) : ok(await take(drafts.value));
  }
  if (rest.length > 0) addLine(Buffer.concat(rest));
  if (lines.length > 0) flush();
  const taken = merge(await Promise.all(groups));
  // What was taken stays taken: sent again it falls on the same keys.
  return items > MAX_ITEMS ? fail(tooLarge(TOO_MANY_ITEMS)) : ok(taken);
}

/** A short body has come whole while the token was asked for: a stream's iterator would cost more than all of it. */
function chunksOf(body: Readable, announced: string | undefined): AsyncIterable<Buffer> | Buffer[] {
  const whole =
    body.readableLength > 0 && body.readableLength === Number(announced)
      ? (body.read() as Buffer | null)
      : null;
  if (whole !== null) return [whole];
  // The default would destroy the connection when the loop is left early, and with it the answer.
  return body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}

const NEWLINE = 10;

/** A group may fail while the body is still being read: heard later, at `Promise.all`. */
function guard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function merge(groups: readonly Taken[]): Taken {
  let accepted = 0;
  const refused: Taken['refused'][number][] = [];
  groups.forEach((group, i) => {
    accepted += group.accepted;
    for (const item of group.refused) refused.push({ ...item, index: item.index + i * GROUP_ITEMS });
  });
  return { accepted, refused };
}

function lineDraft(line: Buffer): Draft {
  let json: Draft['json'] | undefined;
  return {
    line,
    // Only of what is not the usual line.
    get json() {
      json ??= parseJson(line.toString());
      return json;
    },
    raw: () => line,
  };
}

export function parseJson(text: string): Result<unknown, Refusal> {
  try {
    return ok(JSON.parse(text) as unknown);
  } catch (error) {
    return refuse('not-json', '', `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function arrayDrafts(body: Buffer): Result<Draft[], Fault> {
  const parsed = parseJson(body.toString());
  if (!parsed.ok) return fail(unreadable(`the body ${parsed.error.message}`));
  const values = parsed.value as unknown[];
  // Only refused items are asked for their bytes: then the array is gone through once more, for all of them.
  let elements: Uint8Array[] | undefined;
  return ok(
    values.map((value, i) => ({
      json: ok(value),
      raw: () => {
        elements ??= sliceElements(body);
        return elements[i] ?? new Uint8Array();
      },
    })),
  );
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 32 || byte === 13 || byte === 9);
}

/** By the first character that is not white: undefined while only white came. */
function startsArray(chunk: Buffer): boolean | undefined {
  const first = chunk.find((byte) => byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9);
  return first === undefined ? undefined : first === 0x5b;
}

function tokenHashOf(authorization: string | undefined): Buffer | undefined {
  const token = /^Bearer (\S{1,512})$/.exec(authorization ?? '')?.[1];
  return token === undefined ? undefined : createHash('sha256').update(token).digest();
}
