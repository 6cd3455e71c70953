/** What accounts find in the page, up to where they have read, and the subscriptions of organisations. */
import { statement } from './statement.ts';

/** $1: login, $2: own organisation. Addressed to the account, or to its organisation, or critical below it. */
const MINE = `(n.account = $1 OR (n.account IS NULL AND (n.office = $2
  OR (n.severity = 'critical' AND ($2 = '' OR starts_with(n.office, $2 || '/'))))))`;

export const listMyNotices = statement<
  [account: string, organisation: string, before: string | null, limit: number]
>()(
  'notices.mine',
  {
    id: 'int8',
    what: 'text',
    about: 'text',
    ref: 'text',
    subject: 'text?',
    subject_name: 'text?',
    office: 'text',
    office_name: 'text?',
    kind: 'text?',
    severity: 'text?',
    at: 'timestamptz',
    is_read: 'bool',
  },
  `SELECT n.id, n.what, n.about, n.ref, n.subject, s.name AS subject_name, n.office, o.name AS office_name,
          coalesce(a.kind, t.kind) AS kind, n.severity, n.at, n.id <= coalesce(m.read_to, 0) AS is_read
     FROM notices n
     LEFT JOIN notice_marks m ON m.account = $1
     LEFT JOIN subjects s ON s.id = n.subject
     LEFT JOIN organisations o ON o.path = n.office
     LEFT JOIN alerts a ON n.about = 'alert' AND a.alert = n.ref
     LEFT JOIN tasks t ON n.about = 'task' AND t.id = CASE WHEN n.about = 'task' THEN n.ref::bigint END
    WHERE ${MINE} AND ($3::bigint IS NULL OR n.id < $3::bigint) ORDER BY n.id DESC LIMIT $4`,
);

/** So many at most: more is more. */
export const countUnread = statement<[account: string, organisation: string, most: number]>()(
  'notices.unread',
  { unread: 'int4', newest: 'int8?' },
  `SELECT count(*)::int AS unread, max(id) AS newest FROM (
     SELECT n.id FROM notices n
      WHERE n.id > coalesce((SELECT read_to FROM notice_marks WHERE account = $1), 0) AND ${MINE}
      ORDER BY n.id DESC LIMIT $3) u`,
);

/** Never back. */
export const markRead = statement<[account: string, upTo: string]>()(
  'notices.mark-read',
  {},
  `INSERT INTO notice_marks (account, read_to) VALUES ($1, $2::bigint)
   ON CONFLICT (account) DO UPDATE SET read_to = greatest(notice_marks.read_to, EXCLUDED.read_to)`,
);

/** $1: array of `{name, kind, organisation, host}`: those of the process that sends. Others go. */
export const saveChannels = statement<[channels: string]>()(
  'notices.save-channels',
  {},
  `WITH given AS (
     SELECT name, kind, organisation, host FROM jsonb_to_recordset($1::jsonb)
       AS c (name text, kind text, organisation text, host text)),
   gone AS (DELETE FROM notice_channels WHERE name NOT IN (SELECT name FROM given))
   INSERT INTO notice_channels (name, kind, organisation, host) SELECT name, kind, organisation, host FROM given
   ON CONFLICT (name) DO UPDATE SET kind = EXCLUDED.kind, organisation = EXCLUDED.organisation, host = EXCLUDED.host`,
);

const CHANNEL = { name: 'text', kind: 'text', organisation: 'text', host: 'text' } as const;

/** Those that serve $1: of it or above it. */
export const listChannels = statement<[organisation: string]>()(
  'notices.channels',
  CHANNEL,
  `SELECT name, kind, organisation, host FROM notice_channels
    WHERE organisation = '' OR organisation = $1 OR starts_with($1, organisation || '/') ORDER BY name`,
);

const SUBSCRIPTION = {
  id: 'int8',
  organisation: 'text',
  reach: 'text',
  kinds: 'jsonb?',
  from_severity: 'text',
  channel: 'text',
  recipient: 'text',
  language: 'text',
  tells: 'text',
  quiet_from: 'text?',
  quiet_until: 'text?',
  made_by: 'text',
  made_at: 'timestamptz',
} as const;
const COLUMNS = `id, organisation, reach, to_jsonb(kinds) AS kinds, from_severity, channel, recipient, language, tells, quiet_from,
  quiet_until, made_by, made_at`;

export const listLiveSubscriptions = statement<[]>()(
  'notices.live-subscriptions',
  SUBSCRIPTION,
  `SELECT ${COLUMNS} FROM notice_subscriptions WHERE ended_at IS NULL ORDER BY id`,
);

export const listSubscriptions = statement<[scope: string, before: string | null, limit: number]>()(
  'notices.subscriptions',
  SUBSCRIPTION,
  `SELECT ${COLUMNS} FROM notice_subscriptions
    WHERE ended_at IS NULL AND ($1 = '' OR organisation = $1 OR starts_with(organisation, $1 || '/'))
      AND ($2::bigint IS NULL OR id < $2::bigint) ORDER BY id DESC LIMIT $3`,
);

export const addSubscription = statement<
  [
    organisation: string,
    reach: string,
    kinds: readonly string[] | null,
    fromSeverity: string,
    channel: string,
    recipient: string,
    language: string,
    tells: string,
    quietFrom: string | null,
    quietUntil: string | null,
    by: string,
    at: Date,
  ]
>()(
  'notices.add-subscription',
  SUBSCRIPTION,
  `INSERT INTO notice_subscriptions (organisation, reach, kinds, from_severity, channel, recipient, language, tells, quiet_from,
     quiet_until, made_by, made_at)
   VALUES ($1, $2, $3::text[], $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING ${COLUMNS}`,
);

/** No row: there is none, or it has ended. */
export const endSubscription = statement<[id: string, by: string, at: Date]>()(
  'notices.end-subscription',
  SUBSCRIPTION,
  `UPDATE notice_subscriptions SET ended_by = $2, ended_at = $3 WHERE id = $1::bigint AND ended_at IS NULL RETURNING ${COLUMNS}`,
);

export const findSubscription = statement<[id: string]>()(
  'notices.find-subscription',
  SUBSCRIPTION,
  `SELECT ${COLUMNS} FROM notice_subscriptions WHERE id = $1::bigint AND ended_at IS NULL`,
);
