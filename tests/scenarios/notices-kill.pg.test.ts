/**
 * Notices over `kill -9`: the process that sends them is killed at any moment, also between the receiver's answer and the record. None
 * is lost, none stands twice in the record, and what a receiver gets twice has the same key.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { noticed } from '../../alerts/noticed.ts';
import { createTestDatabase } from '../harness/postgres.ts';

/** One for each office: a second one to the same recipient would wait for a minute. */
const NOTICES = 24;
const KILLS = 3;
const CHILD = fileURLToPath(new URL('./notices-child.ts', import.meta.url));

test('Q1 Q2 Q3 no notice is lost or doubled, however often the process that sends is killed', async () => {
  const own = await createTestDatabase();
  const { database } = own;
  const ask = async <Row extends Record<string, unknown>>(text: string) =>
    (await database.query<Row>({ text, values: [] })).rows;
  const received: { key: string; ids: string[] }[] = [];
  let onReceived = () => {};
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { notices: { ref: string }[] };
    received.push({
      key: String(request.headers['idempotency-key']),
      ids: body.notices.map(({ ref }) => ref),
    });
    onReceived();
    // Every fifth is refused for now, so that tries again are killed too.
    response.statusCode = received.length % 5 === 0 ? 503 : 200;
    response.end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const channels = JSON.stringify([
    {
      name: 'cases',
      kind: 'webhook',
      url: `http://127.0.0.1:${port}/`,
      secret: 'of-this-test',
      isPrivate: true,
    },
  ]);
  for (let i = 0; i < NOTICES; i++)
    await ask(
      `INSERT INTO notice_subscriptions (organisation, reach, from_severity, channel, recipient, language, tells, made_by, made_at)
       VALUES ('445281/office-${i}', 'own', 'low', 'cases', '', 'zh', 'person', 'x', now())`,
    );
  const fact = (i: number) => ({
    what: 'alert-opened' as const,
    about: 'alert' as const,
    ref: `a${i}`,
    subject: null,
    office: `445281/office-${i}`,
    account: null,
    severity: 'high',
    atMs: Date.now(),
  });
  await noticed(
    database,
    Array.from({ length: NOTICES }, (_, i) => fact(i)),
  );

  let last: ChildProcess | undefined;
  onTestFinished(async () => {
    last?.kill('SIGKILL');
    receiver.close();
    await own.drop();
  });
  for (let kills = 0; ; kills++) {
    const child = spawn(process.execPath, [CHILD, own.url, channels], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    last = child;
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    if (kills < KILLS) {
      // Some while they take notices out, some at the very answer of the receiver.
      if (kills % 2 === 0) setTimeout(() => child.kill('SIGKILL'), kills * 10);
      else {
        onReceived = () => child.kill('SIGKILL');
        setTimeout(() => child.kill('SIGKILL'), 1500);
      }
      const [code] = await exited;
      onReceived = () => {};
      expect(code).toBe(null);
      continue;
    }
    await expect
      .poll(
        async () =>
          (
            await ask<{ n: number }>(
              `SELECT (SELECT count(*) FROM notice_outbox)::int + (SELECT count(*) FROM notice_deliveries WHERE state <> 'sent')::int AS n`,
            )
          )[0]?.n,
        { timeout: 30_000, interval: 100 },
      )
      .toBe(0);
    child.kill('SIGKILL');
    await exited;
    break;
  }

  // In the record: each once.
  const parts = await ask<{ notice: string; delivery: string }>(
    'SELECT notice, delivery::text AS delivery FROM notice_parts',
  );
  expect(new Set(parts.map(({ notice }) => notice)).size).toBe(NOTICES);
  expect(parts).toHaveLength(NOTICES);
  expect(await ask('SELECT count(*)::int AS n FROM notices')).toEqual([{ n: NOTICES }]);
  const [sent] = await ask<{ n: number; deliveries: number }>(
    `SELECT count(*) FILTER (WHERE is_sent)::int AS n, count(DISTINCT delivery)::int AS deliveries FROM notice_attempts`,
  );
  expect(sent?.n).toBe(sent?.deliveries);
  // At the receiver: each at least once, and what came twice has the key that it came with before.
  const keys = new Map<string, Set<string>>();
  for (const { key, ids } of received)
    for (const id of ids) keys.set(id, (keys.get(id) ?? new Set()).add(key));
  expect(keys.size).toBe(NOTICES);
  for (const [id, of] of keys) expect(of.size, id).toBe(1);
  expect(received.length).toBeGreaterThan(new Set(received.map(({ key }) => key)).size);
});
