/** Accounts as those who administer them see them. Within the caller's subtree; the table's policy says the same. */
import { statement } from './statement.ts';

const ACCOUNT = {
  login: 'text',
  name: 'text',
  role: 'text',
  organisation: 'text',
  minors: 'bool',
  one_time_until: 'timestamptz?',
  disabled_at: 'timestamptz?',
  created_at: 'timestamptz',
  version: 'int4',
} as const;
const COLUMNS = 'login, name, role, organisation, minors, one_time_until, disabled_at, created_at, version';
const inScope = (scope: string) =>
  `(${scope}::text = '' OR organisation = ${scope} OR starts_with(organisation, ${scope} || '/'))`;

export const listAccounts = statement<[scope: string, organisation: string, after: string, limit: number]>()(
  'account-administration.list',
  ACCOUNT,
  `SELECT ${COLUMNS} FROM accounts WHERE ${inScope('$1')} AND ${inScope('$2')} AND login > $3 ORDER BY login LIMIT $4`,
);

export const findAccountView = statement<[login: string]>()(
  'account-administration.find',
  ACCOUNT,
  `SELECT ${COLUMNS} FROM accounts WHERE login = $1`,
);

/** No row: it has another version by now. */
export const changeAccount = statement<
  [
    login: string,
    version: number,
    name: string,
    role: string,
    organisation: string,
    minors: boolean,
    disabledAt: Date | null,
  ]
>()(
  'account-administration.change',
  ACCOUNT,
  `UPDATE accounts SET name = $3, role = $4, organisation = $5, minors = $6, disabled_at = $7, version = version + 1
   WHERE login = $1 AND version = $2 RETURNING ${COLUMNS}`,
);
