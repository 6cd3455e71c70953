/** States of consumers, each covering the log of one partition up to an offset. */
import { statement } from './statement.ts';

export const findCheckpoint = statement<[consumer: string, partition: number]>()(
  'checkpoints.find',
  { next_offset: 'int8', state: 'bytea' },
  'SELECT next_offset, state FROM checkpoints WHERE consumer = $1 AND partition = $2',
);

/** An older state never replaces a newer one: a member that was slow to leave may write after its successor. */
export const saveCheckpoint = statement<
  [consumer: string, partition: number, nextOffset: number, state: Buffer]
>()(
  'checkpoints.save',
  { next_offset: 'int8' },
  `INSERT INTO checkpoints (consumer, partition, next_offset, state) VALUES ($1, $2, $3, $4)
   ON CONFLICT (consumer, partition) DO UPDATE
     SET next_offset = excluded.next_offset, state = excluded.state, saved_at = now()
     WHERE checkpoints.next_offset < excluded.next_offset
   RETURNING next_offset`,
);
