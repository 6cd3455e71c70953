/** The tree of organisations. */
import { statement } from './statement.ts';

const ORGANISATION = {
  path: 'text',
  kind: 'text',
  name: 'text',
  code: 'text?',
  version: 'int4',
  updated_at: 'timestamptz',
} as const;
const COLUMNS = 'path, kind, name, code, version, updated_at';
const inScope = (scope: string) =>
  `(${scope}::text = '' OR path = ${scope} OR starts_with(path, ${scope} || '/'))`;

/** By path; `after` null: from the beginning, which is the whole tree's own row. */
export const listOrganisations = statement<
  [scope: string, organisation: string, after: string | null, limit: number]
>()(
  'organisations.list',
  ORGANISATION,
  `SELECT ${COLUMNS} FROM organisations
   WHERE ${inScope('$1')} AND ${inScope('$2')} AND ($3::text IS NULL OR path > $3) ORDER BY path LIMIT $4`,
);

export const listOrganisationNames = statement<[]>()(
  'organisations.names',
  { path: 'text', name: 'text' },
  'SELECT path, name FROM organisations',
);

export const findOrganisationKind = statement<[path: string]>()(
  'organisations.kind',
  { kind: 'text' },
  'SELECT kind FROM organisations WHERE path = $1',
);

/** No row: the path is taken. */
export const addOrganisation = statement<[path: string, kind: string, name: string, code: string | null]>()(
  'organisations.add',
  ORGANISATION,
  `INSERT INTO organisations (path, kind, name, code) VALUES ($1, $2, $3, $4)
   ON CONFLICT (path) DO NOTHING RETURNING ${COLUMNS}`,
);

/** No row: it is not there or has another version. */
export const changeOrganisation = statement<
  [path: string, kind: string, name: string, code: string | null, version: number]
>()(
  'organisations.change',
  ORGANISATION,
  `UPDATE organisations SET kind = $2, name = $3, code = $4, version = version + 1, updated_at = now()
   WHERE path = $1 AND version = $5 RETURNING ${COLUMNS}`,
);

/** What keeps an organisation where it is: of all that is there, also what a caller may not see. */
export const countBelow = statement<[path: string]>()(
  'organisations.below',
  { organisations: 'int8', subjects: 'int8', accounts: 'int8', tokens: 'int8' },
  `SELECT (SELECT count(*) FROM organisations WHERE starts_with(path, $1 || '/')) AS organisations,
          (SELECT count(*) FROM subjects WHERE office = $1 OR starts_with(office, $1 || '/')) AS subjects,
          (SELECT count(*) FROM accounts WHERE organisation = $1 OR starts_with(organisation, $1 || '/')) AS accounts,
          (SELECT count(*) FROM tokens WHERE role IS NOT NULL AND revoked_at IS NULL
             AND (organisation = $1 OR starts_with(organisation, $1 || '/'))) AS tokens`,
);

export const removeOrganisation = statement<[path: string, version: number]>()(
  'organisations.remove',
  { path: 'text' },
  'DELETE FROM organisations WHERE path = $1 AND version = $2 RETURNING path',
);

/** $1: array of {path, kind, name, code}. What is there already stays as it is. */
export const seedOrganisations = statement<[organisations: string]>()(
  'organisations.seed',
  {},
  `INSERT INTO organisations (path, kind, name, code)
   SELECT path, kind, name, code FROM jsonb_to_recordset($1::jsonb) AS o (path text, kind text, name text, code text)
   ON CONFLICT (path) DO NOTHING`,
);
