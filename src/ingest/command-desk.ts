/**
 * Takes what was asked of devices to those that are connected here, and what they answer back. The request stands in the store, where
 * every process of the ingest role sees it; who has the device's connection claims it, so it is sent once. Silence needs nobody: a
 * request past its term that has no answer is one.
 */
import type { Logger } from 'pino';
import type { DeviceCommand } from '../kernel/device-command.ts';
import { type Instant, parseInstant } from '../kernel/instant.ts';
import type { Database } from '../ports/database.ts';
import {
  answerCommand,
  claimCommand,
  listOpenCommands,
  noteReached,
  releaseCommand,
} from '../store/device-commands.ts';
import { isTransient } from './protocols/mlp-results.ts';
import type { DeviceRecord } from './protocols/record.ts';

/** A way to devices: a TCP port, a broker. */
export interface CommandChannel {
  readonly protocol: string;
  /** `device` is the roster's id. Asked again when it is heard of. */
  isConnected(device: string, address: string): boolean;
  /** Undefined: it could not be sent after all. `serial`: by which the answer will be known. */
  send(
    device: string,
    command: DeviceCommand,
    address: string,
  ): { readonly serial: number | null } | undefined | Promise<{ readonly serial: number | null } | undefined>;
}

export interface DeviceWord {
  /** Roster's id. */
  readonly device: string;
  readonly records: readonly DeviceRecord[];
  readonly answers?: { readonly serial: number; readonly ok: boolean };
  readonly receivedMs: Instant;
}

export interface CommandDesk {
  /** A device has said something: it may answer, and it is there to be asked. */
  onHeard(word: DeviceWord): void;
  /** Commands for a device that fetches them with an answer; they count as sent. */
  fetch(device: string): Promise<readonly DeviceCommand[]>;
  /** The same for a protocol that gives the number of the request back with its answer, to whichever process. */
  fetchNumbered(device: string): Promise<readonly { serial: number; command: DeviceCommand }[]>;
  stop(): Promise<void>;
}

export interface CommandDeskDeps {
  readonly database: Database;
  readonly channels: readonly CommandChannel[];
  readonly logger: Logger;
  readonly now: () => Instant;
  /** How far ahead of receipt a device's time may lie. */
  clockSkewS(): number;
}

interface Open {
  readonly id: string;
  readonly command: DeviceCommand;
  readonly address: string;
  readonly protocol: string | null;
  readonly queuedMs: Instant;
  readonly expiresMs: Instant;
  sentMs: Instant | null;
  /** Undefined: sent by another process, or before a restart. */
  serial: number | null | undefined;
}

const POLL_MS = 30_000;
const MAX_OPEN = 10_000;

