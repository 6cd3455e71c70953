import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../kernel/field.ts';
import { createWallClock } from '../../kernel/wall-clock.ts';
import {
  decodeKept,
  decodeTerminal,
  keepable,
  readKeptUpload,
  type TerminalMessage,
  writeKeptUpload,
} from './zkteco.ts';
import { commandLines, handshakeReply, terminalCommand } from './zkteco-replies.ts';

interface Vector {
  readonly id: string;
  readonly input: {
    readonly method: string;
    readonly path: string;
    readonly body: string;
    readonly device_timezone: string;
  };
  readonly expected: {
    readonly deviceId: string;
    readonly records: readonly Json[];
    readonly rejected?: number;
  } | null;
  readonly message?: { readonly table?: string; readonly rejected_lines?: number; readonly type?: string };
}

const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);
const bytes = (text: string) => new TextEncoder().encode(text);

function decode(
  path: string,
  body: string | Uint8Array = '',
  method = 'POST',
  timeZone = 'UTC',
  isDeclared = true,
) {
  const message = decodeTerminal(
    { method, path, body: typeof body === 'string' ? bytes(body) : body },
    () => ({ clock: createWallClock(timeZone), isDeclared }),
  );
  if (message === 'too-many-lines') throw new Error(message);
  return message;
}
const recordsOf = ({ lines }: TerminalMessage) =>
  lines.map(({ read }) => read).filter((read) => read !== null && read !== false);
const punch = (line: string, timeZone?: string, isDeclared?: boolean) =>
  recordsOf(decode('/iclock/cdata?SN=T1&table=ATTLOG', line, 'POST', timeZone, isDeclared))[0];
const operation = (line: string) => recordsOf(decode('/iclock/cdata?SN=T1&table=OPERLOG', line))[0];

describe('vectors', () => {
  const file = new URL('../../../../shared/vectors/zkteco.json', import.meta.url);
  if (!existsSync(file)) {
    const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');
    test.skipIf(!isForbidden)('Z1 vectors: skipped, ../shared/vectors/zkteco.json is not there', () => {
      expect.fail(
        '../shared/vectors/zkteco.json is missing, and WARDLINE_FORBID_SKIPS forbids to go without',
      );
    });
    return;
  }
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[];
  test.each(vectors)('Z1 $id is read as its vector says', ({ input, expected, message }) => {
    const read = decode(input.path, input.body, input.method, input.device_timezone);
    expect(recordsOf(read)).toMatchObject(expected?.records ?? []);
    expect(recordsOf(read)).toHaveLength(expected?.records.length ?? 0);
    if (expected !== null) expect(read.terminal).toBe(expected.deviceId);
    const rejected = expected?.rejected ?? message?.rejected_lines;
    if (rejected !== undefined)
      expect(read.lines.filter((line) => line.read === false)).toHaveLength(rejected);
    if (message?.table !== undefined) expect(read.table).toBe(message.table.toLowerCase());
  });
});

test('Z2 paths: a prefix, .aspx, any case of path and keys; other paths are none of ours', () => {
  for (const path of [
    '/iclock/getrequest?SN=T1',
    '/a/b/ICLOCK/GetRequest.aspx?sn=T1&INFO=1',
    '/iclock/getrequest/?Sn=T1',
  ])
    expect(decode(path, '', 'GET')).toMatchObject({ call: 'poll', terminal: 'T1' });
  expect(decode('/iclock/cdata?SN=T1&type=time', '', 'GET')).toMatchObject({ call: 'time' });
  for (const path of [
    '/',
    '/iclock/registry?SN=T1',
    '/iclock/push?SN=T1',
    '/cdata?SN=T1',
    '/iclock/cdata/x?SN=T1',
  ])
    expect(decode(path)).toMatchObject({ call: 'unknown' });
  for (const serial of ['', 'a%0d%0ab', 'a%20b', 'a/b', 'x'.repeat(65)])
    expect(decode(`/iclock/cdata?SN=${serial}&table=ATTLOG`, '1\t2026-03-01 08:00:00'), serial).toMatchObject(
      {
        terminal: null,
        lines: [],
      },
    );
});

