import { afterAll, beforeEach, expect, test } from 'vitest';
import { acknowledge } from '../../alerts/acknowledge.ts';
import { openLedger } from '../../alerts/ledger.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import type { Db } from '../ports/database.ts';
import { recordAudit } from '../store/audit.ts';
import { addPurge } from '../store/retention.ts';
import { SEALED_TABLES } from './sealed-tables.ts';
import { sealUp } from './sealer.ts';
import { verifySeals } from './verify.ts';

let own: TestDatabase;
const open: TestDatabase[] = [];
beforeEach(async () => {
  own = await createTestDatabase();
  open.push(own);
});
afterAll(async () => {
  for (const each of open) await each.drop();
});

const T0 = Date.UTC(2026, 2, 1);
const run = (text: string, values: unknown[] = []) => own.database.query({ text, values });
const note = (db: Db, target: string) =>
  recordAudit(db, {
    actor: { kind: 'system', name: 'test', organisation: '' },
    action: 'test.deed',
    target,
    detail: { at: '守界', n: 1.5 },
  });
const seal = (db = own.database) => sealUp(db, () => T0);

/** The owner can switch triggers and foreign keys off: that is what the seal is for. */
async function tamper(...texts: string[]): Promise<void> {
  await own.database.transaction(async (db) => {
    await db.query({ text: 'SET LOCAL session_replication_role = replica', values: [] });
    for (const text of texts) await db.query({ text, values: [] });
  });
}
const first = async () => {
  const { faults, faultCount } = await verifySeals(own.database);
  return faultCount === 0
    ? 'unchanged'
    : [faults[0]?.what, faults[0]?.table, faults[0]?.seq, faults[0]?.seal];
};

async function fill(): Promise<void> {
  await openLedger(own.database).append(
    ['a1', 'a2', 'a3'].map((alert) => ({
      alert,
      version: 1,
      subject: 'S1',
      kind: 'out-of-bounds',
      state: 'opened',
      severity: 'high',
      startedAtMs: T0,
      detectedAtMs: T0,
      clearedAtMs: null,
      zone: 'z1',
      device: 'D1',
      confidence: 0.1 + 0.2,
      late: false,
      reason: '越界',
      reasonEn: 'out',
      evidence: [{ atMs: T0, lat: 23.5, lon: 116.3, accuracyM: 10, distanceM: 250 }],
    })),
  );
  await acknowledge(own.database, { alert: 'a1', account: 'duty', note: '已核查', atMs: Date.now() });
  await addPurge(own.database, new Date(T0), 'positions', new Date(T0), '5', '1', 'row');
  for (let i = 1; i <= 4; i++) await note(own.database, `t${i}`);
  // One row of each table of the casework; what it hangs on is no matter here.
  await tamper(
    `INSERT INTO daily_logs (seq, kind, office, day, document, sha256, remarks, signed_by, signed_at)
     VALUES (1, 'verification', 'o', '2026-03-01', '{}', 'x', '', 'office', now())`,
    `INSERT INTO daily_log_amendments (seq, log, office, document, sha256, changes, found_at)
     VALUES (1, 1, 'o', '{}', 'x', '[]', now())`,
    `INSERT INTO dispositions (alert, subject, kind, started_at, disposition, account, at)
     VALUES ('a1', 'S1', 'silent', now(), 'signal', 'duty', now())`,
    `INSERT INTO task_actions (task, action, account, at) VALUES (1, 'receive', 'office', now())`,
    `INSERT INTO hazard_actions (hazard, action, account, at) VALUES (1, 'rectify', 'office', now())`,
    `INSERT INTO response_cards (organisation, kind, card, account, at) VALUES ('', 'silent', '{}', 'admin', now())`,
    `INSERT INTO rotas (organisation, rota, account, at) VALUES ('', '{}', 'admin', now())`,
    `INSERT INTO shift_signatures (shift, action, account, note, at) VALUES (1, 'sign-on', 'duty', '', now())`,
    `INSERT INTO duty_journal (shift, organisation, account, at, entry) VALUES (1, '', 'duty', now(), '已联系')`,
  );
}

