import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { createLogger } from '../adapters/logger.ts';
import type { DeviceCommand } from '../kernel/device-command.ts';
import { findCommand, queueCommand } from '../store/device-commands.ts';
import { type CommandDesk, openCommandDesk } from './command-desk.ts';
import type { DeviceRecord } from './protocols/record.ts';

let store: TestDatabase;
let ingest: TestIngest;
let desks: CommandDesk[];
let nowMs: number;
/** Who is connected, by channel; what was sent, and by which. */
let connected: Set<string>[];
let sent: string[];

beforeEach(async () => {
  nowMs = Date.UTC(2026, 2, 1, 8);
  store = await createTestDatabase();
  ingest = await openIngest(store);
  await ingest.enrol([
    subjectWith('SA', { id: 'A', protocol: 'jt808', from: '2026-01-01T00:00:00Z' }),
    subjectWith('SB', {
      id: 'B',
      protocol: 'owntracks',
      address: 'owntracks/b/b',
      from: '2026-01-01T00:00:00Z',
    }),
  ]);
  desks = [];
  connected = [new Set(), new Set()];
  sent = [];
  for (const nth of [0, 1])
    desks.push(
      await openCommandDesk({
        database: store.database,
        logger: createLogger('silent'),
        now: () => nowMs,
        clockSkewS: () => 600,
        channels: [
          {
            protocol: 'jt808',
            isConnected: (device) => connected[nth]?.has(device) === true,
            send: (device, command) => {
              if (command.type === 'text') return undefined;
              sent.push(`${nth} ${device} ${command.type}`);
              return { serial: command.type === 'find' ? null : sent.length };
            },
          },
        ],
      }),
    );
});
afterEach(async () => {
  await stopDesks();
  await ingest.close();
  await store.drop();
});

async function ask(device: string, command: DeviceCommand, validS = 60): Promise<string> {
  const [row] = await queueCommand(
    store.database,
    device,
    `S${device}`,
    JSON.stringify(command),
    false,
    'a',
    new Date(nowMs),
    new Date(nowMs + validS * 1000),
  );
  return row?.id ?? '';
}
async function row(id: string) {
  const [found] = await findCommand(store.database, id);
  if (found === undefined) throw new Error('no such request');
  return found;
}
async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}
/** The store says that a request is sent from the claim on; the device is written to only after it. */
async function wentOut(count: number): Promise<void> {
  await eventually(() => sent.length >= count);
}
async function stopDesks(): Promise<void> {
  await Promise.all(desks.splice(0).map((desk) => desk.stop()));
}
const hear = (
  nth: number,
  device: string,
  records: DeviceRecord[],
  answers?: { serial: number; ok: boolean },
) =>
  desks[nth]?.onHeard({ device, records, receivedMs: nowMs, ...(answers === undefined ? {} : { answers }) });
const place = (time: string, more = {}): DeviceRecord => ({
  kind: 'position',
  time,
  valid: true,
  lat: 23.5,
  lon: 116.3,
  ...more,
});

test('Q1 a request goes out once, by the process that has the device', async () => {
  connected[1]?.add('A');
  const id = await ask('A', { type: 'locate' });
  await wentOut(1);
  expect(sent).toEqual(['1 A locate']);
  expect((await row(id)).sent_at).not.toBeNull();
  // Two processes that both think that they have it.
  connected[0]?.add('A');
  const ids = await Promise.all([1, 2, 3].map(() => ask('A', { type: 'set-interval', intervalS: 60 })));
  await eventually(async () => (await Promise.all(ids.map(row))).every(({ sent_at }) => sent_at !== null));
  await stopDesks();
  expect(sent).toHaveLength(4);
});

test('Q2 a request waits for a device that is not connected, and goes out when it is heard of', async () => {
  const id = await ask('A', { type: 'locate' });
  const late = await ask('A', { type: 'locate' }, 1);
  await eventually(async () => {
    hear(0, 'A', []);
    connected[0]?.add('B');
    return (await row(id)).sent_at === null;
  });
  nowMs += 2000;
  connected[0]?.add('A');
  await eventually(async () => {
    hear(0, 'A', []);
    return sent.length > 0;
  });
  await stopDesks();
  expect(sent).toEqual(['0 A locate']);
  expect((await row(id)).sent_at).not.toBeNull();
  expect(await row(late)).toMatchObject({ sent_at: null, answered_at: null });
});

