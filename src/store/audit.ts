/** The audit: who did or looked at what, when, why and from where. Append-only. */
import type { Db } from '../ports/database.ts';
import { statement } from './statement.ts';

export interface AuditActor {
  readonly kind: 'account' | 'token' | 'command' | 'system';
  readonly name: string;
  readonly role?: string | null;
  /** Path; null where nobody knows who it is. */
  readonly organisation: string | null;
}

export interface AuditEntry {
  readonly actor: AuditActor;
  /** `noun.deed`, e.g. `track.read`. */
  readonly action: string;
  /** Of several: `subjects` in the detail. */
  readonly subject?: string | null;
  /** The subject's organisation at this time: it decides who may read the entry. */
  readonly office?: string | null;
  readonly target?: string | null;
  readonly reason?: string | null;
  /** The caller's IP. */
  readonly address?: string | null;
  readonly detail?: Readonly<Record<string, unknown>>;
}

const addEntries = statement<[entries: string]>()(
  'audit.add',
  {},
  `INSERT INTO audit (actor_kind, actor, actor_role, organisation, action, subject, office, target, reason, address, detail)
   SELECT kind, actor, role, organisation, action, subject, office, target, reason, address, detail
     FROM jsonb_to_recordset($1::jsonb) AS e (
            kind text, actor text, role text, organisation text, action text, subject text, office text, target text,
            reason text, address text, detail jsonb)`,
);

/** To be called with the transaction of the deed, or before what is shown is read: no deed without its entry. */
export async function recordAudit(db: Db, ...entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ actor: { kind, name, role, organisation }, ...entry }) => ({
    ...entry,
    kind,
    actor: name,
    role,
    organisation,
    detail: entry.detail ?? {},
  }));
  await addEntries(db, JSON.stringify(rows));
}

const ENTRY = {
  seq: 'int8',
  at: 'timestamptz',
  actor_kind: 'text',
  actor: 'text',
  actor_role: 'text?',
  organisation: 'text?',
  action: 'text',
  subject: 'text?',
  office: 'text?',
  target: 'text?',
  reason: 'text?',
  address: 'text?',
  detail: 'jsonb',
} as const;
const COLUMNS =
  'seq, at, actor_kind, actor, actor_role, organisation, action, subject, office, target, reason, address, detail';

/** An entry is its subject's office's; without a subject its actor's; without either the whole tree's only. */
const inScope = (scope: string) =>
  `(${scope} = '' OR coalesce(office, organisation) = ${scope} OR starts_with(coalesce(office, organisation), ${scope} || '/'))`;

/**
 * Newest first, before a cursor; a filter that is null takes all. `from` inclusive, `to` exclusive. `shown`: also the lists that showed
 * this subject; null: only what is about the subject alone.
 */
export const listAudit = statement<
  [
    scope: string,
    organisation: string,
    action: string | null,
    actor: string | null,
    subject: string | null,
    from: Date | null,
    to: Date | null,
    before: string | null,
    limit: number,
    shown: string | null,
  ]
>()(
  'audit.list',
  ENTRY,
  `SELECT ${COLUMNS} FROM audit
   WHERE ${inScope('$1::text')} AND ${inScope('$2::text')}
     AND ($3::text IS NULL OR action = $3 OR starts_with(action, $3 || '.'))
     AND ($4::text IS NULL OR actor = $4) AND ($5::text IS NULL OR subject = $5 OR (detail ? 'subjects' AND detail->'subjects' ? $10::text))
     AND ($6::timestamptz IS NULL OR at >= $6) AND ($7::timestamptz IS NULL OR at < $7)
     AND ($8::bigint IS NULL OR seq < $8::bigint)
   ORDER BY seq DESC LIMIT $9`,
  'by-values',
);

/** Who looked at or did what of one subject or one alert within a span, oldest first. */
export const listAuditAbout = statement<[subject: string, alert: string | null, from: Date, to: Date]>()(
  'audit.about',
  ENTRY,
  `SELECT ${COLUMNS} FROM audit
   WHERE (subject = $1 OR target = $2::text) AND at >= $3 AND at < $4 ORDER BY seq`,
);
