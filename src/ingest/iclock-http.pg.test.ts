import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { NOW_MS, openIngest, subjectWith, type TestIngest } from '../../tests/harness/ingest.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';

let own: TestDatabase;
let ingest: TestIngest;
const OFFICE = '445281/office-01';
const T1 = { id: 'T1', address: 'SN1', office: OFFICE, name: '演示终端一', timeZone: '+08:00' };
const pinned = (id: string, ...pins: readonly object[]) => ({
  id,
  name: `测试人员${id}`,
  office: OFFICE,
  pins,
});

beforeAll(async () => {
  own = await createTestDatabase();
  ingest = await openIngest(own);
  await ingest.enrol(
    [
      pinned('S1', { terminal: 'T1', pin: '0001' }),
      pinned('S2', { terminal: 'T1', pin: '2', until: '2026-02-01T00:00:00Z' }),
      pinned('S3', { terminal: 'T1', pin: '2', from: '2026-02-01T00:00:00Z' }),
      subjectWith('S4', { id: 'D4', protocol: 'zkteco', address: 'SN4', timeZone: 'UTC' }),
      subjectWith('S5', { id: 'D5', protocol: 'zkteco', address: 'SN5/5' }),
      subjectWith('S6', { id: 'D6', protocol: 'zkteco', address: 'SN5/6' }),
    ],
    [T1],
  );
});
afterAll(async () => {
  await ingest.close();
  await own.drop();
});
beforeEach(() => {
  ingest.isLogAway = false;
  ingest.clock.nowMs = NOW_MS;
});

async function call(path: string, body?: string, headers: Record<string, string> = {}) {
  const answer = await fetch(
    `${ingest.iclockUrl}/iclock/${path}`,
    body === undefined ? { headers } : { method: 'POST', body, headers },
  );
  return { status: answer.status, body: (await answer.text()).trim(), date: answer.headers.get('date') };
}
const upload = (serial: string, lines: string, table = 'ATTLOG', stamp = '1') =>
  call(`cdata?SN=${serial}&table=${table}&Stamp=${stamp}`, lines);
const checkins = async (subject?: string) =>
  (await ingest.lines())
    .filter(({ type, subject: of }) => type === 'checkin' && (subject === undefined || of === subject))
    .map(({ subject: of, terminal, at, method }) => `${of} ${terminal} ${at} ${method}`);
const quarantined = async () => (await ingest.quarantine.list({ cursor: null, limit: 1000 })).items;
const rows = async (text: string) =>
  (await own.database.query({ text, values: [] })).rows as Record<string, unknown>[];
