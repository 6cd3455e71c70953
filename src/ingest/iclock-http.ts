/**
 * The port of fingerprint terminals (iclock / ADMS push). A terminal sends a batch again until it is answered with OK, so what is durable
 * (on the log, or refused and in quarantine) is answered so, whatever single lines are like; 503 while the log is away.
 */
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { type Instant, parseInstant } from '../kernel/instant.ts';
import type { RefusalCode } from '../kernel/result.ts';
import { LogUnavailable } from '../ports/observation-log.ts';
import type { CommandDesk } from './command-desk.ts';
import { createDeviceHttp } from './device-http.ts';
import { decodeTerminal, type TerminalMessage, type TerminalRequest } from './protocols/zkteco.ts';
import { commandLines, handshakeReply, terminalCommand } from './protocols/zkteco-replies.ts';
import type { Quarantine } from './quarantine.ts';
import { addSample, type ClockSample, driftOf } from './terminal-clock.ts';
import type { TerminalRoster } from './terminal-roster.ts';
import type { TerminalStates } from './terminal-states.ts';
import type { TerminalTake } from './terminal-take.ts';
import { createTokenBucket } from './token-bucket.ts';

export interface IclockHttpDeps {
  readonly take: TerminalTake['take'];
  readonly quarantine: Pick<Quarantine, 'add'>;
  readonly states: TerminalStates;
  terminals(): TerminalRoster;
  /** Undefined before the desk is open. */
  desk(): Pick<CommandDesk, 'fetchNumbered' | 'onHeard'> | undefined;
  /** A terminal that is not on the roster asks to be let in. */
  onStranger(serial: string, receivedMs: Instant): void;
  /** Refused, and not kept: a stranger beyond what the quarantine takes of strangers. */
  onNotKept?(code: RefusalCode): void;
  readonly logger: Logger;
  readonly now: () => Instant;
}

/** Templates that a terminal sends unasked are some KiB each; a terminal's whole store of punches is a few MiB. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Uploads of terminals that nobody knows. */
const STRANGERS = { burst: 500, perS: 10 };
const SET_TIME = 21;

interface Answer {
  readonly status: number;
  readonly body: string;
}
const OK: Answer = { status: 200, body: 'OK' };
const NOT_OURS: Answer = {
  status: 404,
  body: 'not a path of the attendance push protocol: set an access-control terminal to attendance',
};

/** The server, not listening yet. */
export function createIclockServer(deps: IclockHttpDeps): FastifyInstance {
  const app = createDeviceHttp({ name: 'zkteco', maxBodyBytes: MAX_BODY_BYTES, logger: deps.logger });
  const strangers = createTokenBucket(STRANGERS);
  app.all('/*', async (request, reply) => {
    const { method, url, body, headers } = request;
    const dateMs = Date.parse(headers.date ?? '');
    const { status, body: text } = await answer(
      deps,
      strangers,
      { method, path: url, body: Buffer.isBuffer(body) ? body : NO_BODY },
      Number.isFinite(dateMs) ? dateMs : undefined,
    );
    return reply.code(status).header('content-type', 'text/plain').send(text);
  });
  return app;
}

const NO_BODY = new Uint8Array();

async function answer(
  deps: IclockHttpDeps,
  strangers: ReturnType<typeof createTokenBucket>,
  request: TerminalRequest,
  dateMs: Instant | undefined,
): Promise<Answer> {
  const receivedMs = deps.now();
  const roster = deps.terminals();
  const message = decodeTerminal(request, roster.zoneOf);
  if (message === 'too-many-lines') return { status: 413, body: 'too many lines at once' };
  const { terminal, call } = message;
  if (call === 'unknown') return NOT_OURS;
  if (terminal === null) return { status: 400, body: 'SN is missing' };
  const isKnown = roster.isKnown(terminal);
  const contactMs = isKnown ? deps.states.heard(terminal, receivedMs) : null;
  if (isKnown && dateMs !== undefined)
    deps.states.sample(terminal, { receivedMs, aheadMs: dateMs - receivedMs, kind: 'date' });
  switch (call) {
    case 'ping':
      return OK;
    case 'time':
      return { status: 200, body: `Time=${new Date(receivedMs).toISOString()}` };
    case 'handshake': {
      if (!isKnown) deps.onStranger(terminal, receivedMs);
      // Of a stranger nothing is known: once it is on the roster, it sends everything.
      const stamps = isKnown ? await stampsOf(deps, terminal) : {};
      const offsetMs = roster.zoneOf(terminal).clock.offsetMs(receivedMs);
      return { status: 200, body: handshakeReply(terminal, stamps, offsetMs) };
    }
    case 'poll':
      return { status: 200, body: await commandsFor(deps, roster, terminal) };
    default: {
      if (!isKnown && message.lines.length > 0 && strangers.take(1, receivedMs) === 0) {
        deps.onNotKept?.('unknown-terminal');
        throw new LogUnavailable('too much of terminals that nobody knows');
      }
      return takeUpload(deps, message, terminal, { receivedMs, contactMs, isKnown });
    }
  }
}

