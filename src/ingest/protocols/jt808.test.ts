import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../kernel/field.ts';
import { createWallClock } from '../../kernel/wall-clock.ts';
import { jt808 } from './jt808.ts';
import { frameOf } from './jt808-frame.ts';
import { writeJt808Message } from './jt808-message.ts';
import type { DeviceRecord } from './record.ts';
import type { DeviceCommand, WireFrame } from './wire.ts';

const RECEIVED_MS = Date.UTC(2026, 2, 1, 8);
const RECEIVED = '2026-03-01T08:00:00Z';

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const open = () => jt808.open({ authCode: (device) => `code-${device}` });

const PHONE = [0x01, 0x39, 0x12, 0x34, 0x43, 0x29];
const PHONE_2019 = [0, 0, 0, 0, 0x01, 0x39, 0x12, 0x34, 0x43, 0x29];
const DEVICE = '13912344329';

/** A message of a terminal. */
function message(id: number, body: readonly number[], serial = 7, is2019 = false): Uint8Array {
  const to = is2019
    ? { phone: Uint8Array.from(PHONE_2019), version: 1 }
    : { phone: Uint8Array.from(PHONE), version: undefined };
  return writeJt808Message(to, id, serial, body);
}

/** The parts of a message, as a terminal of 2013 sends them. */
function parts(id: number, bodies: readonly (readonly number[])[], serial = 7): Uint8Array[] {
  return bodies.map((body, at) =>
    frameOf([
      ...[id >> 8, id & 255, 0x20 | (body.length >> 8), body.length & 255, ...PHONE],
      ...[((serial + at) >> 8) & 255, (serial + at) & 255, 0, bodies.length, 0, at + 1, ...body],
    ]),
  );
}

function joined(...frames: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(frames));
}

/** The frames of bytes that come in pieces of the given sizes, over and over. */
function read(bytes: Uint8Array, cuts: readonly number[] = [bytes.length]): readonly WireFrame[] {
  const session = open();
  const frames: WireFrame[] = [];
  for (let at = 0, cut = 0; at < bytes.length; cut++) {
    const size = Math.max(1, cuts[cut % cuts.length] ?? 1);
    const chunk = bytes.slice(at, at + size);
    frames.push(...session.push(chunk, RECEIVED_MS));
    // It is the socket's again.
    chunk.fill(0x7e);
    at += size;
  }
  return frames;
}

function one(bytes: Uint8Array): WireFrame {
  const [frame, ...others] = read(bytes);
  if (frame === undefined || others.length > 0) throw new Error(`not one frame: ${hexOf(bytes)}`);
  return frame;
}

function onlyRecord(bytes: Uint8Array): DeviceRecord {
  const { records, refusal } = one(bytes);
  const [record] = records;
  if (record === undefined || records.length > 1 || refusal !== null) throw new Error('not one record');
  return record;
}

const CUT = /7e(?:(?!7e)..)+7e/g;

/** A reply of ours, read by hand: id, serial and body behind the terminal's own header. */
function replyOf(frame: WireFrame | undefined, isAccepted = true) {
  const bytes = frame?.reply?.(isAccepted);
  return bytes === undefined ? undefined : opened(bytes);
}

function opened(bytes: Uint8Array) {
  const plain = bytesOf(
    hexOf(bytes).slice(2, -2).replace(/(..)/g, '$1 ').replaceAll('7d 02', '7e').replaceAll('7d 01', '7d'),
  );
  expect(plain.reduce((check, byte) => check ^ byte, 0)).toBe(0);
  const view = new DataView(plain.buffer);
  const is2019 = (view.getUint16(2) & 0x4000) !== 0;
  const header = is2019 ? 17 : 12;
  const body = plain.slice(header, -1);
  expect(view.getUint16(2) & 0x3ff).toBe(body.length);
  return {
    id: view.getUint16(0),
    phone: hexOf(plain.slice(is2019 ? 5 : 4, header - 2)),
    version: is2019 ? plain[4] : undefined,
    serial: view.getUint16(header - 2),
    body,
  };
}

/** What is compared of frames: bytes, not functions. */
function shown(frames: readonly WireFrame[]) {
  return frames.map(({ reply, raw, ...frame }) => ({
    ...frame,
    raw: hexOf(raw),
    reply: reply === undefined ? null : hexOf(reply(true)),
  }));
}

/** Without items: 2025-12-08 16:41:48 in China, at 22.586314, 113.909015. */
const FIXED = '00000000 00000002 0158a3ca 06ca1d17 000a 0064 005a 251208164148';
const location = (items = '', fixed = FIXED) => [...bytesOf(fixed + items)];

