/** The program is killed while devices report over TCP: what was acknowledged is in the track afterwards. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Json } from '../../src/kernel/field.ts';
import { locationFrame } from '../bench/jt808-frame.ts';
import { subjectWith } from '../harness/ingest.ts';
import { createTestDatabase } from '../harness/postgres.ts';
import { type Program, runCommand, startProgram } from '../harness/program.ts';

const DEVICES = 20;
const phoneOf = (i: number) => String(139_0000_1000 + i).padStart(12, '0');

interface Device {
  /** Times of the fixes that were acknowledged, in order of sending. */
  readonly acknowledged: number[];
  end(): void;
}

/** Reports again as soon as it is answered, each fix a second after the one before. */
function report(port: number, i: number, fromMs: number): Device {
  const acknowledged: number[] = [];
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let serial = 0;
  let signs = 0;
  const send = () =>
    socket.write(locationFrame(phoneOf(i), serial, fromMs + serial * 1000, 23.5 + serial / 1e5, 116.3));
  socket.on('connect', send);
  // The program is killed.
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 0x7e) signs++;
    if (signs < 2) return;
    signs -= 2;
    acknowledged.push(fromMs + serial * 1000);
    serial++;
    send();
  });
  return { acknowledged, end: () => socket.destroy() };
}

test('V3 what was acknowledged to a device is in the track, though the program was killed', {
  timeout: 120_000,
}, async () => {
  const store = await createTestDatabase();
  const place = mkdtempSync(join(tmpdir(), 'wardline-kill-'));
  const env = { DATABASE_URL: store.url };
  let program: Program | undefined;
  try {
    program = await startProgram(env);
    const subjects = Array.from({ length: DEVICES }, (_, i) =>
      subjectWith(`S${i}`, {
        id: `D${i}`,
        protocol: 'jt808',
        address: phoneOf(i),
        from: '2026-01-01T00:00:00Z',
      }),
    );
    const [roster, zones] = [join(place, 'roster.json'), join(place, 'zones.geojson')];
    writeFileSync(roster, JSON.stringify({ subjects }));
    writeFileSync(zones, JSON.stringify({ type: 'FeatureCollection', features: [] }));
    expect(await runCommand(env, ['roster', 'load', '--roster', roster, '--zones', zones])).toMatchObject({
      code: 0,
    });
    // Whole seconds: the protocol has no others.
    const beginMs = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
    const acknowledged = Array.from({ length: DEVICES }, () => [] as number[]);
    for (const round of [0, 1, 2]) {
      const port = Number(new URL(program.addressOf('jt808')).port);
      const devices = acknowledged.map((_, i) => report(port, i, beginMs + round * 600_000));
      while (devices.some((device) => device.acknowledged.length < 15))
        await new Promise((resolve) => setTimeout(resolve, 5));
      await program.end('SIGKILL');
      devices.forEach((device, i) => {
        device.end();
        acknowledged[i]?.push(...device.acknowledged);
      });
      program = await startProgram(env);
    }
    const headers = {
      authorization: `Bearer ${(await runCommand(env, ['token', 'create', '--role', 'auditor'])).stdout.trim()}`,
    };
    const range = `from=${new Date(beginMs).toISOString()}&to=${new Date(beginMs + 3_600_000).toISOString()}`;
    for (const [i, times] of acknowledged.entries()) {
      const url = `${program.url}/api/v1/subjects/S${i}/track?${range}`;
      const recorded = async () => {
        const { items } = (await (await fetch(url, { headers })).json()) as { items: Json[] };
        return new Set(items.map(({ at }) => Date.parse(String(at))));
      };
      let found = await recorded();
      while (!times.every((at) => found.has(at))) found = await recorded();
      expect(found.size).toBeGreaterThanOrEqual(45);
    }
  } finally {
    await program?.end('SIGINT');
    await store.drop();
  }
});
