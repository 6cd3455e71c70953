/**
 * A million rows: sealed, verified, and tampered with at places that a seeded generator chooses; ceiling of a time: the minute that the
 * issue allows, of a number: how many there were.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase, type Database } from '../../src/adapters/database.ts';
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { migrate } from '../../src/adapters/migrate.ts';
import { uniform } from '../../src/demo/random.ts';
import { sealUp } from '../../src/seal/sealer.ts';
import { verifySeals } from '../../src/seal/verify.ts';
import { type Figure, figure } from './figure.ts';

const ROWS = { alert_events: 600_000, alert_actions: 100_000, audit: 300_000 } as const;
const TRIALS = 20;
const ALLOWED_S = 60;
const logger = createLogger('error');

export async function benchSeal(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-bench-'));
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: folder, logger });
  if (!server.ok) throw new Error(server.error);
  const migrated = await migrate({ url: server.value.url, logger });
  if (!migrated.ok) throw new Error(migrated.error);
  const database = await connectDatabase({ url: server.value.url, logger });
  try {
    await fill(database);
    const total = Object.values(ROWS).reduce((sum, n) => sum + n, 0);
    const [sealS, seals] = await timed(() => sealUp(database, Date.now));
    const [verifyS, found] = await timed(() => verifySeals(database));
    if (found.faultCount > 0 || found.rows !== total) throw new Error(JSON.stringify(found));
    const planted = await tamper(database);
    const named = (await verifySeals(database)).faults.map(
      ({ what, table, seq }) => `${what} ${table} ${seq}`,
    );
    const hits = planted.filter((fault) => named.includes(fault)).length;
    if (named.length !== hits) throw new Error(`named what was not planted: ${named}`);
    const sizes = `${total} rows of ${Object.keys(ROWS).length} tables under ${seals.length} seals`;
    return [
      figure('sealing', sealS, 's', sizes),
      figure('verifying', verifyS, 's', sizes, ALLOWED_S),
      figure('verified in a second', total / verifyS, 'rows/s', sizes),
      figure('changed, removed and inserted rows named', hits, 'rows', sizes, planted.length),
    ];
  } finally {
    await database.close();
    await server.value.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Numbers are even only: between any two there is room for a forged row. */
async function fill(db: Database): Promise<void> {
  const insert = (table: string, columns: string, values: string, n: number) =>
    db.query({
      text: `INSERT INTO ${table} (seq, ${columns}) OVERRIDING SYSTEM VALUE SELECT 2 * n, ${values} FROM generate_series(1, ${n}) n`,
      values: [],
    });
  await insert(
    'alert_events',
    'alert, version, subject, kind, state, severity, started_at, detected_at, zone, device, confidence, late, reason, reason_en, evidence',
    `md5(n::text), 1, 'S' || n % 1762, 'out-of-bounds', 'opened', 'high', now(), now(), 'z' || n % 96, 'D' || n % 1762, random(), false,
     '越界：距离边界 ' || n % 900 || ' 米', 'out of bounds by ' || n % 900 || ' m',
     jsonb_build_array(jsonb_build_object('at', now(), 'lat', 23 + random(), 'lon', 116 + random(), 'accuracyM', 15, 'distanceM', n % 900),
                       jsonb_build_object('at', now(), 'lat', 23 + random(), 'lon', 116 + random(), 'accuracyM', 15, 'distanceM', n % 900))`,
    ROWS.alert_events,
  );
  await insert(
    'alert_actions',
    'alert, action, account, note',
    `md5(n::text), 'acknowledge', 'duty', '已核查'`,
    ROWS.alert_actions,
  );
  await insert(
    'audit',
    'actor_kind, actor, actor_role, organisation, action, subject, office, reason, address, detail',
    `'account', 'duty', 'duty-officer', '445281', 'track.read', 'S' || n % 1762, '445281/liusha-east', '走访前查看', '10.0.0.1',
     '{"from": "2026-03-01T00:00:00.000Z", "to": "2026-03-02T00:00:00.000Z"}'`,
    ROWS.audit,
  );
}

async function tamper(db: Database): Promise<string[]> {
  let drawn = 0;
  const random = () => uniform(7, drawn++);
  const planted = new Set<string>();
  await db.transaction(async (tx) => {
    const run = (text: string) => tx.query({ text, values: [] });
    for (const table of Object.keys(ROWS)) await run(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    for (let i = 0; i < TRIALS; i++) {
      const seq = 2 * (1 + Math.floor(random() * ROWS.audit));
      await run(`UPDATE audit SET reason = reason || '。' WHERE seq = ${seq}`);
      planted.add(`changed audit ${seq}`);
      const gone = 2 * (1 + Math.floor(random() * ROWS.alert_events));
      await run(`DELETE FROM alert_events WHERE seq = ${gone}`);
      planted.add(`removed alert_events ${gone}`);
      const forged = 2 * Math.floor(random() * ROWS.alert_actions) + 1;
      await run(
        `INSERT INTO alert_actions (seq, alert, action, account) OVERRIDING SYSTEM VALUE VALUES (${forged}, 'x', 'acknowledge', 'duty') ON CONFLICT DO NOTHING`,
      );
      planted.add(`inserted alert_actions ${forged}`);
    }
    for (const table of Object.keys(ROWS)) await run(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
  });
  return [...planted];
}

async function timed<T>(work: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const startedMs = performance.now();
  const result = await work();
  return [(performance.now() - startedMs) / 1000, result];
}
