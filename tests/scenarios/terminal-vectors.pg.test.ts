/** The terminals' vectors through the port of the running program: its answer, and what the REST shows of each, are as each vector says. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../src/kernel/field.ts';
import { subjectWith } from '../harness/ingest.ts';
import { type Program, runCommand, startProgram } from '../harness/program.ts';

interface Vector {
  readonly id: string;
  readonly input: {
    readonly method: string;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body: string;
    readonly device_timezone: string;
  };
  readonly expected: { readonly deviceId: string; readonly records: readonly Json[] } | null;
  readonly reply: {
    readonly status: number;
    readonly body?: string;
    readonly body_starts_with?: string;
    readonly body_contains?: readonly string[];
  };
}

const file = new URL('../../../shared/vectors/zkteco.json', import.meta.url);
const isThere = existsSync(file);
const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
const vectors = isThere ? (JSON.parse(readFileSync(file, 'utf8')) as Vector[]) : [];
/** Serial number → its zone: of what it says with a local time, where vectors differ. */
const zones = new Map<string, string>();
for (const { expected, input } of vectors) {
  if (expected === null) continue;
  const isTimed = expected.records.some(({ local_time }) => local_time !== undefined);
  if (isTimed || !zones.has(expected.deviceId)) zones.set(expected.deviceId, input.device_timezone);
}
const known = [...zones.keys()];

test.skipIf(isThere || !isForbidden)('V1 vectors: skipped, ../shared/vectors is not there', () => {
  expect.fail('../shared/vectors is missing, and WARDLINE_FORBID_SKIPS forbids to go without');
});

describe.skipIf(!isThere)('V1 terminals', { timeout: 120_000 }, () => {
  let program: Program;
  let place: string;
  let headers: Record<string, string>;

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'wardline-terminals-'));
    const env = { DATA_DIR: join(place, 'data') };
    program = await startProgram(env);
    const subjects = known.map((address, i) =>
      subjectWith(`S${i}`, {
        id: `D${i}`,
        protocol: 'zkteco',
        address,
        from: '1980-01-06T00:00:00Z',
        timeZone: zones.get(address),
      }),
    );
    const [roster, shapes] = [join(place, 'roster.json'), join(place, 'zones.geojson')];
    writeFileSync(roster, JSON.stringify({ subjects }));
    writeFileSync(shapes, JSON.stringify({ type: 'FeatureCollection', features: [] }));
    const loaded = await runCommand(env, ['roster', 'load', '--roster', roster, '--zones', shapes]);
    expect(loaded).toMatchObject({ code: 0 });
    const made = await runCommand(env, ['token', 'create', '--role', 'auditor']);
    expect(made).toMatchObject({ code: 0 });
    headers = { authorization: `Bearer ${made.stdout.trim()}` };
  }, 120_000);
  afterAll(async () => {
    await program?.end('SIGINT');
    rmSync(place, { recursive: true, force: true });
  });

  async function messagesOf(device: string): Promise<Json[]> {
    const answer = await fetch(`${program.url}/api/v1/devices/${device}/messages?limit=1000`, { headers });
    return ((await answer.json()) as { items: Json[] }).items;
  }

  test.each(vectors)(
    'V1 $id: answer and messages are as its vector says',
    async ({ input, expected, reply }) => {
      const device = `D${known.indexOf(expected?.deviceId ?? '')}`;
      const had = expected === null ? 0 : (await messagesOf(device)).length;
      const answer = await fetch(`${program.addressOf('iclock')}${input.path}`, {
        method: input.method,
        headers: input.headers,
        ...(input.method === 'GET' ? {} : { body: input.body }),
      });
      const text = await answer.text();
      expect(answer.status).toBe(reply.status);
      if (reply.body !== undefined)
        expect(text.trim().replace(/:\s*/, ':')).toBe(reply.body.replace(/:\s*/, ':'));
      if (reply.body_starts_with !== undefined) expect(text.startsWith(reply.body_starts_with)).toBe(true);
      for (const part of reply.body_contains ?? []) expect(text).toContain(part);
      if (expected === null) return;
      const { records } = expected;
      let messages = await messagesOf(device);
      while (messages.length < had + records.length) messages = await messagesOf(device);
      expect(messages.slice(0, messages.length - had).reverse()).toMatchObject(
        records.map((record) => ({ ...record, protocol: 'zkteco', device })),
      );
      for (const secret of ['QUFBQUFB', '12345\\"', 'Passwd'])
        expect(JSON.stringify(messages)).not.toContain(secret);
    },
  );
});