async function until(holds: () => Promise<boolean>) {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
const shown = (atMs: number, offsetH = 8) =>
  new Date(atMs + offsetH * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

test('TM1 each punch is a check-in of the subject whose PIN it was at that time, on the log when OK comes', async () => {
  const answer = await upload(
    'SN1',
    '0001\t2026-02-20 09:00:00\t0\t1\n2\t2026-01-20 09:00:00\t0\t15\n2\t2026-02-20 09:01:00\t1\t4\n0001\t2026-02-20 17:00:00\t1\t3',
  );
  expect(answer).toMatchObject({ status: 200, body: 'OK: 4' });
  expect((await checkins()).sort()).toEqual([
    'S1 T1 2026-02-20T01:00:00.000Z fingerprint',
    'S1 T1 2026-02-20T09:00:00.000Z manual',
    'S2 T1 2026-01-20T01:00:00.000Z face',
    'S3 T1 2026-02-20T01:01:00.000Z card',
  ]);
});

test('TM2 a terminal of one subject takes every PIN; one whose devices are SN/PIN takes only theirs', async () => {
  await upload('SN4', '17\t2026-02-21 09:00:00\t0\t1');
  await upload(
    'SN5',
    '5\t2026-02-21 09:00:00\t0\t1\n6\t2026-02-21 09:05:00\t0\t1\n7\t2026-02-21 09:06:00\t0\t1',
  );
  expect(await checkins('S4')).toEqual(['S4 D4 2026-02-21T09:00:00.000Z fingerprint']);
  // Nobody has declared a zone for it: the roster's.
  expect(await checkins('S5')).toEqual(['S5 SN5 2026-02-21T01:00:00.000Z fingerprint']);
  expect(await checkins('S6')).toEqual(['S6 SN5 2026-02-21T01:05:00.000Z fingerprint']);
  expect(await quarantined()).toMatchObject([
    { source: 'zkteco', device: 'SN5', code: 'unknown-pin', field: 'pin' },
  ]);
  expect(await ingest.quarantine.replay({ device: 'SN5' })).toEqual({ replayed: 0, stillRefused: 1 });
  await ingest.enrol([subjectWith('S7', { id: 'D7', protocol: 'zkteco', address: 'SN5/7' })]);
  expect(await ingest.quarantine.replay({ device: 'SN5' })).toEqual({ replayed: 1, stillRefused: 0 });
  expect(await checkins('S7')).toEqual(['S7 SN5 2026-02-21T01:06:00.000Z fingerprint']);
});

test('TM3 an unknown terminal is answered, since what it says is kept; replayed when it is on the roster, and asked for all then', async () => {
  const answer = await upload('SN9', '0001\t2026-02-22 09:00:00\t0\t1\ngarbage', 'ATTLOG', '900');
  expect(answer).toMatchObject({ status: 200, body: 'OK: 1' });
  expect((await quarantined()).map(({ code, device }) => `${code} ${device}`).sort()).toEqual([
    'bad-shape SN9',
    'unknown-terminal SN9',
  ]);
  await ingest.enrol(
    [pinned('S9', { terminal: 'T9', pin: '0001' })],
    [{ id: 'T9', address: 'SN9', office: OFFICE }],
  );
  expect(await ingest.quarantine.replay({ device: 'SN9' })).toEqual({ replayed: 1, stillRefused: 1 });
  expect(await checkins('S9')).toEqual(['S9 T9 2026-02-22T01:00:00.000Z fingerprint']);
  expect((await call('cdata?SN=SN9&options=all')).body).toContain('ATTLOGStamp=None');
});

test('TM4 a stamp moves only when what it stands for is durable: after a loss the terminal sends it again', async () => {
  expect((await call('cdata?SN=SN4&options=all')).body).toMatch(/^Stamp=1$/m);
  ingest.isLogAway = true;
  const lost = await upload('SN4', '1\t2026-02-23 09:00:00\t0\t1', 'ATTLOG', '500');
  expect(lost).toMatchObject({ status: 503, body: '' });
  expect((await call('cdata?SN=SN4&options=all')).body).toMatch(/^ATTLOGStamp=1$/m);
  ingest.isLogAway = false;
  expect((await upload('SN4', '1\t2026-02-23 09:00:00\t0\t1', 'ATTLOG', '500')).body).toBe('OK: 1');
  await upload('SN4', 'OPLOG 0\t0\t2026-02-23 09:00:00\t0\t0\t0\t0', 'OPERLOG', '77');
  const { body, date } = await call('cdata?SN=SN4&options=all');
  expect(body.split('\n')).toEqual(
    expect.arrayContaining(['ATTLOGStamp=500', 'OPERLOGStamp=77', 'TimeZone=0', 'Realtime=1']),
  );
  // By it the terminal sets its clock.
  expect(Math.abs(Date.parse(date ?? '') - Date.now())).toBeLessThan(60_000);
  expect(await checkins('S4')).toContain('S4 D4 2026-02-23T09:00:00.000Z fingerprint');
});

test('TM5 one bad line harms no neighbour: it is kept with its reason, and the batch does not come again', async () => {
  const before = (await quarantined()).length;
  const answer = await upload(
    'SN4',
    '1\t2026-02-24 09:00:00\t0\t1\ngarbage\n\t2026-02-24 09:01:00\n2\tnever\t0\t1\r\n\r\n2\t2026-02-24 09:02:00\t0\t1',
  );
  expect(answer).toMatchObject({ status: 200, body: 'OK: 2' });
  const added = (await quarantined()).slice(0, (await quarantined()).length - before);
  expect(added).toMatchObject([{ code: 'bad-shape', device: 'SN4' }]);
  expect(JSON.parse(Buffer.from(added[0]?.raw ?? []).toString()).lines).toEqual([
    'garbage',
    '\t2026-02-24 09:01:00',
    '2\tnever\t0\t1',
  ]);
});

test('TM6 no template, picture or password stands anywhere in the store: not in messages, not in quarantine, not on the log', async () => {
  const secret = 'QmlvbWV0cmljVGVtcGxhdGVUaGF0TXVzdE5vdEJlS2VwdA';
  const lines = [
    'USER PIN=1\tName=测试人员一\tPri=0\tPasswd=geheim-passwort\tCard=',
    `FP PIN=1\tFID=1\tSize=40\tValid=1\tTMP=${secret}`,
    `FP PIN=\tFID=1\tTMP=${secret}`,
    `FACE PIN=1\tFID=0\tSIZE=40\tVALID=1\tTMP=${secret}`,
    `USERPIC PIN=1\tFileName=1.jpg\tContent=${secret}`,
    `BIOPHOTO PIN=1\tContent=${secret}`,
    `BIODATA Pin=1\tNo=0\tType=9\tTmp=${secret}`,
    secret,
  ].join('\n');
  for (const serial of ['SN1', 'SN4', 'SN5', 'stranger']) {
    for (const table of ['OPERLOG', 'BIODATA', 'ATTPHOTO', 'ATTLOG', 'USERINFO', 'IDCARD', 'options'])
      expect((await upload(serial, lines, table)).status, `${serial} ${table}`).toBe(200);
    await call(`devicecmd?SN=${serial}`, `ID=1\nReturn=0\nCMD=DATA QUERY\nContent=TMP=${secret}`);
  }
  await until(
    async () =>
      (await rows("SELECT 1 FROM device_messages WHERE device = 'T1' AND record LIKE '%fingerprint%'"))
        .length > 0,
  );
  const tables = await rows(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  expect(tables.length).toBeGreaterThan(10);
  for (const { name } of tables) {
    const text = (await rows(`SELECT t::text AS row FROM "${String(name)}" t`))
      .map(({ row }) => String(row))
      .join('\n');
    // Bytes are shown in hex.
    const raw = Buffer.from(
      text
        .match(/\\x[0-9a-f]+/g)
        ?.map((hex) => hex.slice(2))
        .join('0a') ?? '',
      'hex',
    ).toString('latin1');
    for (const part of [secret, secret.slice(0, 20), 'geheim-passwort'])
      expect(`${text}\n${raw}`, String(name)).not.toContain(part);
  }
});

test('TM7 a clock that is ahead is found by its own punches and taken off; message and store tell both', async () => {
  ingest.clock.nowMs = NOW_MS + 60_000;
  const trueMs = ingest.clock.nowMs - 2000;
  await ingest.enrol([pinned('S20', { terminal: 'T20', pin: '1' })], [{ ...T1, id: 'T20', address: 'SN20' }]);
  await upload('SN20', `1\t${shown(trueMs + 3_600_000)}\t0\t1`);
  const [line] = (await ingest.lines()).filter(({ subject }) => subject === 'S20');
  expect(Math.abs(Date.parse(String(line?.at)) - trueMs)).toBeLessThanOrEqual(2000);
  await until(async () => (await rows("SELECT 1 FROM device_messages WHERE device = 'T20'")).length === 1);
  const [message] = await rows(
    "SELECT record::jsonb AS record, office FROM device_messages WHERE device = 'T20'",
  );
  expect(message?.record).toMatchObject({
    local_time: shown(trueMs + 3_600_000),
    time: new Date(trueMs + 3_600_000).toISOString().replace('.000', ''),
    clock_drift_s: 3598,
    corrected_time: new Date(ingest.clock.nowMs).toISOString().replace('.000', ''),
  });
  await until(
    async () =>
      (await rows("SELECT 1 FROM terminal_clocks WHERE address = 'SN20' AND drift_ms > 0")).length === 1,
  );
});

test('TM8 one that is behind is found by live punches while contact is unbroken, and never by stored ones', async () => {
  await ingest.enrol([pinned('S21', { terminal: 'T21', pin: '1' })], [{ ...T1, id: 'T21', address: 'SN21' }]);
  const behindMs = 600_000;
  const said = async () => upload('SN21', `1\t${shown(ingest.clock.nowMs - behindMs)}\t0\t1`);
  await said();
  await said();
  await said();
  const at = async () => (await checkins('S21')).map((line) => Date.parse(line.split(' ')[2] ?? ''));
  expect((await at()).every((ms) => ms === NOW_MS - behindMs)).toBe(true);
  for (let polls = 0; polls < 80; polls++) {
    ingest.clock.nowMs += 10_000;
    await call('getrequest?SN=SN21');
  }
  for (let i = 0; i < 3; i++) {
    ingest.clock.nowMs += 10_000;
    await said();
  }
  expect((await at()).at(-1)).toBe(ingest.clock.nowMs);
  // Set right by somebody: the next punch is taken as it is.
  ingest.clock.nowMs += 10_000;
  await upload('SN21', `OPLOG 21\t0\t${shown(ingest.clock.nowMs)}\t0\t0\t0\t0`, 'OPERLOG');
  await upload('SN21', `1\t${shown(ingest.clock.nowMs)}\t0\t1`);
  expect((await at()).at(-1)).toBe(ingest.clock.nowMs);
});

test('TM9 the Date of a request says what the terminal’s clock is, and a clock that was never set is refused', async () => {
  await ingest.enrol([pinned('S22', { terminal: 'T22', pin: '1' })], [{ ...T1, id: 'T22', address: 'SN22' }]);
  const date = { date: new Date(NOW_MS - 1_800_000).toUTCString() };
  await call('cdata?SN=SN22&table=ATTLOG', `1\t${shown(NOW_MS - 1_800_000)}\t0\t1`, date);
  expect(await checkins('S22')).toEqual([`S22 T22 ${new Date(NOW_MS).toISOString()} fingerprint`]);
  await ingest.enrol([pinned('S23', { terminal: 'T23', pin: '1' })], [{ ...T1, id: 'T23', address: 'SN23' }]);
  expect((await upload('SN23', '1\t2030-01-01 00:00:00\t0\t1')).body).toBe('OK: 1');
  expect(await checkins('S23')).toEqual([]);
  expect((await quarantined())[0]).toMatchObject({ device: 'SN23', code: 'time-in-the-future' });
});

test('TM10 what is asked of a terminal goes out with its poll, once, and its result is the answer', async () => {
  const ask = async (device: string, subject: string, command: object) =>
    (
      await own.database.query({
        text: `INSERT INTO device_commands (device, subject, command, is_spot_check, asked_by, queued_at, expires_at)
               VALUES ($1, $2, $3, false, 'test', now(), now() + interval '1 hour') RETURNING id`,
        values: [device, subject, JSON.stringify(command)],
      })
    ).rows[0] as { id: string };
  const { id } = await ask('T1', '', {
    type: 'resend',
    from: '2026-02-20T00:00:00Z',
    until: '2026-02-21T00:00:00Z',
  });
  const { id: other } = await ask('D4', 'S4', { type: 'info' });
  await own.database.query({ text: "SELECT pg_notify('device_commands', '')", values: [] });
  let body = 'OK';
  await until(async () => {
    ({ body } = await call('getrequest?SN=SN1&INFO=Ver%208.0'));
    return body !== 'OK';
  });
  expect(body).toBe(`C:${id}:DATA QUERY ATTLOG StartTime=2026-02-20 08:00:00\tEndTime=2026-02-21 08:00:00`);
  expect((await call('getrequest?SN=SN1')).body).toBe('OK');
  expect((await call('getrequest?SN=SN4')).body).toBe(`C:${other}:INFO`);
  await call('devicecmd?SN=SN1', `ID=${id}&Return=0&CMD=DATA QUERY`);
  await call('devicecmd?SN=SN4', `ID=${other}&Return=-1002&CMD=INFO`);
  const answered = async () =>
    rows('SELECT id, is_refused, answer FROM device_commands WHERE answered_at IS NOT NULL ORDER BY id');
  await until(async () => (await answered()).length === 2);
  expect(await answered()).toMatchObject([
    { id, is_refused: false, answer: expect.stringContaining('"return":0') },
    { id: other, is_refused: true },
  ]);
});

test('TM16 photographs and what was asked for of a store are acknowledged, and nothing of them is kept', async () => {
  const before = (await quarantined()).length;
  const photo = `PIN=20260220090000-0001.jpg\nSN=SN1\nsize=4\nCMD=uploadphoto\0${'x'.repeat(60)}`;
  for (const path of [
    'fdata?SN=SN1&table=ATTPHOTO&Stamp=9',
    'fdata.aspx?SN=stranger-of-fdata&table=ATTPHOTO',
    'querydata?SN=SN1&type=tabledata&cmdid=5&tablename=templatev10&count=1&packcnt=1&packidx=1',
    'rtdata?SN=SN1&type=rtstate',
  ])
    expect(await call(path, photo)).toMatchObject({ status: 200, body: 'OK' });
  expect((await call('fdata', photo)).status).toBe(400);
  expect(await quarantined()).toHaveLength(before);
  await until(
    async () => (await rows("SELECT 1 FROM device_messages WHERE record::text LIKE '%xxxxx%'")).length === 0,
  );
  expect(await rows("SELECT 1 FROM quarantine WHERE encode(raw, 'escape') LIKE '%xxxxx%'")).toEqual([]);
});

test('TM11 no SN is 400, another path 404, too much 413; the log away 503; ping and clock are answered', async () => {
  expect((await call('cdata?table=ATTLOG', '1\t2026-02-20 09:00:00')).status).toBe(400);
  expect((await call('registry?SN=SN1', 'x')).status).toBe(404);
  expect((await call('ping?SN=SN1')).body).toBe('OK');
  expect((await call('cdata?SN=SN1&type=time')).body).toBe(`Time=${new Date(NOW_MS).toISOString()}`);
  expect((await upload('SN1', 'a\n'.repeat(20_001))).status).toBe(413);
  const tooLong = await upload('SN1', 'a'.repeat(8 * 1024 * 1024 + 1)).catch(() => ({ status: 413 }));
  expect(tooLong.status).toBe(413);
});

test('TM12 strangers fill neither quarantine nor memory: beyond a bound they are told to come again', async () => {
  const before = (await quarantined()).length;
  const statuses: number[] = [];
  for (let i = 0; i < 600; i++)
    statuses.push((await upload(`stranger${i}`, '1\t2026-02-20 09:00:00\t0\t1')).status);
  expect(new Set(statuses)).toEqual(new Set([200, 503]));
  const kept = statuses.filter((status) => status === 200).length;
  expect(kept).toBeLessThanOrEqual(500);
  const { rows: counted } = await own.database.query({
    text: 'SELECT count(*)::int AS n FROM quarantine WHERE device LIKE $1',
    values: ['stranger%'],
  });
  expect(Number((counted[0] as { n: number }).n)).toBeGreaterThanOrEqual(kept);
  expect(before).toBeLessThan(1000);
});

test('TM15 a punch of nobody stands in quarantine, and in the messages of the terminal, for its office to find out whose', async () => {
  await ingest.enrol(
    [
      subjectWith('S30', {
        id: 'D30',
        protocol: 'zkteco',
        address: 'SN30',
        from: '2026-02-01T00:00:00Z',
        timeZone: 'UTC',
      }),
    ],
    [{ ...T1, id: 'T31', address: 'SN31' }],
  );
  await upload('SN30', '1\t2026-01-15 09:00:00\t0\t1');
  await upload('SN31', '77\t2026-02-15 09:00:00\t0\t1');
  expect(await checkins('S30')).toEqual([]);
  expect((await quarantined()).slice(0, 2)).toMatchObject([
    { device: 'SN31', code: 'unknown-pin' },
    { device: 'SN30', code: 'device-not-assigned' },
  ]);
  const said = () =>
    rows(
      "SELECT device, subject, office, record::jsonb ->> 'pin' AS pin FROM device_messages WHERE device IN ('D30', 'T31') ORDER BY device",
    );
  await until(async () => (await said()).length === 2);
  expect(await said()).toEqual([
    { device: 'D30', subject: 'S30', office: null, pin: '1' },
    { device: 'T31', subject: '', office: OFFICE, pin: '77' },
  ]);
});

test('TM13 a batch of lines of all kinds makes a bounded number of rows in quarantine', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => `x${i}\t2026-02-25 09:00:00\t0\t1`).join('\n');
  expect((await upload('SN1', many)).body).toBe('OK: 5000');
  const items = (await quarantined()).filter(({ device }) => device === 'SN1');
  expect(items.length).toBeLessThanOrEqual(110);
  const kept = items.flatMap(({ raw }) => JSON.parse(Buffer.from(raw).toString()).lines as string[]);
  expect(kept.filter((line) => line.startsWith('x'))).toHaveLength(5000);
});

test('TM14 whatever bytes a connection brings, slowly or cut, the port answers the next one', async () => {
  const { port } = new URL(ingest.iclockUrl);
  const ends = (bytes: Uint8Array) =>
    new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.end(bytes));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
    });
  const request = fc
    .tuple(
      fc.constantFrom(
        'GET /iclock/cdata?SN=SN4&',
        'POST /iclock/cdata?SN=SN4&table=ATTLOG HTTP/1.1\r\ncontent-length: 40\r\n\r\n',
        'POST /iclock/devicecmd?SN=SN4&',
      ),
      fc.string({ unit: 'binary', maxLength: 100 }),
    )
    .map(([start, rest]) => Buffer.from(`${start}${rest} HTTP/1.1\r\n\r\n`));
  const slow = connect(Number(port), '127.0.0.1');
  slow.on('error', () => {});
  slow.write('POST /iclock/cdata?SN=SN4&table=ATTLOG HTTP/1.1\r\nhost: a\r\ncontent-length: 30\r\n\r\n1');
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), request), (bytes) => ends(bytes)),
    { numRuns: 100 },
  );
  expect((await upload('SN4', '1\t2026-02-26 09:00:00\t0\t1')).body).toBe('OK: 1');
  slow.destroy();
});

