/**
 * What is kept beside the sealed tables, against the hash that a sealed row holds of it: claims with `after` < seq <= `until`, by seq.
 * The database hashes what may be megabytes; only the hashes travel. `found` is null where the thing is not there.
 */
import { statement } from './statement.ts';

const CLAIM = { seq: 'int8', kept: 'text?', sealed: 'text', found: 'text?', noted: 'text?' } as const;
const PAGE = 'c.seq > $1::bigint AND c.seq <= $2::bigint ORDER BY c.seq LIMIT $3';
const ofText = (column: string) => `encode(pg_catalog.sha256(convert_to(${column}, 'UTF8')), 'hex')`;
/** A text that is no number names nothing. */
const idIn = (text: string) => `CASE WHEN ${text} ~ '^[0-9]{1,18}$' THEN (${text})::bigint END`;

/** Files of tasks, by the deed that attached each. */
export const listFileClaims = statement<[after: string, until: string, limit: number]>()(
  'kept-hashes.files',
  CLAIM,
  `SELECT c.seq, c.detail->>'file' AS kept, c.detail->>'sha256' AS sealed,
          encode(pg_catalog.sha256(f.content), 'hex') AS found, encode(f.sha256, 'hex') AS noted
   FROM task_actions c LEFT JOIN task_files f ON f.id = ${idIn("c.detail->>'file'")} AND f.task = c.task
   WHERE c.action = 'attach' AND c.detail->>'sha256' IS NOT NULL AND ${PAGE}`,
);

/** Reports, by who made and who signed each. */
export const listReportClaims = statement<[after: string, until: string, limit: number]>()(
  'kept-hashes.reports',
  CLAIM,
  `SELECT c.seq, c.target AS kept, c.detail->>'sha256' AS sealed, ${ofText('r.document')} AS found, r.sha256 AS noted
   FROM audit c LEFT JOIN reports r ON r.seq = ${idIn('c.target')}
   WHERE c.action IN ('report.make', 'report.sign') AND c.detail->>'sha256' IS NOT NULL AND ${PAGE}`,
);

/** Hand-over sheets, by the last signature: a sheet that was sent back is not kept. */
export const listSheetClaims = statement<[after: string, until: string, limit: number]>()(
  'kept-hashes.sheets',
  CLAIM,
  `SELECT c.seq, c.shift::text AS kept, c.sheet_sha256 AS sealed, ${ofText('f.sheet')} AS found, f.sheet_sha256 AS noted
   FROM shift_signatures c LEFT JOIN shifts f ON f.id = c.shift
   WHERE c.sheet_sha256 IS NOT NULL AND NOT EXISTS (SELECT FROM shift_signatures n WHERE n.shift = c.shift AND n.seq > c.seq)
     AND ${PAGE}`,
);

/** Draws, by who drew each. They are hashed as JSON is written by us, not by the database. */
export const listDrawClaims = statement<[after: string, until: string, limit: number]>()(
  'kept-hashes.draws',
  { seq: 'int8', kept: 'text?', sealed: 'text', candidates: 'jsonb?', picked: 'jsonb?' },
  `SELECT c.seq, c.target AS kept, c.detail->>'sha256' AS sealed, d.candidates, d.picked
   FROM audit c LEFT JOIN check_draws d ON d.id = ${idIn('c.target')}
   WHERE c.action = 'check.draw' AND c.detail->>'sha256' IS NOT NULL AND ${PAGE}`,
);
