/** Row-level security as the login that serves callers meets it: directly, without the application. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connectDatabase, connectServiceDatabase } from '../../src/adapters/database.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { migrate } from '../../src/adapters/migrate.ts';
import { openPositionDays } from '../../src/adapters/positions-table.ts';
import { WITHHELD } from '../../src/adapters/service-role.ts';
import type { Database, Reach } from '../../src/ports/database.ts';
import { createTestDatabase, type TestDatabase } from '../harness/postgres.ts';

const AT = '2026-03-01T00:00:00Z';
const INSIDE = '445281/office-01';
const OUTSIDE = '445222/office-01';
/** One row of each table for a subject; what names no subject or organisation stands below. */
const ROWS = (id: string, office: string, minor: boolean): readonly (readonly [string, string])[] => [
  [
    'subjects',
    `INSERT INTO subjects (id, name, office, grade, profile) VALUES ('${id}', 'n', '${office}', 'standard', '${JSON.stringify({ zones: [{ zone: `z-${id}` }], minor })}')`,
  ],
  [
    'devices',
    `INSERT INTO devices (id, subject, kind, address, interval_s, valid_from) VALUES ('d-${id}', '${id}', 'phone', 'd-${id}', 60, '${AT}')`,
  ],
  [
    'device_statuses',
    `INSERT INTO device_statuses VALUES ('d-${id}', '${AT}', 'power-on', '${id}', '${AT}')`,
  ],
  ['checkins', `INSERT INTO checkins VALUES ('t', '${id}', '${AT}', 'face', '${AT}')`],
  [
    'device_messages',
    `INSERT INTO device_messages (received_at, device, subject, protocol, record) VALUES ('${AT}', 'd-${id}', '${id}', 'jt808', '{}')`,
  ],
  [
    'device_commands',
    `INSERT INTO device_commands (device, subject, command, is_spot_check, asked_by, queued_at, expires_at) VALUES ('d-${id}', '${id}', '{}', true, 'a', '${AT}', '${AT}')`,
  ],
  [
    'alert_events',
    `INSERT INTO alert_events (alert, version, subject, kind, state, severity, started_at, detected_at, confidence, late, reason, reason_en, evidence) VALUES ('a-${id}', 1, '${id}', 'silent', 'opened', 'high', '${AT}', '${AT}', 1, false, '', '', '[]')`,
  ],
  [
    'alerts',
    `INSERT INTO alerts (alert, version, subject, kind, state, severity, started_at, detected_at, change_seq) VALUES ('a-${id}', 1, '${id}', 'silent', 'opened', 'high', '${AT}', '${AT}', 1)`,
  ],
  [
    'alert_actions',
    `INSERT INTO alert_actions (alert, action, account) VALUES ('a-${id}', 'acknowledge', 'x')`,
  ],
  ['zones', `INSERT INTO zones (id, feature) VALUES ('z-${id}', '{}')`],
  [
    'seen_positions',
    `INSERT INTO positions (at, device, subject, sequence, received_at, lat, lon) VALUES ('${AT}', 'd-${id}', '${id}', 1, '${AT}', 23, 116)`,
  ],
];
const OF_ORGANISATION = (office: string): readonly (readonly [string, string])[] => [
  [
    'organisations',
    `INSERT INTO organisations (path, kind, name) VALUES ('${office}', 'justice-office', 'o')`,
  ],
  [
    'accounts',
    `INSERT INTO accounts (login, password_hash, role, organisation) VALUES ('l-${office}', '', 'manager', '${office}')`,
  ],
  [
    'tokens',
    `INSERT INTO tokens (token_hash, role, organisation) VALUES ('${office}', 'manager', '${office}')`,
  ],
];
const OF_WHOLE_TREE: readonly (readonly [string, string])[] = [
  [
    'quarantine',
    `INSERT INTO quarantine (received_at, source, code, field, message, raw) VALUES ('${AT}', 's', 'c', '', '', '')`,
  ],
  [
    'device_notices',
    `INSERT INTO device_notices (protocol, address, code, first_at, last_at, count) VALUES ('p', 'a', 'c', '${AT}', '${AT}', 1)`,
  ],
  ['device_secrets', `INSERT INTO device_secrets (device, secret) VALUES ('d', 'secret')`],
];

let own: TestDatabase;
let service: Database;
let reach: Reach | undefined;
const logger = createLogger('error');
const inReach = (organisation: string, minors = true) => {
  reach = { organisation, minors };
};
const count = async (table: string) =>
  Number(
    (await service.query<{ n: string }>({ text: `SELECT count(*) AS n FROM ${table}`, values: [] })).rows[0]
      ?.n,
  );
