/** Purging by class, legal holds, and the report of each purge. */
import { statement } from './statement.ts';

const PURGED = { rows: 'int8', held: 'int8' } as const;

/** $1: what is older goes; $2: now, for the holds. */
const purge = (table: string, time: string, held: string, also = 'true') =>
  `WITH gone AS (DELETE FROM ${table} t WHERE ${time} < $1 AND ${also} AND NOT ${held} RETURNING 1)
   SELECT (SELECT count(*) FROM gone) AS rows,
          (SELECT count(*) FROM ${table} t WHERE ${time} < $1 AND ${also} AND ${held}) AS held`;
const OF_SUBJECT = 'is_held(t.subject, $2)';
/** Whose it is is known by the id on the wire only. */
const OF_ADDRESS = 'EXISTS (SELECT FROM devices d WHERE d.address = t.device AND is_held(d.subject, $2))';

/** A clock that is ahead keeps nothing for longer. */
export const purgeStatuses = statement<[before: Date, now: Date]>()(
  'retention.purge-statuses',
  PURGED,
  purge('device_statuses', 'LEAST(t.at, t.received_at)', OF_SUBJECT),
);

export const purgeMessages = statement<[before: Date, now: Date]>()(
  'retention.purge-messages',
  PURGED,
  purge('device_messages', 't.received_at', OF_SUBJECT),
);

/** Spot checks stay: they are what an officer did. */
export const purgeCommands = statement<[before: Date, now: Date]>()(
  'retention.purge-commands',
  PURGED,
  purge('device_commands', 't.expires_at', OF_SUBJECT, 'NOT t.is_spot_check'),
);

export const purgeQuarantine = statement<[before: Date, now: Date]>()(
  'retention.purge-quarantine',
  PURGED,
  purge('quarantine', 't.received_at', OF_ADDRESS),
);

export const purgeNotices = statement<[before: Date, now: Date]>()(
  'retention.purge-notices',
  PURGED,
  purge('device_notices', 't.last_at', '($2::timestamptz IS NULL)'),
);

/** Messages go with their notices; one that carries a held subject's notice stays. */
export const purgeNoticeRecords = statement<[before: Date, now: Date]>()(
  'retention.purge-notice-records',
  PURGED,
  `WITH held AS (SELECT id FROM notices WHERE at < $1 AND subject IS NOT NULL AND is_held(subject, $2)),
   gone AS (DELETE FROM notices n WHERE n.at < $1 AND n.id NOT IN (SELECT id FROM held) RETURNING 1),
   letters AS (
     DELETE FROM notice_deliveries d WHERE d.made_at < $1 AND NOT EXISTS (
       SELECT FROM notice_parts p WHERE p.delivery = d.id AND p.notice IN (SELECT id FROM held)))
   SELECT (SELECT count(*) FROM gone) AS rows, (SELECT count(*) FROM held) AS held`,
);

/** Positions whose hold has ended meanwhile. */
export const purgeHeldPositions = statement<[before: Date, now: Date]>()(
  'retention.purge-held-positions',
  PURGED,
  purge('positions_held', 't.at', OF_SUBJECT),
);

/** Days of subjects that are over since then; the sums of their offices stay. By the day, as the roster's calendar writes it. */
export const purgePresence = statement<[before: Date, now: Date]>()(
  'retention.purge-presence',
  PURGED,
  purge('presence_days', 't.day', OF_SUBJECT, `t.day < ($1::timestamptz AT TIME ZONE 'UTC')::date`),
);

/** Positions of phones, which are kept shorter than a wristband's. By subject, which is how they are found. */
export const purgePhonePositions = statement<[before: Date, now: Date]>()(
  'retention.purge-phone-positions',
  PURGED,
  `WITH phones AS (SELECT DISTINCT id, subject, is_held(subject, $2) AS held FROM devices WHERE kind = 'phone'),
        gone AS (DELETE FROM positions p USING phones d
                  WHERE p.subject = d.subject AND p.device = d.id AND NOT d.held AND p.at < $1 RETURNING 1)
   SELECT (SELECT count(*) FROM gone) AS rows,
          (SELECT count(*) FROM positions p JOIN phones d ON p.subject = d.subject AND p.device = d.id
            WHERE d.held AND p.at < $1) AS held`,
);

export const addPurge = statement<
  [at: Date, name: string, before: Date, rows: string, held: string, unit: string]
>()(
  'retention.add-purge',
  {},
  'INSERT INTO purges (at, class, before, rows, held, unit) VALUES ($1, $2, $3, $4::bigint, $5::bigint, $6)',
);

export const listPurges = statement<[name: string | null, before: string | null, limit: number]>()(
  'retention.purges',
  {
    seq: 'int8',
    at: 'timestamptz',
    class: 'text',
    before: 'timestamptz',
    rows: 'int8',
    held: 'int8',
    unit: 'text',
  },
  `SELECT seq, at, class, before, rows, held, unit FROM purges
   WHERE ($1::text IS NULL OR class = $1) AND ($2::bigint IS NULL OR seq < $2::bigint) ORDER BY seq DESC LIMIT $3`,
);

const HOLD = {
  id: 'int8',
  subject: 'text',
  office: 'text',
  reason: 'text',
  until_at: 'timestamptz?',
  set_by: 'text',
  set_at: 'timestamptz',
  lifted_by: 'text?',
  lifted_at: 'timestamptz?',
} as const;
const HOLD_COLUMNS = 'id, subject, office, reason, until_at, set_by, set_at, lifted_by, lifted_at';

export const addHold = statement<
  [subject: string, office: string, reason: string, until: Date | null, by: string, at: Date]
>()(
  'retention.add-hold',
  HOLD,
  `INSERT INTO legal_holds (subject, office, reason, until_at, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6)
   RETURNING ${HOLD_COLUMNS}`,
);

export const findHold = statement<[id: string]>()(
  'retention.find-hold',
  HOLD,
  `SELECT ${HOLD_COLUMNS} FROM legal_holds WHERE id = $1::bigint`,
);

/** No row: it was lifted already. */
export const liftHold = statement<[id: string, by: string, at: Date]>()(
  'retention.lift-hold',
  HOLD,
  `UPDATE legal_holds SET lifted_by = $2, lifted_at = $3 WHERE id = $1::bigint AND lifted_at IS NULL RETURNING ${HOLD_COLUMNS}`,
);

/** Newest first, within the scope. */
export const listHolds = statement<
  [scope: string, subject: string | null, before: string | null, limit: number]
>()(
  'retention.holds',
  HOLD,
  `SELECT ${HOLD_COLUMNS} FROM legal_holds
   WHERE ($1::text = '' OR office = $1 OR starts_with(office, $1 || '/')) AND ($2::text IS NULL OR subject = $2)
     AND ($3::bigint IS NULL OR id < $3::bigint)
   ORDER BY id DESC LIMIT $4`,
);
