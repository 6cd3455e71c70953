import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../kernel/field.ts';
import type { DeviceRecord } from './record.ts';
import { watch } from './watch.ts';
import type { WireFrame } from './wire.ts';

const RECEIVED_MS = Date.UTC(2026, 2, 1, 8);
const RECEIVED = '2026-03-01T08:00:00Z';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function open() {
  return watch.open({ authCode: () => '' });
}

/** The frames of bytes that come in pieces of the given sizes, over and over. */
function read(bytes: Uint8Array, cuts: readonly number[] = [bytes.length]): readonly WireFrame[] {
  const session = open();
  const frames: WireFrame[] = [];
  for (let at = 0, cut = 0; at < bytes.length; cut++) {
    const size = Math.max(1, cuts[cut % cuts.length] ?? 1);
    // A view of a larger array, as a socket gives it, and written over afterwards.
    const chunk = bytes.slice(at, at + size);
    frames.push(...session.push(chunk, RECEIVED_MS));
    chunk.fill(0);
    at += size;
  }
  return frames;
}

function records(text: string): readonly DeviceRecord[] {
  return read(bytesOf(text)).flatMap((frame) => frame.records);
}

function one(text: string): WireFrame {
  const [frame, ...others] = read(bytesOf(text));
  if (frame === undefined || others.length > 0) throw new Error(`not one frame: ${text}`);
  return frame;
}

function replies(frames: readonly WireFrame[]): string[] {
  return frames.flatMap(({ reply }) => (reply === undefined ? [] : [textOf(reply(true))]));
}

/** What is compared of frames: bytes, not functions. */
function shown(frames: readonly WireFrame[]) {
  return frames.map(({ reply, raw, ...frame }) => ({
    ...frame,
    raw: textOf(raw),
    reply: reply === undefined ? null : textOf(reply(true)),
  }));
}

const UD =
  '[3G*9705141740*005A*UD,190723,190707,A,36.815109,N,10.1792312,E,8.24,127.9,21.0,5,100,53,0,0,00000000,0,0,58.0]';
const LK = '[3G*9705141740*0009*LK,0,0,53]';

describe('vectors', () => {
  const file = new URL('../../../../shared/vectors/watch.json', import.meta.url);
  if (!existsSync(file)) {
    const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
    test.skipIf(!isForbidden)('SW1 vectors: skipped, ../shared/vectors/watch.json is not there', () => {
      expect.fail('../shared/vectors/watch.json is missing, and WARDLINE_FORBID_SKIPS forbids to go without');
    });
    return;
  }
  interface Reply {
    readonly any_of: readonly string[];
  }
  interface Vector {
    readonly id: string;
    readonly input: { readonly text: string };
    readonly expected: { readonly deviceId: string; readonly records: readonly Json[] } | null;
    readonly reply?: Reply | { readonly sequence: readonly Reply[] };
  }
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[];
  const precision = (key: string) => (key === 'speed_kmh' ? 3 : key === 'accuracy_m' ? 6 : 7);

  test.each(vectors)('SW1 $id is read as its vector says', ({ input, expected, reply }) => {
    const frames = read(bytesOf(input.text), [7]);
    const given = frames.flatMap((frame) => frame.records);
    expect(frames.every(({ refusal }) => refusal === null)).toBe(true);
    expect(given).toHaveLength(expected?.records.length ?? 0);
    if (expected !== null)
      expect(new Set(frames.map(({ device }) => device))).toEqual(new Set([expected.deviceId]));
    expected?.records.forEach((record, at) => {
      const near = Object.fromEntries(
        Object.entries(record).map(([key, value]) => [
          key,
          typeof value === 'number'
            ? expect.closeTo(value, precision(key))
            : value === '@received'
              ? RECEIVED
              : value,
        ]),
      );
      expect(given[at]).toMatchObject(near);
    });
    if (reply === undefined) return;
    const wanted = 'sequence' in reply ? reply.sequence : [reply];
    const sent = replies(frames).map((text) => text.toUpperCase());
    expect(sent).toHaveLength(wanted.length);
    wanted.forEach(({ any_of }, at) => {
      expect(any_of.map((text) => text.toUpperCase())).toContain(sent[at]);
    });
  });
});