export async function openCommandDesk(deps: CommandDeskDeps): Promise<CommandDesk> {
  const { database, channels, logger, now } = deps;
  let byDevice = new Map<string, Open[]>();
  /** One thing at a time for each device. */
  const busy = new Map<string, Promise<void>>();
  let refreshing: Promise<void> = Promise.resolve();

  async function load(): Promise<void> {
    const rows = await listOpenCommands(database, new Date(now()), MAX_OPEN);
    const known = new Map([...byDevice.values()].flat().map((open) => [open.id, open]));
    const found = new Map<string, Open[]>();
    for (const row of rows) {
      const open: Open = known.get(row.id) ?? {
        id: row.id,
        // Written by our own routes.
        command: JSON.parse(row.command) as DeviceCommand,
        address: row.address,
        protocol: row.protocol,
        queuedMs: row.queued_at.getTime(),
        expiresMs: row.expires_at.getTime(),
        sentMs: null,
        serial: row.protocol === 'zkteco' ? Number(row.id) : undefined,
      };
      open.sentMs ??= row.sent_at?.getTime() ?? null;
      found.set(row.device, [...(found.get(row.device) ?? []), open]);
    }
    byDevice = found;
    for (const device of found.keys()) deliver(device);
  }

  function refresh(): void {
    refreshing = refreshing.then(load).catch((error: unknown) => {
      logger.warn({ event: 'commands.wait', error: String(error) }, 'requests to devices can not be read');
    });
  }

  /** Serialises the work for one device, and never throws: what failed is looked at again by the poll. */
  function queue(device: string, work: () => Promise<void>): Promise<void> {
    const turn = (busy.get(device) ?? Promise.resolve()).then(work).catch((error: unknown) => {
      logger.warn({ event: 'commands.wait', error: String(error) }, 'a request to a device waits');
    });
    busy.set(device, turn);
    void turn.then(() => {
      if (busy.get(device) === turn) busy.delete(device);
    });
    return turn;
  }

  const waiting = (device: string) =>
    (byDevice.get(device) ?? []).filter(({ sentMs, expiresMs }) => sentMs === null && expiresMs > now());

  function deliver(device: string): void {
    if (waiting(device).length === 0) return;
    void queue(device, async () => {
      for (const open of waiting(device)) {
        const channel = channels.find(
          ({ protocol, isConnected }) => protocol === open.protocol && isConnected(device, open.address),
        );
        if (channel === undefined) continue;
        if (!(await claim(open))) continue;
        const sent = await channel.send(device, open.command, open.address);
        if (sent === undefined) {
          open.sentMs = null;
          await releaseCommand(database, open.id);
        } else {
          open.serial = sent.serial;
          logger.info({ event: 'command.sent', id: open.id, device, type: open.command.type }, 'sent');
        }
      }
    });
  }

  async function claim(open: Open): Promise<boolean> {
    const atMs = now();
    // At once: an answer may come before the store has told us.
    open.sentMs = atMs;
    try {
      const [claimed] = await claimCommand(database, open.id, new Date(atMs));
      return claimed !== undefined;
    } catch (error) {
      // Not sent: the poll tries again. Were it claimed after all, the store says so then.
      open.sentMs = null;
      throw error;
    }
  }

  /** Those that wait for the device, claimed: they count as sent. */
  async function takeWaiting(device: string): Promise<readonly Open[]> {
    const taken: Open[] = [];
    if (waiting(device).length > 0)
      await queue(device, async () => {
        for (const open of waiting(device)) if (await claim(open)) taken.push(open);
      });
    return taken;
  }

  /** Takes the request that the word answers out of the open ones. */
  function answeredBy(word: DeviceWord) {
    const { device, records, answers } = word;
    const open = byDevice.get(device) ?? [];
    for (const one of open) {
      if (one.sentMs === null) continue;
      const isMeant = answers !== undefined && one.serial === answers.serial;
      if (isMeant && !answers.ok) return { one, isRefused: true, record: null };
      const record = one.command.type === 'locate' ? presentPlace(word, one.queuedMs) : result(records);
      const failure = one.command.type === 'locate' ? lastingError(records) : undefined;
      if (failure !== undefined) return { one, isRefused: true, record: failure };
      // That a device has understood where it is asked to be is no answer: its place is.
      if (one.command.type === 'locate' ? record !== undefined : isMeant || (one.serial === null && record))
        return { one, isRefused: false, record: record ?? null };
    }
    return undefined;
  }

  /** A question of where it is that the device took, or answered without a place of now. It stays open: a place may still come. */
  function reachedBy({ device, records, answers, receivedMs }: DeviceWord): void {
    const record = records.find(isAboutNow);
    for (const one of byDevice.get(device) ?? []) {
      if (one.sentMs === null || one.command.type !== 'locate') continue;
      if (record === undefined && !(answers?.ok === true && answers.serial === one.serial)) continue;
      void queue(device, async () => {
        const said = record === undefined ? null : JSON.stringify(record);
        await noteReached(database, one.id, new Date(receivedMs), said);
      });
    }
  }

  /** A place of now: a fix that the device stands by, taken after it was asked, by its clock and within what a clock may be wrong. */
  function presentPlace({ records, receivedMs }: DeviceWord, askedMs: Instant): DeviceRecord | undefined {
    const latestMs = receivedMs + deps.clockSkewS() * 1000;
    return records.find((record) => {
      const { kind, valid, lat, lon, time } = record;
      if (kind !== 'position' || !isAboutNow(record) || valid === false || (lat === 0 && lon === 0))
        return false;
      const atMs = parseInstant(time);
      return atMs !== undefined && atMs >= askedMs - CLOCK_BEHIND_MS && atMs <= latestMs;
    });
  }

  const stopListening = await database.listen('device_commands', refresh, refresh);
  refresh();
  const timer = setInterval(refresh, POLL_MS);

  return {
    onHeard: (word) => {
      const { device } = word;
      const open = byDevice.get(device);
      if (open === undefined) return;
      const found = answeredBy(word);
      if (found !== undefined) {
        const { one, isRefused, record } = found;
        byDevice.set(
          device,
          open.filter((each) => each !== one),
        );
        void queue(device, async () => {
          const answer = record === null ? null : JSON.stringify(record);
          await answerCommand(database, one.id, new Date(word.receivedMs), isRefused, answer);
          logger.info({ event: 'command.answered', id: one.id, device, isRefused }, 'answered');
        });
      } else reachedBy(word);
      deliver(device);
    },
    fetch: async (device) => {
      const taken = await takeWaiting(device);
      for (const open of taken) open.serial = null;
      return taken.map(({ command }) => command);
    },
    fetchNumbered: async (device) =>
      (await takeWaiting(device)).map(({ id, command }) => ({ serial: Number(id), command })),
    stop: async () => {
      clearInterval(timer);
      await stopListening();
      await refreshing;
      await Promise.all(busy.values());
    },
  };
}

/** Says where the device is, or that it does not know; not out of its store. */
function isAboutNow({ kind, valid, archived }: DeviceRecord): boolean {
  return archived !== true && (kind === 'position' || valid === false);
}

/** A device's clock may be so much behind, and its fix no older than the question. */
const CLOCK_BEHIND_MS = 60_000;

/** The operator knows that there is no place to be had; where asking again may help, the poller does. */
function lastingError(records: readonly DeviceRecord[]): DeviceRecord | undefined {
  return records.find(
    ({ kind, reachability, asked_again }) =>
      kind === 'position_error' && !isTransient(reachability) && asked_again !== true,
  );
}

function result(records: readonly DeviceRecord[]): DeviceRecord | undefined {
  return records.find(({ kind }) => kind === 'command_result');
}
