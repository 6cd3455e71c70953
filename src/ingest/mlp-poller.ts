/**
 * Asks an operator's location server for each phone on its schedule, and takes the answers through the one intake. One process of many
 * does (leader.ts); how often and for whom is the roster's matter, how many a second the contract's with the operator.
 */
import type { Logger } from 'pino';
import type { Instant } from '../kernel/instant.ts';
import type { Database } from '../ports/database.ts';
import { LogUnavailable } from '../ports/observation-log.ts';
import { keepAsked, listMlpPhones } from '../store/mlp-phones.ts';
import { ABSENT_AGAIN_MS, createMlpAbsences } from './mlp-absence.ts';
import { type MlpMeaning, meaningOf } from './mlp-answer.ts';
import { createMlpClient } from './mlp-client.ts';
import { createMlpGate } from './mlp-gate.ts';
import { createMlpSchedule, type MlpPhone } from './mlp-schedule.ts';
import { createMlpTrouble } from './mlp-trouble.ts';
import { encodeSlir, readMsid } from './protocols/mlp-request.ts';
import { isTransient } from './protocols/mlp-results.ts';
import type { TakeDecoded } from './take-decoded.ts';
import { createTokenBucket } from './token-bucket.ts';

export interface MlpSettings {
  readonly url: string;
  readonly client: string;
  readonly password: string;
  readonly serviceId: string | undefined;
  /** Of the protocol. */
  readonly version: string;
  /** Phones that may be asked for in a second. */
  readonly perSecond: number;
  /** Phones in one request. */
  readonly batch: number;
  /** Requests under way at once. */
  readonly connections: number;
  readonly timeoutS: number;
}

export interface MlpPollerDeps {
  readonly settings: MlpSettings;
  readonly database: Database;
  take: TakeDecoded['take'];
  /** Whether the intake knows whose the id on the wire is now: an answer that comes before it does would go into quarantine. */
  isOnRoster(address: string): boolean;
  readonly logger: Logger;
  now(): Instant;
  /** So many phones were asked for in one request. */
  onAsked?(why: 'schedule' | 'spot-check', phones: number): void;
  /** What became of a request: `answered`, or why not. */
  onRequest?(outcome: string): void;
  /** What became of one phone's question. */
  onResult?(address: string, result: string, receivedMs: Instant): void;
  onWaiting?(phones: number): void;
}

export interface MlpPoller {
  /** Asks for the phone out of turn. False: it is nobody's now. */
  locate(device: string): boolean;
  isKnown(device: string): boolean;
  stop(): Promise<void>;
}

const TURN_MS = 1000;
const REFRESH_MS = 60_000;
/** The intake reads the roster by itself, at the same notice. */
const SOON_MS = 200;
const RETRY_MS = 1000;
/** A spot check that finds the network busy asks again after 2, 4 and 8 s. */
const URGENT_TRIES = 4;
const URGENT_WAIT_MS = 2000;
const MAX_URGENT = 50;

