/**
 * Reads of the alerts' present: the queue of the REST interface and of the board. Writing is alerts/ledger.ts and
 * alerts/acknowledge.ts. `office` is null where the subject is not on the roster (a feed's own alert, for example).
 */
import { statement } from './statement.ts';

const ALERT = {
  alert: 'text',
  version: 'int4',
  subject: 'text',
  subject_name: 'text?',
  office: 'text?',
  minor: 'bool?',
  kind: 'text',
  state: 'text',
  severity: 'text',
  started_at: 'timestamptz',
  detected_at: 'timestamptz',
  recorded_at: 'timestamptz',
  cleared_at: 'timestamptz?',
  zone: 'text?',
  zone_name: 'text?',
  device: 'text?',
  confidence: 'float8',
  late: 'bool',
  reason: 'text',
  reason_en: 'text',
  evidence: 'jsonb',
  acknowledged_by: 'text?',
  acknowledged_at: 'timestamptz?',
  change_seq: 'int8',
  stage: 'text',
  owner: 'text?',
  due_at: 'timestamptz?',
  escalation: 'int4',
  incident: 'text?',
  shelved_until: 'timestamptz?',
  disposition: 'text?',
  measure: 'text?',
  task: 'int8?',
} as const;

const SELECT_ALERT = `
  SELECT a.alert, a.version, a.subject, s.name AS subject_name, s.office, s.minor, a.kind, a.state, a.severity,
         a.started_at, a.detected_at, e.recorded_at, a.cleared_at, e.zone,
         z.feature #>> '{properties,name}' AS zone_name, e.device, e.confidence, e.late, e.reason, e.reason_en,
         e.evidence, a.acknowledged_by, a.acknowledged_at, a.change_seq, a.stage, a.owner, a.due_at, a.escalation,
         a.incident, a.shelved_until, a.disposition, a.measure, a.task
  FROM alerts a
  JOIN alert_events e ON e.alert = a.alert AND e.version = a.version
  LEFT JOIN subjects s ON s.id = a.subject
  LEFT JOIN zones z ON z.id = e.zone`;

/** As NEVER_SUPPRESSED in alerts/casework/dispositions.ts: however many others have cleared, these wait for a person. */
const NEVER_DROPPED = "'strap-tamper', 'separation', 'abscond'";

/**
 * A feed's alert concerns everybody who sees the feed's devices, so it has no office and is shown to all. One about a
 * subject who is not on the roster is shown to the whole tree's people only, and may be a minor's.
 */
const inScope = (scope: string, minors: string) =>
  `(a.kind = 'feed-outage' OR ((${minors} OR NOT coalesce(s.minor, true))
     AND (${scope} = '' OR s.office = ${scope} OR starts_with(s.office, ${scope} || '/'))))`;

/** Newest first by when it began; `states` and `kind` null: any. The cursor is the last item's start and id. */
export const listAlerts = statement<
  [
    scope: string,
    organisation: string,
    states: readonly string[] | null,
    kind: string | null,
    since: Date | null,
    subject: string | null,
    beforeStart: Date | null,
    beforeAlert: string | null,
    limit: number,
    minors: boolean,
  ]
>()(
  'alert-queue.list',
  ALERT,
  `${SELECT_ALERT}
   WHERE ${inScope('$1::text', '$10::bool')}
     AND ($2::text = '' OR s.office = $2 OR starts_with(s.office, $2 || '/'))
     AND ($3::text[] IS NULL OR a.state = ANY ($3))
     AND ($4::text IS NULL OR a.kind = $4)
     AND ($5::timestamptz IS NULL OR a.started_at >= $5)
     AND ($6::text IS NULL OR a.subject = $6)
     AND ($7::timestamptz IS NULL OR (a.started_at, a.alert) < ($7, $8::text))
   ORDER BY a.started_at DESC, a.alert DESC
   LIMIT $9`,
);

export const findAlert = statement<[alert: string]>()(
  'alert-queue.find',
  ALERT,
  `${SELECT_ALERT} WHERE a.alert = $1`,
);

/**
 * What there is still to do, never what is new: nobody's first, then the oldest; what is shelved at `now` last. `owner`: only
 * theirs; '' only nobody's. The cursor is the last item's rank (`rank`), start and id.
 */
export const listOpenWork = statement<
  [
    scope: string,
    organisation: string,
    owner: string | null,
    kind: string | null,
    now: Date,
    afterRank: number | null,
    afterStart: Date | null,
    afterAlert: string | null,
    limit: number,
    minors: boolean,
  ]
