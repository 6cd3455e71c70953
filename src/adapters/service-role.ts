/**
 * The login by which callers are served: it owns nothing, can't pass by row-level security and has rights to the tables that it
 * needs (docs/decisions/011). Made with the schema where the owner may make roles; else the operator makes one and names it.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { fail, ok, type Result } from '../kernel/result.ts';

/**
 * What the service has no right to, or not all. Every other table is readable and writable to it, as far as its policy goes: a new
 * table about people needs one (`CALL protect_by_subject`), or a line here.
 */
export const WITHHELD: Readonly<Record<string, readonly string[]>> = {
  positions: [],
  log_heads: [],
  log_records: [],
  log_positions: [],
  checkpoints: [],
  true_states: [],
  sessions: [],
  service_login: [],
  minors: [],
  schema_version: [],
  log_outbox: ['INSERT'],
  notice_outbox: ['INSERT'],
  zone_uses: ['SELECT'],
  notice_channels: ['SELECT'],
};
/** Never shown to it: whoever must compare it does so as the owner (sign-in). */
const WITHHELD_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  accounts: ['password_hash'],
};
const ALL = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

export interface ServiceLogin {
  readonly role: string;
  readonly password: string | undefined;
}

/** Where the owner's URL leads, for another login. */
export function connectionOf(url: string, login?: ServiceLogin): pg.ClientConfig {
  const read = new pg.Client({ connectionString: url });
  const { host, port, database, ssl } = read;
  const { role: user = read.user, password = read.password } = login ?? {};
  return {
    host,
    port,
    ssl,
    ...(database === undefined ? {} : { database }),
    ...(user === undefined ? {} : { user }),
    ...(typeof password === 'string' ? { password } : {}),
  };
}

/**
 * Under the lock of the migration, after it. `given`: a login that the operator made. Answers what to do, in one line, where there is
 * none that will do.
 */
export async function prepareServiceLogin(
  client: pg.Client,
  url: string,
  given: string | undefined,
): Promise<Result<void, string>> {
  const login = given === undefined ? await ensureLogin(client) : ok(loginOf(given));
  if (!login.ok) return login;
  const { role } = login.value;
  const found = await client.query<{ fault: string | null }>(
    `SELECT CASE
        WHEN rolsuper THEN 'is a superuser'
        WHEN rolbypassrls THEN 'may pass by row-level security (BYPASSRLS)'
        WHEN pg_has_role(rolname, current_user, 'MEMBER') THEN 'is the owner of the tables or a member of it'
      END AS fault FROM pg_roles WHERE rolname = $1`,
    [role],
  );
  const [row] = found.rows;
  if (row === undefined) return fail(`SERVICE_DATABASE_URL: there is no role "${role}" in the database`);
  if (row.fault !== null)
    return fail(
      `the role "${role}" ${row.fault}: callers must be served by one that sees no more than theirs (${REMEDY})`,
    );
  if (given === undefined) {
    const entered = await letIn(client, url, login.value);
    if (!entered.ok) return entered;
  }
  await grant(client, role);
  return ok(undefined);
}

const REMEDY =
  'CREATE ROLE wardline_service LOGIN PASSWORD …, then set SERVICE_DATABASE_URL to the database by that login';

export function loginOf(url: string): ServiceLogin {
  const { user = '', password } = new pg.Client({ connectionString: url });
  return { role: user, password: typeof password === 'string' ? password : undefined };
}

export async function findLogin(client: Pick<pg.Client, 'query'>): Promise<ServiceLogin | undefined> {
  const { rows } = await client.query<{ role: string; password: string }>(
    'SELECT role, password FROM service_login',
  );
  return rows[0];
}

/** Roles are the whole server's: it is called after the database, and one that a copy of the database brings serves that too. */
async function ensureLogin(client: pg.Client): Promise<Result<ServiceLogin, string>> {
  const known = await findLogin(client);
  const role = known?.role ?? `${client.database}_service`;
  const password = known?.password ?? randomBytes(24).toString('base64url');
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  try {
    if (rowCount === 0)
      await client.query(
        `CREATE ROLE ${pg.escapeIdentifier(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD ${pg.escapeLiteral(password)}`,
      );
  } catch (error) {
    if (codeOf(error) !== '42501') throw error;
    return fail(`the login of DATABASE_URL may not make the role by which callers are served: ${REMEDY}`);
  }
  if (known === undefined)
    await client.query('INSERT INTO service_login (role, password) VALUES ($1, $2)', [role, password]);
  return ok({ role, password });
}

/** A role that stood already may have another password: that of a database that was restored from a copy, for one. */
async function letIn(client: pg.Client, url: string, login: ServiceLogin): Promise<Result<void, string>> {
  for (let isAgain = false; ; isAgain = true) {
    const probe = new pg.Client({ ...connectionOf(url, login), connectionTimeoutMillis: 5000 });
    probe.on('error', () => {});
    try {
      await probe.connect();
      await probe.end();
      return ok(undefined);
    } catch (error) {
      const code = codeOf(error);
      if (code !== '28P01' || isAgain)
        return fail(
          `the database does not let "${login.role}" in, by which callers are served (${error instanceof Error ? error.message : String(error)}): allow it as you allow the login of DATABASE_URL, or set SERVICE_DATABASE_URL`,
        );
      await client.query(
        `ALTER ROLE ${pg.escapeIdentifier(login.role)} PASSWORD ${pg.escapeLiteral(login.password ?? '')}`,
      );
    }
  }
}

/** Partitions get no right: a policy holds for what is asked through the parent only. */
async function grant(client: pg.Client, role: string): Promise<void> {
  const name = pg.escapeIdentifier(role);
  const { rows } = await client.query<{ name: string; kind: string; columns: string[]; now: string[] }>(
    `SELECT relname AS name, relkind::text AS kind,
            array(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
            array(SELECT privilege_type FROM aclexplode(relacl) WHERE grantee = $1::regrole) AS now
       FROM pg_class c
      WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'S') AND NOT relispartition
        AND pg_has_role(relowner, 'USAGE') AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')`,
    [name],
  );
  const { rows: schemas } = await client.query<{ name: string }>('SELECT current_schema() AS name');
  const schema = pg.escapeIdentifier(schemas[0]?.name ?? 'public');
  const lines = [`GRANT USAGE ON SCHEMA ${schema} TO ${name}`];
  for (const table of rows) {
    const at = `${table.kind === 'S' ? 'SEQUENCE ' : ''}${schema}.${pg.escapeIdentifier(table.name)}`;
    const rights = rightsOf(table);
    // What stands already is left alone: a grant clashes with a partition that is made at the same moment.
    if ([...rights].sort().join() === [...table.now].sort().join()) continue;
    lines.push(`REVOKE ALL ON ${at} FROM ${name}`);
    if (rights.length > 0) lines.push(`GRANT ${rights.join(', ')} ON ${at} TO ${name}`);
  }
  await client.query(lines.join(';\n'));
}

function rightsOf({
  name,
  kind,
  columns,
}: {
  name: string;
  kind: string;
  columns: string[];
}): readonly string[] {
  if (kind === 'S') return ['USAGE'];
  if (kind === 'v') return ['SELECT'];
  const hidden = WITHHELD_COLUMNS[name];
  if (hidden === undefined) return WITHHELD[name] ?? ALL;
  const shown = columns.filter((column) => !hidden.includes(column)).map((each) => pg.escapeIdentifier(each));
  return [`SELECT (${shown.join(', ')})`, ...ALL.filter((right) => right !== 'SELECT')];
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