export async function startMlpPoller(deps: MlpPollerDeps): Promise<MlpPoller> {
  const { settings, database, logger, now } = deps;
  const schedule = createMlpSchedule();
  const absences = createMlpAbsences();
  const trouble = createMlpTrouble({ db: database, logger, now });
  const gate = createMlpGate({ ...settings, batch: Math.min(settings.batch, settings.perSecond) });
  const tokens = createTokenBucket({ burst: settings.perSecond, perS: settings.perSecond });
  const client = createMlpClient({ url: settings.url, timeoutMs: settings.timeoutS * 1000, now });
  const underWay = new Set<Promise<unknown>>();
  let scheduled = 0;
  let urgent = 0;
  /** Spot checks that wait for the rate to let them through. */
  let atTheDoor = 0;
  let again: NodeJS.Timeout | undefined;
  let isStopped = false;
  let toldFailure: string | undefined;
  let refreshing: Promise<void> = Promise.resolve();

  async function load(): Promise<void> {
    const nowMs = now();
    const rows = await listMlpPhones(database, new Date(nowMs));
    const isKnown = ({ address, valid_from }: (typeof rows)[number]) =>
      valid_from.getTime() > nowMs || deps.isOnRoster(address);
    clearTimeout(again);
    if (!isStopped && !rows.every(isKnown)) again = setTimeout(refresh, SOON_MS);
    absences.keepOnly(new Set(rows.map(({ id }) => id)));
    schedule.replace(
      rows.filter(isKnown).map((row) => ({
        device: row.id,
        subject: row.subject,
        address: row.address,
        intervalS: row.interval_s,
        fromMs: row.valid_from.getTime(),
        untilMs: row.valid_until?.getTime() ?? null,
        askedMs: row.asked_at?.getTime() ?? null,
      })),
    );
    turn();
  }

  function refresh(): void {
    refreshing = refreshing.then(load).catch((error: unknown) => {
      logger.warn(
        { event: 'mlp.roster-waits', error: String(error) },
        'the phones to ask for can not be read',
      );
    });
  }

  function turn(): void {
    const nowMs = now();
    let due = schedule.countDue(nowMs);
    deps.onWaiting?.(due);
    // Who waits for an answer comes first.
    while (!isStopped && atTheDoor === 0 && due > 0 && scheduled < gate.room(nowMs)) {
      const phones = schedule.take(tokens.take(Math.min(gate.batch, due), nowMs), nowMs);
      if (phones.length === 0) return;
      due -= phones.length;
      scheduled++;
      hold(ask(phones, false).finally(() => scheduled--));
    }
  }

  /** Never rejects but by a fault of ours, which must be seen. */
  function hold(work: Promise<unknown>): void {
    const held = work.catch((error: unknown) => {
      logger.error({ event: 'mlp.failed', error: String(error) }, 'a question to the operator failed');
    });
    underWay.add(held);
    void held.then(() => underWay.delete(held));
  }

  /** Answers what came of it for the first phone. */
  async function ask(phones: readonly MlpPhone[], isUrgent: boolean): Promise<string> {
    const { client: id, password, serviceId, version, timeoutS } = settings;
    const sentMs = now();
    deps.onAsked?.(isUrgent ? 'spot-check' : 'schedule', phones.length);
    const exchange = await client.post(
      encodeSlir({
        msids: phones.map(({ address }) => readMsid(address)),
        client: id,
        password,
        serviceId,
        version,
        // The server ends its search before we end the connection.
        timerS: Math.max(1, Math.floor((timeoutS * 2) / 3)),
        isUrgent,
      }),
    );
    if (exchange.outcome === 'failed') {
      deps.onRequest?.(exchange.why);
      if (exchange.why !== 'stopped') {
        failed(exchange.why, exchange.waitMs);
        trouble.heard([], sentMs);
      }
      for (const { device } of phones) schedule.finish(device, 'unasked', now());
      return exchange.why === 'unauthorized' ? exchange.why : 'timeout';
    }
    const meaning = absences.weigh(meaningOf(exchange.text, phones), exchange.receivedMs);
    deps.onRequest?.(meaning.failure ?? 'answered');
    if (meaning.failure === null) {
      gate.succeeded();
      if (toldFailure !== undefined)
        logger.warn({ event: 'mlp.back' }, 'the operator’s server answers again');
      toldFailure = undefined;
    } else failed(meaning.failure, undefined, meaning.error);
    trouble.heard(
      meaning.phones.map(({ result }) => result),
      sentMs,
    );
    const isKept = await keep(meaning, exchange.receivedMs);
    const finished = new Map(meaning.phones.map(({ phone, result }) => [phone, result]));
    for (const { phone, outcome, result } of meaning.phones) {
      schedule.finish(phone.device, isKept ? outcome : 'unasked', now());
      if (isKept) deps.onResult?.(phone.address, result, exchange.receivedMs);
    }
    if (isKept) await remember(meaning, sentMs);
    logger.info(
      { event: 'mlp.asked', phones: phones.length, isUrgent, failure: meaning.failure },
      'the operator was asked',
    );
    const [first] = phones;
    return (first === undefined ? undefined : finished.get(first)) ?? 'unanswered';
  }

  function failed(why: string, waitMs?: number, error?: MlpMeaning['error']): void {
    gate.failed(why, now(), waitMs);
    if (toldFailure === why) return;
    toldFailure = why;
    const { resid, slogan } = error ?? {};
    const isOurs = why === 'unauthorized' || why === 'refused' || why === 'asynchronous';
    logger[isOurs ? 'error' : 'warn'](
      { event: 'mlp.waits', why, resid, slogan },
      isOurs
        ? 'the operator’s server does not take what we ask: see the MLP_… settings and the contract'
        : 'the operator’s server can not be asked now: it is tried again, at longer and longer intervals',
    );
  }

  /** An answer is a fact: while the log is away it waits, with its place among the requests under way. False: stopped before. */
  async function keep({ decoded }: MlpMeaning, receivedMs: Instant): Promise<boolean> {
    if (decoded.length === 0) return true;
    for (;;) {
      try {
        await deps.take(decoded, { source: 'mlp', feed: null, protocol: 'mlp', receivedMs });
        return true;
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        if (isStopped) return false;
        await pause(RETRY_MS);
      }
    }
  }

  /** Beside the way of the ping: what is not remembered is asked for once more after a restart. */
  async function remember({ phones }: MlpMeaning, sentMs: Instant): Promise<void> {
    const done = phones.filter(({ outcome }) => outcome === 'done');
    if (done.length === 0) return;
    await keepAsked(
      database,
      done.map(({ phone }) => phone.device),
      done.map(({ phone }) => phone.subject),
      done.map(() => new Date(sentMs)),
      done.map(({ result }) => result),
    ).catch((error: unknown) => {
      logger.warn(
        { event: 'mlp.not-remembered', error: String(error) },
        'who was asked for is not remembered',
      );
    });
  }

  /** A spot check: the gate does not hold it up, the contract's rate does. */
  async function askUrgently(device: string): Promise<void> {
    for (let tries = 0; tries < URGENT_TRIES && !isStopped; tries++) {
      atTheDoor++;
      while (tokens.take(1, now()) === 0 && !isStopped) await pause(100);
      atTheDoor--;
      const phone = schedule.takeOne(device, now());
      // Under way already: its answer is as good.
      if (phone === undefined) return;
      const result = await ask([phone], true);
      if (absences.isOpen(device)) {
        await pause(ABSENT_AGAIN_MS);
        // Asked for in its turn meanwhile.
        if (!absences.isOpen(device)) return;
      } else if (!isTransient(result) && result !== 'unanswered') return;
      else await pause(URGENT_WAIT_MS * 2 ** tries);
    }
  }

  const stopping = new AbortController();
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stopping.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      if (isStopped) done();
      else stopping.signal.addEventListener('abort', done);
    });
  }

  const stopListening = await database.listen('roster', refresh, refresh);
  refresh();
  await refreshing;
  const timer = setInterval(turn, TURN_MS);
  const looking = setInterval(() => {
    trouble.remind();
    refresh();
  }, REFRESH_MS);

  return {
    locate: (device) => {
      if (schedule.find(device, now()) === undefined || urgent >= MAX_URGENT) return false;
      urgent++;
      hold(askUrgently(device).finally(() => urgent--));
      return true;
    },
    isKnown: (device) => schedule.find(device, now()) !== undefined,
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      clearInterval(looking);
      clearTimeout(again);
      client.stop();
      stopping.abort();
      await stopListening();
      await refreshing;
      clearTimeout(again);
      await Promise.all(underWay);
      await trouble.settled();
    },
  };
}