>()(
  'alert-queue.work',
  { ...ALERT, rank: 'int4' },
  `SELECT * FROM (
     SELECT w.*, CASE WHEN w.shelved_until > $5 THEN 2 WHEN w.owner IS NOT NULL THEN 1 ELSE 0 END AS rank
     FROM (${SELECT_ALERT}
       WHERE a.stage <> 'closed' AND NOT (a.state = 'retracted' AND a.stage IN ('opened', 'acknowledged'))
         AND ${inScope('$1::text', '$10::bool')}
         AND ($2::text = '' OR s.office = $2 OR starts_with(s.office, $2 || '/'))
         AND ($3::text IS NULL OR coalesce(a.owner, '') = $3)
         AND ($4::text IS NULL OR a.kind = $4)) w) r
   WHERE ($6::int IS NULL OR (r.rank, r.started_at, r.alert) > ($6, $7::timestamptz, $8::text))
   ORDER BY r.rank, r.started_at, r.alert LIMIT $9`,
);

/** The parts of an incident that the scope sees, the first begun first. */
export const listIncidentAlerts = statement<[incidents: string[], scope: string, minors: boolean]>()(
  'alert-queue.of-incidents',
  ALERT,
  `${SELECT_ALERT} WHERE a.incident = ANY ($1) AND ${inScope('$2::text', '$3::bool')} ORDER BY a.incident, a.started_at, a.alert`,
);

/** Incidents with a part that the scope sees, newest first; `open`: with one that is still to be worked on. */
export const listIncidents = statement<
  [
    scope: string,
    open: boolean,
    beforeAt: Date | null,
    beforeId: string | null,
    limit: number,
    minors: boolean,
  ]
>()(
  'alert-queue.incidents',
  { id: 'text', subject: 'text?', cause: 'text', made_by: 'text', made_at: 'timestamptz', parts: 'int4' },
  `SELECT i.id, i.subject, i.cause, i.made_by, i.made_at,
          (SELECT count(*)::int4 FROM alerts a WHERE a.incident = i.id) AS parts
   FROM incidents i
   WHERE ($3::timestamptz IS NULL OR (i.made_at, i.id) < ($3, $4::text))
     AND EXISTS (SELECT FROM alerts a LEFT JOIN subjects s ON s.id = a.subject
                 WHERE a.incident = i.id AND ${inScope('$1::text', '$6::bool')} AND (NOT $2::bool OR a.stage <> 'closed'))
   ORDER BY i.made_at DESC, i.id DESC LIMIT $5`,
);

/**
 * What stands on a board at the start: open ones and those that are being worked on, all; of the cleared ones that nobody
 * acknowledged the newest.
 */
export const listBoardAlerts = statement<[maxCleared: number]>()(
  'alert-queue.board',
  ALERT,
  `${SELECT_ALERT} WHERE a.stage <> 'closed' AND (a.state IN ('opened', 'updated')
      OR a.stage IN ('handling', 'tasked', 'resolved', 'reviewed', 'returned')
      OR (a.state = 'cleared' AND a.stage = 'opened' AND a.kind IN (${NEVER_DROPPED})))
   UNION ALL
   (${SELECT_ALERT} WHERE a.state = 'cleared' AND a.stage = 'opened' AND a.kind NOT IN (${NEVER_DROPPED})
    ORDER BY a.started_at DESC LIMIT $1)`,
);

/** Changes after `seq` in the order of their commits. */
export const listAlertChanges = statement<[seq: string, limit: number]>()(
  'alert-queue.changes',
  ALERT,
  `${SELECT_ALERT} WHERE a.change_seq > $1::bigint ORDER BY a.change_seq LIMIT $2`,
);

export const lastAlertChange = statement<[]>()(
  'alert-queue.last-change',
  { seq: 'int8' },
  'SELECT coalesce(max(change_seq), 0) AS seq FROM alerts',
);

/** Every ledger version of an alert, oldest first. */
export const listAlertVersions = statement<[alert: string]>()(
  'alert-queue.versions',
  {
    version: 'int4',
    state: 'text',
    severity: 'text',
    started_at: 'timestamptz',
    detected_at: 'timestamptz',
    cleared_at: 'timestamptz?',
    recorded_at: 'timestamptz',
    zone: 'text?',
    device: 'text?',
    confidence: 'float8',
    late: 'bool',
    reason: 'text',
    reason_en: 'text',
    evidence: 'jsonb',
  },
  `SELECT version, state, severity, started_at, detected_at, cleared_at, recorded_at, zone, device, confidence, late,
          reason, reason_en, evidence
   FROM alert_events WHERE alert = $1 ORDER BY version`,
);

export const listAlertActions = statement<[alert: string]>()(
  'alert-queue.actions',
  { action: 'text', account: 'text', note: 'text', at: 'timestamptz', detail: 'jsonb' },
  'SELECT action, account, note, at, detail FROM alert_actions WHERE alert = $1 ORDER BY seq',
);