test('W3 after the end of correction a punch is acknowledged and counted, and is on no log, in no message and in no quarantine', async () => {
  await own.database.query({
    text: `INSERT INTO supervision_dates (subject, collects_until, changed_by, changed_at) VALUES ('S3', '2026-02-25T00:00:00Z', 'x', now())`,
    values: [],
  });
  // When the intake knows this one, it has read the roster anew.
  await ingest.enrol([subjectWith('S8', { id: 'D8' })]);
  const before = (await quarantined()).length;
  const answer = await upload('SN1', '2\t2026-02-25 07:59:59\t0\t1\n2\t2026-02-25 08:00:00\t0\t1');
  expect(answer).toMatchObject({ status: 200, body: 'OK: 2' });
  expect((await checkins('S3')).filter((line) => line.includes('2026-02-25'))).toEqual([]);
  expect(await checkins('S3')).toContain('S3 T1 2026-02-24T23:59:59.000Z fingerprint');
  expect(await quarantined()).toHaveLength(before);
  expect(await rows(`SELECT device, code, count::int FROM uncollected WHERE subject = 'S3'`)).toEqual([
    { device: 'T1', code: 'correction-ended', count: 1 },
  ]);
  const messages =
    "SELECT record FROM device_messages WHERE subject = 'S3' AND (record LIKE '%02-24%' OR record LIKE '%02-25%')";
  await until(async () => (await rows(messages)).length > 0);
  // Messages are written in the background: one that comes late would be the second.
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(await rows(messages)).toHaveLength(1);
});