describe('vectors', () => {
  const file = new URL('../../../../shared/vectors/jt808.json', import.meta.url);
  if (!existsSync(file)) {
    const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
    test.skipIf(!isForbidden)('JT1 vectors: skipped, ../shared/vectors/jt808.json is not there', () => {
      expect.fail('../shared/vectors/jt808.json is missing, and WARDLINE_FORBID_SKIPS forbids to go without');
    });
    return;
  }
  interface Vector {
    readonly id: string;
    readonly input: { readonly hex: string };
    readonly expected: { readonly deviceId: string; readonly records: readonly Json[] } | null;
    readonly message?: { readonly deviceId: string; readonly version: string };
    readonly reply?: Json;
    readonly tags?: readonly string[];
  }
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[];

  test.each(vectors)(
    'JT1 $id is read and answered as its vector says',
    ({ input, expected, message: facts, reply, tags }) => {
      const bytes = bytesOf(input.hex);
      const [frame, ...others] = read(bytes, [3]);
      expect(others).toEqual([]);
      const records = frame?.records ?? [];
      expect(records).toHaveLength(expected?.records.length ?? 0);
      expected?.records.forEach((record, at) => {
        const near = Object.fromEntries(
          Object.entries(record).map(([key, value]) => {
            if (typeof value === 'number') return [key, expect.closeTo(value, 6)];
            // A list of alarms is a set.
            return [key, key === 'alarms' ? [...new Set(value as string[])].sort() : value];
          }),
        );
        const alarms = records[at]?.alarms;
        const given = Array.isArray(alarms)
          ? { ...records[at], alarms: [...new Set(alarms)].sort() }
          : records[at];
        expect(given).toMatchObject(near);
      });
      if (tags?.includes('malformed')) {
        expect(frame).toMatchObject({ device: null, refusal: { code: 'bad-shape' } });
        expect(frame?.reply).toBeUndefined();
        return;
      }
      expect(frame?.device).toBe(facts?.deviceId);
      expect(frame?.refusal).toBeNull();
      const sent = replyOf(frame);
      expect(sent?.version !== undefined).toBe(facts?.version === '2019');
      const { body = new Uint8Array(), id = 0 } = sent ?? {};
      expect(`0x${id.toString(16)}`).toBe(reply?.msg_id);
      const view = new DataView(body.buffer);
      expect(view.getUint16(0)).toBe(reply?.ack_serial);
      if (id === 0x8001) {
        expect(`0x${view.getUint16(2).toString(16).padStart(4, '0')}`).toBe(reply?.ack_msg_id);
        expect(body[4]).toBe(reply?.result);
      } else {
        expect(body[2]).toBe(reply?.result);
        expect(new TextDecoder().decode(body.slice(3))).toBe(`code-${facts?.deviceId}`);
      }
    },
  );
});

test('JT2 bytes before the first delimiter are refused, empty frames are nothing, two frames may share a delimiter', () => {
  const beat = message(0x0002, []);
  const bytes = joined(bytesOf('2424'), beat, bytesOf('7e7e'), beat.slice(1), bytesOf('7e'), beat);
  expect(shown(read(bytes))).toMatchObject([
    { device: null, refusal: { code: 'bad-shape' }, raw: '2424' },
    { device: DEVICE, refusal: null },
    { device: DEVICE, refusal: null },
    { device: DEVICE, refusal: null },
  ]);
});

test('JT2 what stands between two frames is refused and the next one read', () => {
  const beat = message(0x0002, []);
  expect(read(joined(beat, bytesOf('0d0a'), beat)).map(({ refusal }) => refusal?.code ?? null)).toEqual([
    null,
    'bad-shape',
    null,
  ]);
});

test.each([1, 100, 1_000_000])('JT2 a frame without an end is refused once, in pieces of %d', (cut) => {
  const beat = message(0x0002, []);
  const bytes = joined(beat, new Uint8Array(20_000).fill(0x41), beat);
  expect(shown(read(bytes, [cut]))).toMatchObject([
    { device: DEVICE },
    { device: null, refusal: { code: 'too-large' }, raw: '41'.repeat(64) },
    { device: DEVICE },
  ]);
});

test('JT2 another protocol is refused once', () => {
  const http = new TextEncoder().encode(
    `GET / HTTP/1.1\r\nHost: example.test\r\n${'X: y\r\n'.repeat(100)}\r\n`,
  );
  expect(shown(read(http, [10]))).toMatchObject([
    { device: null, refusal: { code: 'bad-shape' }, raw: hexOf(http.slice(0, 64)) },
  ]);
});

test.each([
  ['check', '7e 0002 0000 013912344329 0007 00 7e', 'check'],
  ['length', hexOf(frameOf([0, 2, 0, 1, ...PHONE, 0, 7])), 'attributes'],
  ['header', '7e 0002 0000 02 7e', 'header'],
  ['encryption', hexOf(frameOf([2, 0, 4, 1, ...PHONE, 0, 7, 0])), 'attributes'],
])(
  'JT3 a frame with a wrong %s is refused, nothing in it is believed, and there is no answer',
  (_, hex, where) => {
    const frame = one(bytesOf(hex));
    expect(frame).toMatchObject({ device: null, records: [], refusal: { where } });
    expect(frame.reply).toBeUndefined();
  },
);

test('JT4 the phone number without its leading zeros is the device, an IMEI in binary its 15 digits', () => {
  const device = (phone: string) => one(frameOf([0, 2, 0, 0, ...bytesOf(phone), 0, 1])).device;
  expect(device('000000000000')).toBe('0');
  expect(device('000000001862')).toBe('1862');
  expect(device('4f07788ef676')).toBe('868935060005020');
  expect(one(message(0x0002, [], 1, true)).device).toBe(DEVICE);
});

test('JT5 the answer has the header style and number of the terminal, and serials of our own', () => {
  const session = open();
  const [first, second] = session.push(
    joined(message(0x0002, [], 65535, true), message(0x0002, [], 0)),
    RECEIVED_MS,
  );
  expect(replyOf(first)).toMatchObject({
    id: 0x8001,
    version: 1,
    phone: hexOf(Uint8Array.from(PHONE_2019)),
    serial: 1,
  });
  expect(replyOf(second)).toMatchObject({
    id: 0x8001,
    version: undefined,
    phone: hexOf(Uint8Array.from(PHONE)),
    serial: 2,
  });
});

