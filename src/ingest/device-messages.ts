/**
 * What devices said, kept record by record beside the way of the ping. It neither waits for this nor fails with it: what is judged
 * stands on the log already. So the memory is bounded by letting go of the oldest, counted and told, when the store is away for long;
 * a crash loses the last quarter of a second of it.
 */
import type { Logger } from 'pino';
import { parseInstant } from '../kernel/instant.ts';
import type { Db } from '../ports/database.ts';
import { addDeviceMessages } from '../store/device-messages.ts';
import { mayCollect } from './collection.ts';
import type { Origin } from './intake.ts';
import type { DeviceRecord } from './protocols/record.ts';
import type { Devices } from './roster-cache.ts';
import type { Messages } from './take-decoded.ts';

export interface DeviceMessages extends Messages {
  /** Of somebody whom the caller has found: a subject's, or an office's where it is of no one subject. */
  keep(
    origin: Origin,
    whose: { readonly keptFor: string; readonly subject: string | null; readonly office: string | null },
    record: DeviceRecord,
  ): void;
  /** Writes what waits. */
  stop(): Promise<void>;
}

interface Row {
  readonly received: Date;
  readonly device: string;
  readonly subject: string;
  readonly office: string | null;
  readonly protocol: string;
  readonly record: string;
}

const GATHER_MS = 250;
const RETRY_MS = 1000;
const MAX_WRITE = 1000;
/** Some 300 bytes each: what is held while the store is away. */
const MAX_WAITING = 50_000;

export function createDeviceMessages(deps: { db: Db; devices: Devices; logger: Logger }): DeviceMessages {
  const { devices, logger } = deps;
  let waiting: Row[] = [];
  let isAway = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function schedule(): void {
    timer ??= setTimeout(
      () => {
        writing = write().then(() => {
          timer = undefined;
          if (waiting.length > 0) schedule();
        });
      },
      isAway ? RETRY_MS : GATHER_MS,
    );
  }

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const rows = waiting.splice(0, MAX_WRITE);
      try {
        await insert(deps.db, rows);
        isAway = false;
      } catch (error) {
        waiting = [...rows, ...waiting];
        if (!isAway) logger.warn({ event: 'messages.wait', error: String(error) }, 'device messages wait');
        isAway = true;
        return;
      }
    }
  }

  function bound(): void {
    // Some at once: each letting-go copies what stays.
    if (waiting.length > MAX_WAITING + MAX_WRITE) {
      const lost = waiting.length - MAX_WAITING;
      logger.error(
        { event: 'messages.lost', lost },
        'the store is away: device messages are let go, observations are not',
      );
      waiting = waiting.slice(lost);
    }
    if (waiting.length > 0) schedule();
  }

  return {
    add: ({ feed, protocol, source, receivedMs }, address, records) => {
      for (const record of records) {
        const atMs = parseInstant(record.time);
        // Whose it was at its own time, as for the log; a clock that was never set tells nothing.
        const then = devices.resolve(address, atMs ?? receivedMs, protocol);
        const found = then.ok ? then : devices.resolve(address, receivedMs, protocol);
        // Not on the roster: it stands in quarantine, and is of nobody who could see it here.
        if (!found.ok) continue;
        const { device, subject } = found.value;
        const type = record.lat === undefined ? 'status' : 'position';
        if (!mayCollect(found.value, type, then.ok ? (atMs ?? receivedMs) : receivedMs).ok) continue;
        const by = feed ?? found.value.feed;
        const crs = by === null ? 'wgs84' : (devices.crsOf?.(by) ?? 'wgs84');
        const kept = crs === 'wgs84' || record.lat === undefined ? record : { ...record, crs };
        waiting.push({
          received: new Date(receivedMs),
          device,
          subject,
          office: null,
          protocol: protocol ?? source,
          record: JSON.stringify(kept),
        });
      }
      bound();
    },
    keep: ({ protocol, source, receivedMs }, { keptFor, subject, office }, record) => {
      waiting.push({
        received: new Date(receivedMs),
        device: keptFor,
        subject: subject ?? '',
        office,
        protocol: protocol ?? source,
        record: JSON.stringify(record),
      });
      bound();
    },
    stop: async () => {
      clearTimeout(timer);
      await writing;
      clearTimeout(timer);
      await write();
    },
  };
}

function insert(db: Db, rows: readonly Row[]): Promise<unknown> {
  return addDeviceMessages(
    db,
    rows.map(({ received }) => received),
    rows.map(({ device }) => device),
    rows.map(({ subject }) => subject),
    rows.map(({ protocol }) => protocol),
    rows.map(({ record }) => record),
    rows.map(({ office }) => office),
  );
}