test('Q3 the answer to a locate is a place of now, not a word of acknowledgement and not one out of the device’s store', async () => {
  connected[0]?.add('A');
  const id = await ask('A', { type: 'locate' });
  await wentOut(1);
  hear(0, 'A', [], { serial: 1, ok: true });
  hear(0, 'A', [place('2026-03-01T08:00:00Z', { archived: true })]);
  hear(0, 'A', [place('2026-03-01T07:00:00Z')]);
  nowMs += 5000;
  const answer = place('2026-03-01T08:00:04Z');
  hear(0, 'A', [answer]);
  hear(0, 'A', [place('2026-03-01T08:00:05Z')]);
  await eventually(async () => (await row(id)).answered_at !== null);
  expect(await row(id)).toMatchObject({
    answered_at: new Date(nowMs),
    is_refused: false,
    answer: JSON.stringify(answer),
  });
});

test.each([
  ['without a fix', { valid: false }],
  ['at 0, 0', { lat: 0, lon: 0 }],
  ['taken nine minutes before the question', { time: '2026-03-01T07:51:00Z' }],
  ['taken 61 s before the question', { time: '2026-03-01T07:58:59Z' }],
  ['five hours ahead', { time: '2026-03-01T13:00:00Z' }],
  ['of a time that is none', { time: null }],
])(
  'Q3 Q7 a place %s is no answer: the device is noted as reached, and a good place in time is the answer',
  async (_, more) => {
    connected[0]?.add('A');
    const id = await ask('A', { type: 'locate' });
    await wentOut(1);
    const firstMs = nowMs;
    const poor = place('2026-03-01T08:00:00Z', more);
    hear(0, 'A', [poor]);
    await eventually(async () => (await row(id)).reached_at !== null);
    expect(await row(id)).toMatchObject({ answered_at: null, answer: JSON.stringify(poor) });
    nowMs += 30_000;
    const good = place('2026-03-01T07:59:01Z');
    hear(0, 'A', [good]);
    await eventually(async () => (await row(id)).answered_at !== null);
    expect(await row(id)).toMatchObject({
      answered_at: new Date(nowMs),
      is_refused: false,
      reached_at: new Date(firstMs),
      answer: JSON.stringify(good),
    });
  },
);

test('Q7 an acknowledgement says that the device is there; what comes out of its store says nothing, nor what was said before it was asked', async () => {
  connected[0]?.add('A');
  const early = await ask('B', { type: 'locate' });
  hear(0, 'B', [place('2026-03-01T08:00:00Z', { valid: false })]);
  const id = await ask('A', { type: 'locate' });
  await wentOut(1);
  hear(0, 'A', [place('2026-03-01T08:00:00Z', { archived: true, valid: false })]);
  hear(0, 'A', [], { serial: 7, ok: true });
  hear(0, 'A', [], { serial: 1, ok: true });
  await eventually(async () => (await row(id)).reached_at !== null);
  expect(await row(id)).toMatchObject({ answered_at: null, answer: null });
  nowMs += 61_000;
  hear(0, 'A', [place('2026-03-01T08:01:00Z', { valid: false })]);
  await stopDesks();
  expect(await row(id)).toMatchObject({ answered_at: null, answer: null });
  expect(await row(early)).toMatchObject({ reached_at: null, sent_at: null });
});

test('Q4 any other request is answered by its serial; a device may refuse', async () => {
  connected[0]?.add('A');
  const [interval, locate] = [
    await ask('A', { type: 'set-interval', intervalS: 60 }),
    await ask('A', { type: 'locate' }),
  ];
  await wentOut(2);
  hear(0, 'A', [place('2026-03-01T07:00:00Z')], { serial: 9, ok: true });
  hear(0, 'A', [], { serial: 1, ok: true });
  hear(0, 'A', [], { serial: 2, ok: false });
  await eventually(async () => (await row(locate)).answered_at !== null);
  expect(await row(interval)).toMatchObject({ is_refused: false, answer: null });
  expect(await row(locate)).toMatchObject({ is_refused: true });
});

test('Q5 what could not be sent after all is open again', async () => {
  connected[0]?.add('A');
  const id = await ask('A', { type: 'text', text: 'x' });
  const after = await ask('A', { type: 'locate' });
  await eventually(async () => (await row(after)).sent_at !== null);
  await stopDesks();
  expect(await row(id)).toMatchObject({ sent_at: null, answered_at: null });
});

test('Q6 a device that fetches its requests gets each once', async () => {
  const id = await ask('B', { type: 'locate' });
  await eventually(async () => {
    const got = (await desks[0]?.fetch('B')) ?? [];
    return got.length > 0;
  });
  expect(await desks[0]?.fetch('B')).toEqual([]);
  expect(await desks[1]?.fetch('B')).toEqual([]);
  hear(0, 'B', [place('2026-03-01T08:00:04Z')]);
  await eventually(async () => (await row(id)).answered_at !== null);
});