const ask = async <Row extends Record<string, unknown>>(text: string, values: unknown[] = []) =>
  (await own.database.query<Row>({ text, values })).rows;

beforeAll(async () => {
  own = await createTestDatabase();
  service = await connectServiceDatabase({ url: own.url, reach: () => reach, logger, max: 2 });
  await (await openPositionDays(own.database)).ensure([Date.parse(AT)]);
  const rows = [
    ...ROWS('in', INSIDE, false),
    ...ROWS('in-minor', INSIDE, true),
    ...ROWS('out', OUTSIDE, false),
    ...OF_ORGANISATION(INSIDE),
    ...OF_ORGANISATION(OUTSIDE),
    ...OF_WHOLE_TREE,
  ];
  for (const [, text] of rows) await own.database.query({ text, values: [] });
});
afterAll(async () => {
  await service.close();
  await own.drop();
});

const OF_SUBJECT = ROWS('', '', false).map(([table]) => table);
const OF_OFFICE = OF_ORGANISATION('').map(([table]) => table);
const OF_ALL = OF_WHOLE_TREE.map(([table]) => table);

test.each([...OF_SUBJECT, ...OF_OFFICE, ...OF_ALL])('S1 %s: no reach, no row', async (table) => {
  reach = undefined;
  expect(await count(table)).toBe(0);
});

test.each(OF_SUBJECT)(
  'S2 S3 %s: the subtree’s rows and no others, of minors only when cleared',
  async (table) => {
    inReach('445281');
    expect(await count(table)).toBe(2);
    inReach('445281', false);
    expect(await count(table)).toBe(1);
    inReach(OUTSIDE);
    expect(await count(table)).toBe(1);
    inReach('44528');
    expect(await count(table)).toBe(0);
    inReach('');
    expect(await count(table)).toBe(3);
    inReach('', false);
    expect(await count(table)).toBe(2);
  },
);

test.each(OF_OFFICE)('S2 %s: the subtree’s rows and no others', async (table) => {
  inReach('445281');
  expect(await count(table)).toBe(1);
  inReach('445222/office');
  expect(await count(table)).toBe(0);
  inReach('');
  expect(await count(table)).toBe(2);
});

test.each(OF_ALL)('S2 %s belongs to no organisation: the whole tree’s people only', async (table) => {
  inReach('445281');
  expect(await count(table)).toBe(0);
  inReach('');
  expect(await count(table)).toBe(1);
});

test('S4 what lies outside can not be written, moved out or taken', async () => {
  inReach('445281');
  const refused = /row-level security/;
  const run = (text: string) => service.query({ text, values: [] });
  await expect(
    run(
      `INSERT INTO subjects (id, name, office, grade, profile) VALUES ('new', 'n', '${OUTSIDE}', 'standard', '{}')`,
    ),
  ).rejects.toThrow(refused);
  await expect(run(`UPDATE subjects SET office = '${OUTSIDE}' WHERE id = 'in'`)).rejects.toThrow(refused);
  await expect(
    run(`INSERT INTO alert_actions (alert, action, account) VALUES ('a-out', 'acknowledge', 'x')`),
  ).rejects.toThrow(refused);
  expect((await run(`UPDATE subjects SET name = 'x' WHERE id = 'out'`)).rowCount).toBe(0);
  expect((await run(`DELETE FROM devices WHERE subject = 'out'`)).rowCount).toBe(0);
});

test('S5 the setting ends with its transaction', async () => {
  inReach('');
  for (let i = 0; i < 4; i++) expect(await count('subjects')).toBe(3);
  reach = undefined;
  for (let i = 0; i < 4; i++) expect(await count('subjects')).toBe(0);
});

test('S6 the login owns nothing, is no superuser and can become nobody else', async () => {
  inReach('');
  const [row] = (
    await service.query<{ self: string; session: string; able: boolean; owns: string; groups: string }>({
      text: `SELECT current_user::text AS self, session_user::text AS session,
               (SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication FROM pg_roles WHERE rolname = current_user) AS able,
               (SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole) AS owns,
               (SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole) AS groups`,
      values: [],
    })
  ).rows;
  expect(row).toMatchObject({ able: false, owns: '0', groups: '0' });
  expect(row?.session).toBe(row?.self);
  for (const text of [
    'SELECT * FROM positions',
    'SELECT * FROM positions_20260301',
    'SELECT * FROM sessions',
    'SELECT * FROM service_login',
    'SELECT password_hash FROM accounts',
    'SELECT * FROM log_records',
    'SELECT * FROM minors',
    'ALTER TABLE subjects DISABLE ROW LEVEL SECURITY',
    'DROP POLICY within_reach ON subjects',
    'TRUNCATE checkins',
  ])
    await expect(service.query({ text, values: [] }), text).rejects.toThrow(
      /permission denied|must be owner/,
    );
});

