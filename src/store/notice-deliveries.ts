/** Messages to recipients: what each carries, its tries, and how it ended. The ids are texts of uuids. */
import { statement } from './statement.ts';

/** One process at a time puts notices into messages: who joins a group must see the whole of it. */
export const lockGrouping = statement<[]>()(
  'notice-deliveries.lock-grouping',
  { locked: 'text?' },
  'SELECT pg_advisory_xact_lock(7261070)::text AS locked',
);

/** The newest message of a subscription and urgency, and whether it still takes more. */
export const findGroup = statement<[subscription: string, urgent: boolean]>()(
  'notice-deliveries.group',
  { id: 'text', state: 'text', due_at: 'timestamptz' },
  `SELECT id::text AS id, state, due_at FROM notice_deliveries WHERE subscription = $1::bigint AND urgent = $2
    ORDER BY due_at DESC, seq DESC LIMIT 1 FOR UPDATE`,
);

export const addDelivery = statement<
  [
    id: string,
    organisation: string,
    subscription: string | null,
    channel: string,
    recipient: string,
    language: string,
    urgent: boolean,
    at: Date,
    dueAt: Date,
  ]
>()(
  'notice-deliveries.add',
  {},
  `INSERT INTO notice_deliveries (id, organisation, subscription, channel, recipient, language, urgent, state, made_at, due_at)
   VALUES ($1::uuid, $2, $3::bigint, $4, $5, $6, $7, 'gathering', $8, $9)`,
);

/** No row: this notice goes to this recipient already. */
export const addPart = statement<[notice: string, channel: string, recipient: string, delivery: string]>()(
  'notice-deliveries.add-part',
  { notice: 'int8' },
  `INSERT INTO notice_parts (notice, channel, recipient, delivery) VALUES ($1::bigint, $2, $3, $4::uuid)
   ON CONFLICT DO NOTHING RETURNING notice`,
);

export const hasPart = statement<[notice: string, channel: string, recipient: string]>()(
  'notice-deliveries.has-part',
  { has: 'bool' },
  'SELECT EXISTS (SELECT FROM notice_parts WHERE notice = $1::bigint AND channel = $2 AND recipient = $3) AS has',
);

/** Those that have no job of their present round; they are taken to have one from here on. */
export const takeUnqueued = statement<[limit: number]>()(
  'notice-deliveries.take-unqueued',
  { id: 'text', round: 'int4', due_at: 'timestamptz' },
  `UPDATE notice_deliveries SET is_queued = true
    WHERE id IN (SELECT id FROM notice_deliveries WHERE NOT is_queued ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED)
   RETURNING id::text AS id, round, due_at`,
);

const LOCKED = {
  id: 'text',
  subscription: 'int8?',
  channel: 'text',
  recipient: 'text',
  language: 'text',
  state: 'text',
  round: 'int4',
  attempts: 'int4',
  tells: 'text?',
  is_ended: 'bool',
} as const;

export const lockDelivery = statement<[id: string]>()(
  'notice-deliveries.lock',
  LOCKED,
  `SELECT d.id::text AS id, d.subscription, d.channel, d.recipient, d.language, d.state, d.round, d.attempts, s.tells,
          s.ended_at IS NOT NULL AS is_ended
     FROM notice_deliveries d LEFT JOIN notice_subscriptions s ON s.id = d.subscription WHERE d.id = $1::uuid FOR UPDATE OF d`,
);

export const beginAttempt = statement<[id: string, at: Date]>()(
  'notice-deliveries.begin-attempt',
  { attempt: 'int4' },
  `WITH begun AS (
     UPDATE notice_deliveries SET state = 'sending', attempts = attempts + 1 WHERE id = $1::uuid RETURNING id, attempts)
   INSERT INTO notice_attempts (delivery, attempt, at) SELECT id, attempts, $2 FROM begun RETURNING attempt`,
);

export const endAttempt = statement<
  [id: string, attempt: number, answer: string, isSent: boolean, state: string, sentAt: Date | null]
>()(
  'notice-deliveries.end-attempt',
  {},
  `WITH tried AS (UPDATE notice_attempts SET answer = $3, is_sent = $4 WHERE delivery = $1::uuid AND attempt = $2)
   UPDATE notice_deliveries SET state = $5, answer = $3, sent_at = $6 WHERE id = $1::uuid AND state <> 'sent'`,
);