test.each([
  ['what was kept', 0x0200, location(), true, [0, 7, 2, 0, 0]],
  ['what could not be kept', 0x0200, location(), false, [0, 7, 2, 0, 1]],
  ['a location that is too short', 0x0200, [1, 2, 3], true, [0, 7, 2, 0, 2]],
  ['a message that is not understood', 0x0f01, [1, 2, 3], true, [0, 7, 0x0f, 1, 3]],
  ['a logout', 0x0003, [], true, [0, 7, 0, 3, 0]],
  ['attributes', 0x0107, [1, 2, 3], true, [0, 7, 1, 7, 0]],
  ['an upgrade', 0x0108, [0, 0], true, [0, 7, 1, 8, 0]],
])('JT5 %s', (_, id, body, isAccepted, answer) => {
  expect(replyOf(one(message(id, body)), isAccepted)).toMatchObject({
    id: 0x8001,
    body: Uint8Array.from(answer),
  });
});

test('JT6 a registration is answered with the code to authenticate with, or that the terminal has one already', () => {
  // Shorter than any published layout (protocols.md A.4).
  const frame = one(message(0x0100, [0, 44, 1, 47, ...new Array<number>(21).fill(48)]));
  expect(frame).toMatchObject({ device: DEVICE, records: [], refusal: null });
  expect(frame.claim).toBeUndefined();
  const code = new TextEncoder().encode(`code-${DEVICE}`);
  expect(replyOf(frame)).toMatchObject({ id: 0x8100, body: Uint8Array.from([0, 7, 0, ...code]) });
  expect(replyOf(frame, false)).toMatchObject({ id: 0x8100, body: Uint8Array.from([0, 7, 3]) });
});

const CODE = [...new TextEncoder().encode('secret')];
test.each([
  ['2013', false, CODE],
  ['2013, padded', false, [...CODE, 0, 0]],
  ['2019', true, [CODE.length, ...CODE, ...new Array<number>(35).fill(48)]],
  ['2019, nothing after it', true, [CODE.length, ...CODE]],
  ['2019 with the body of 2013', true, CODE],
])('JT6 authentication, %s', (_, is2019, body) => {
  const frame = one(message(0x0102, body, 7, is2019));
  expect(frame.claim).toEqual({ secret: 'secret' });
  expect(replyOf(frame)?.body[4]).toBe(0);
  expect(replyOf(frame, false)?.body[4]).toBe(1);
});

test('JT6 a code may be Chinese: GBK both ways', () => {
  const session = jt808.open({ authCode: () => '鉴权码1' });
  const [frame] = session.push(message(0x0100, []), RECEIVED_MS);
  const code = replyOf(frame)?.body.slice(3) ?? new Uint8Array();
  expect(hexOf(code)).toBe('bcf8c8a8c2eb31');
  expect(one(message(0x0102, [...code])).claim).toEqual({ secret: '鉴权码1' });
});

/** A frame whose header counts in one byte; bit 15 waits for an answer, bits 10 and 11 mean nothing that we know. */
function shortFrame(id: number, bodyHex: string, attributes = 0x8c00): Uint8Array {
  const body = [...bytesOf(bodyHex)];
  const word = attributes | body.length;
  return frameOf([id >> 8, id & 255, word >> 8, word & 255, ...PHONE, 0x2a, ...body]);
}
/** 2025-12-08 08:41:48 UTC at 22°35.1789′ N, 113°54.5409′ E, 10 knots to the south. */
const SHORT =
  '081225 084148 22351789 11354540 97 10 5a 1c 09 00000007 4e 00005ded 05e2 03 0810 0008 020200140a0301cc00100102';
const SHORT_FIX = {
  kind: 'position',
  time: '2025-12-08T08:41:48Z',
  valid: true,
  lat: 22.586315,
  lon: 113.909015,
  speed_kmh: 18.52,
  course_deg: 180,
  gsm_signal: 28,
  satellites: 9,
  odometer_km: 7,
  battery_percent: 78,
  altitude_m: 20,
  status_flags: '0x0810',
  alarm_flags: '0x0008',
  alarms: ['low_battery'],
  cells: [{ mcc: 460, mnc: 0, lac: 0x05e2, cid: 0x5ded }],
  extras: [{ id: '0x10', hex: '02' }],
};

test('JT17 0x5501 has a serial of one byte, a location in degrees and minutes, and the answer that it asks for', () => {
  const frame = one(shortFrame(0x5501, SHORT));
  expect(frame).toMatchObject({ device: DEVICE, refusal: null });
  expect(frame.records).toEqual([SHORT_FIX]);
  const answer = (isAccepted: boolean) => hexOf(frame.reply?.(isAccepted) ?? new Uint8Array()).slice(2, 30);
  expect([answer(true), answer(false)]).toEqual([
    `44010003${hexOf(Uint8Array.from(PHONE))}01550100`.slice(0, 28),
    `44010003${hexOf(Uint8Array.from(PHONE))}02550101`.slice(0, 28),
  ]);
  expect(one(shortFrame(0x5501, SHORT, 0x0400)).reply).toBeUndefined();
});

test.each([
  ['of a time without network is archived', 0x5502, '97', { archived: true, valid: true }],
  ['without a fix', 0x5501, '96', { valid: false, lat: 22.586315 }],
  ['south and west', 0x5501, '91', { lat: -22.586315, lon: -113.909015 }],
])('JT17 a short one %s', (_, id, flags, expected) => {
  const body = SHORT.replace('11354540 97', `11354540 ${flags}`);
  expect(one(shortFrame(id, body)).records).toMatchObject([expected]);
});