test.each([
  ['7\t2026-03-01\t08:00:00\t1\t15', '2026-03-01T08:00:00Z'],
  ['7  2026-03-01  08:00:00  1  15', '2026-03-01T08:00:00Z'],
  ['7\t2026-03-01 08:00:00.000\t1\t15', '2026-03-01T08:00:00Z'],
  ['7\t2026-03-01T16:00:00+08:00\t1\t15', '2026-03-01T08:00:00Z'],
  ['7\t2026-03-01 03:30:00.25-0430\t1\t15', '2026-03-01T08:00:00Z'],
  ['7\t2026-03-01T08:00:00Z\t1\t15', '2026-03-01T08:00:00Z'],
  ['7,2026-03-01 08:00:00,1,15', '2026-03-01T08:00:00Z'],
  ['7, 2026-03-01, 08:00:00, 1, 15', '2026-03-01T08:00:00Z'],
])('Z3 %j is a punch', (line, time) => {
  expect(punch(line)).toMatchObject({ pin: '7', time, status: 1, verify: 15 });
});

test.each([
  '7\t2026-03-01\t1\t15',
  '7\t2026-03-01\t25:00:00\t1',
  '7\t2026-03-01 08:00:00+15:00\t1',
  '7\t2026-03-01 08:00:00.\t1',
])('Z3 %j is none', (line) => {
  expect(punch(line)).toBeUndefined();
});

test('Z3 columns: 2 to 12, tabs or spaces, a day that is none, what is no number', () => {
  expect(punch('7 2026-03-01 08:00:00 1 15')).toMatchObject({
    pin: '7',
    status: 1,
    verify: 15,
    time: '2026-03-01T08:00:00Z',
  });
  expect(punch('0007\t2026/3/1 8:00\t\t\t')).toMatchObject({
    pin: '0007',
    status: null,
    verify: null,
    direction: 'unknown',
    local_time: '2026-03-01 08:00:00',
  });
  for (const line of [
    '7\t2026-02-30 08:00:00',
    '7\t2026-03-01 24:00:00',
    '7\t0000-00-00 00:00:00',
    '7',
    '\t\t',
    'a b\t2026-03-01 08:00:00',
  ])
    expect(punch(line), line).toBeUndefined();
  const directions = [0, 1, 2, 3, 4, 5, 255].map(
    (status) => punch(`7\t2026-03-01 08:00:00\t${status}`)?.direction,
  );
  expect(directions).toEqual(['in', 'out', 'out', 'in', 'in', 'out', 'unknown']);
  const place = btoa('{"GPSInfo":{"longitude":"116.35","latitude":"23.52"}}');
  const long = `7\t2026-03-01 08:00:00\t0\t15\t0\t0\t0\t1\t36.5\t36.5\t+28800\t${place}`;
  expect(punch(long)).toMatchObject({ mask: 1, temperature: 36.5, lat: 23.52, lon: 116.35 });
});

test('Z4 the zone that somebody declared counts; without one the terminal’s own offset, else the roster’s', () => {
  const line = '7\t2026-03-01 08:00:00\t0\t1\t0\t0\t0\t0\t0\t0\t+28800';
  expect(punch(line, '+05:30', true)).toMatchObject({ time: '2026-03-01T02:30:00Z' });
  expect(punch(line, '+05:30', false)).toMatchObject({ time: '2026-03-01T00:00:00Z' });
  expect(punch('7\t2026-03-01 08:00:00', 'Asia/Shanghai', false)).toMatchObject({
    time: '2026-03-01T00:00:00Z',
  });
  expect(punch('7\t1704096000', 'Asia/Shanghai')).toMatchObject({ time: '2024-01-01T08:00:00Z' });
});

test('Z5 operations and users are read; templates, pictures and passwords stand in no record', () => {
  expect(operation('OPLOG 3\t0\t2026-03-01 08:00:00\t55\t0\t0\t0')).toEqual({
    kind: 'oplog',
    code: 3,
    operator: '0',
    time: '2026-03-01T08:00:00Z',
    local_time: '2026-03-01 08:00:00',
    obj1: '55',
    obj2: '0',
    obj3: '0',
    obj4: '0',
  });
  expect(operation('OPLOG 4\t0\tnever')).toMatchObject({ code: 4, time: null });
  const template = 'QUFB'.repeat(100);
  const sent = [
    'USER PIN=6\tName=测试人员六\tPri=14\tPasswd=12345\tCard=[0000000000]\tGrp=1',
    `FP PIN=6\tFID=1\tSize=400\tValid=3\tTMP=${template}`,
    `FACE PIN=6\tFID=2\tSIZE=400\tVALID=1\tTMP=${template}`,
    `USERPIC PIN=6\tFileName=6.jpg\tSize=400\tContent=${template}`,
    `BIOPHOTO PIN=6\tFileName=6.jpg\tType=9\tSize=400\tContent=${template}`,
    `BIODATA Pin=6\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=5\tTmp=${template}`,
    `BIODATA Pin=6\tNo=4\tIndex=0\tValid=1\tType=8\tTmp=${template}`,
  ];
  const read = decode('/iclock/cdata?SN=T1&table=OPERLOG', sent.join('\n'));
  expect(recordsOf(read)).toEqual([
    { kind: 'user', pin: '6', name: '测试人员六', privilege: 14, card: '[0000000000]' },
    { kind: 'fingerprint', pin: '6', fid: 1, valid_flag: 3 },
    { kind: 'face', pin: '6', fid: 2, valid_flag: 1 },
    { kind: 'face', pin: '6', fid: 0, valid_flag: 1 },
  ]);
  expect(read.lines.filter((line) => line.read === false)).toEqual([]);
  const table = decode('/iclock/cdata?SN=T1&table=BIODATA', `Pin=6\tNo=0\tType=1\tValid=1\tTmp=${template}`);
  expect(recordsOf(table)).toEqual([{ kind: 'fingerprint', pin: '6', fid: 0, valid_flag: 1 }]);
  for (const name of ['ATTPHOTO', 'IDCARD', 'ERRORLOG'])
    expect(decode(`/iclock/cdata?SN=T1&table=${name}`, `PIN=6\nCMD=uploadphoto\0${template}`).lines).toEqual(
      [],
    );
});

