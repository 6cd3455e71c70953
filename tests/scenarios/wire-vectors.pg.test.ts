/**
 * The vectors of wristbands and watches through the ports of the running program: replies on the socket, `/messages` and `/track` are
 * what each vector says.
 */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../src/kernel/field.ts';
import { subjectWith } from '../harness/ingest.ts';
import { type LineClient, lineClient } from '../harness/line-client.ts';
import { type Program, runCommand, startProgram } from '../harness/program.ts';

type Protocol = 'jt808' | 'watch';
interface JtReply {
  readonly msg_id: string;
  readonly ack_serial: number;
  readonly ack_msg_id?: string;
  readonly result: number;
}
interface TextReply {
  readonly any_of: readonly string[];
}
interface Vector {
  readonly id: string;
  readonly protocol: Protocol;
  readonly input: { readonly hex?: string; readonly text?: string; readonly chunk?: number };
  readonly expected: { readonly deviceId: string; readonly records: readonly Json[] } | null;
  readonly message?: { readonly deviceId?: string };
  readonly reply?: JtReply | TextReply | { readonly sequence: readonly TextReply[] };
}

const folder = new URL('../../../shared/vectors/', import.meta.url);
const isThere = existsSync(folder);
const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
const read = (name: Protocol): Vector[] =>
  isThere ? (JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Vector[]) : [];
const vectors = [...read('jt808'), ...read('watch')];
const addressOf = ({ expected, message }: Vector) => expected?.deviceId ?? message?.deviceId;
const key = (vector: Vector) => `${vector.protocol} ${addressOf(vector)}`;
const known = [...new Set(vectors.filter((vector) => addressOf(vector) !== undefined).map(key))];
const DAY_MS = 86_400_000;

test.skipIf(isThere || !isForbidden)('V1 vectors: skipped, ../shared/vectors is not there', () => {
  expect.fail('../shared/vectors is missing, and WARDLINE_FORBID_SKIPS forbids to go without');
});

describe.skipIf(!isThere)('V1 wristbands and watches', { timeout: 120_000 }, () => {
  let program: Program;
  let headers: Record<string, string>;

  beforeAll(async () => {
    const place = mkdtempSync(join(tmpdir(), 'wardline-wire-'));
    const env = {
      DATA_DIR: join(place, 'data'),
      POSITION_RETENTION_DAYS: '36500',
      PHONE_POSITION_RETENTION_DAYS: '36500',
    };
    program = await startProgram(env);
    const subjects = known.map((each, i) => {
      const [protocol, address] = each.split(' ');
      return subjectWith(`S${i}`, { id: `D${i}`, protocol, address, from: '1980-01-06T00:00:00Z' });
    });
    const [roster, zones] = [join(place, 'roster.json'), join(place, 'zones.geojson')];
    writeFileSync(roster, JSON.stringify({ subjects }));
    writeFileSync(zones, JSON.stringify({ type: 'FeatureCollection', features: [] }));
    const loaded = await runCommand(env, ['roster', 'load', '--roster', roster, '--zones', zones]);
    expect(loaded).toMatchObject({ code: 0 });
    const made = await runCommand(env, ['token', 'create', '--role', 'auditor']);
    expect(made).toMatchObject({ code: 0 });
    headers = { authorization: `Bearer ${made.stdout.trim()}` };
  }, 120_000);
  afterAll(() => program?.end('SIGINT'));

  const open = (protocol: Protocol) => lineClient(Number(new URL(program.addressOf(protocol)).port));
  async function itemsOf(path: string): Promise<Json[]> {
    const answer = await fetch(program.url + path, { headers });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { items: Json[] }).items;
  }

  test.each(vectors)('V1 $id', async (vector) => {
    const { protocol, expected, reply } = vector;
    const device = known.indexOf(key(vector));
    const client = await open(protocol);
    const messages = `/api/v1/devices/D${device}/messages`;
    const had = expected === null ? 0 : (await itemsOf(messages)).length;
    await feed(client, vector);
    await replied(client, reply);
    if (reply === undefined && expected === null) return client.end();
    const records = expected?.records ?? [];
    let items = records.length === 0 ? [] : await itemsOf(messages);
    while (items.length < had + records.length) items = await itemsOf(messages);
    expect(items.slice(0, items.length - had).reverse()).toMatchObject(
      records.map((record, i) => ({ ...shapeOf(record, items[records.length - 1 - i]), protocol })),
    );
    for (const { at, lat, lon } of placesOf(records)) {
      const fix = { lat: expect.closeTo(lat, 6), lon: expect.closeTo(lon, 6) };
      const track = () =>
        itemsOf(
          `/api/v1/subjects/S${device}/track?from=${new Date(at).toISOString()}&to=${new Date(at + 1).toISOString()}`,
        );
      let fixes = await track();
      while (fixes.length === 0) fixes = await track();
      expect(fixes).toContainEqual(expect.objectContaining(fix));
    }
    client.end();
  });

  test.each(['jt808', 'watch'] as const)('V2 all devices of %s by one connection', async (protocol) => {
    const own = vectors.filter((vector) => vector.protocol === protocol);
    const client = await open(protocol);
    for (const vector of own) await feed(client, vector);
    const awaited = own.reduce((sum, { reply }) => {
      if (reply === undefined) return sum;
      return sum + ('sequence' in reply ? reply.sequence.length : 1);
    }, 0);
    // A frame of JT/T 808 has its sign on both sides.
    const replies = () => client.received.split(protocol === 'jt808' ? '~~' : '][').length;
    while (replies() < awaited) await new Promise((resolve) => setTimeout(resolve, 10));
    client.end();
  });
});

