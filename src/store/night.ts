/** What the nightly reconciliation keeps and asks: states of the past in true order, and what the ledger says of it. */
import { ALERT_COLUMNS } from './alert-rows.ts';
import { statement } from './statement.ts';

const TRUE_STATE = { until_at: 'timestamptz', next_offset: 'int8', state: 'bytea' } as const;

/** The states of a partition at the ends of the last days, oldest first. */
export const listTrueStates = statement<[partition: number]>()(
  'night.states',
  TRUE_STATE,
  'SELECT until_at, next_offset, state FROM true_states WHERE partition = $1 ORDER BY until_at',
);

/** That of one partition at one time. */
export const findTrueState = statement<[partition: number, untilAt: Date]>()(
  'night.state',
  TRUE_STATE,
  'SELECT until_at, next_offset, state FROM true_states WHERE partition = $1 AND until_at = $2',
);

export const saveTrueState = statement<
  [partition: number, untilAt: Date, nextOffset: number, state: Buffer]
>()(
  'night.save',
  {},
  `INSERT INTO true_states (partition, until_at, next_offset, state) VALUES ($1, $2, $3, $4)
   ON CONFLICT (partition, until_at) DO UPDATE SET next_offset = excluded.next_offset, state = excluded.state`,
);

export const forgetTrueStates = statement<[partition: number, before: Date]>()(
  'night.forget',
  {},
  'DELETE FROM true_states WHERE partition = $1 AND until_at < $2',
);

const NEWEST = `SELECT e.alert, e.version, e.subject, e.kind, e.state, e.severity, e.started_at, e.detected_at, e.cleared_at, e.zone, e.device,
          e.confidence, e.late, e.reason, e.reason_en, e.evidence
     FROM alerts a JOIN alert_events e ON e.alert = a.alert AND e.version = a.version`;

/** The newest version of every alert of the subjects that stood at `from` or began later, but those of a second stage. */
export const findNewestVersions = statement<[subjects: string[], from: Date]>()(
  'night.known',
  ALERT_COLUMNS,
  `${NEWEST}
    WHERE a.subject = ANY ($1::text[]) AND a.kind <> 'gathering'
      AND (a.started_at >= $2 OR a.cleared_at IS NULL OR a.cleared_at >= $2)
    ORDER BY a.started_at, a.alert`,
);

/** The same of those of the second stage, of everybody. */
export const findNewestMeetings = statement<[from: Date]>()(
  'night.known-meetings',
  ALERT_COLUMNS,
  `${NEWEST}
    WHERE a.kind = 'gathering' AND (a.started_at >= $1 OR a.cleared_at IS NULL OR a.cleared_at >= $1)
    ORDER BY a.started_at, a.alert`,
);

/** The horizon up to which all partitions were judged again last. */
export const findLastNight = statement<[]>()(
  'night.last',
  { until_at: 'timestamptz?' },
  'SELECT max(until_at) AS until_at FROM nights',
);

export const saveNight = statement<[untilAt: Date, opened: number, updated: number, retracted: number]>()(
  'night.done',
  {},
  `INSERT INTO nights (until_at, opened, updated, retracted) VALUES ($1, $2, $3, $4)
   ON CONFLICT (until_at) DO UPDATE SET opened = excluded.opened, updated = excluded.updated, retracted = excluded.retracted`,
);
