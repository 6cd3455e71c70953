import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import type { Draft } from './intake.ts';
import { parseJson } from './native-http.ts';

let own: TestDatabase;
let ingest: TestIngest;
beforeAll(async () => {
  own = await createTestDatabase();
  ingest = await openIngest(own);
});
afterAll(async () => {
  await ingest.close();
  await own.drop();
});

function draft(text: string): Draft {
  return { json: parseJson(text), raw: () => Buffer.from(text) };
}

function position(device: string, at: string): Draft {
  return draft(JSON.stringify({ type: 'position', device, at, lat: 23.5, lon: 116.3 }));
}

const take = (drafts: readonly Draft[], receivedMs: number) =>
  ingest.intake.take(drafts, { source: 'native', feed: 'F1', receivedMs });

test('U1 the list is newest first and goes on by its cursor without a gap', async () => {
  await take(
    Array.from({ length: 7 }, (_, i) => position('ghost', `2026-02-01T00:0${i}:00Z`)),
    Date.UTC(2026, 1, 1, 1),
  );
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await ingest.quarantine.list({ cursor, limit: 3, device: 'ghost' });
    seen.push(...page.items.map((item) => item.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toHaveLength(7);
  expect(seen).toEqual([...seen].sort((a, b) => Number(b) - Number(a)));
});

test('U2 what is replayed keeps its receipt time and leaves the list; the rest stays with its present reason', async () => {
  const receivedMs = Date.UTC(2026, 1, 2, 1);
  await take([position('D5', '2026-02-02T00:00:00Z'), position('D5', '2026-01-01T00:00:00Z')], receivedMs);
  await ingest.enrol([subjectWith('S5', { id: 'D5', from: '2026-02-01T00:00:00Z' })]);
  expect(await ingest.quarantine.replay({ device: 'D5' })).toEqual({ replayed: 1, stillRefused: 1 });
  const lines = (await ingest.lines()).filter((line) => line.subject === 'S5');
  expect(lines.filter((line) => line.type === 'position')).toMatchObject([
    { at: '2026-02-02T00:00:00.000Z', received: '2026-02-02T01:00:00.000Z' },
  ]);
  const { items } = await ingest.quarantine.list({ cursor: null, limit: 10, device: 'D5' });
  expect(items).toMatchObject([{ code: 'device-not-assigned', source: 'native', feed: 'F1' }]);
});

test('U3 ids name what is replayed, and nothing else is', async () => {
  await take(
    [position('D6', '2026-02-02T00:00:00Z'), position('D6', '2026-02-02T00:01:00Z')],
    Date.UTC(2026, 1, 2, 1),
  );
  await ingest.enrol([subjectWith('S6', { id: 'D6' })]);
  const { items } = await ingest.quarantine.list({ cursor: null, limit: 10, device: 'D6' });
  expect(await ingest.quarantine.replay({ ids: [items[1]?.id ?? ''] })).toEqual({
    replayed: 1,
    stillRefused: 0,
  });
  expect((await ingest.quarantine.list({ cursor: null, limit: 10, device: 'D6' })).items).toHaveLength(1);
});

test('U4 bytes that Postgres text can not hold are kept all the same', async () => {
  const raw = Buffer.from([0, 255, 254, 0, 10]);
  const device = 'a\u0000b';
  await ingest.intake.take([{ json: parseJson(raw.toString()), raw: () => raw, device }], {
    source: 'native',
    feed: null,
    receivedMs: Date.UTC(2026, 1, 1),
  });
  const { items } = await ingest.quarantine.list({ cursor: null, limit: 1 });
  expect(items).toMatchObject([{ code: 'not-json', device: 'a�b' }]);
  expect(Buffer.from(items[0]?.raw ?? []).equals(raw)).toBe(true);
});
