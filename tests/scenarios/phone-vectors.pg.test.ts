/** The phones' vectors through the real ports: what the REST shows of each device is what the vector says. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../src/kernel/field.ts';
import { startDashboard, type TestDashboard } from '../harness/dashboard.ts';
import { openIngest, subjectWith, type TestIngest } from '../harness/ingest.ts';

interface Vector {
  readonly id: string;
  readonly protocol: 'osmand' | 'owntracks';
  readonly input: {
    readonly method: string;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body: string;
  };
  readonly expected: { readonly deviceId: string; readonly records: readonly Json[] } | null;
  readonly reply: { readonly status: number; readonly json?: unknown };
}

const folder = new URL('../../../shared/vectors/', import.meta.url);
const isThere = existsSync(folder);
const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
const read = (name: string): Vector[] =>
  isThere ? (JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Vector[]) : [];
const vectors = [...read('osmand'), ...read('owntracks')];

test.skipIf(isThere || !isForbidden)('V1 vectors: skipped, ../shared/vectors is not there', () => {
  expect.fail('../shared/vectors is missing, and WARDLINE_FORBID_SKIPS forbids to go without');
});

describe.skipIf(!isThere)('V1', () => {
  let dash: TestDashboard;
  let ingest: TestIngest;
  let headers: Record<string, string>;
  const key = ({ protocol, expected }: Vector) => `${protocol} ${expected?.deviceId}`;
  const known = [...new Set(vectors.filter(({ expected }) => expected !== null).map(key))];
  beforeAll(async () => {
    dash = await startDashboard();
    ingest = await openIngest(dash);
    headers = await dash.token('auditor', '');
    await ingest.enrol(
      known.map((each, i) => {
        const [protocol, address] = each.split(' ');
        return subjectWith(`S${i}`, { id: `D${i}`, protocol, address, from: '1980-01-06T00:00:00Z' });
      }),
    );
  });
  afterAll(async () => {
    await ingest.close();
    await dash.close();
  });

  async function messagesOf(device: string): Promise<Json[]> {
    const { body } = await dash.call('GET', `/api/v1/devices/${device}/messages`, { headers });
    return body.items;
  }

  test.each(vectors)('V1 $id: reply and messages are as its vector says', async (vector) => {
    const { input, expected, reply, protocol } = vector;
    const device = `D${known.indexOf(key(vector))}`;
    const had = expected === null ? 0 : (await messagesOf(device)).length;
    const url = protocol === 'osmand' ? `${ingest.osmandUrl}${input.path}` : ingest.owntracksUrl;
    const answer = await fetch(url, {
      method: input.method,
      headers: input.headers,
      ...(input.body === '' ? {} : { body: input.body }),
    });
    expect(answer.status).toBe(reply.status);
    if (reply.json !== undefined) expect(await answer.json()).toEqual(reply.json);
    if (expected === null) return;
    const { records } = expected;
    let messages = await messagesOf(device);
    while (messages.length < had + records.length) messages = await messagesOf(device);
    expect(messages.slice(0, messages.length - had).reverse()).toMatchObject(
      records.map((record) => ({
        ...Object.fromEntries(
          Object.entries(record).map(([name, value]) => [
            name,
            typeof value === 'number' ? expect.closeTo(value, 6) : value,
          ]),
        ),
        protocol,
        device,
      })),
    );
  });
});
