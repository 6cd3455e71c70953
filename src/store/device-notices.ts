/** Devices that were refused: one row for each id on the wire and reason. */
import { statement } from './statement.ts';

export const addDeviceNotices = statement<
  [protocols: string[], addresses: string[], codes: string[], firsts: Date[], lasts: Date[], counts: number[]]
>()(
  'device-notices.add',
  {},
  `INSERT INTO device_notices (protocol, address, code, first_at, last_at, count)
   SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::bigint[])
   ON CONFLICT (protocol, address, code) DO UPDATE
     SET last_at = greatest(device_notices.last_at, excluded.last_at), count = device_notices.count + excluded.count`,
);

/** Newest first, before a cursor. */
export const listDeviceNotices = statement<[beforeAt: Date | null, beforeId: string | null, limit: number]>()(
  'device-notices.list',
  {
    id: 'int8',
    protocol: 'text',
    address: 'text',
    code: 'text',
    first_at: 'timestamptz',
    last_at: 'timestamptz',
    count: 'int8',
  },
  `SELECT id, protocol, address, code, first_at, last_at, count FROM device_notices
   WHERE $1::timestamptz IS NULL OR (last_at, id) < ($1::timestamptz, $2::bigint)
   ORDER BY last_at DESC, id DESC LIMIT $3`,
);
