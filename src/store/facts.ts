/** Recorded facts beside positions: device statuses and check-ins. What is there already stays as it is. */
import { statement } from './statement.ts';

export const recordStatuses = statement<
  [devices: string[], ats: Date[], statuses: string[], subjects: string[], receiveds: Date[]]
>()(
  'facts.record-statuses',
  {},
  `INSERT INTO device_statuses (device, at, status, subject, received_at)
   SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[])
   ON CONFLICT DO NOTHING`,
);

export const recordCheckins = statement<
  [terminals: string[], subjects: string[], ats: Date[], methods: string[], receiveds: Date[]]
>()(
  'facts.record-checkins',
  {},
  `INSERT INTO checkins (terminal, subject, at, method, received_at)
   SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::timestamptz[])
   ON CONFLICT DO NOTHING`,
);