test.each([
  ['no BCD', SHORT.replace('22351789', '2235178a'), 'bad-coordinates'],
  ['60 minutes', SHORT.replace('22351789', '22601789'), 'bad-coordinates'],
  ['cut off', SHORT.slice(0, 60), 'bad-shape'],
])('JT17 a short one with %s is refused under its device', (_, body, code) => {
  expect(one(shortFrame(0x5501, body))).toMatchObject({ device: DEVICE, records: [], refusal: { code } });
});

test.each([
  ['no time', '000000 000000'],
  ['30 February', '300225 084148'],
])('JT17 a short one with %s has none', (_, given) => {
  expect(one(shortFrame(0x5501, SHORT.replace('081225 084148', given))).records).toMatchObject([
    { time: null },
  ]);
});

test('JT17 a connection that has heard short ones only has no word for a request', () => {
  const session = open();
  session.push(shortFrame(0x5501, SHORT), RECEIVED_MS);
  expect(session.command({ type: 'locate' })).toBeUndefined();
});

test('JT10 a clock that is declared for the terminal counts instead of GMT+8, in every message with a time', () => {
  const session = jt808.open({
    authCode: () => '',
    clockOf: (device) => (device === DEVICE ? createWallClock('-05:00') : undefined),
  });
  const timesOf = (bytes: Uint8Array) =>
    session.push(bytes, RECEIVED_MS).flatMap(({ records }) => records.map(({ time }) => time));
  const told = '2025-12-08T21:41:48Z';
  expect(timesOf(message(0x0200, location()))).toEqual([told]);
  expect(timesOf(message(0x0704, [0, 1, 0, 0, 28, ...location()]))).toEqual([told]);
  expect(timesOf(message(0x0210, [50, ...bytesOf('251208164148')]))).toEqual([told]);
  expect(timesOf(shortFrame(0x5501, SHORT))).toEqual(['2025-12-08T13:41:48Z']);
});

test.each([
  ['D5 of two bytes is a battery', 'd502019a', { battery_volts: 4.1 }],
  [
    'E8, 2003',
    'e80a200307010301720f04b0',
    { charging: true, battery_percent: 50, battery_volts: 3.7, gsm_signal: 15, power_volts: 12 },
  ],
  ['E8, 2003, not charging, level unknown', 'e80a200307000001720f04b0', { battery_volts: 3.7 }],
  [
    'E8, 2005 with HDOP',
    'e811200505 0001020172 00030150 0007020018',
    { battery_volts: 3.7, battery_percent: 80, hdop: 2.4 },
  ],
  ['E8, 0c01', 'e8040c010101', { alarms: ['sos'] }],
  ['F9 with its mask', 'f912 000f 00000001 00000000 0018 251208164148', { hdop: 2.4 }],
  ['F9 with HDOP alone', 'f904 0004 000c', { hdop: 1.2 }],
])('JT18 %s', (_, items, expected) => {
  expect(onlyRecord(message(0x0200, location(items)))).toMatchObject(expected);
});

test.each([
  ['a lock of three bytes', 'e8030c0101'],
  ['E8, 2005 that does not fit', 'e80a200505 0007030018 aa ff'],
  ['E8, 2003 of another length', 'e809200307010301720f04'],
  ['F9 that is longer than its mask', 'f905 0004 000c 00'],
  ['F9 with a bit that nobody knows', 'f904 0014 000c'],
  ['D5 of five bytes', 'd5050101010101'],
])('JT18 %s is kept as it came, and nothing in it is believed', (_, items) => {
  const record = onlyRecord(message(0x0200, location(items)));
  expect(record).not.toHaveProperty('hdop');
  expect(record).not.toHaveProperty('battery_volts');
  expect(record.alarms).toEqual([]);
  expect(record.extras).toHaveLength(1);
});

test('JT9 a course of 65535 and an altitude of -32768 are none', () => {
  const record = onlyRecord(message(0x0200, location('', FIXED.replace('000a 0064 005a', '8000 0064 ffff'))));
  expect(record).toMatchObject({ speed_kmh: 10 });
  expect(record).not.toHaveProperty('altitude_m');
  expect(record).not.toHaveProperty('course_deg');
});

test('JT7 0x0109 is answered by 0x8109 with the time in UTC', () => {
  expect(replyOf(one(message(0x0109, [])))).toMatchObject({
    id: 0x8109,
    body: Uint8Array.from([2026 >> 8, 2026 & 255, 3, 1, 8, 0, 0, 0]),
  });
});

test('JT5 0x0506 is a heartbeat', () => {
  const frame = one(message(0x0506, []));
  expect(frame).toMatchObject({ device: DEVICE, records: [], refusal: null });
  expect(replyOf(frame)).toMatchObject({ id: 0x8001, body: Uint8Array.from([0, 7, 5, 6, 0]) });
});

test('JT5 a message that is not understood says so, and what it is', () => {
  expect(one(message(0x0900, [1, 2, 3]))).toMatchObject({
    isUnsupported: true,
    refusal: { where: '0x0900' },
  });
});

test('JT7 time is answered in UTC', () => {
  expect(replyOf(one(message(0x0004, [], 7, true)))).toMatchObject({
    id: 0x8004,
    body: bytesOf('260301080000'),
  });
});