test('Z6 names in GB2312 are read', () => {
  const gb = Uint8Array.from([...bytes('USER PIN=6\tName='), 0xb2, 0xe2, 0xca, 0xd4, ...bytes('\tPri=0')]);
  expect(recordsOf(decode('/iclock/cdata?SN=T1&table=OPERLOG', gb))).toMatchObject([{ name: '测试' }]);
});

test('Z7 of what can’t be taken only attendance and operations are kept, without what could be a template; read again it is the same', () => {
  const template = 'QUFB'.repeat(100);
  const kept = (table: string, line: string) => {
    const [read] = decode(`/iclock/cdata?SN=T1&table=${table}`, line).lines;
    return read === undefined ? undefined : keepable(table.toLowerCase(), read);
  };
  for (const line of [
    `FP PIN=6\tFID=1\tTMP=${template}`,
    `FP PIN=\tTMP=${template}`,
    template,
    `TMP=${template}`,
    'USER PIN=6\tPasswd=1',
  ])
    expect(kept('OPERLOG', line), line).toBeNull();
  expect(kept('ATTLOG', `FP PIN=6\tFID=1\tTMP=${template}`)).toBe('FP PIN=6\tFID=1\tTMP=[removed]');
  expect(kept('ATTLOG', template)).toBe('[removed]');
  const line = '7\t2026-03-01 08:00:00\t0\t1\t0';
  expect(kept('ATTLOG', line)).toBe(line);
  const upload = { terminal: 'T1', table: 'attlog', driftMs: -5000, lines: [line] };
  const again = readKeptUpload(writeKeptUpload(upload));
  expect(again).toEqual(upload);
  const zone = { clock: createWallClock('UTC'), isDeclared: true };
  expect(recordsOf(decodeKept(upload, zone))).toEqual([punch(line)]);
  for (const raw of ['', '{}', '[]', '{"terminal":"T1","table":"attlog","driftMs":0,"lines":[1]}'])
    expect(readKeptUpload(bytes(raw))).toBeUndefined();
});

test('Z8 results come one a line, or a line for each key; what a command brought is not kept', () => {
  const results = (body: string) => recordsOf(decode('/iclock/devicecmd?SN=T1', body));
  expect(results('ID=1&Return=0&CMD=INFO\nID=2&Return=-1002&CMD=USER ADD\r\n')).toEqual([
    { kind: 'command_result', id: '1', return: 0, cmd: 'INFO' },
    { kind: 'command_result', id: '2', return: -1002, cmd: 'USER ADD' },
  ]);
  expect(results('ID=3\nReturn=0\nCMD=INFO\n~DeviceName=X\nContent=a&b=c\nTMP=QUFB')).toEqual([
    { kind: 'command_result', id: '3', return: 0, cmd: 'INFO' },
  ]);
  expect(results('Return=0&CMD=INFO')).toEqual([]);
});

test('Z9 the handshake asks for attendance and operations only, tells the stamps and the zone', () => {
  const reply = handshakeReply('T1', { attlog: '77' }, 5.5 * 3_600_000);
  expect(reply.split('\n')).toEqual(
    expect.arrayContaining([
      'GET OPTION FROM: T1',
      'Stamp=77',
      'ATTLOGStamp=77',
      'OpStamp=None',
      'TransFlag=TransData AttLog\tOpLog',
      'TimeZone=330',
      'Realtime=1',
    ]),
  );
  expect(handshakeReply('T1', {}, -5 * 3_600_000)).toContain('\nTimeZone=-5\n');
  expect(reply).not.toMatch(/FP|Face|Photo(?!Stamp)|Pic/i);
});