test('SL3 each row is sealed once, seals follow each other, and nothing new makes none', async () => {
  await fill();
  const [one] = await seal();
  expect(one?.parts.map(({ table, from, until, rows }) => [table, from, until, rows])).toEqual([
    ['alert_actions', 0, 1, 1],
    ['alert_events', 0, 3, 3],
    ['audit', 0, 4, 4],
    ['daily_log_amendments', 0, 1, 1],
    ['daily_logs', 0, 1, 1],
    ['dispositions', 0, 1, 1],
    ['duty_journal', 0, 1, 1],
    ['hazard_actions', 0, 1, 1],
    ['purges', 0, 1, 1],
    ['response_cards', 0, 1, 1],
    ['rotas', 0, 1, 1],
    ['shift_signatures', 0, 1, 1],
    ['task_actions', 0, 1, 1],
  ]);
  expect(await seal()).toEqual([]);
  await note(own.database, 't5');
  const [two] = await seal();
  expect([two?.seal, two?.previous, two?.parts[2]?.from, two?.parts[2]?.until]).toEqual([2, one?.hash, 4, 5]);
  await note(own.database, 't6');
  const found = await verifySeals(own.database);
  expect(found).toMatchObject({ seals: 2, rows: 19, faultCount: 0, last: { seal: 2, hash: two?.hash } });
  expect(found.unsealed).toEqual({
    ...Object.fromEntries(SEALED_TABLES.map((table) => [table, 0])),
    audit: 1,
  });
});

test('SL4 a row that commits late with a lower number is waited for and sealed once', async () => {
  const slow = await own.database.session();
  await slow.query({ text: 'BEGIN', values: [] });
  await note(slow, 'slow');
  await note(own.database, 'quick');
  // The slow one has number 1 and is not there yet: number 2 must wait.
  expect(await seal()).toEqual([]);
  await slow.query({ text: 'COMMIT', values: [] });
  const [made] = await seal();
  expect(made?.parts.find(({ table }) => table === 'audit')).toMatchObject({ until: 2, rows: 2 });
  await slow.query({ text: 'BEGIN', values: [] });
  await note(slow, 'undone');
  await slow.query({ text: 'ROLLBACK', values: [] });
  await slow.release();
  await note(own.database, 'after a gap');
  expect((await seal())[0]?.parts.find(({ table }) => table === 'audit')).toMatchObject({
    until: 4,
    rows: 1,
  });
  expect(await first()).toBe('unchanged');
});

test('SL4 under many writers that commit and roll back, every row is under one seal', async () => {
  let isDone = false;
  const writers = Array.from({ length: 6 }, async (_, w) => {
    for (let i = 0; i < 30; i++)
      await own.database
        .transaction(async (db) => {
          await note(db, `${w}.${i}`);
          await new Promise((resolve) => setTimeout(resolve, (w * 7 + i) % 5));
          if ((w + i) % 4 === 0) throw new Error('undone');
        })
        .catch((error: Error) => expect(error.message).toBe('undone'));
  });
  const sealing = (async () => {
    while (!isDone) await seal();
  })();
  await Promise.all(writers);
  isDone = true;
  await sealing;
  await seal();
  const { rows } = await run('SELECT count(*)::int AS n FROM audit');
  const found = await verifySeals(own.database);
  expect([found.faultCount, found.rows, found.unsealed.audit]).toEqual([0, rows[0]?.n, 0]);
});

test('SL5 whatever is changed in a row is found, and the row is named', async () => {
  await fill();
  await seal();
  const { rows } = await run(
    `SELECT table_name AS of, column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_name = ANY ($1) AND column_name <> 'seq' ORDER BY 1, 2`,
    [[...SEALED_TABLES]],
  );
  expect(rows.length).toBeGreaterThan(30);
  const checks = await run(
    `SELECT conrelid::regclass::text AS of, conname AS name FROM pg_constraint
     WHERE contype = 'c' AND conrelid::regclass::text = ANY ($1)`,
    [[...SEALED_TABLES]],
  );
  await tamper(...checks.rows.map(({ of, name }) => `ALTER TABLE ${of} DROP CONSTRAINT ${name}`));
  const CHANGED: Record<string, string> = {
    date: '% + 1',
    text: "coalesce(%, '') || 'x'",
    integer: '% + 1',
    bigint: 'coalesce(%, 0) + 1',
    boolean: 'NOT %',
    jsonb: `'{"forged": true}'`,
    'double precision': '% + 1e-16',
    'timestamp with time zone': "coalesce(%, 'epoch') + interval '1 microsecond'",
  };
  for (const row of rows as { of: string; name: string; type: string }[]) {
    const to = CHANGED[row.type]?.replace('%', row.name);
    expect([row.type, to]).not.toEqual([row.type, undefined]);
    await tamper(`CREATE TABLE saved AS SELECT * FROM ${row.of} WHERE seq = 1`);
    await tamper(`UPDATE ${row.of} SET ${row.name} = ${to} WHERE seq = 1`);
    expect([row.name, await first()]).toEqual([row.name, ['changed', row.of, '1', 1]]);
    await tamper(
      `UPDATE ${row.of} t SET ${row.name} = s.${row.name} FROM saved s WHERE t.seq = 1`,
      'DROP TABLE saved',
    );
  }
  expect(await first()).toBe('unchanged');
});

