/**
 * The promise of the log, tried from outside: processes are killed (`kill -9`) in the middle of a load, and afterwards nothing that
 * was acknowledged is missing, nothing is doubled, and the ledger equals what `wardline replay` says of the exported log.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { readConnection } from '../../src/adapters/embedded-postgres.ts';
import { type Program, runCommand, startProgram } from '../harness/program.ts';

const SUBJECTS = 200;
const FIXES = 500;
const BATCH = 500;
const STEP_MS = 10_000;

type Environment = Readonly<Record<string, string>>;

export async function killInTheMiddle(kills: number, extra: Environment): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-kill-'));
  const env: Environment = { DATA_DIR: join(folder, 'data'), ...extra };
  const file = (name: string, json: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(json));
    return join(folder, name);
  };
  let program = await startProgram(env);
  try {
    const files = ['--roster', file('roster.json', roster()), '--zones', file('zones.geojson', zones())];
    expect((await runCommand(env, ['roster', 'load', ...files])).code).toBe(0);
    const token = (await runCommand(env, ['token', 'create', '--feed', 'F1'])).stdout.trim();
    const lines = observations(Date.now());
    const batches = Array.from({ length: lines.length / BATCH }, (_, i) =>
      lines.slice(i * BATCH, (i + 1) * BATCH).join('\n'),
    );
    const killAt = new Set(
      Array.from({ length: kills }, (_, i) => Math.floor(((i + 1) * batches.length) / (kills + 1))),
    );

    for (const [i, batch] of batches.entries()) {
      const sending = send(program, token, batch);
      sending.catch(() => {});
      if (!killAt.has(i)) {
        expect(await sending).toBe(BATCH);
        continue;
      }
      // The request is under way: whether it was taken nobody knows, so it is sent again, as a feed would.
      await program.end('SIGKILL');
      await sending.catch(() => 0);
      program = await startProgram(env);
      expect(await send(program, token, batch)).toBe(BATCH);
    }
    await caughtUp(program);

    const client = new pg.Client({ connectionString: readConnection(env.DATA_DIR ?? '') });
    await client.connect();
    const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM positions');
    expect(Number(rows[0]?.n)).toBe(SUBJECTS * FIXES);
    const exported = await runCommand(env, [
      'export',
      'observations',
      '--from',
      '2020-01-01T00:00:00Z',
      '--to',
      '2100-01-01T00:00:00Z',
      '--output',
      join(folder, 'log.ndjson'),
    ]);
    expect(exported.stderr).not.toContain('Error');
    expect(exported.code).toBe(0);
    // After the export: whatever the exported lines raised is in the ledger by now.
    const ledger = (await client.query(LEDGER)).rows.map((row) => JSON.stringify(row));
    await client.end();
    const replayed = await runCommand(env, [
      'replay',
      ...files,
      '--observations',
      join(folder, 'log.ndjson'),
    ]);
    expect(replayed.code).toBe(0);
    const said = replayed.stdout.trim().split('\n').map(toLedgerRow);
    expect(said.length).toBeGreaterThan(SUBJECTS);
    expect(new Set(ledger)).toEqual(new Set(said));
    expect(ledger.length).toBe(said.length);
  } finally {
    await program.end('SIGINT');
  }
}

/** What is compared: everything that says what happened. */
const LEDGER = `SELECT alert, version, subject, kind, state, severity, zone, device, confidence, reason,
  (extract(epoch FROM started_at) * 1000)::bigint::text AS started, (extract(epoch FROM detected_at) * 1000)::bigint::text AS detected,
  jsonb_array_length(evidence) AS evidence FROM alert_events`;

function toLedgerRow(line: string): string {
  const {
    alert,
    version,
    subject,
    kind,
    state,
    severity,
    zone,
    device,
    confidence,
    reason,
    startedAt,
    detectedAt,
    evidence,
  } = JSON.parse(line);
  const ms = (text: string) => String(Date.parse(text));
  return JSON.stringify({
    alert,
    version,
    subject,
    kind,
    state,
    severity,
    zone,
    device,
    confidence,
    reason,
    started: ms(startedAt),
    detected: ms(detectedAt),
    evidence: evidence.length,
  });
}

async function send(program: Program, token: string, batch: string): Promise<number> {
  for (;;) {
    const answer = await fetch(`${program.url}/ingest/v1/observations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      body: batch,
    });
    if (answer.status === 503) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    const { accepted } = (await answer.json()) as { accepted: number };
    return accepted;
  }
}

/** Ready twice with a tick between: everything sent before has been judged and recorded. */
async function caughtUp(program: Program): Promise<void> {
  for (let ready = 0; ready < 2; ) {
    const answer = await fetch(`${program.url}/readyz`);
    if (answer.status === 200) ready++;
    await new Promise((resolve) => setTimeout(resolve, ready === 0 ? 500 : 11_000));
  }
}

function roster() {
  return {
    subjects: Array.from({ length: SUBJECTS }, (_, i) => ({
      id: `S${i}`,
      name: `测试人员${i}`,
      devices: [{ id: `D${i}`, kind: 'phone', feed: 'F1', intervalS: 10 }],
      zones: [{ zone: 'home', rule: 'stay-in' }],
    })),
  };
}

function zones() {
  const geometry = { type: 'Point', coordinates: [116.35, 23.52] };
  return {
    type: 'FeatureCollection',
    features: [{ type: 'Feature', id: 'home', properties: { radiusM: 1000 }, geometry }],
  };
}

/** Everybody walks out and back, several times, each at another time. */
function observations(nowMs: number): string[] {
  const lines: string[] = [];
  for (let fix = 0; fix < FIXES; fix++) {
    for (let i = 0; i < SUBJECTS; i++) {
      const away = Math.abs(((fix + 7 * i) % 160) - 80) * 20;
      lines.push(
        JSON.stringify({
          type: 'position',
          device: `D${i}`,
          at: new Date(nowMs - (FIXES - fix) * STEP_MS).toISOString(),
          lat: 23.52,
          lon: 116.35 + away / 102_000,
          accuracyM: 12,
          batteryPct: 60,
        }),
      );
    }
  }
  return lines;
}
