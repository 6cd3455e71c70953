/**
 * Group commit into the quarantine: what comes while a write is under way goes together into the next. What waits is bounded;
 * beyond that the caller is told at once that it can't be taken, so a flood of refused items fills no memory.
 */
import { LogUnavailable } from '../ports/observation-log.ts';

export interface QuarantineWriter<Row> {
  /** Durable when it resolves; rejects with `LogUnavailable` when too much waits or the write failed. */
  push(rows: readonly Row[]): Promise<void>;
}

const MAX_WAITING_BYTES = 48 * 1024 * 1024;
const MAX_WRITE_BYTES = 4 * 1024 * 1024;
const MAX_WRITE_ROWS = 5000;
/** What a row costs beside its bytes. */
const ROW_BYTES = 500;

interface Waiting<Row> {
  readonly rows: readonly Row[];
  readonly bytes: number;
  done(): void;
  failed(error: Error): void;
}

export function createQuarantineWriter<Row extends { readonly raw: Uint8Array }>(
  write: (rows: readonly Row[]) => Promise<void>,
): QuarantineWriter<Row> {
  let waiting: Waiting<Row>[] = [];
  let waitingBytes = 0;
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    while (waiting.length > 0) {
      const group = takeGroup();
      try {
        await write(group.flatMap((item) => item.rows));
        for (const item of group) item.done();
      } catch (cause) {
        for (const item of group)
          item.failed(new LogUnavailable('the quarantine can not be written', { cause }));
      }
      for (const item of group) waitingBytes -= item.bytes;
    }
    isRunning = false;
  }

  function takeGroup(): Waiting<Row>[] {
    let bytes = 0;
    let rows = 0;
    let n = 0;
    while (n < waiting.length && (n === 0 || (bytes < MAX_WRITE_BYTES && rows < MAX_WRITE_ROWS))) {
      bytes += waiting[n]?.bytes ?? 0;
      rows += waiting[n++]?.rows.length ?? 0;
    }
    const group = waiting.slice(0, n);
    waiting = waiting.slice(n);
    return group;
  }

  return {
    push: (rows) => {
      if (rows.length === 0) return Promise.resolve();
      const bytes = rows.reduce((sum, row) => sum + row.raw.length + ROW_BYTES, 0);
      if (waitingBytes > 0 && waitingBytes + bytes > MAX_WAITING_BYTES)
        return Promise.reject(new LogUnavailable('too much waits to be put into quarantine already'));
      return new Promise<void>((done, failed) => {
        waiting.push({ rows, bytes, done, failed });
        waitingBytes += bytes;
        if (!isRunning) void run();
      });
    },
  };
}
