/**
 * Deadlines over `kill -9`: whoever looks at them, and takes out of the outbox what is told of them, is killed at any moment; each is
 * told exactly once all the same.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openLedger } from '../../alerts/ledger.ts';
import { approve, ask } from '../../alerts/shelving.ts';
import { sendTask } from '../../alerts/tasks.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import { createTestDatabase } from '../harness/postgres.ts';

const ALERTS = 300;
const MAX_KILLS = 12;
const CHILD = fileURLToPath(new URL('./deadline-child.ts', import.meta.url));

test('D3 Q1 no deadline and no notice is lost or doubled, however often the process that looks at them is killed', async () => {
  const own = await createTestDatabase();
  const { database } = own;
  const count = async (text: string) =>
    (await database.query<{ n: number }>({ text, values: [] })).rows[0]?.n;
  await database.query({
    text: `INSERT INTO subjects (id, name, office, grade, profile)
           SELECT 'S' || i, '测试人员' || i, '445281/east', 'standard', '{}' FROM generate_series(0, ${ALERTS - 1}) i`,
    values: [],
  });
  const event = (i: number): AlertEvent => ({
    alert: `a${i}`,
    version: 1,
    subject: `S${i}`,
    kind: 'missed-checkin',
    state: 'opened',
    severity: 'medium',
    startedAtMs: 0,
    detectedAtMs: 0,
    clearedAtMs: null,
    zone: null,
    device: null,
    confidence: 1,
    late: false,
    reason: '',
    reasonEn: '',
    evidence: [],
  });
  await openLedger(database).append(Array.from({ length: ALERTS }, (_, i) => event(i)));
  const nowMs = Date.now();
  const by = (account: string) => ({ account, atMs: nowMs, note: '试验' });
  // A third stands with its officer, a third with the office, a third is put aside.
  for (let i = 0; i < ALERTS; i += 3) {
    const sent = await sendTask(database, {
      alert: `a${i}`,
      what: '',
      dueAtMs: nowMs + 1000,
      by: by('duty'),
    });
    expect(sent.ok).toBe(true);
    const given = {
      subject: `S${i + 1}`,
      office: '445281/east',
      kind: 'missed-checkin',
      untilMs: nowMs + 1000,
    } as const;
    const asked = await ask(database, { ...given, by: by('duty') }, async () => {});
    if (asked.ok) await approve(database, asked.value.id, by('lead'), async () => {});
  }
  const atMs = nowMs + 4 * 3_600_000;
  let kills = 0;
  for (let isOver = false; !isOver; ) {
    const child = spawn(process.execPath, [CHILD, own.url, String(atMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    // So often only: on a busy machine a process that is killed early comes no further each time.
    const timer =
      kills < MAX_KILLS ? setTimeout(() => child.kill('SIGKILL'), 20 + ((kills * 37) % 160)) : undefined;
    const [code] = await exited;
    clearTimeout(timer);
    if (code === null) kills++;
    else isOver = true;
    expect(code ?? 0).toBe(0);
  }
  expect(kills).toBeGreaterThan(0);
  const third = ALERTS / 3;
  expect(await count("SELECT count(*)::int AS n FROM alert_actions WHERE action = 'overdue'")).toBe(third);
  expect(await count("SELECT count(DISTINCT ref)::int AS n FROM notices WHERE what = 'alert-overdue'")).toBe(
    third,
  );
  expect(await count("SELECT count(*)::int AS n FROM notices WHERE what = 'alert-overdue'")).toBe(third);
  expect(await count("SELECT count(*)::int AS n FROM task_actions WHERE action = 'overdue'")).toBe(third);
  expect(await count("SELECT count(*)::int AS n FROM notices WHERE what = 'task-overdue'")).toBe(third);
  expect(await count("SELECT count(*)::int AS n FROM alert_actions WHERE action = 'unshelve'")).toBe(third);
  expect(await count("SELECT count(*)::int AS n FROM notices WHERE what = 'shelving-ended'")).toBe(third);
  expect(
    await count(`SELECT count(*)::int AS n FROM alerts WHERE escalate_at <= to_timestamp(${atMs / 1000})`),
  ).toBe(0);
  expect(await count('SELECT count(*)::int AS n FROM notice_outbox')).toBe(0);
  await own.drop();
});
