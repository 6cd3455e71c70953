import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLogLine } from '../kernel/log-line.ts';
import { ok, refuse } from '../kernel/result.ts';
import { createIntake, type Draft, type Taken } from './intake.ts';
import { parseJson } from './native-http.ts';
import type { Assignment } from './roster-cache.ts';

const RECEIVED_MS = Date.UTC(2026, 2, 1, 8);

function assignment(device: string, more: Partial<Assignment> = {}): Assignment {
  const always = { protocol: null, fromMs: 0, untilMs: null, terms: null, endsMs: null };
  return { device, subject: `of ${device}`, feed: 'F', ...always, ...more };
}

/** D1 as it is; `one` is its address; D2 has no order any more; D3's subject has ended; D4 has a feed in GCJ-02, D5 another's. */
const ASSIGNMENTS: Readonly<Record<string, Assignment>> = {
  D1: assignment('D1'),
  one: assignment('D1'),
  D2: assignment('D2', { terms: [{ fromMs: 0, untilMs: 1 }] }),
  D3: assignment('D3', { endsMs: 0 }),
  D4: assignment('D4', { feed: 'shifted' }),
  D5: assignment('D5', { feed: 'other' }),
};

async function take(
  drafts: readonly Draft[],
  feed: string | null,
): Promise<{ taken: Taken; stands: unknown[]; kept: number }> {
  const stands: unknown[] = [];
  let kept = 0;
  const intake = createIntake({
    log: {
      append: async (entries) => {
        for (const { key, line } of entries) stands.push([key, decodeLogLine(line)]);
      },
    },
    quarantine: {
      add: async (items) => {
        kept += items.length;
      },
    },
    uncollected: { add: async () => {} },
    devices: {
      resolve: (address) => {
        const found = ASSIGNMENTS[address];
        return found === undefined ? refuse('unknown-device', 'device', 'is not known') : ok(found);
      },
      hasSubject: () => true,
      crsOf: (name) => (name === 'shifted' ? 'gcj02' : 'wgs84'),
    },
    clockSkewS: 300,
  });
  const taken = await intake.take(drafts, { source: 'native', feed, receivedMs: RECEIVED_MS });
  return { taken, stands, kept };
}

const field = fc.oneof(
  fc.constantFrom('D1', 'one', 'D2', 'D3', 'D4', 'D5', 'nobody', '甲').map((id) => `"device":"${id}"`),
  fc.constantFrom('of D1', 'of D4', 'S', '').map((id) => `"subject":"${id}"`),
  fc
    .constantFrom('2026-03-01T07:59:00.000Z', '2026-03-01T08:05:00.001Z', '1979-01-01T00:00:00.000Z', 'now')
    .map((at) => `"at":"${at}"`),
  fc.constantFrom(
    '"received":"2026-02-01T00:00:00.000Z"',
    '"lat":0,"lon":0',
    '"lat":91',
    '"lon":116.35',
    '"lat":23.50',
    '"accuracyM":15.0',
    '"accuracyM":-1',
    '"batteryPct":81',
    '"mock":true',
    '"method":"gnss"',
    '"note":"x"',
    ' "sequence":7',
  ),
);
const line = fc
  .tuple(
    fc.constantFrom('D1', 'one', 'D4').map((id) => `"device":"${id}"`),
    fc.array(field, { maxLength: 4 }),
    fc.constantFrom('', '\r', ' '),
  )
  .map(
    ([device, fields, end]) =>
      `{"type":"position",${[device, '"at":"2026-03-01T07:59:00.000Z","lat":23.5,"lon":116.25', ...fields].join(',')}}${end}`,
  );

test('N11 what goes on the log in its own words says what the general way would have put there', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('F', 'shifted', null),
      async (lines, feed) => {
        const general = lines.map((text): Draft => ({ json: parseJson(text), raw: () => Buffer.from(text) }));
        const own = general.map((draft, i): Draft => ({ ...draft, line: Buffer.from(lines[i] ?? '') }));
        expect(await take(own, feed)).toStrictEqual(await take(general, feed));
      },
    ),
    { numRuns: 1000 },
  );
});

test('N11 the usual line is taken so', async () => {
  const usual =
    '{"type":"position","device":"D1","at":"2026-03-01T07:59:00.000Z","lat":23.5,"lon":116.25,"accuracyM":15}';
  const unread: Draft = {
    line: Buffer.from(usual),
    get json(): never {
      throw new Error('is read as JSON');
    },
    raw: () => Buffer.alloc(0),
  };
  const { taken, stands } = await take([unread], 'F');
  expect(taken).toEqual({ accepted: 1, refused: [] });
  expect(stands).toMatchObject([
    ['of D1', { ok: true, value: { subject: 'of D1', lat: 23.5, receivedMs: RECEIVED_MS } }],
  ]);
});