test('SW2 a frame ends where its brackets balance, or at LEN when a bracket stands there', () => {
  const balanced =
    '[3G*1234567890*0001*UD,120623,140002,A,48.9,N, 4.3,E,1,2,3,4,100,76,0,0,00000000,0,1,[LG_Wall-Mount A/C]e725,66:a1:ed:e1:e7:25,-82,15.0]';
  expect(records(balanced + LK)).toMatchObject([
    { lat: 48.9, lon: 4.3, wifi: [{ ssid: '[LG_Wall-Mount A/C]e725', rssi: -82 }], accuracy_m: 15 },
    { kind: 'status' },
  ]);
  const content =
    'UD,120623,140002,A,48.9,N,4.3,E,1,2,3,4,100,76,0,0,00000000,0,1,a[b,66:a1:ed:e1:e7:25,-82,15.0';
  const length = content.length.toString(16).padStart(4, '0');
  expect(records(`[3G*1234567890*${length}*${content}]${LK}`)).toMatchObject([
    { wifi: [{ ssid: 'a[b' }] },
    { kind: 'status' },
  ]);
});

test('SW2 one that was cut off ends where the header of another begins; between frames line ends are nothing', () => {
  const cut = '[3G*9705141740*0009*LK,0,0';
  expect(shown(read(bytesOf(`\r\n${cut}${LK}\r\n \n${UD}`)))).toMatchObject([
    { device: '9705141740', refusal: { code: 'bad-shape' }, raw: cut },
    { device: '9705141740', refusal: null, raw: LK },
    { device: '9705141740', refusal: null, raw: UD },
  ]);
});

test('SW2 other bytes are refused, a bounded part of them, and the frame after them is read', () => {
  const http = 'GET / HTTP/1.1\r\nHost: example.test\r\nAccept: */*\r\nUser-Agent: none\r\n\r\n';
  expect(shown(read(bytesOf(http + LK)))).toMatchObject([
    { device: null, refusal: { code: 'bad-shape' }, raw: http.slice(0, 64), reply: null },
    { raw: LK },
  ]);
  expect(shown(read(bytesOf(`[3G*[[LK]${LK}`)))).toMatchObject([
    { device: null, raw: '[3G*[[LK]' },
    { raw: LK },
  ]);
});

test('SW2 endless bytes without a frame are told every 4096 and nothing of them is kept', () => {
  const session = open();
  let told = 0;
  for (let i = 0; i < 100; i++) told += session.push(new Uint8Array(4096).fill(0x41), RECEIVED_MS).length;
  expect(told).toBe(101);
});

test.each([
  ['in one piece', 1_000_000],
  ['in pieces', 1000],
])('SW3 a frame longer than 16 KiB is let go %s, and what follows it is read', (_, cut) => {
  const voice = `[3G*9705141740*EA60*TK,#!AMR${'x'.repeat(60_000 - 8)}]`;
  expect(shown(read(bytesOf(voice + LK), [cut]))).toMatchObject([
    { device: null, refusal: { code: 'too-large' }, raw: voice.slice(0, 256) },
    { raw: LK },
  ]);
});

test('SW3 a frame that never ends is told once as too long, then as bytes without a frame', () => {
  const frames = read(bytesOf(`[3G*9705141740*0009*LK,${'x'.repeat(300_000)}${LK}`), [1000]);
  expect(frames[0]).toMatchObject({ refusal: { code: 'too-large' } });
  expect(frames.at(-1)).toMatchObject({ records: [{ kind: 'status' }] });
  expect(frames.length).toBeLessThan(60);
});

test('SW4 in payloads that escape bytes their brackets are no brackets', () => {
  const voice = '[CS*1234567890*000e*TK,#!AMR}\u0001}\u0002}\u0003}\u0004}\u0005\u007f]';
  expect(one(voice)).toMatchObject({ device: '1234567890', records: [], refusal: null });
});

test.each([
  ['LK', 'LK'],
  ['LK,1,2,30', 'LK'],
  ['TKQ', 'TKQ'],
  ['TKQ2', 'TKQ2'],
  ['INIT,123,0', 'INIT,1'],
  ['CONFIG,TY:G36,UL:600', 'CONFIG,1'],
  ['bphrt,120,79,73,,,,', 'bphrt'],
  ['btemp2,1,35.29', 'btemp2'],
  ['oxygen,0,98', 'oxygen,1'],
  ['ALCUSTOMER1,251120,081821,V,0.0,N,0.0,E,0,0,0,0,100,2,0,0,00100008,0,0', 'AL'],
  ['AL,unreadable', 'AL'],
])('SW5 %s is answered with %s', (content, answer) => {
  const length = answer.length.toString(16).padStart(4, '0').toUpperCase();
  expect(replies([one(`[3G*1234567890*0001*${content}]`)])).toEqual([`[3G*1234567890*${length}*${answer}]`]);
  expect(replies([one(`[ZJ*1234567890*00a7*0001*${content}]`)])).toEqual([
    `[ZJ*1234567890*00a7*${length}*${answer}]`,
  ]);
});