test('SL5 a removed and an inserted row are named, at either end and in the middle', async () => {
  await fill();
  await own.database
    .transaction((db) => note(db, 'undone').then(() => Promise.reject(new Error())))
    .catch(() => {});
  await note(own.database, 't6');
  await seal();
  const forge = (seq: number) =>
    `INSERT INTO audit (seq, actor_kind, actor, action) OVERRIDING SYSTEM VALUE VALUES (${seq}, 'system', 'x', 'y')`;
  for (const seq of [1, 3, 6]) {
    await tamper(
      `CREATE TABLE saved AS SELECT * FROM audit WHERE seq = ${seq}`,
      `DELETE FROM audit WHERE seq = ${seq}`,
    );
    expect(await first()).toEqual(['removed', 'audit', String(seq), 1]);
    await tamper('INSERT INTO audit OVERRIDING SYSTEM VALUE SELECT * FROM saved', 'DROP TABLE saved');
    expect(await first()).toBe('unchanged');
  }
  // Into the gap of what was rolled back, and before the first.
  for (const seq of [5, 0, -9]) {
    await tamper(forge(seq));
    expect(await first()).toEqual(['inserted', 'audit', String(seq), 1]);
    await tamper(`DELETE FROM audit WHERE seq = ${seq}`);
  }
  await tamper('UPDATE audit SET seq = 5 WHERE seq = 6'.replace('SET seq = 5', 'SET seq = DEFAULT'));
  expect(await first()).toEqual(['removed', 'audit', '6', 1]);
});

test('SL5 seals and leaves that were changed, removed or made anew are found', async () => {
  await fill();
  await seal();
  for (const target of ['u1', 'u2']) {
    await note(own.database, target);
    await seal();
  }
  const check = async (text: string) => {
    await tamper('CREATE TABLE s AS SELECT * FROM seals', 'CREATE TABLE l AS SELECT * FROM seal_leaves');
    await tamper(text);
    const found = await first();
    await tamper(
      'DELETE FROM seal_leaves',
      'DELETE FROM seals',
      'INSERT INTO seals SELECT * FROM s',
      'INSERT INTO seal_leaves SELECT * FROM l',
      'DROP TABLE s',
      'DROP TABLE l',
    );
    return found;
  };
  expect(await check("UPDATE seals SET at = at + interval '1 second' WHERE seal = 2")).toEqual([
    'seal',
    null,
    null,
    2,
  ]);
  expect(await check(`UPDATE seals SET hash = repeat('0', 64) WHERE seal = 2`)).toEqual([
    'seal',
    null,
    null,
    2,
  ]);
  expect(
    await check('WITH x AS (DELETE FROM seal_leaves WHERE seal = 2) DELETE FROM seals WHERE seal = 2'),
  ).toEqual(['seal', null, null, 2]);
  expect(
    await check(
      `UPDATE seal_leaves SET leaves = set_byte(leaves, 20, 255 - get_byte(leaves, 20)) WHERE of_table = 'audit' AND seal = 1`,
    ),
  ).toEqual(['leaves', 'audit', null, 1]);
  expect(
    await check(
      `WITH x AS (UPDATE seal_leaves SET leaves = set_byte(leaves, 20, 255 - get_byte(leaves, 20)) WHERE of_table = 'audit' AND seal = 1) UPDATE audit SET actor = 'x' WHERE seq = 1`,
    ),
  ).toEqual(['changed', 'audit', '1', 1]);
  await tamper(`UPDATE audit SET actor = 'test' WHERE seq = 1`);
  expect(await first()).toBe('unchanged');
});

test('SL6 a chain that was cut is sound in itself, and is found against a seal that is known outside', async () => {
  await fill();
  await seal();
  await note(own.database, 'the deed');
  const [known] = await seal();
  await tamper(
    'DELETE FROM seal_leaves WHERE seal = 2',
    'DELETE FROM seals WHERE seal = 2',
    'DELETE FROM audit WHERE seq = 5',
  );
  expect(await first()).toBe('unchanged');
  const { faults } = await verifySeals(own.database, [known ?? { seal: 0, hash: '' }]);
  expect(faults[0]?.message).toContain('known outside');
});

test('SL8 every sealed table has its fence and refuses to be edited', async () => {
  for (const table of SEALED_TABLES) {
    const { rows } = await run(
      'SELECT tgname AS name FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal',
      [table],
    );
    const names = rows.map(({ name }) => name);
    expect([table, names]).toEqual([table, expect.arrayContaining(['seal_fence', `${table}_append_only`])]);
    await expect(run(`DELETE FROM ${table}`)).rejects.toThrow('append-only');
  }
});
