/** What the program itself keeps and signs, changed by the owner of the database. */
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeScheduled } from '../../compliance/report-archive.ts';
import { startDashboard, type TestDashboard } from '../../tests/harness/dashboard.ts';
import { runVerify } from '../commands/verify.ts';
import { sealUp } from './sealer.ts';
import { verifySeals } from './verify.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
let dash: TestDashboard;
let file = '';
let report = '';
let shift = '';
let draw = '';

beforeAll(async () => {
  dash = await startDashboard();
  await dash.subject('S1', '445281/east');
  await dash.account('duty', 'duty-officer', '445281');
  await dash.account('boss', 'administrator', '');
  const [duty, boss] = [await dash.signIn('duty'), await dash.signIn('boss')];
  const post = async (path: string, headers: Record<string, string>, body: unknown = {}) => {
    const answer = await dash.call('POST', `/api/v1/${path}`, { headers, body });
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.body;
  };
  await dash.alert('a1', 1, { subject: 'S1', kind: 'silent' });
  const { task } = await post('tasks', duty, { alert: 'a1', note: '请查明' });
  const attached = await fetch(`${dash.address}/api/v1/tasks/${task}/files?name=a.png`, {
    method: 'POST',
    headers: { ...(await dash.token('office-officer', '445281/east')), 'content-type': 'image/png' },
    body: new Uint8Array(PNG),
  });
  file = (await attached.json()).file;
  report = (await post('reports', boss, { kind: 'statistics', day: '2026-03-01' })).id;
  await post(`reports/${report}/signature`, boss, { note: '已阅' });
  shift = (await post('shifts', duty)).shift;
  // Signed, sent back, and signed again: what was sent back is not kept.
  await post(`shifts/${shift}/hand-over`, duty, { note: '交班' });
  await dash.account('next', 'duty-officer', '445281');
  const next = await dash.signIn('next');
  await post(`shifts/${shift}/send-back`, next, { note: '不全' });
  await post(`shifts/${shift}/hand-over`, duty, { note: '交班' });
  draw = (await post('check-draws', duty, { count: 1 })).draw.draw;
});
afterAll(() => dash.close());

async function tamper(...texts: string[]): Promise<void> {
  await dash.database.transaction(async (db) => {
    await db.query({ text: 'SET LOCAL session_replication_role = replica', values: [] });
    for (const text of texts) await db.query({ text, values: [] });
  });
}
const found = async () => {
  const { faults } = await verifySeals(dash.database);
  return faults.map(({ what, table, seq, seal }) => [what, table, seq, seal]);
};

test('SL9 what no seal covers yet is not compared; then each file, report, sheet and draw is, and is as it was', async () => {
  expect(await verifySeals(dash.database)).toMatchObject({ kept: 0, faultCount: 0 });
  await sealUp(dash.database, Date.now);
  // The report by who made it and by who signed it.
  expect(await verifySeals(dash.database)).toMatchObject({ kept: 5, faults: [] });
});

test('SL9 what was changed, what it says of itself, and what is gone is named', async () => {
  const cases: readonly (readonly [table: string, id: string, key: string, changes: readonly string[]])[] = [
    ['task_files', file, 'id', ["content = content || '\\x00'", "sha256 = '\\x00'", 'task = task + 1']],
    ['reports', report, 'seq', ["document = document || ' '", "sha256 = 'x'"]],
    ['shifts', shift, 'id', ["sheet = sheet || ' '", "sheet_sha256 = 'x'", 'sheet = NULL']],
    ['check_draws', draw, 'id', ["picked = '[]'", "candidates = '[]'"]],
  ];
  for (const [table, id, key, changes] of cases) {
    const saved = `CREATE TABLE saved AS SELECT * FROM ${table} WHERE ${key} = ${id}`;
    const remove = `DELETE FROM ${table} WHERE ${key} = ${id}`;
    const restore = [
      remove,
      `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM saved`,
      'DROP TABLE saved',
    ];
    for (const change of [
      ...changes.map((set) => `UPDATE ${table} SET ${set} WHERE ${key} = ${id}`),
      remove,
    ]) {
      const isGone = change === remove || / task = |sheet = NULL/.test(change);
      await tamper(
        saved,
        ...(change.includes('sheet = NULL') ? ['ALTER TABLE shifts DROP CONSTRAINT shifts_check'] : []),
        change,
      );
      const faults = await found();
      expect([change, faults.length > 0]).toEqual([change, true]);
      for (const fault of faults) expect(fault).toEqual([isGone ? 'removed' : 'changed', table, id, 1]);
      await tamper(...restore);
      expect([change, await found()]).toEqual([change, []]);
    }
  }
});

test('SL9 the command says so, and its exit code', async () => {
  const stdout = new PassThrough({ encoding: 'utf8' });
  const run = () => runVerify([], { database: dash.database, stdout, stderr: new PassThrough() });
  expect(await run()).toBe(0);
  expect(stdout.read()).toMatch(/^unchanged: \d+ rows under 1 seals, 5 files, reports, sheets and draws/);
  await tamper(`UPDATE task_files SET content = '\\x00' WHERE id = ${file}`);
  expect(await run()).toBe(1);
  expect(stdout.read()).toMatch(
    new RegExp(
      `^task_files ${file}: was changed, by its hash in task_actions \\d+ \\(seal 1\\)\\nNOT unchanged`,
    ),
  );
});

test('SL9 K43 a report of the schedule has its hash in the audit from the beginning', async () => {
  const before = await verifySeals(dash.database);
  const made = await makeScheduled(dash.database, '2026-03-02', Date.UTC(2026, 2, 2));
  expect(made.length).toBeGreaterThan(0);
  expect(await makeScheduled(dash.database, '2026-03-02', Date.UTC(2026, 2, 2))).toEqual([]);
  await sealUp(dash.database, Date.now);
  expect((await verifySeals(dash.database)).kept).toBe(before.kept + made.length);
});
