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
import type { Draft, Intake, Taken } from './intake.ts';

export interface NativeHttpDeps {
  readonly intake: Intake;
  /** Feed of a token's SHA-256, if the token is good. */
  findFeed(tokenHash: Buffer): Promise<string | undefined>;
  readonly now: () => number;
}

const MAX_ITEMS = 10_000;
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Bodies being read at once, all requests together: beyond it 503, so that a flood can't fill the memory. */
const MAX_READING_BYTES = 64 * 1024 * 1024;
const GROUP_ITEMS = 1000;
const TOKEN_MEMORY_MS = 5000;
const RETRY_AFTER_S = 2;

interface Fault {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

export function nativeIngest(deps: NativeHttpDeps): FastifyPluginAsync {
  const feedOf = rememberFeeds(deps);
  let readingBytes = 0;

  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    app.post('/ingest/v1/observations', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
      const feed = await feedOf(request.headers.authorization);
      if (feed === undefined) {
        return problem(reply.header('www-authenticate', 'Bearer'), {
          status: 401,
          title: 'Unauthorized',
          detail: "send the feed's token: Authorization: Bearer <token>",
        });
      }
      const announced = Number(request.headers['content-length'] ?? 0);
      if (readingBytes + announced > MAX_READING_BYTES) return busy(reply);
      let counted = 0;
      const count = (bytes: number) => {
        counted += bytes;
        readingBytes += bytes;
      };
      try {
        const taken = await readAndTake(request, deps, feed, count);
        if (!taken.ok) return problem(reply, taken.error);
        return reply.send(taken.value);
      } catch (error) {
        if (error instanceof LogUnavailable) return busy(reply);
        throw error;
      } finally {
        readingBytes -= counted;
      }
    });
  };
}

function busy(reply: FastifyReply): FastifyReply {
  return problem(reply.header('retry-after', String(RETRY_AFTER_S)), {
    status: 503,
    title: 'Service Unavailable',
    detail: 'the log can not take it now: keep it and send it again',
  });
}

function problem(reply: FastifyReply, { status, title, detail }: Fault): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail }));
}

async function readAndTake(
  request: FastifyRequest,
  deps: NativeHttpDeps,
  feed: string,
  count: (bytes: number) => void,
): Promise<Result<Taken, Fault>> {
  const body = request.body as Readable | null;
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
    if (lines.length < GROUP_ITEMS) return;
    groups.push(guard(take(lines.map(lineDraft))));
    lines = [];
  };
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    count(chunk.length);
    if (bytes > MAX_BODY_BYTES) return fail(tooLarge(`more than ${MAX_BODY_BYTES / 1024 / 1024} MiB`));
    isArray ??= startsArray(chunk);
    if (isArray === true) rest.push(chunk);
    else {
      let from = 0;
      for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
        addLine(
          rest.length === 0 ? chunk.subarray(from, to) : Buffer.concat([...rest, chunk.subarray(from, to)]),
        );
        rest = [];
        from = to + 1;
      }
      if (from < chunk.length) rest.push(chunk.subarray(from));
    }
    if (items > MAX_ITEMS) break;
  }
  if (isArray === true) {
    const array = parseArray(Buffer.concat(rest));
    if (!array.ok) return array;
    if (array.value.length > MAX_ITEMS) return fail(tooLarge(`more than ${MAX_ITEMS} items`));
    return ok(await take(array.value.map(valueDraft)));
  }
  if (rest.length > 0) addLine(Buffer.concat(rest));
  if (lines.length > 0) groups.push(guard(take(lines.map(lineDraft))));
  const taken = merge(await Promise.all(groups));
  // What was taken stays taken: sent again it falls on the same keys.
  return items > MAX_ITEMS ? fail(tooLarge(`more than ${MAX_ITEMS} items`)) : ok(taken);
}

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
  return { json: parseJson(line.toString()), raw: () => line };
}

function valueDraft(value: unknown): Draft {
  return { json: ok(value), raw: () => Buffer.from(JSON.stringify(value)) };
}

export function parseJson(text: string): Result<unknown, Refusal> {
  try {
    return ok(JSON.parse(text) as unknown);
  } catch (error) {
    return refuse('not-json', '', `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseArray(body: Buffer): Result<unknown[], Fault> {
  const parsed = parseJson(body.toString());
  if (!parsed.ok) return fail(unreadable(`the body ${parsed.error.message}`));
  return Array.isArray(parsed.value)
    ? ok(parsed.value)
    : fail(unreadable('the body must be a JSON array or NDJSON'));
}

function unreadable(detail: string): Fault {
  return { status: 400, title: 'Bad Request', detail };
}

function tooLarge(detail: string): Fault {
  return { status: 413, title: 'Content Too Large', detail: `${detail}: send it in parts` };
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 32 || byte === 13 || byte === 9);
}

/** By the first character that is not white: undefined while only white came. */
function startsArray(chunk: Buffer): boolean | undefined {
  const first = chunk.find((byte) => byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9);
  return first === undefined ? undefined : first === 0x5b;
}

/** A feed sends many requests a second: its token is looked up every few seconds. */
function rememberFeeds(
  deps: NativeHttpDeps,
): (authorization: string | undefined) => Promise<string | undefined> {
  const known = new Map<string, { feed: string | undefined; untilMs: number }>();
  return async (authorization) => {
    const token = /^Bearer (\S{1,512})$/.exec(authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const hash = createHash('sha256').update(token).digest();
    const key = hash.toString('base64');
    const now = deps.now();
    const remembered = known.get(key);
    if (remembered !== undefined && now < remembered.untilMs) return remembered.feed;
    const feed = await deps.findFeed(hash);
    if (known.size > 1000) known.clear();
    known.set(key, { feed, untilMs: now + TOKEN_MEMORY_MS });
    return feed;
  };
}
