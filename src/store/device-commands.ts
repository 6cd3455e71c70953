/** What was asked of devices, and what came of it. Who asks is told by NOTIFY `device_commands`. */
import { statement } from './statement.ts';

const ROW = {
  id: 'int8',
  device: 'text',
  subject: 'text',
  command: 'text',
  is_spot_check: 'bool',
  asked_by: 'text',
  queued_at: 'timestamptz',
  expires_at: 'timestamptz',
  sent_at: 'timestamptz?',
  answered_at: 'timestamptz?',
  is_refused: 'bool?',
  answer: 'text?',
  reached_at: 'timestamptz?',
} as const;
const COLUMNS =
  'c.id, c.device, c.subject, c.command, c.is_spot_check, c.asked_by, c.queued_at, c.expires_at, c.sent_at, c.answered_at, c.is_refused, c.answer, c.reached_at';
const IN_SCOPE =
  "($5::bool OR NOT s.minor) AND ($2::text = '' OR s.office = $2 OR starts_with(s.office, $2 || '/'))";

export const queueCommand = statement<
  [
    device: string,
    subject: string,
    command: string,
    isSpotCheck: boolean,
    askedBy: string,
    queuedAt: Date,
    expiresAt: Date,
  ]
>()(
  'device-commands.queue',
  ROW,
  `WITH made AS (
     INSERT INTO device_commands (device, subject, command, is_spot_check, asked_by, queued_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *),
   told AS (SELECT pg_notify('device_commands', '') FROM made)
   SELECT ${COLUMNS} FROM made c, told`,
);

/** Those that may still be sent or answered, with the device as it is on the roster now, oldest first. */
export const listOpenCommands = statement<[now: Date, limit: number]>()(
  'device-commands.open',
  {
    id: 'int8',
    device: 'text',
    command: 'text',
    queued_at: 'timestamptz',
    expires_at: 'timestamptz',
    sent_at: 'timestamptz?',
    protocol: 'text?',
    address: 'text',
  },
  `SELECT c.id, c.device, c.command, c.queued_at, c.expires_at, c.sent_at, d.protocol, d.address
   FROM device_commands c JOIN (
     SELECT id, subject, protocol, address FROM devices
      WHERE valid_from <= $1 AND (valid_until IS NULL OR valid_until > $1)
     UNION ALL SELECT id, '', 'zkteco', address FROM terminals) d ON d.id = c.device AND d.subject = c.subject
   WHERE c.answered_at IS NULL AND c.expires_at > $1
   ORDER BY c.id LIMIT $2`,
);

/** No row: another process has sent it, or it is past its term. */
export const claimCommand = statement<[id: string, at: Date]>()(
  'device-commands.claim',
  { id: 'int8' },
  `UPDATE device_commands SET sent_at = $2 WHERE id = $1::bigint AND sent_at IS NULL AND answered_at IS NULL AND expires_at > $2
   RETURNING id`,
);

/** It could not be sent after all. */
export const releaseCommand = statement<[id: string]>()(
  'device-commands.release',
  {},
  'UPDATE device_commands SET sent_at = NULL WHERE id = $1::bigint AND answered_at IS NULL',
);

export const answerCommand = statement<[id: string, at: Date, isRefused: boolean, answer: string | null]>()(
  'device-commands.answer',
  {},
  `UPDATE device_commands SET answered_at = $2, is_refused = $3, answer = $4
   WHERE id = $1::bigint AND answered_at IS NULL`,
);

export const findCommand = statement<[id: string]>()(
  'device-commands.find',
  ROW,
  `SELECT ${COLUMNS} FROM device_commands c WHERE c.id = $1::bigint`,
);

/** It spoke without answering, and may still answer: the first time counts, the newest word stands. */
export const noteReached = statement<[id: string, at: Date, answer: string | null]>()(
  'device-commands.reached',
  {},
  `UPDATE device_commands SET reached_at = coalesce(reached_at, $2), answer = coalesce($3, answer)
   WHERE id = $1::bigint AND answered_at IS NULL AND expires_at > $2`,
);

/** Newest first, before a cursor; of the time when the device was a subject's within the scope. */
export const listDeviceCommands = statement<
  [device: string, scope: string, before: string | null, limit: number, minors: boolean]
>()(
  'device-commands.of-device',
  ROW,
  `SELECT ${COLUMNS} FROM device_commands c
   JOIN (SELECT id AS subject, '' AS device, office, minor FROM subjects UNION ALL SELECT '', id, office, false FROM terminals) s
     ON s.subject = c.subject AND s.device IN ('', c.device)
   WHERE c.device = $1 AND ${IN_SCOPE} AND ($3::bigint IS NULL OR c.id < $3::bigint)
   ORDER BY c.id DESC LIMIT $4`,
);

/** Spot checks of one subject, or of all within the scope, newest first. */
export const listSpotChecks = statement<
  [subject: string | null, scope: string, before: string | null, limit: number, minors: boolean]
>()(
  'device-commands.spot-checks',
  ROW,
  `SELECT ${COLUMNS} FROM device_commands c JOIN subjects s ON s.id = c.subject
   WHERE c.is_spot_check AND ($1::text IS NULL OR c.subject = $1) AND ${IN_SCOPE}
     AND ($3::bigint IS NULL OR c.id < $3::bigint)
   ORDER BY c.id DESC LIMIT $4`,
);

/** Whether where it is may be asked for: within the order of a wristband, and before the end of correction. */
const mayLocate = (now: string) =>
  `((d.kind <> 'wristband' OR (d.order_from <= ${now} AND d.order_until > ${now}))
    AND NOT EXISTS (SELECT FROM supervision_dates e WHERE e.subject = d.subject AND e.collects_until <= ${now}))`;

/** The assignments that hold now of a device, with whose they are; a terminal is its office's, and nobody's (''). */
export const findAssigned = statement<[device: string, now: Date]>()(
  'device-commands.assigned',
  { id: 'text', subject: 'text', protocol: 'text?', office: 'text', minor: 'bool', may_locate: 'bool' },
  `SELECT d.id, d.subject, d.protocol, s.office, s.minor, coalesce(${mayLocate('$2')}, false) AS may_locate FROM devices d JOIN subjects s ON s.id = d.subject
   WHERE d.id = $1 AND d.valid_from <= $2 AND (d.valid_until IS NULL OR d.valid_until > $2)
   UNION ALL SELECT id, '', 'zkteco', office, false, true FROM terminals WHERE id = $1`,
);

/**
 * A subject's devices by protocols whose place may be asked for, the best to ask first: one that spoke within the hour before one that did not, a wristband
 * before a phone, who spoke last before the others.
 */
export const findAskable = statement<[subject: string, protocols: string[], now: Date]>()(
  'device-commands.askable',
  { id: 'text', protocol: 'text?' },
  `SELECT d.id, d.protocol FROM devices d
     LEFT JOIN LATERAL (SELECT m.received_at FROM device_messages m WHERE m.device = d.id ORDER BY m.id DESC LIMIT 1) m ON true
   WHERE d.subject = $1 AND d.protocol = ANY ($2) AND d.valid_from <= $3 AND (d.valid_until IS NULL OR d.valid_until > $3)
     AND ${mayLocate('$3')}
   ORDER BY coalesce(m.received_at > $3::timestamptz - interval '1 hour', false) DESC, d.kind = 'wristband' DESC,
     m.received_at DESC NULLS LAST, d.id`,
);