test('JT8 answers to commands name the command, and are not answered', () => {
  expect(one(message(0x0001, [1, 2, 0x82, 1, 0]))).toMatchObject({
    answers: { serial: 258, ok: true },
    records: [],
  });
  expect(one(message(0x0001, [1, 2, 0x82, 1, 3])).answers).toEqual({ serial: 258, ok: false });
  const located = one(message(0x0201, [1, 2, ...location()]));
  expect(located).toMatchObject({ answers: { serial: 258, ok: true }, records: [{ lat: 22.586314 }] });
  expect(located.reply).toBeUndefined();
  expect(one(message(0x0001, [1])).refusal).not.toBeNull();
  expect(one(message(0x0201, [1, 2, 3]))).toMatchObject({
    answers: { ok: false },
    refusal: { code: 'bad-shape' },
  });
});

test('JT8 commands go out in the style of the terminal that spoke last', () => {
  const session = open();
  expect(session.command({ type: 'locate' })).toBeUndefined();
  const sent = (command: DeviceCommand) => {
    const { bytes, serial } = session.command(command) ?? {};
    if (bytes === undefined) return undefined;
    const { id, body, serial: own, version } = opened(bytes);
    expect(own).toBe(serial);
    return [`0x${id.toString(16)}`, hexOf(body), version];
  };
  session.push(message(0x0002, []), RECEIVED_MS);
  expect(sent({ type: 'locate' })).toEqual(['0x8201', '', undefined]);
  expect(sent({ type: 'set-interval', intervalS: 60 })).toEqual([
    '0x8103',
    '0100000029040000003c',
    undefined,
  ]);
  expect(sent({ type: 'text', text: '请A' })).toEqual(['0x8300', '0cc7eb41', undefined]);
  session.push(message(0x0002, [], 7, true), RECEIVED_MS);
  expect(sent({ type: 'text', text: '请A' })).toEqual(['0x8300', '0c01c7eb41', 1]);
  expect(sent({ type: 'find' })).toBeUndefined();
  expect(sent({ type: 'text', text: '☃\u{1f984}' })).toBeUndefined();
  expect(sent({ type: 'text', text: '字'.repeat(501) })).toBeUndefined();
});

test.each([
  ['00000000 00000000', { valid: false, acc_on: false }],
  ['00000000 00000003', { valid: true, acc_on: true, lat: 22.586314, lon: 113.909015 }],
  ['00000000 0000000e', { lat: -22.586314, lon: -113.909015 }],
  ['00000000 04000022', { charging: true, coordinates_encrypted: true, status_flags: '0x04000022' }],
  [
    '80000181 00000002',
    {
      alarms: ['sos', 'main_power_undervoltage', 'main_power_down', 'illegal_door_open'],
      alarm_flags: '0x80000181',
    },
  ],
  ['00038000 00000002', { alarms: [], states: ['vibration', 'tampering', 'tampering'] }],
])('JT9 alarm and status words %s', (words, expected) => {
  const fixed = `${words} 0158a3ca 06ca1d17 000a 0064 005a 251208164148`;
  expect(onlyRecord(message(0x0200, location('', fixed)))).toMatchObject(expected);
});

test('JT9 bits 15 to 17 are those of vehicles in 2019', () => {
  const fixed = '00020000 00000002 0158a3ca 06ca1d17 000a 0064 005a 251208164148';
  expect(onlyRecord(message(0x0200, location('', fixed), 7, true))).toMatchObject({
    alarms: [],
    states: ['right_turn_blind_zone'],
  });
});

test('JT9 a negative number with the sign bit is south or west once; altitude may be below the sea', () => {
  const fixed = '00000000 0000000e fea75c36 f935e2e9 fff6 0064 005a 251208164148';
  expect(onlyRecord(message(0x0200, location('', fixed)))).toMatchObject({
    lat: -22.586314,
    lon: -113.909015,
    altitude_m: -10,
  });
});

test.each([
  ['251208164148', '2025-12-08T08:41:48Z'],
  ['240229000000', '2024-02-28T16:00:00Z'],
  ['000000000000', null],
  ['250229000000', null],
  ['25120816a148', null],
  ['fff208164148', null],
  ['251208246000', null],
])('JT10 time %s is %s', (bcd, time) => {
  expect(onlyRecord(message(0x0200, location('', FIXED.slice(0, -12) + bcd))).time).toBe(time);
});