test.each(['UD,unreadable', 'PULSE,72', 'TK,1', 'ICCID,89860', 'rcapture'])(
  'SW5 %s has no answer',
  (content) => {
    expect(one(`[3G*1234567890*0001*${content}]`).reply).toBeUndefined();
  },
);

test('SW5 what could not be kept is not answered: the device sends it again', () => {
  expect(one(LK).reply?.(false)).toHaveLength(0);
});

test.each([
  ['00010000', ['sos'], []],
  ['00020000', ['low_battery'], []],
  ['000c0000', ['fence_exit', 'fence_enter'], []],
  ['00100008', ['bracelet_removed'], ['bracelet_state']],
  ['00600017', ['fall_down', 'heart_rate'], ['low_battery', 'out_of_fence', 'in_fence', 'stationary']],
  ['0001', ['unspecified'], ['low_battery']],
  ['00014000', ['sos'], ['power_cut']],
  ['00012000', ['sos'], []],
  ['80000000', ['unspecified'], []],
])('SW6 status word %s: alarms %s, states %s', (word, alarms, states) => {
  const text = `[3G*1234567890*0001*AL,251120,081821,V,1,N,2,E,0,0,0,0,100,2,0,0,${word},0,0]`;
  expect(records(text)).toMatchObject([{ alarms, states, status_flags: `0x${word.padStart(8, '0')}` }]);
});

test.each([
  ['16.5,S,68.1,', -16.5, 68.1],
  ['-16.5,S,-68.1,W', -16.5, -68.1],
  ['-16.5,,-68.1,', -16.5, -68.1],
  ['16.5,N, 8.1,E', 16.5, 8.1],
  ['0,S,0.0,W', 0, 0],
])('SW7 %s is at %d, %d', (place, lat, lon) => {
  const text = `[3G*1234567890*0001*UD,251120,081821,A,${place},0,0,0,0,100,2,0,0,00000000,0,0]`;
  expect(records(text)).toMatchObject([{ lat, lon }]);
});

test.each([
  ['251120,081821', '2020-11-25T08:18:21Z'],
  ['000000,000000', null],
  ['300220,081821', null],
  ['251120,241821', null],
  ['2511,081821', null],
])('SW7 %s is the time %s', (given, time) => {
  const text = `[3G*1234567890*0001*UD,${given},A,1,N,2,E,0,0,0,0,100,2,0,0,00000000,0,0]`;
  expect(records(text)).toMatchObject([{ time }]);
});

test.each([
  ['lat', 'UD,251120,081821,A,x,N,2,E,0,0,0,0,100,2,0,0,00000000,0,0', 'bad-coordinates'],
  ['validity', 'UD,251120,081821,X,1,N,2,E,0,0,0,0,100,2,0,0,00000000,0,0', 'unknown-value'],
  ['status', 'UD,251120,081821,A,1,N,2,E,0,0,0,0,100', 'bad-shape'],
  ['battery', 'LK,1,2,full', 'wrong-type'],
  ['type', 'NEWS,1,2', 'unknown-value'],
])('SW8 a message with an unreadable %s is refused and names its device', (_, content, code) => {
  expect(one(`[3G*1234567890*0001*${content}]`)).toMatchObject({
    device: '1234567890',
    records: [],
    refusal: { code },
  });
});

const AT = 'UD,251120,081821,A,1,N,2,E,0,0,0,0,100,2,0,0,00000000';
test.each([
  [
    '1,1,234,10,55C0,3B882A2,132,,10',
    { cells: [{ mcc: 234, mnc: 10, lac: 0x55c0, cid: 0x3b882a2, signal: 132 }] },
  ],
  ['1,1,FFFF,FFFF,FFFE,3B882A2,132,,00', {}],
  ['0,1,,,,00', {}],
  ['0,1,0,0,,10', {}],
  ['0,0,0', {}],
  ['0,0,58.0', { accuracy_m: 58 }],
  ['0,255,460,0,0,65.8', { accuracy_m: 65.8 }],
  [
    '1,255,460,0,16399,234887445,0,2,WIFI00,68:77:24:1b:e7:a7,-59,,68:77:24:1b:e3:30,-75',
    {
      cells: [{ mcc: 460, mnc: 0, lac: 16399, cid: 234887445, signal: 0 }],
      wifi: [
        { ssid: 'WIFI00', mac: '68:77:24:1b:e7:a7', rssi: -59 },
        { ssid: '', mac: '68:77:24:1b:e3:30', rssi: -75 },
      ],
    },
  ],
  [
    '0,2,a,b c,68:77:24:1b:e7:a7,-59,x,68:77:24:1b:e3:30,-75,12.5',
    {
      wifi: [
        { ssid: 'a,b c', mac: '68:77:24:1b:e7:a7', rssi: -59 },
        { ssid: 'x', mac: '68:77:24:1b:e3:30', rssi: -75 },
      ],
      accuracy_m: 12.5,
    },
  ],
])('SW9 surroundings %s', (rest, expected) => {
  const [record] = records(`[3G*1234567890*0001*${AT},${rest}]`);
  const { cells, wifi, accuracy_m } = record ?? { kind: 'position' };
  expect(JSON.parse(JSON.stringify({ cells, wifi, accuracy_m }))).toEqual(expected);
});

