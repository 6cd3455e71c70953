/**
 * Group commit, common to both logs: appends that wait while one is in flight go out together in the next, in the order of
 * the calls. What waits is bounded; beyond that the caller is told at once, and nothing is taken. Nobody waits long: a device that gets no
 * answer can't tell a log that is away from a network that is, and may not ask again for minutes.
 */
import { type LogEntry, LogUnavailable } from '../ports/observation-log.ts';

/** Lines of one partition that become one record: packed, because a record costs more than a line (decision 002). */
export interface PackedRecord {
  readonly partition: number;
  readonly lines: string;
}

export interface AppendQueue {
  push(entries: readonly (LogEntry & { readonly partition: number })[]): Promise<void>;
  /** Resolves when nothing waits any more. */
  drain(): Promise<void>;
}

const MAX_RECORD_LINES = 1000;
const MAX_RECORD_BYTES = 256 * 1024;
const MAX_FLUSH_BYTES = 4 * 1024 * 1024;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Less than devices and proxies wait for an answer. */
const ANSWER_WITHIN_MS = 4000;

interface Waiting {
  readonly sinceMs: number;
  readonly entries: readonly (LogEntry & { readonly partition: number })[];
  readonly bytes: number;
  done(): void;
  failed(error: Error): void;
}

/** `write` makes the records durable or rejects; it is never called again before it has settled. */
export function createAppendQueue(
  write: (records: readonly PackedRecord[]) => Promise<void>,
  answerWithinMs = ANSWER_WITHIN_MS,
): AppendQueue {
  let waiting: Waiting[] = [];
  let underWay: readonly Waiting[] = [];
  let writingSinceMs = 0;
  let waitingBytes = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  /**
   * Where a write does not end, tells those that have waited too long: what is not under way is let go; what is may still be written,
   * and then stands there twice. Behind a log that takes one write after the other they wait on: told, they would come again and be more.
   */
  function tellLate(): void {
    timer = undefined;
    const nowMs = performance.now();
    const leftMs = writingSinceMs + answerWithinMs - nowMs;
    if (leftMs > 0) {
      watch(leftMs);
      return;
    }
    const isLate = ({ sinceMs }: Waiting) => nowMs - sinceMs >= answerWithinMs;
    const late = waiting.filter(isLate);
    waiting = waiting.slice(late.length);
    for (const { bytes } of late) waitingBytes -= bytes;
    for (const item of [...underWay.filter(isLate), ...late])
      item.failed(new LogUnavailable(`the log has not answered for ${answerWithinMs / 1000} s`));
    const oldest = underWay.find((item) => !isLate(item)) ?? waiting[0];
    if (oldest !== undefined) watch(oldest.sinceMs + answerWithinMs - nowMs);
  }

  function watch(ms: number): void {
    timer ??= setTimeout(tellLate, Math.ceil(ms)).unref();
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = takeGroup();
      underWay = group;
      writingSinceMs = performance.now();
      try {
        await write(pack(group.flatMap((item) => item.entries)));
        for (const item of group) item.done();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        for (const item of group)
          item.failed(new LogUnavailable(`the log did not take it: ${reason}`, { cause }));
      }
      for (const item of group) waitingBytes -= item.bytes;
    }
    underWay = [];
    running = undefined;
    clearTimeout(timer);
    timer = undefined;
  }

  function takeGroup(): Waiting[] {
    let bytes = 0;
    let n = 0;
    while (n < waiting.length && (n === 0 || bytes < MAX_FLUSH_BYTES)) bytes += waiting[n++]?.bytes ?? 0;
    const group = waiting.slice(0, n);
    waiting = waiting.slice(n);
    return group;
  }

  return {
    push: (entries) => {
      if (entries.length === 0) return Promise.resolve();
      const bytes = entries.reduce((sum, entry) => sum + entry.line.length, 0);
      if (waitingBytes > 0 && waitingBytes + bytes > MAX_WAITING_BYTES) {
        return Promise.reject(new LogUnavailable('too much waits to be written already'));
      }
      return new Promise<void>((done, failed) => {
        waiting.push({ sinceMs: performance.now(), entries, bytes, done, failed });
        waitingBytes += bytes;
        watch(answerWithinMs);
        running ??= run();
      });
    },
    drain: async () => {
      await running;
    },
  };
}

/** Packs lines by partition, in order. */
export function pack(
  entries: readonly { readonly line: string; readonly partition: number }[],
): PackedRecord[] {
  const open = new Map<number, { lines: string[]; bytes: number }>();
  const records: PackedRecord[] = [];
  const close = (partition: number, lines: readonly string[]) =>
    records.push({ partition, lines: lines.join('\n') });
  for (const { partition, line } of entries) {
    let record = open.get(partition);
    if (
      record !== undefined &&
      (record.lines.length === MAX_RECORD_LINES || record.bytes + line.length > MAX_RECORD_BYTES)
    ) {
      close(partition, record.lines);
      record = undefined;
    }
    if (record === undefined) {
      record = { lines: [], bytes: 0 };
      open.set(partition, record);
    }
    record.lines.push(line);
    record.bytes += line.length;
  }
  for (const [partition, { lines }] of open) close(partition, lines);
  return records;
}
