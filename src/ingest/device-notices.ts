/**
 * Tells those who run the platform which devices are refused: one that is not on the roster, belongs to nobody now, or does not prove
 * itself. A line in the log an hour, and a row that counts. Beside the way of the ping: it neither waits nor fails.
 */
import type { Logger } from 'pino';
import type { Instant } from '../kernel/instant.ts';
import type { RefusalCode } from '../kernel/result.ts';
import type { Db } from '../ports/database.ts';
import { addDeviceNotices } from '../store/device-notices.ts';

/**
 * The operator does not serve the number, or may not tell: no frame is refused, and yet nothing will come. A newer connection of a device
 * has replaced an open one: mostly a device that came back before its old line was found dead, but also how a second sender of its id looks.
 */
export type NoticeCode =
  | RefusalCode
  | 'unknown-subscriber'
  | 'positioning-not-allowed'
  | 'replaced-connection';

export interface DeviceNotices {
  /** Codes that are no matter of the device's identity are left out. */
  raise(notice: {
    readonly protocol: string;
    readonly address: string;
    readonly code: NoticeCode;
    readonly receivedMs: Instant;
  }): void;
  /** Writes what waits. */
  stop(): Promise<void>;
}

const IDENTITY_CODES: ReadonlySet<NoticeCode> = new Set<NoticeCode>([
  'unknown-subscriber',
  'positioning-not-allowed',
  'unknown-device',
  'unknown-terminal',
  'unknown-pin',
  'device-not-assigned',
  'not-authenticated',
  'replaced-connection',
]);
const WRITE_EVERY_MS = 1000;
const TELL_EVERY_MS = 3_600_000;
/** A stranger can invent ids: beyond so many in a second, or remembered as told, the rest is only counted by the metrics. */
const MAX_WAITING = 1000;
const MAX_TOLD = 10_000;
const MAX_TEXT = 100;

interface Waiting {
  readonly protocol: string;
  readonly address: string;
  readonly code: string;
  readonly firstMs: Instant;
  lastMs: Instant;
  count: number;
}

export function createDeviceNotices({ db, logger }: { db: Db; logger: Logger }): DeviceNotices {
  let waiting = new Map<string, Waiting>();
  const told = new Map<string, Instant>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const rows = [...waiting.values()];
    if (rows.length === 0) return;
    const taken = waiting;
    waiting = new Map();
    try {
      await addDeviceNotices(
        db,
        rows.map(({ protocol }) => protocol),
        rows.map(({ address }) => address),
        rows.map(({ code }) => code),
        rows.map(({ firstMs }) => new Date(firstMs)),
        rows.map(({ lastMs }) => new Date(lastMs)),
        rows.map(({ count }) => count),
      );
    } catch (error) {
      // The store is away: they wait, within the bound.
      logger.warn({ event: 'notices.wait', error: String(error) }, 'notices of devices wait');
      for (const [key, notice] of waiting) if (!taken.has(key)) taken.set(key, notice);
      waiting = taken;
      schedule();
    }
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      writing = write();
    }, WRITE_EVERY_MS);
  }

  return {
    raise: ({ protocol, address, code, receivedMs }) => {
      if (!IDENTITY_CODES.has(code)) return;
      // Postgres text holds no NUL, and no half of a surrogate pair.
      const kept = address.slice(0, MAX_TEXT).replaceAll('\0', '�').toWellFormed();
      const key = `${protocol} ${code} ${kept}`;
      const toldMs = told.get(key);
      const isTold = toldMs !== undefined && receivedMs - toldMs < TELL_EVERY_MS;
      const isReplaced = code === 'replaced-connection';
      // Two senders of one id take it from each other with each frame.
      if (isReplaced && isTold) return;
      const before = waiting.get(key);
      if (before !== undefined) {
        before.lastMs = receivedMs;
        before.count++;
      } else if (waiting.size < MAX_WAITING) {
        waiting.set(key, {
          protocol,
          address: kept,
          code,
          firstMs: receivedMs,
          lastMs: receivedMs,
          count: 1,
        });
        schedule();
      }
      if (isTold) return;
      if (told.size >= MAX_TOLD) told.clear();
      told.set(key, receivedMs);
      logger.warn(
        { event: isReplaced ? 'device.replaced' : 'device.refused', protocol, address: kept, code },
        isReplaced
          ? 'a device speaks by a newer connection while an older one was open: it came back, or two send under its id'
          : 'a device is refused: mend the roster or its secret, then replay what stands in quarantine',
      );
    },
    stop: async () => {
      clearTimeout(timer);
      timer = undefined;
      await writing;
      await write();
      clearTimeout(timer);
    },
  };
}