test.each([
  ['01 04 0000007b', { odometer_km: 12.3 }],
  ['02 02 007b', { fuel_l: 12.3 }],
  ['02 02 8032', { fuel_percent: 50 }],
  ['03 02 007b', { recorder_speed_kmh: 12.3 }],
  ['04 02 014d', { manual_alarm_event: 333 }],
  [
    '05 1e 373737000000000000000000000000000000000000000000000000000000',
    { tyre_pressures: [55, 55, 55, ...new Array<number>(27).fill(0)] },
  ],
  ['06 01 3e', { battery_percent: 62 }],
  ['06 02 ffec', { cabin_temperature_c: -20 }],
  ['11 01 00', { overspeed_place: { type: 0 } }],
  ['11 05 0200000042', { overspeed_place: { type: 2, id: 66 } }],
  ['12 06 020000004201', { area_or_route: { type: 2, id: 66, direction: 'out' } }],
  ['13 07 00000042005801', { segment_time: { id: 66, duration_s: 88, result: 1 } }],
  ['25 04 00000309', { extended_signals: '0x00000309' }],
  ['2a 02 000a', { io_status: '0x000a' }],
  ['2b 04 00010002', { analog: [2, 1] }],
  ['30 01 1f', { gsm_signal: 31 }],
  ['31 01 0a', { satellites: 10 }],
  [
    '33 0f 2a4d30302c34352c31313338363030',
    { battery_volts: 3.86, extras: [{ id: '0x33', hex: '2a4d30302c34352c31313338363030' }] },
  ],
  ['33 01 03', { extras: [{ id: '0x33', hex: '03' }] }],
  ['61 02 04b0', { power_volts: 12 }],
  ['82 02 0082', { power_volts: 13 }],
  ['e1 02 0072', { power_volts: 11.4 }],
  ['fe 02 001e', { power_volts: 3 }],
  ['eb 06 0004 00ce 1d46', { power_volts: 74.94 }],
  ['56 02 0900', { battery_percent: 90 }],
  ['68 02 1f40', { battery_percent: 80 }],
  ['69 02 016f', { battery_volts: 3.67 }],
  ['d0 04 00000008', { alarms: ['vibration'] }],
  ['d3 02 0027', { power_volts: 3.9 }],
  ['d4 01 3f', { battery_percent: 63 }],
  ['e1 01 ff', { charging: true }],
  ['e9 01 64', { battery_percent: 100 }],
  ['e1 0c 010c0006 00bbe4001ada2900', { cells: [{ mcc: 268, mnc: 6, lac: 48100, cid: 1759785, signal: 0 }] }],
  ['e3 06 005501900000', { battery_percent: 85, battery_volts: 4 }],
  ['e3 06 000005890000', { extras: [{ id: '0xe3', hex: '000005890000' }] }],
  ['e4 02 0056', { battery_percent: 86, charging: true }],
  ['e4 02 0159', { battery_percent: 89 }],
  ['e5 01 01', { motion: true }],
  ['e5 01 00', { motion: false }],
  ['e7 08 0005000000000000', { alarms: ['vibration', 'sos'] }],
  ['ec 07 30de4bf67368ce', { wifi: [{ mac: '30:de:4b:f6:73:68', rssi: -50 }] }],
  ['ee 06 1430390f0009', { gsm_signal: 20, power_volts: 12.345, battery_volts: 3.84, satellites: 9 }],
  ['f0 0d 01cc0001000010e300002f8f20', { cells: [{ mcc: 460, mnc: 1, lac: 12175, cid: 4323, signal: 32 }] }],
  ['f1 04 00003039', { power_volts: 12.345 }],
  ['f7 06 00000fa00255', { battery_volts: 4, charging: true, battery_percent: 85 }],
  ['fe 01 45', { battery_percent: 69 }],
  ['fe 01 c8', { extras: [{ id: '0xfe', hex: 'c8' }] }],
  ['eb 08 01cc00 24940fd312', { cells: [{ mcc: 460, mnc: 0, lac: 9364, cid: 4051, signal: 18 }] }],
  ['eb 09 5554432b30383a3030', { time_zone: 'UTC+08:00' }],
  ['eb 06 0004 002d 0fa5', { battery_volts: 4.005 }],
  ['eb 08 0006 002d 00002db4', { power_volts: 11.7 }],
  ['eb 05 0003 00a8 5c', { battery_percent: 92 }],
  ['eb 0e 000c 00b2 8942310221007544309f', { iccid: '8942310221007544309' }],
  ['eb 08 0006 0089 ffffeffe', { alarms: ['main_power_down', 'dismantled'] }],
  ['eb 08 0006 00c5 ffffffaf', { alarms: ['vibration'] }],
  ['eb 08 0006 00c5 fe7fffff', { motion: true, alarms: [] }],
  ['eb 08 0006 00c5 00c650c8', { motion: false, alarms: [] }],
  ['eb 05 0003 00c6 03', { states: ['low_battery'] }],
  ['eb 0d 000b 00d8 01041edf340000306b', { cells: [{ mcc: 260, mnc: 30, lac: 57140, cid: 12395 }] }],
  [
    `eb 19 0017 00b9 01 ${Buffer.from('54:B1:21:66:C9:E2,-5').toString('hex')}`,
    { wifi: [{ mac: '54:b1:21:66:c9:e2', rssi: -5 }] },
  ],
  ['ab 02 1234', { extras: [{ id: '0xab', hex: '1234' }] }],
  ['30 02 001f', { extras: [{ id: '0x30', hex: '001f' }] }],
])('JT11 item %s', (item, expected) => {
  const record = onlyRecord(message(0x0200, location(item)));
  expect(record).toMatchObject(expected);
  if (!('extras' in expected)) expect(record.extras).toBeUndefined();
});

test('JT11 of an item that comes twice the first counts; one that runs past the end ends the list', () => {
  const record = onlyRecord(message(0x0200, location('3101053101063001143005')));
  expect(record).toMatchObject({ satellites: 5, gsm_signal: 20 });
});

test('JT12 18 bytes that are no items are a block of mileage, voltage and signal', () => {
  expect(onlyRecord(message(0x0200, location('000000000000000d00780000000018000000')))).toMatchObject({
    odometer_km: 13,
    battery_volts: 12,
    gsm_signal: 24,
  });
  // 18 bytes of items.
  const items = onlyRecord(message(0x0200, location('010400000012360a0002341502cb0c20085c')));
  expect(items).toMatchObject({ odometer_km: 1.8 });
  expect(items.battery_volts).toBeUndefined();
});

const sized = (body: readonly number[]) => [body.length >> 8, body.length & 255, ...body];

