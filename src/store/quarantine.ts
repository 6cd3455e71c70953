/** What was refused, with its bytes and the reason. */
import { statement } from './statement.ts';

const ROW = {
  id: 'int8',
  received_at: 'timestamptz',
  source: 'text',
  feed: 'text?',
  device: 'text?',
  code: 'text',
  field: 'text',
  message: 'text',
  raw: 'bytea',
} as const;
const COLUMNS = 'id, received_at, source, feed, device, code, field, message, raw';

export const addToQuarantine = statement<
  [
    receiveds: Date[],
    sources: string[],
    feeds: (string | null)[],
    devices: (string | null)[],
    codes: string[],
    fields: string[],
    messages: string[],
    raws: Buffer[],
  ]
>()(
  'quarantine.add',
  {},
  `INSERT INTO quarantine (received_at, source, feed, device, code, field, message, raw)
   SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])`,
);

/** Open ones, newest first, before a cursor. */
export const listQuarantine = statement<[before: string | null, limit: number, device: string | null]>()(
  'quarantine.list',
  ROW,
  `SELECT ${COLUMNS} FROM quarantine
    WHERE replayed_at IS NULL AND ($1::bigint IS NULL OR id < $1::bigint) AND ($3::text IS NULL OR device = $3)
    ORDER BY id DESC LIMIT $2`,
);

/** Open ones of these ids or of this device, oldest first, after a cursor: the order in which they came. */
export const takeQuarantine = statement<
  [ids: string[] | null, device: string | null, after: string, limit: number]
>()(
  'quarantine.take',
  ROW,
  `SELECT ${COLUMNS} FROM quarantine
    WHERE replayed_at IS NULL AND ($1::bigint[] IS NULL OR id = ANY ($1::bigint[])) AND ($2::text IS NULL OR device = $2)
      AND id > $3::bigint
    ORDER BY id LIMIT $4`,
);

export const markReplayed = statement<[ids: string[]]>()(
  'quarantine.mark-replayed',
  {},
  'UPDATE quarantine SET replayed_at = now() WHERE id = ANY ($1::bigint[])',
);

/** The same bytes refused for another reason now. */
export const markRefusedAgain = statement<[id: string, code: string, field: string, message: string]>()(
  'quarantine.refused-again',
  {},
  'UPDATE quarantine SET code = $2, field = $3, message = $4 WHERE id = $1::bigint',
);
