/** What devices said, record by record. */
import { statement } from './statement.ts';

export const addDeviceMessages = statement<
  [
    receiveds: Date[],
    devices: string[],
    subjects: string[],
    protocols: string[],
    records: string[],
    offices: (string | null)[],
  ]
>()(
  'device-messages.add',
  {},
  `INSERT INTO device_messages (received_at, device, subject, protocol, record, office)
   SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])`,
);

/** Newest first, before a cursor; of the time when the device was a subject's, or a terminal an office's, within the scope. */
export const listDeviceMessages = statement<
  [device: string, scope: string, before: string | null, limit: number, minors: boolean]
>()(
  'device-messages.list',
  {
    id: 'int8',
    received_at: 'timestamptz',
    device: 'text',
    protocol: 'text',
    record: 'text',
    subject: 'text',
    office: 'text',
  },
  `SELECT m.id, m.received_at, m.device, m.protocol, m.record, m.subject, coalesce(s.office, m.office) AS office
   FROM device_messages m LEFT JOIN subjects s ON s.id = m.subject
   WHERE m.device = $1 AND ($3::bigint IS NULL OR m.id < $3::bigint) AND coalesce(s.office, m.office) IS NOT NULL
     AND ($5::bool OR s.id IS NULL OR NOT s.minor)
     AND ($2::text = '' OR coalesce(s.office, m.office) = $2 OR starts_with(coalesce(s.office, m.office), $2 || '/'))
   ORDER BY m.id DESC LIMIT $4`,
);