/** Of that round only, and not what has ended. */
export const setDeliveryState = statement<[id: string, state: string, round: number]>()(
  'notice-deliveries.set-state',
  {},
  `UPDATE notice_deliveries SET state = $2 WHERE id = $1::uuid AND round = $3 AND state NOT IN ('sent', 'withdrawn')`,
);

/** What a message is made of. `minor`: also of one who has left the roster. The last fix of an alert's evidence. */
export const listParts = statement<[id: string]>()(
  'notice-deliveries.parts',
  {
    id: 'int8',
    what: 'text',
    about: 'text',
    ref: 'text',
    office: 'text',
    office_name: 'text?',
    severity: 'text?',
    at: 'timestamptz',
    kind: 'text?',
    subject_name: 'text?',
    minor: 'bool',
    lat: 'float8?',
    lon: 'float8?',
  },
  `SELECT n.id, n.what, n.about, n.ref, n.office, o.name AS office_name, n.severity, n.at, coalesce(a.kind, t.kind) AS kind,
          s.name AS subject_name, coalesce(is_minor(n.subject), false) AS minor,
          (e.last ->> 'lat')::float8 AS lat, (e.last ->> 'lon')::float8 AS lon
     FROM notice_parts p JOIN notices n ON n.id = p.notice
     LEFT JOIN organisations o ON o.path = n.office
     LEFT JOIN subjects s ON s.id = n.subject
     LEFT JOIN tasks t ON n.about = 'task' AND t.id = CASE WHEN n.about = 'task' THEN n.ref::bigint END
     LEFT JOIN alerts a ON a.alert = CASE n.about WHEN 'alert' THEN n.ref WHEN 'task' THEN t.alert END
     LEFT JOIN LATERAL (SELECT evidence -> -1 AS last FROM alert_events v WHERE v.alert = a.alert ORDER BY version DESC LIMIT 1) e ON true
    WHERE p.delivery = $1::uuid ORDER BY n.id`,
);

const DELIVERY = {
  id: 'text',
  seq: 'int8',
  organisation: 'text',
  subscription: 'int8?',
  channel: 'text',
  recipient: 'text',
  urgent: 'bool',
  state: 'text',
  made_at: 'timestamptz',
  due_at: 'timestamptz',
  round: 'int4',
  attempts: 'int4',
  answer: 'text?',
  sent_at: 'timestamptz?',
  notices: 'int4',
} as const;
const COLUMNS = `d.id::text AS id, d.seq, d.organisation, d.subscription, d.channel, d.recipient, d.urgent, d.state, d.made_at, d.due_at,
  d.round, d.attempts, d.answer, d.sent_at, (SELECT count(*)::int FROM notice_parts p WHERE p.delivery = d.id) AS notices`;

export const listDeliveries = statement<
  [scope: string, state: string | null, before: string | null, limit: number]
>()(
  'notice-deliveries.list',
  DELIVERY,
  `SELECT ${COLUMNS} FROM notice_deliveries d
    WHERE ($1 = '' OR d.organisation = $1 OR starts_with(d.organisation, $1 || '/')) AND ($2::text IS NULL OR d.state = $2)
      AND ($3::bigint IS NULL OR d.seq < $3::bigint) ORDER BY d.seq DESC LIMIT $4`,
);

export const findDelivery = statement<[id: string]>()(
  'notice-deliveries.find',
  DELIVERY,
  `SELECT ${COLUMNS} FROM notice_deliveries d WHERE d.id = $1::uuid`,
);

export const listAttempts = statement<[id: string]>()(
  'notice-deliveries.attempts',
  { attempt: 'int4', at: 'timestamptz', answer: 'text?', is_sent: 'bool?' },
  'SELECT attempt, at, answer, is_sent FROM notice_attempts WHERE delivery = $1::uuid ORDER BY attempt',
);

/** Only a dead letter is sent again; no row: it is none. Told to the process that sends. */
export const sendAgain = statement<[id: string, dueAt: Date]>()(
  'notice-deliveries.send-again',
  { id: 'text', told: 'text?' },
  `WITH again AS (
     UPDATE notice_deliveries SET state = 'failed', round = round + 1, is_queued = false, due_at = $2
      WHERE id = $1::uuid AND state = 'dead' RETURNING id)
   SELECT id::text AS id, pg_notify('notices', '')::text AS told FROM again`,
);

export const wakeSender = statement<[]>()(
  'notice-deliveries.wake',
  { told: 'text?' },
  `SELECT pg_notify('notices', '')::text AS told`,
);
