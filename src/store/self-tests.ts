/** The newest self-test of each partition: `alerts/ledger.ts` writes it, the board and the clock's leader look at its age. */
import { statement } from './statement.ts';

/** Forward only. */
export const concludeSelfTests = statement<[partitions: number[], writtenAt: Date[]]>()(
  'self-tests.conclude',
  {},
  `INSERT INTO self_tests AS known (partition, written_at, concluded_at)
   SELECT t.partition, t.written_at, clock_timestamp()
   FROM unnest($1::int[], $2::timestamptz[]) AS t (partition, written_at)
   ON CONFLICT (partition) DO UPDATE
   SET written_at = excluded.written_at, concluded_at = excluded.concluded_at, told_at = NULL
   WHERE known.written_at IS NULL OR known.written_at < excluded.written_at`,
);

export const listSelfTests = statement<[]>()(
  'self-tests.list',
  { partition: 'int4', written_at: 'timestamptz?' },
  'SELECT partition, written_at FROM self_tests ORDER BY partition',
);

/** Marks those of the first `partitions` that are older than `since`, or have none, as told; answers those that were not. */
export const markLateSelfTests = statement<[partitions: number, since: Date, now: Date]>()(
  'self-tests.mark-late',
  { partition: 'int4' },
  `INSERT INTO self_tests AS known (partition, told_at)
   SELECT partition, $3 FROM generate_series(0, $1::int - 1) AS partition
   ON CONFLICT (partition) DO UPDATE SET told_at = excluded.told_at
   WHERE known.told_at IS NULL AND (known.written_at IS NULL OR known.written_at < $2)
   RETURNING partition`,
);
