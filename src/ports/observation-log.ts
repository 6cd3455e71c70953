/**
 * The observations log: a durable, partitioned sequence of lines (one JSON document each, no newline inside).
 * Two adapters, Kafka and Postgres, one contract (`tests/contracts/observation-log.contract.ts`, rules L1…).
 * The port knows nothing of what a line says.
 */

export interface LogEntry {
  /** Lines of one key keep their order; the partition is `partitionOf(key, partitions)`. */
  readonly key: string;
  readonly line: string;
}

/** Lines of one partition in order. A batch is the unit of delivery: lines with one `nextOffset` come together. */
export interface LogBatch {
  readonly partition: number;
  /** Offset of the first record in the batch. A record can hold several lines. */
  readonly offset: number;
  /** Where to go on after this batch: the position to commit when it is done. */
  readonly nextOffset: number;
  readonly lines: readonly string[];
  /**
   * The records that the batch is made of, in order: an adapter that knows them lets consumers of one process share the work
   * of reading one (`consumers/shared-decoding.ts`). `lines` is all of them split at newlines, made when asked for.
   */
  readonly records?: readonly LogRecord[];
}

/** What stands at one offset: one or more lines, separated by newlines. */
export interface LogRecord {
  readonly offset: number;
  /** UTF-8. */
  bytes(): Buffer;
}

export interface LogConsumer {
  /** Consumers with one group share the partitions; each group sees every line. */
  readonly group: string;
  /** Where a group that has no position yet begins. */
  readonly startAt: 'earliest' | 'latest';
  /**
   * Called before the first batch of a partition that this member has come to own. May answer the offset from
   * which it wants to read (its checkpoint); `undefined` means the group's committed position.
   */
  onAssigned?(partition: number): Promise<number | undefined>;
  /**
   * Handles one batch; batches of one partition come one after the other, those of different partitions may
   * overlap. Resolving does not commit: `commit` does. A throw stops the consumer (a bug or a lost store is
   * not to be skipped), and `failed` of the subscription settles with it.
   */
  onBatch(batch: LogBatch, commit: (nextOffset: number) => Promise<void>): Promise<void>;
  /** Called when a partition went to another member, or at `close` after the last batch. Last chance to commit. */
  onRevoked?(partition: number, commit: (nextOffset: number) => Promise<void>): Promise<void>;
}

export interface Subscription {
  /** Rejects when the consumer stopped because of a throw or a connection that can't be had back; else pends. */
  readonly failed: Promise<never>;
  /** Lets running batches end, calls `onRevoked`, leaves the group. */
  close(): Promise<void>;
}

/** The log can't take it now. The caller keeps the data or says 503; nothing was half-acknowledged. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

export interface ObservationLog {
  readonly partitions: number;
  /** Names what holds the records, for people too: offsets of one mean nothing on another. */
  readonly identity: string;
  /**
   * Durable when it resolves. Order within a key is the order of the calls. Rejects with `LogUnavailable`, within some seconds where the log
   * does not answer: it may stand there all the same, so the caller sends it again, and twice is harmless.
   */
  append(entries: readonly LogEntry[]): Promise<void>;
  /** Puts one line into every partition. Durable in all of them when it resolves. */
  appendToAll(line: string): Promise<void>;
  subscribe(consumer: LogConsumer): Promise<Subscription>;
  /** Reads a partition from `offset` without a group, up to what was there at the call. For export and lag. */
  read(partition: number, offset: number): AsyncIterable<LogBatch>;
  /** Per partition: first offset kept and the offset after the last. */
  bounds(): Promise<readonly { readonly partition: number; readonly first: number; readonly next: number }[]>;
  /** Committed position of a group per partition; 0-based, `null` where none. */
  positions(group: string): Promise<readonly (number | null)[]>;
  /** Removes records that are wholly older than `before` (ms since 1970). Kafka does it by itself: no-op there. */
  trim(before: number): Promise<void>;
  close(): Promise<void>;
}