test('Z10 commands in the terminal’s own time; none that could change what it holds', () => {
  const clock = createWallClock('Asia/Shanghai');
  const resend = { type: 'resend', from: '2026-03-01T00:00:00Z', until: '2026-03-02T00:00:00Z' } as const;
  const text = terminalCommand(resend, clock);
  expect(text).toBe('DATA QUERY ATTLOG StartTime=2026-03-01 08:00:00\tEndTime=2026-03-02 08:00:00');
  expect(
    commandLines([
      { serial: 5, text: text ?? '' },
      { serial: 6, text: 'CHECK' },
    ]),
  ).toBe(`C:5:${text}\nC:6:CHECK\n`);
  expect(commandLines([])).toBe('OK');
  expect(terminalCommand({ type: 'text', text: 'a\nC:1:SHELL rm' }, clock)).toBeUndefined();
  expect(terminalCommand({ ...resend, from: 'x\nSHELL' }, clock)).toBeUndefined();
});

test('Z11 options: with and without tilde, values with commas, no keys of the platform’s own objects, no secrets', () => {
  const read = recordsOf(
    decode('/iclock/cdata?SN=T1&table=options', '~A=1,B=x,y,CommKey=1,__proto__=z,,\nC='),
  );
  expect(read).toHaveLength(1);
  const options = read[0]?.options as Record<string, string>;
  expect(Object.entries(options)).toEqual([
    ['A', '1'],
    ['B', 'x,y'],
    ['__proto__', 'z'],
    ['C', ''],
  ]);
});

describe('Z12 whatever bytes come, nothing throws and nothing biometric is kept', () => {
  const word = fc.constantFrom(
    'PIN=',
    'USER ',
    'FP ',
    'OPLOG ',
    'BIODATA ',
    '\t',
    '\n',
    '\r\n',
    '2026-03-01 08:00:00',
    '=',
    '&',
    'ID=',
    ',',
    '7',
    '+28800',
  );
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 40 })
      .map((parts) => bytes(parts.join(''))),
  );
  const table = fc.oneof(
    fc.constantFrom('ATTLOG', 'OPERLOG', 'options', 'BIODATA', 'ATTPHOTO', ''),
    fc.string(),
  );
  const call = fc.oneof(fc.constantFrom('cdata', 'devicecmd', 'getrequest'), fc.string());
  test('Z12 any request', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('GET', 'POST'),
        call,
        table,
        fc.string(),
        body,
        (method, name, of, serial, sent) => {
          const message = decode(`/iclock/${name}?SN=${serial}&table=${of}`, sent, method);
          for (const line of message.lines) {
            expect(JSON.stringify(line.read)).toBeDefined();
            keepable(message.table, line);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
  test('Z12 a template in any place of any line is in no record, and in nothing that is kept', () => {
    const template = fc
      .base64String({ minLength: 48, maxLength: 400 })
      .map((text) => text.replace(/=+$/, ''));
    const before = fc.constantFrom(
      'FP PIN=1\tFID=1\tTMP=',
      'TMP=',
      '',
      '1\t2026-03-01 08:00:00\t0\t1\t',
      'FACE PIN=1 TMP=',
      'BIODATA Pin=1\tTmp=',
      'Pin=1\tType=1\tTmp=',
      'OPLOG 6\t0\t',
    );
    const on = fc.constantFrom('ATTLOG', 'OPERLOG', 'BIODATA', 'ATTPHOTO', 'USERINFO');
    fc.assert(
      fc.property(on, before, template, (of, start, secret) => {
        const message = decode(`/iclock/cdata?SN=T1&table=${of}`, `${start}${secret}`);
        for (const line of message.lines)
          expect(keepable(message.table, line) ?? '').not.toContain(secret.slice(0, 48));
        expect(JSON.stringify(recordsOf(message))).not.toContain(secret.slice(0, 48));
      }),
      { numRuns: RUNS },
    );
  });
});

test('Z13 more lines than a terminal sends at once are refused as a whole', () => {
  const body = bytes('a\n'.repeat(20_001));
  const zone = () => ({ clock: createWallClock('UTC'), isDeclared: true });
  expect(decodeTerminal({ method: 'POST', path: '/iclock/cdata?SN=T1&table=ATTLOG', body }, zone)).toBe(
    'too-many-lines',
  );
});
