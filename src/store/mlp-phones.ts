/** Phones that are asked for at the operator, and when they were last. */
import { statement } from './statement.ts';

/**
 * Assignments that hold at a time or will, to the end of correction at the latest: asking is collecting. A wristband is no phone: an
 * operator is not asked for it.
 */
export const listMlpPhones = statement<[at: Date]>()(
  'mlp-phones.list',
  {
    id: 'text',
    subject: 'text',
    address: 'text',
    interval_s: 'int4',
    valid_from: 'timestamptz',
    valid_until: 'timestamptz?',
    asked_at: 'timestamptz?',
  },
  `SELECT d.id, d.subject, d.address, d.interval_s, d.valid_from, least(d.valid_until, c.collects_until) AS valid_until, p.asked_at
   FROM devices d LEFT JOIN mlp_phones p ON p.device = d.id AND p.subject = d.subject
   LEFT JOIN supervision_dates c ON c.subject = d.subject
   WHERE d.protocol = 'mlp' AND d.kind = 'phone' AND coalesce(least(d.valid_until, c.collects_until) > $1, true)
   ORDER BY d.id, d.valid_from`,
);

export const keepAsked = statement<[devices: string[], subjects: string[], at: Date[], results: string[]]>()(
  'mlp-phones.asked',
  {},
  `INSERT INTO mlp_phones (device, subject, asked_at, result)
   SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[])
   ON CONFLICT (device) DO UPDATE SET subject = excluded.subject, asked_at = excluded.asked_at, result = excluded.result
   WHERE mlp_phones.asked_at <= excluded.asked_at`,
);

/** Of devices that are nobody's any more. */
export const trimMlpPhones = statement<[before: Date]>()(
  'mlp-phones.trim',
  {},
  'DELETE FROM mlp_phones WHERE asked_at < $1',
);
