/** Recorded fixes of a subject, of those whom the caller may see. */
import { statement } from './statement.ts';

/** What a legal hold keeps stands in a table of its own. */
const within = (table: string) =>
  `SELECT at, device, sequence, received_at, lat, lon, accuracy_m, speed_mps, battery_pct, method, mock
   FROM ${table}
   WHERE subject = $1 AND at >= $2 AND at < $3
     AND ($4::timestamptz IS NULL OR (at, device, sequence) > ($4, $5, $6::bigint))
   ORDER BY at, device, sequence LIMIT $7`;

/** By device time; `afterAt` null: from the beginning. The cursor is the last fix's key. */
export const listTrack = statement<
  [
    subject: string,
    from: Date,
    to: Date,
    afterAt: Date | null,
    afterDevice: string,
    afterSequence: string,
    limit: number,
  ]
>()(
  'tracks.list',
  {
    at: 'timestamptz',
    device: 'text',
    sequence: 'int8',
    received_at: 'timestamptz',
    lat: 'float8',
    lon: 'float8',
    accuracy_m: 'float4?',
    speed_mps: 'float4?',
    battery_pct: 'float4?',
    method: 'text?',
    mock: 'bool?',
  },
  `(${within('seen_positions')}) UNION (${within('positions_held')}) ORDER BY at, device, sequence LIMIT $7`,
);