test.each([
  ['PULSE,72', { heart_rate: 72 }],
  ['heart,0', { heart_rate: 0 }],
  ['BLOOD,109,68', { pressure_high: 109, pressure_low: 68 }],
  ['bphrt,120,79,73,,,,', { pressure_high: 120, pressure_low: 79, heart_rate: 73 }],
  ['TEMP,36.5', { temperature_c: 36.5 }],
  ['btemp2,1,35.29', { temperature_c: 35.29 }],
  ['oxygen,0,98', { spo2: 98 }],
])('SW10 %s', (content, expected) => {
  expect(records(`[3G*1234567890*0001*${content}]`)).toEqual([
    { kind: 'health', time: RECEIVED, ...expected },
  ]);
});

test.each(['LK', 'LK,0,100', 'btemp2,0,25', 'PULSE,', 'TKQ', 'ICCID,89860', 'CR', 'UPLOAD,1', 'anything'])(
  'SW10 %s says nothing of itself and is not refused',
  (content) => {
    expect(one(`[3G*1234567890*0001*${content}]`)).toMatchObject({ records: [], refusal: null });
  },
);

test('SW9 a text that no store can keep is made one that it can', () => {
  expect(records(`[3G*1234567890*0001*${AT},0,1,a\u0000b,68:77:24:1b:e7:a7,-59]`)).toMatchObject([
    { wifi: [{ ssid: 'a\ufffdb' }] },
  ]);
});

test('SW11 commands take the style and address of the device that spoke last, and its word answers them', () => {
  const session = open();
  expect(session.command({ type: 'locate' })).toBeUndefined();
  session.push(bytesOf('[ZJ*123456789012345*00a7*0002*LK]'), RECEIVED_MS);
  const sent = (command: Parameters<typeof session.command>[0]) => {
    const { bytes, serial } = session.command(command) ?? {};
    return [textOf(bytes ?? new Uint8Array()), serial];
  };
  expect(sent({ type: 'locate' })).toEqual(['[ZJ*123456789012345*0001*0002*CR]', 1]);
  expect(sent({ type: 'set-interval', intervalS: 60 })).toEqual([
    '[ZJ*123456789012345*0001*0009*UPLOAD,60]',
    2,
  ]);
  expect(sent({ type: 'text', text: '请回电A' })).toEqual([
    '[ZJ*123456789012345*0001*0018*MESSAGE,8BF756DE75350041]',
    3,
  ]);
  expect(sent({ type: 'find' })).toEqual(['[ZJ*123456789012345*0001*0004*FIND]', 4]);
  session.push(bytesOf('[3G*9705141740*0002*LK]'), RECEIVED_MS);
  expect(sent({ type: 'locate' })).toEqual(['[3G*9705141740*0002*CR]', 5]);
  const answers = session
    .push(bytesOf('[3G*9705141740*0002*CR][3G*9705141740*0008*UPLOAD,0][3G*9705141740*0002*CR]'), RECEIVED_MS)
    .map((frame) => frame.answers);
  expect(answers).toEqual([{ serial: 5, ok: true }, { serial: 2, ok: false }, undefined]);
});