async function stampsOf({ states }: IclockHttpDeps, terminal: string) {
  try {
    return await states.stamps(terminal);
  } catch (cause) {
    throw new LogUnavailable('the store is away', { cause });
  }
}

async function commandsFor(
  { desk }: IclockHttpDeps,
  roster: TerminalRoster,
  terminal: string,
): Promise<string> {
  const open = desk();
  if (open === undefined) return 'OK';
  const { clock } = roster.zoneOf(terminal);
  const fetched = await Promise.all(roster.idsOf(terminal).map((id) => open.fetchNumbered(id)));
  return commandLines(
    fetched.flat().flatMap(({ serial, command }) => {
      const text = terminalCommand(command, clock);
      return text === undefined ? [] : [{ serial, text }];
    }),
  );
}

async function takeUpload(
  deps: IclockHttpDeps,
  message: TerminalMessage,
  terminal: string,
  { receivedMs, contactMs, isKnown }: { receivedMs: Instant; contactMs: Instant | null; isKnown: boolean },
): Promise<Answer> {
  const { states } = deps;
  const sample = sampleOf(message, receivedMs, contactMs);
  if (isKnown && message.lines.some(({ read }) => isSetTime(read))) states.clockWasSet(terminal);
  if (isKnown && sample !== undefined) states.sample(terminal, sample);
  const { driftMs } = isKnown
    ? states.drift(terminal, receivedMs)
    : driftOf(sample === undefined ? [] : addSample([], sample), receivedMs);
  let taken: Awaited<ReturnType<TerminalTake['take']>>;
  try {
    taken = await deps.take(message, { receivedMs, driftMs }, deps.quarantine);
  } catch (error) {
    states.wasPutOff(terminal);
    throw error;
  }
  // Of a stranger some is not kept (whom it has enrolled): it shall send all again when it is known.
  if (isKnown && message.stamp !== null && message.isCounted)
    await states.advance(terminal, message.table, message.stamp, receivedMs);
  if (message.call === 'result') tellResults(deps, message, terminal, receivedMs);
  return message.isCounted ? { status: 200, body: `OK: ${taken.read}` } : OK;
}

/** The newest punch of an upload, against now. */
function sampleOf(
  { lines }: TerminalMessage,
  receivedMs: Instant,
  contactMs: Instant | null,
): ClockSample | undefined {
  let newestMs: Instant | undefined;
  for (const { read } of lines) {
    if (read === null || read === false || read.kind !== 'attendance') continue;
    const atMs = parseInstant(read.time);
    if (atMs !== undefined && (newestMs === undefined || atMs > newestMs)) newestMs = atMs;
  }
  if (newestMs === undefined) return undefined;
  const aheadMs = newestMs - receivedMs;
  // Had it been made while there was no contact, it would have waited for it.
  const isLive = contactMs !== null && contactMs <= Math.min(newestMs, receivedMs);
  return { receivedMs, aheadMs, kind: isLive ? 'live' : 'stored' };
}

function isSetTime(read: TerminalMessage['lines'][number]['read']): boolean {
  return read !== null && read !== false && read.kind === 'oplog' && read.code === SET_TIME;
}

function tellResults(
  deps: IclockHttpDeps,
  { lines }: TerminalMessage,
  terminal: string,
  receivedMs: Instant,
) {
  for (const { read } of lines) {
    if (read === null || read === false || !/^\d{1,15}$/.test(String(read.id))) continue;
    const answers = { serial: Number(read.id), ok: typeof read.return === 'number' && read.return >= 0 };
    for (const device of deps.terminals().idsOf(terminal))
      deps.desk()?.onHeard({ device, records: [read], answers, receivedMs });
  }
}
