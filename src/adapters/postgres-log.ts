/**
 * The observations log in PostgreSQL, for a Wardline that has no Kafka. Ordered by partition; gap-free for readers though
 * writers are concurrent, because offsets are given under the row lock of `log_heads`, which is held until commit.
 * Who consumes which partition: `postgres-log-members.ts`.
 */
import type { Logger } from 'pino';
import { partitionOf } from '../kernel/partition.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import type { Database } from '../ports/database.ts';
import type { LogBatch, ObservationLog } from '../ports/observation-log.ts';
import { createAppendQueue, type PackedRecord } from './append-queue.ts';
import { batchOf } from './log-batch.ts';
import { joinGroup } from './postgres-log-members.ts';

/** Separates records in one parameter: JSON never holds it raw, and an array parameter would need every quote escaped. */
const RECORD_SEPARATOR = '\u001e';

const APPEND = {
  name: 'log.append',
  text: `
    WITH locked AS (
      SELECT partition FROM log_heads WHERE partition = ANY($1::int[]) ORDER BY partition FOR UPDATE
    ), moved AS (
      UPDATE log_heads h SET next_offset = h.next_offset + c.n
        FROM unnest($1::int[], $2::int[]) AS c (partition, n) JOIN locked USING (partition)
       WHERE h.partition = c.partition
      RETURNING h.partition, h.next_offset - c.n AS first
    ), added AS (
      INSERT INTO log_records (partition, log_offset, lines)
      SELECT r.partition, m.first + r.i, t.lines
        FROM unnest($3::int[], $4::int[]) WITH ORDINALITY AS r (partition, i, n)
        JOIN string_to_table($5::text, E'\\x1e') WITH ORDINALITY AS t (lines, n) USING (n)
        JOIN moved m ON m.partition = r.partition
    )
    SELECT pg_notify('log', '')`,
};

const READ = {
  name: 'log.read',
  text: `SELECT log_offset, lines FROM log_records WHERE partition = $1 AND log_offset >= $2 ORDER BY log_offset LIMIT $3`,
};

/** Records a read takes at once: with 256 KiB a record at most 8 MiB. */
const READ_RECORDS = 32;

export interface PostgresLogOptions {
  readonly database: Database;
  readonly partitions: number;
  readonly logger: Logger;
}

/** Answers one line that says what to do when the log was made with another number of partitions. */
export async function createPostgresLog({
  database,
  partitions,
  logger,
}: PostgresLogOptions): Promise<Result<ObservationLog, string>> {
  await database.query({
    text: `INSERT INTO log_heads SELECT n, 0 FROM generate_series(0, $1::int - 1) AS n
            WHERE NOT EXISTS (SELECT FROM log_heads) ON CONFLICT DO NOTHING`,
    values: [partitions],
  });
  const { rows } = await database.query<{ n: number }>({
    text: 'SELECT count(*)::int AS n FROM log_heads',
    values: [],
  });
  if (rows[0]?.n !== partitions) {
    return fail(
      `the log has ${rows[0]?.n} partitions and the setting says ${partitions}: set PARTITIONS=${rows[0]?.n}`,
    );
  }
  const queue = createAppendQueue((records) => write(database, records));
  const listeners = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of listeners) wake();
  };
  const stopListening = await database.listen('log', wakeAll, wakeAll);
  const readBatch = (partition: number, offset: number) => readRecords(database, partition, offset);
  const everyPartition = Array.from({ length: partitions }, (_, partition) => partition);

  return ok({
    partitions,
    identity: 'this database',
    append: (entries) =>
      queue.push(entries.map((entry) => ({ ...entry, partition: partitionOf(entry.key, partitions) }))),
    appendToAll: (line) => queue.push(everyPartition.map((partition) => ({ key: '', line, partition }))),
    subscribe: (consumer) =>
      joinGroup({
        database,
        partitions,
        logger,
        consumer,
        read: readBatch,
        onWake: (wake) => {
          listeners.add(wake);
          return () => listeners.delete(wake);
        },
      }),
    read: async function* read(partition, offset) {
      const end = (await bounds(database))[partition]?.next ?? 0;
      let at = offset;
      while (at < end) {
        const batch = await readBatch(partition, at);
        if (batch === undefined) return;
        yield batch;
        at = batch.nextOffset;
      }
    },
    bounds: () => bounds(database),
    positions: async (group) => {
      const { rows: found } = await database.query<{ partition: number; next_offset: string }>({
        text: 'SELECT partition, next_offset FROM log_positions WHERE consumer_group = $1',
        values: [group],
      });
      return everyPartition.map((partition) => {
        const row = found.find((candidate) => candidate.partition === partition);
        return row === undefined ? null : Number(row.next_offset);
      });
    },
    trim: async (before) => {
      for (const partition of everyPartition) await trimPartition(database, partition, before);
    },
    close: async () => {
      await queue.drain();
      await stopListening();
    },
  });
}

async function write(database: Database, records: readonly PackedRecord[]): Promise<void> {
  const counts = new Map<number, number>();
  const indexes = records.map(({ partition }) => {
    const i = counts.get(partition) ?? 0;
    counts.set(partition, i + 1);
    return i;
  });
  await database.query({
    ...APPEND,
    values: [
      [...counts.keys()],
      [...counts.values()],
      records.map((record) => record.partition),
      indexes,
      records.map((record) => record.lines).join(RECORD_SEPARATOR),
    ],
  });
}

async function readRecords(
  database: Database,
  partition: number,
  offset: number,
): Promise<LogBatch | undefined> {
  const { rows } = await database.query<{ log_offset: string; lines: string }>({
    ...READ,
    values: [partition, offset, READ_RECORDS],
  });
  if (rows.length === 0) return undefined;
  return batchOf(
    partition,
    rows.map((row) => ({ offset: Number(row.log_offset), bytes: () => Buffer.from(row.lines) })),
  );
}

async function bounds(database: Database): Promise<{ partition: number; first: number; next: number }[]> {
  const { rows } = await database.query<{ partition: number; first: string; next: string }>({
    text: `SELECT h.partition, h.next_offset AS next,
                  COALESCE((SELECT min(r.log_offset) FROM log_records r WHERE r.partition = h.partition), h.next_offset) AS first
             FROM log_heads h ORDER BY h.partition`,
    values: [],
  });
  return rows.map((row) => ({ partition: row.partition, first: Number(row.first), next: Number(row.next) }));
}

/** Offsets follow time within a partition, so the scan stops at the first record that is young enough. */
async function trimPartition(database: Database, partition: number, before: number): Promise<void> {
  await database.query({
    text: `DELETE FROM log_records WHERE partition = $1 AND log_offset < COALESCE(
             (SELECT log_offset FROM log_records WHERE partition = $1 AND appended_at >= $2 ORDER BY log_offset LIMIT 1),
             (SELECT next_offset FROM log_heads WHERE partition = $1))`,
    values: [partition, new Date(before)],
  });
}