/** Columns that say about whom or whose a row is. */
const TELLING = ['subject', 'office', 'organisation', 'alert', 'device', 'account'];

const unprotected = () =>
  ask<{ name: string }>(
    `SELECT relname AS name FROM pg_class c
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND NOT (relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
        AND relname <> ALL ($1)
        AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = ANY ($2) AND NOT attisdropped)
      ORDER BY 1`,
    [Object.keys(WITHHELD), TELLING],
  );

test('S7 every table about somebody has a policy that binds its owner too, or is withheld', async () => {
  expect(await unprotected()).toEqual([]);
});

test('S7 that check can fail, and one line mends it', async () => {
  await ask('CREATE TABLE forgotten (subject text, office text)');
  expect(await unprotected()).toEqual([{ name: 'forgotten' }]);
  await ask(`CALL protect_by_office('forgotten')`);
  expect(await unprotected()).toEqual([]);
  await ask(
    `INSERT INTO forgotten VALUES ('in', '${INSIDE}'), ('in-minor', '${INSIDE}'), ('moved', '${OUTSIDE}')`,
  );
  const [login] = await ask<{ role: string }>('SELECT role FROM service_login');
  await ask(`GRANT SELECT ON forgotten TO ${pg.escapeIdentifier(login?.role ?? '')}`);
  inReach('445281', false);
  expect(await count('forgotten')).toBe(1);
  inReach('445281');
  expect(await count('forgotten')).toBe(2);
  await ask('DROP TABLE forgotten');
});

test('S8 a subject who left the roster stays a minor, and is only seen by who sees everything', async () => {
  await ask(
    `INSERT INTO subjects (id, name, office, grade, profile) VALUES ('gone', 'n', '${INSIDE}', 'standard', '{"minor": true}')`,
  );
  await ask(`INSERT INTO checkins VALUES ('t', 'gone', '${AT}', 'face', '${AT}')`);
  await ask(`DELETE FROM subjects WHERE id = 'gone'`);
  expect(await ask(`SELECT is_minor('gone') AS is`)).toEqual([{ is: true }]);
  inReach('', false);
  expect(await count('checkins')).toBe(2);
  inReach('');
  expect(await count('checkins')).toBe(4);
  await ask(`DELETE FROM checkins WHERE subject = 'gone'`);
});

test('S9 an owner who is no superuser works as one: what it does for nobody in particular sees all', async () => {
  const server = inject('postgresUrl');
  const name = `wardline_test_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE ROLE ${name} LOGIN CREATEROLE PASSWORD 'p'`);
  await admin.query(`CREATE DATABASE ${name} OWNER ${name}`);
  const at = new URL(server.replace(/\/\w+$/, `/${name}`));
  at.username = name;
  at.password = 'p';
  const url = at.href;
  try {
    expect(await migrate({ url, logger })).toEqual({ ok: true, value: undefined });
    expect(await migrate({ url, logger })).toEqual({ ok: true, value: undefined });
    const owner = await connectDatabase({ url, logger, max: 1 });
    const serving = await connectServiceDatabase({ url, reach: () => reach, logger, max: 1 });
    await (await openPositionDays(owner)).ensure([Date.parse(AT)]);
    for (const [, text] of [...ROWS('in', INSIDE, true), ...OF_ORGANISATION(INSIDE), ...OF_WHOLE_TREE])
      await owner.query({ text, values: [] });
    for (const table of [...OF_SUBJECT, ...OF_OFFICE, ...OF_ALL]) {
      const { rows } = await owner.query({ text: `SELECT count(*)::int AS n FROM ${table}`, values: [] });
      expect(rows, table).toEqual([{ n: 1 }]);
    }
    inReach('445281');
    expect((await serving.query({ text: 'SELECT id FROM subjects', values: [] })).rows).toEqual([
      { id: 'in' },
    ]);
    inReach('445222');
    expect((await serving.query({ text: 'SELECT id FROM subjects', values: [] })).rows).toEqual([]);
    await owner.close();
    await serving.close();
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.query(`DROP ROLE IF EXISTS ${name}_service`);
    await admin.query(`DROP ROLE IF EXISTS ${name}`);
    await admin.end();
  }
});
