/** A strap that is opened and closed, as a wristband tells it on its own port: the alert ends by the band's word, and nobody is missing. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeJt808Message } from '../../src/ingest/protocols/jt808-message.ts';
import type { Json } from '../../src/kernel/field.ts';
import { subjectWith } from '../harness/ingest.ts';
import { type LineClient, lineClient } from '../harness/line-client.ts';
import { type Program, runCommand, startProgram } from '../harness/program.ts';

let program: Program;
let headers: Record<string, string>;

beforeAll(async () => {
  const place = mkdtempSync(join(tmpdir(), 'wardline-strap-'));
  const env = { DATA_DIR: join(place, 'data') };
  program = await startProgram(env);
  const from = '2026-01-01T00:00:00Z';
  const subjects = [
    subjectWith('S1', { id: 'D1', address: '1234567890', protocol: 'watch', from }),
    subjectWith('S2', { id: 'D2', address: '13912344329', protocol: 'jt808', from }),
  ];
  const [roster, zones] = [join(place, 'roster.json'), join(place, 'zones.geojson')];
  writeFileSync(roster, JSON.stringify({ subjects }));
  writeFileSync(zones, JSON.stringify({ type: 'FeatureCollection', features: [] }));
  const loaded = await runCommand(env, ['roster', 'load', '--roster', roster, '--zones', zones]);
  expect(loaded).toMatchObject({ code: 0 });
  const made = await runCommand(env, ['token', 'create', '--role', 'auditor']);
  headers = { authorization: `Bearer ${made.stdout.trim()}` };
}, 120_000);
afterAll(() => program?.end('SIGINT'));

async function alertsOf(subject: string): Promise<Json[]> {
  const answer = await fetch(`${program.url}/api/v1/alerts?subject=${subject}`, { headers });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { items: Json[] }).items;
}

/** `13:05:59` and so on of now, `hours` ahead of UTC. */
const digitsOfNow = (hours: number) =>
  new Date(Date.now() + hours * 3_600_000).toISOString().slice(2, 19).replace(/\D/g, '');

function watchFrame(isCut: boolean): Buffer {
  const now = digitsOfNow(0);
  const date = `${now.slice(4, 6)}${now.slice(2, 4)}${now.slice(0, 2)}`;
  const word = isCut ? '00100008' : '00000000';
  const content = `${isCut ? 'AL' : 'UD'},${date},${now.slice(6)},A,22.5,N,114.1,E,0,0,0,9,100,80,0,0,${word},0,0`;
  return Buffer.from(`[3G*1234567890*0001*${content}]`);
}
function bandFrame(isCut: boolean): Uint8Array {
  const body = `${isCut ? '00010000' : '00000000'}00000002015752a006cd0a8e000000000000${digitsOfNow(8)}`;
  const phone = Uint8Array.from([0x01, 0x39, 0x12, 0x34, 0x43, 0x29]);
  return writeJt808Message({ phone, version: undefined }, 0x0200, 7, [...Buffer.from(body, 'hex')]);
}

test.each([
  ['watch', 'S1', watchFrame],
  ['jt808', 'S2', bandFrame],
] as const)(
  'D22 %s: the strap alert ends by what the band says next',
  { timeout: 60_000 },
  async (port, subject, frame) => {
    const client: LineClient = await lineClient(Number(new URL(program.addressOf(port)).port));
    const states = async () => (await alertsOf(subject)).map(({ kind, state }) => `${kind} ${state}`);
    await client.send(frame(true));
    await expect.poll(states, { timeout: 20_000 }).toContain('strap-tamper opened');
    await expect
      .poll(
        async () => {
          // As a band reports, every few seconds.
          await client.send(frame(false));
          return states();
        },
        { timeout: 20_000, interval: 500 },
      )
      .toContain('strap-tamper cleared');
    expect((await states()).filter((each) => each.startsWith('abscond'))).toEqual([]);
    client.end();
  },
);