test('SW7 a number is the one that its digits mean (2000 runs)', () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: 0n, max: 999_999_999_999_999n }), fc.nat(15), fc.constantFrom('', ' ', '  '))
    .map(([digits, decimals, spaces]) => {
      const text = digits
        .toString()
        .padStart(decimals + 1, '0')
        .slice(0, 15);
      return `${spaces}${text.slice(0, text.length - decimals)}${decimals === 0 ? '' : '.'}${text.slice(text.length - decimals)}`;
    });
  fc.assert(
    fc.property(decimal, decimal, (lat, speed) => {
      const text = `[3G*1234567890*0001*UD,251120,081821,A,-${lat.trim()},,1,E,${speed},0,0,0,100,2,0,0,00000000,0,0]`;
      expect(records(text)).toEqual([
        expect.objectContaining({ lat: Number(`-${lat.trim()}`) + 0, speed_kmh: Number(speed) }),
      ]);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['V,,N,,E', '00010000', ['sos']],
  ['V, ,, ,', '00010000', ['sos']],
  ['V,x,N,y,E', ' 00010000', ['sos']],
  ['A,,,,', '00010000 ', ['sos']],
  ['V,,N,,E', '', ['unspecified']],
])('SW13 AL %s without a place and with the word %j is a status with its alarms', (place, word, alarms) => {
  const text = `[3G*1234567890*0001*AL,251120,081821,${place},0,0,0,0,100,2,0,0,${word},0,0]`;
  expect(records(text)).toMatchObject([
    { kind: 'status', time: '2020-11-25T08:18:21Z', battery_percent: 2, alarms },
  ]);
  expect(records(text)[0]).not.toHaveProperty('lat');
  expect(one(text).straps).toEqual([word === '' ? null : 'closed']);
});

test.each([
  ['+22.57', 22.57],
  [' +22.57 ', 22.57],
  ['22.570000000000000001', 22.57],
  ['22.123456789012345678', 22.1234567890123],
])('SW7 %s is the latitude %d', (given, lat) => {
  const text = `[3G*1234567890*0001*UD,251120,081821,A,${given},N,2,E,0,0,0,0,100,2,0,0,00000000,0,0]`;
  expect(records(text)).toMatchObject([{ kind: 'position', lat }]);
});

test.each([
  '',
  ' ',
  '-',
  '.',
  '1.2.3',
  '1 2',
  '--1',
  '+-1',
  '+',
  '1-',
  '1e3',
  '0x10',
  '1234567890123456',
  '１',
])('SW7 %j is no number', (given) => {
  const text = `[3G*1234567890*0001*UD,251120,081821,A,1,N,2,E,${given},0,0,0,100,2,0,0,00000000,0,0]`;
  expect(records(text)).toMatchObject([{ lat: 1, course_deg: 0 }]);
  expect(records(text)[0]).not.toHaveProperty('speed_kmh');
});

const anyCuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const anyBytes = fc.uint8Array({ maxLength: 400 });
/** Pieces of frames, so that nearly-frames are met and not only noise. */
const nearlyFrames = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        UD,
        LK,
        '[3G*',
        '[',
        ']',
        '*',
        ',',
        '9705141740*',
        '000',
        '9*',
        'UD,',
        'AL,',
        '0001*',
        '\r\n',
        '}',
        '\u0001',
        '\u0000',
      ),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => bytesOf(parts.join('')));
const values = fc.array(
  fc.oneof(fc.constantFrom('', 'A', '0', '1', '-1', '00:11:22:33:44:55', 'ff'), fc.string({ maxLength: 8 })),
  {
    maxLength: 30,
  },
);
const anyMessage = fc
  .tuple(fc.constantFrom('UD', 'AL', 'WT', 'LK', 'bphrt', 'btemp2', 'oxygen', 'TEMP', 'JXTK'), values)
  .map(([type, list]) => bytesOf(`[3G*1234567890*0000*${[type, ...list].join(',')}]`));

describe('any bytes (3 × 2000 runs)', () => {
  test('SW12 whatever comes, in whatever cut, the frames are the same, and nothing throws', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, nearlyFrames, anyMessage), anyCuts, (bytes, cuts) => {
        expect(shown(read(bytes, cuts))).toEqual(shown(read(bytes)));
      }),
      { numRuns: 2000 },
    );
  });

  test('SW12 every record can be written down, every refusal has its code', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyFrames, anyMessage), (bytes) => {
        for (const frame of read(bytes)) {
          expect(JSON.parse(JSON.stringify(frame.records))).toEqual(frame.records);
          expect(JSON.stringify(frame.records)).not.toContain('\\u0000');
          if (frame.device === null) expect(frame.refusal).not.toBeNull();
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('SW12 a whole frame is read after any bytes that hold no open bracket', () => {
    fc.assert(
      fc.property(anyBytes, anyCuts, (noise, cuts) => {
        const before = noise.filter((byte) => byte !== 0x5b);
        const frames = read(Uint8Array.from([...before, ...bytesOf(LK)]), cuts);
        expect(frames.at(-1)).toMatchObject({ device: '9705141740', records: [{ battery_percent: 53 }] });
      }),
      { numRuns: 2000 },
    );
  });
});