test('JT13 a bulk message: each location with its time, archived or not', () => {
  const body = (type: number) => [0, 2, type, ...sized(location()), ...sized(location('300114'))];
  expect(one(message(0x0704, body(1))).records).toMatchObject([
    { archived: true },
    { archived: true, gsm_signal: 20 },
  ]);
  expect(one(message(0x0704, body(0))).records).toMatchObject([{ archived: false }, { archived: false }]);
});

test('JT13 what can be read of a bulk message counts, the first fault is told with its place', () => {
  const body = [0, 4, 1, ...sized([1, 2]), ...sized(location()), 0, 99, 1, 2, 3];
  expect(one(message(0x0704, body))).toMatchObject({
    records: [{ lat: 22.586314 }],
    refusal: { code: 'bad-shape', where: 'location[0]' },
  });
  expect(one(message(0x0704, [0])).refusal).toMatchObject({ where: '0x0704' });
});

test('JT13 battery reports of vendors', () => {
  expect(onlyRecord(message(0x0210, [...bytesOf('4f260618022957')]))).toEqual({
    kind: 'status',
    time: '2026-06-17T18:29:57Z',
    battery_percent: 79,
  });
  expect(onlyRecord(message(0x0002, [80, 20, 1]))).toEqual({
    kind: 'status',
    time: RECEIVED,
    battery_percent: 80,
    gsm_signal: 20,
    status_flags: 1,
  });
  expect(one(message(0x0210, [28, ...location()])).records).toMatchObject([{ lat: 22.586314 }]);
});

describe('sub-packets', () => {
  const body = [
    0,
    3,
    1,
    ...sized(location('300101')),
    ...sized(location('300102')),
    ...sized(location('300103')),
  ];
  const cut = [body.slice(0, 40), body.slice(40, 41), body.slice(41)];

  test.each([[[0, 1, 2]], [[2, 0, 1]], [[1, 1, 0, 0, 2]]])(
    'JT14 are joined in the order %j, each acknowledged',
    (order) => {
      const sent = parts(0x0704, cut, 65534);
      const frames = read(joined(...order.map((at) => sent[at] ?? new Uint8Array())));
      expect(frames).toHaveLength(order.length);
      expect(frames.at(-1)?.records).toMatchObject([{ gsm_signal: 1 }, { gsm_signal: 2 }, { gsm_signal: 3 }]);
      expect(frames.slice(0, -1).flatMap(({ records }) => records)).toEqual([]);
      frames.forEach((frame, at) => {
        const serial = (65534 + (order[at] ?? 0)) & 0xffff;
        expect(hexOf(replyOf(frame)?.body ?? new Uint8Array())).toBe(
          `${serial.toString(16).padStart(4, '0')}070400`,
        );
      });
      expect(frames.at(-1)?.raw).toHaveLength(joined(...sent).length);
    },
  );

  test('JT14 are joined when other messages were counted between them, a first part always begins anew', () => {
    const [a1, a2, a3] = cut.map(
      (part, at) =>
        parts(
          0x0704,
          [[], [], []].map((_, i) => (i === at ? part : [])),
          7 + 10 * at,
        )[at],
    );
    const [b1] = parts(0x0704, cut, 60);
    const sent = (frames: readonly (Uint8Array | undefined)[]) =>
      frames.flatMap((bytes) => (bytes === undefined ? [] : [bytes]));
    expect(read(joined(...sent([a1, a2, a3]))).map(({ records }) => records.length)).toEqual([0, 0, 3]);
    expect(read(joined(...sent([a2, a3, b1]))).map(({ records }) => records.length)).toEqual([0, 0, 0]);
  });

  test('JT14 a message of one part is whole', () => {
    expect(one(joined(...parts(0x0704, [body]))).records).toHaveLength(3);
  });

  test('JT14 two messages under way are kept apart', () => {
    const [a1, a2, a3] = parts(0x0704, cut, 10);
    const [b1, b2, b3] = parts(0x0704, cut, 20);
    const frames = [a1, b1, a2, b2, b3, a3].flatMap((bytes) => (bytes === undefined ? [] : [bytes]));
    expect(read(joined(...frames)).map(({ records }) => records.length)).toEqual([0, 0, 0, 0, 3, 3]);
  });

  test.each([
    [[0x07, 0x04], 0, 2],
    [[0x07, 0x04], 3, 2],
    [[0x07, 0x04], 1, 65],
    [[0x08, 0x01], 1, 2],
  ])('JT14 message %j, part %d of %d is refused', (id, index, total) => {
    const bytes = frameOf([...id, 0x20, 1, ...PHONE, 0, 9, 0, total, 0, index, 1]);
    const frame = one(bytes);
    expect(frame).toMatchObject({ device: DEVICE, records: [] });
    expect(frame.refusal).not.toBeNull();
    expect(replyOf(frame)?.body[4]).toBeGreaterThan(1);
  });

  test.each([
    [false, '0007020002 0003'],
    [true, '000700020002 0003'],
  ])('JT15 after 5 s what is missing is asked for, once (2019: %s)', (is2019, request) => {
    const session = open();
    const [first] = parts(0x0704, cut);
    const header = [0x07, 0x04, 0x60, 1, 1, ...PHONE_2019, 0, 7, 0, 3, 0, 1, 5];
    session.push(is2019 ? frameOf(header) : (first ?? new Uint8Array()), RECEIVED_MS);
    const ask = (atMs: number) => {
      const [frame] = session.push(message(0x0002, [], 50), RECEIVED_MS + atMs);
      return (
        hexOf(frame?.reply?.(true) ?? new Uint8Array())
          .match(CUT)
          ?.map((hex) => opened(bytesOf(hex))) ?? []
      );
    };
    expect(ask(4999).map(({ id }) => id)).toEqual([0x8001]);
    const asked = ask(5000);
    expect(asked.map(({ id }) => id)).toEqual([0x8001, 0x8003]);
    expect(hexOf(asked[1]?.body ?? new Uint8Array())).toBe(request.replaceAll(' ', ''));
    expect(ask(6000).map(({ id }) => id)).toEqual([0x8001]);
  });

  test('JT15 what is not whole after a minute is refused with what came of it', () => {
    const session = open();
    const [first] = parts(0x0704, cut);
    session.push(first ?? new Uint8Array(), RECEIVED_MS);
    expect(session.push(message(0x0002, []), RECEIVED_MS + 60_000)).toHaveLength(1);
    const [, given] = session.push(message(0x0002, []), RECEIVED_MS + 60_001);
    expect(given).toMatchObject({
      device: DEVICE,
      records: [],
      refusal: { where: 'sub-packet' },
      raw: first,
    });
    expect(session.push(message(0x0002, []), RECEIVED_MS + 120_000)).toHaveLength(1);
  });

  test('JT15 so is what is not whole when the connection ends', () => {
    const session = open();
    const [first] = parts(0x0704, cut);
    expect(session.end?.(RECEIVED_MS)).toEqual([]);
    session.push(first ?? new Uint8Array(), RECEIVED_MS);
    expect(session.end?.(RECEIVED_MS)).toMatchObject([
      { device: DEVICE, refusal: { where: 'sub-packet' }, raw: first },
    ]);
  });

  test('JT15 of five messages under way the oldest is given up', () => {
    const session = open();
    const begun = [100, 200, 300, 400, 500].map(
      (serial) => parts(0x0704, cut, serial)[0] ?? new Uint8Array(),
    );
    const frames = begun.flatMap((bytes) => session.push(bytes, RECEIVED_MS));
    expect(frames.map(({ refusal }) => refusal?.where ?? null)).toEqual([
      null,
      null,
      null,
      null,
      null,
      'sub-packet',
    ]);
    expect(frames.at(-1)?.raw).toEqual(begun[0]);
  });
});

const anyCuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const anyBytes = fc.uint8Array({ maxLength: 400 });
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.uint8Array({ maxLength: 60 }).map((items) => Uint8Array.from([...location(), ...items])),
  fc
    .array(
      fc.tuple(
        fc.constantFrom(0xeb, 0xe1, 0xe3, 0xec, 0xf0, 0xf7, 0x06, 0x11, 0x02),
        fc.uint8Array({ maxLength: 20 }),
      ),
      { maxLength: 6 },
    )
    .map((items) =>
      Uint8Array.from([...location(), ...items.flatMap(([id, value]) => [id, value.length, ...value])]),
    ),
);
const anyId = fc.oneof(
  fc.constantFrom(0x0001, 0x0002, 0x0004, 0x0100, 0x0102, 0x0104, 0x0200, 0x0201, 0x0210, 0x0704),
  fc.nat(0xffff),
);
/** Whole messages with any content, whole or in parts. */
const anyMessage = fc.oneof(
  fc
    .tuple(anyId, anyBody, fc.nat(0xffff), fc.boolean())
    .map(([id, body, serial, is2019]) => message(id, [...body], serial, is2019)),
  fc
    .tuple(anyId, fc.uint8Array({ maxLength: 5 }), fc.nat(8), fc.nat(8), fc.nat(8))
    .map(([id, body, total, index, serial]) =>
      frameOf([id >> 8, id & 255, 0x20, body.length, ...PHONE, 0, serial, 0, total, 0, index, ...body]),
    ),
);
const anyStream = fc
  .array(fc.oneof(anyMessage, anyBytes, fc.constant(Uint8Array.of(0x7e)), fc.constant(Uint8Array.of(0x7d))), {
    maxLength: 12,
  })
  .map((pieces) => joined(...pieces));

describe('any bytes (4 × 2000 runs)', () => {
  test('JT16 whatever comes, in whatever cut, the frames are the same, and nothing throws', () => {
    fc.assert(
      fc.property(anyStream, anyCuts, (bytes, cuts) => {
        expect(shown(read(bytes, cuts))).toEqual(shown(read(bytes)));
      }),
      { numRuns: 2000 },
    );
  });

  test('JT16 every record can be written down, what has no device has a refusal, every answer is a sound frame', () => {
    fc.assert(
      fc.property(anyStream, (bytes) => {
        for (const frame of read(bytes)) {
          expect(JSON.parse(JSON.stringify(frame.records))).toEqual(frame.records);
          if (frame.device === null) expect(frame.refusal).not.toBeNull();
          for (const isAccepted of [true, false]) replyOf(frame, isAccepted);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('JT16 whatever a message holds, its escapes give it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
        const frame = message(0x0102, [...body]);
        expect(frame.slice(1, -1)).not.toContain(0x7e);
        expect(opened(frame).body).toEqual(body);
        const secret = new TextDecoder('gbk').decode(body).replace(/\0+$/, '');
        expect(one(frame).claim).toEqual({ secret });
      }),
      { numRuns: 2000 },
    );
  });

  test('JT16 one damaged byte is never believed', () => {
    const frame = message(0x0200, location('300114310108'));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: frame.length - 2 }),
        fc.integer({ min: 1, max: 255 }),
        (at, bits) => {
          const damaged = frame.slice();
          damaged[at] = (damaged[at] ?? 0) ^ bits;
          expect(read(damaged).flatMap(({ records }) => records)).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
