/** Recorded fixes of a subject, of those whom the caller may see. */
import { statement } from './statement.ts';

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
  `SELECT at, device, sequence, received_at, lat, lon, accuracy_m, speed_mps, battery_pct, method, mock
   FROM seen_positions
   WHERE subject = $1 AND at >= $2 AND at < $3
     AND ($4::timestamptz IS NULL OR (at, device, sequence) > ($4, $5, $6::bigint))
   ORDER BY at, device, sequence LIMIT $7`,
);