async function feed(client: LineClient, { input }: Vector): Promise<void> {
  const bytes =
    input.hex === undefined ? Buffer.from(input.text ?? '', 'utf8') : Buffer.from(input.hex, 'hex');
  const size = input.chunk ?? bytes.length;
  for (let at = 0; at < bytes.length; at += size) await client.send(bytes.subarray(at, at + size));
}

/** Waits until the replies are there and are what the vector says. */
async function replied(client: LineClient, reply: Vector['reply']): Promise<void> {
  if (reply === undefined) return;
  if ('msg_id' in reply) {
    await client.until('~');
    while (client.received.split('~').length < 3) await new Promise((resolve) => setTimeout(resolve, 2));
    const { auth, ...fields } = readJt808(client.received);
    const { msg_id, ack_serial, ack_msg_id, result } = reply;
    expect(fields).toEqual({
      msg_id,
      ack_serial,
      result,
      ...(ack_msg_id === undefined ? {} : { ack_msg_id }),
    });
    if (msg_id === '0x8100') expect(auth).not.toBe('');
    return;
  }
  const sequence = 'sequence' in reply ? reply.sequence : [reply];
  while (client.received.split(']').length - 1 < sequence.length)
    await new Promise((resolve) => setTimeout(resolve, 2));
  const texts = client.received.split(']').filter((text) => text !== '');
  expect(texts).toHaveLength(sequence.length);
  texts.forEach((text, i) => {
    expect(sequence[i]?.any_of.map((each) => each.toLowerCase())).toContain(`${text}]`.toLowerCase());
  });
}

/** A reply's header facts, read without the decoder that is tested (protocols.md A.1, A.2, A.4). */
function readJt808(received: string) {
  const [, escaped = ''] = received.split('~');
  const bytes = Buffer.from(escaped.replaceAll('}\x02', '~').replaceAll('}\x01', '}'), 'latin1');
  expect(bytes.reduce((sum, byte) => sum ^ byte, 0)).toBe(0);
  const attributes = bytes.readUInt16BE(2);
  const at = (attributes & 0x4000) === 0 ? 12 : 17;
  expect(bytes.length).toBe(at + (attributes & 0x3ff) + 1);
  const hex = (value: number) => `0x${value.toString(16).padStart(4, '0')}`;
  const id = bytes.readUInt16BE(0);
  const ack = { msg_id: hex(id), ack_serial: bytes.readUInt16BE(at) };
  return id === 0x8100
    ? { ...ack, result: bytes.readUInt8(at + 2), auth: bytes.subarray(at + 3, -1).toString('latin1') }
    : { ...ack, ack_msg_id: hex(bytes.readUInt16BE(at + 2)), result: bytes.readUInt8(at + 4), auth: '' };
}

/** The vectors' README: floats to 1e-6, `@received` is the receipt time, lists of alarms and states are sets. */
function shapeOf(record: Json, message: Json | undefined): Json {
  const shaped: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (value === '@received')
      shaped[name] = expect.toSatisfy(
        (time) => Date.parse(String(time)) === Date.parse(String(message?.received)),
      );
    else if (typeof value === 'number') shaped[name] = expect.closeTo(value, name === 'speed_kmh' ? 3 : 6);
    else if (name === 'alarms' || name === 'states') {
      shaped[name] = expect.toSatisfy(
        (list) => Array.isArray(list) && [...list].sort().join() === [...(value as string[])].sort().join(),
      );
    } else shaped[name] = value;
  }
  return shaped;
}

/** Fixes that are to stand in the track: valid, somewhere, at a time that is theirs. */
function placesOf(records: readonly Json[]): { at: number; lat: number; lon: number }[] {
  return records.flatMap(({ kind, valid, time, lat, lon }) => {
    const at = Date.parse(String(time));
    const isOne =
      kind === 'position' && valid === true && !(lat === 0 && lon === 0) && at < Date.now() + DAY_MS;
    return isOne ? [{ at, lat: Number(lat), lon: Number(lon) }] : [];
  });
}
