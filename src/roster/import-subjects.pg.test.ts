/** Tables of subjects: what is taken, every fault by its cell, and files that mean harm. */
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import writeExcelFile from 'write-excel-file/node';
import { createTestDatabase, type TestDatabase } from '../../tests/harness/postgres.ts';
import { exportSubjects } from './export-subjects.ts';
import { importSubjects } from './import-subjects.ts';

let own: TestDatabase;
const NOW_MS = Date.UTC(2026, 2, 1);
const BY = { actor: { kind: 'command', name: 'test', organisation: '' }, reason: 'x' } as const;
beforeAll(async () => {
  own = await createTestDatabase();
  await run(`INSERT INTO organisations (path, kind, name) VALUES ('445281', 'county', '测试县'),
    ('445281/office-01', 'justice-office', '测试司法所一'), ('445281/office-02', 'justice-office', '测试司法所二')`);
  await run(`INSERT INTO key_categories (code, name) VALUES ('k1', '测试类别一'), ('k2', '测试类别二')`);
  await run(`INSERT INTO feeds (id, name) VALUES ('F1', 'F1')`);
});
afterAll(() => own.drop());

const run = async <Row extends Record<string, unknown>>(text: string, values: unknown[] = []) =>
  (await own.database.query<Row>({ text, values })).rows;
const load = (content: Uint8Array, isTrial = false, mayMinors = true) =>
  importSubjects(own.database, BY, NOW_MS, { content, isTrial, mayMinors });
const csv = (...lines: string[]) => Buffer.from(lines.join('\n'));
const HEADER = '编号,姓名,司法所,矫正类别,矫正开始日期,矫正结束日期';
const row = (id: string, rest = '缓刑,2026-01-10,2028-01-09') => `${id},测试人员${id},测试司法所一,${rest}`;
/** Faults as `row column: what`. */
async function faultsOf(content: Uint8Array, mayMinors = true): Promise<string[]> {
  const done = await load(content, false, mayMinors);
  if (done.ok) throw new Error(`was taken: ${JSON.stringify(done.value)}`);
  return done.error.map((fault) => `${fault.row ?? ''}${fault.column ?? ''} ${fault.en}`);
}
const profileOf = async (id: string) =>
  (await run<{ profile: Record<string, unknown> }>('SELECT profile FROM subjects WHERE id = $1', [id]))[0]
    ?.profile;
const count = async (table: string) =>
  (await run<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n;

test('I1 a workbook as Excel writes it: days as numbers, ids as numbers, words in Chinese', async () => {
  const cells = (...values: unknown[]) =>
    values.map((value) => (value instanceof Date ? { value, format: 'yyyy-mm-dd' } : { value }));
  const file = await writeExcelFile([
    {
      sheet: '名单',
      data: [
        cells(
          ...HEADER.split(','),
          '管理等级',
          '重点人员类型',
          '责任人',
          '设备编号',
          '设备类型',
          '数据源',
          '设备启用日期',
        ),
        cells(
          'A1',
          '测试人员甲',
          '445281/office-01',
          '缓刑',
          new Date('2026-01-10'),
          '2028年1月9日',
          '严管',
          '测试类别一、k2',
          '测试警官',
          860000000000001,
          '手机',
          'F1',
          '2026/1/10',
        ),
        cells(
          1002,
          '测试人员乙',
          '测试司法所二',
          '暂予监外执行',
          20260110,
          '2026.12.31',
          '',
          '',
          '',
          '',
          '',
          '',
          '',
        ),
      ] as never,
    },
  ]).toBuffer();
  expect(await load(file, true)).toEqual({ ok: true, value: { rows: 2, added: 2, changed: 0, same: 0 } });
  expect([await count('subjects'), await count('log_outbox'), await count('audit')]).toEqual([0, 0, 0]);
  expect(await load(file)).toEqual({ ok: true, value: { rows: 2, added: 2, changed: 0, same: 0 } });
  expect(await profileOf('A1')).toMatchObject({
    office: '445281/office-01',
    grade: 'strict',
    record: {
      legalType: 'suspended-sentence',
      from: '2026-01-10',
      until: '2028-01-09',
      categories: ['k1', 'k2'],
      officer: '测试警官',
    },
    devices: [
      { id: '860000000000001', kind: 'phone', feed: 'F1', from: '2026-01-09T16:00:00.000Z', until: null },
    ],
  });
  expect(await profileOf('1002')).toMatchObject({
    office: '445281/office-02',
    record: { from: '2026-01-10', until: '2026-12-31' },
  });
  expect(await count('log_outbox')).toBe(2);
  expect(await load(file)).toEqual({ ok: true, value: { rows: 2, added: 0, changed: 0, same: 2 } });
});

test('I2 every fault is listed with its cell, and nothing is changed', async () => {
  const before = [await count('subjects'), await count('log_outbox'), await count('audit')];
  const file = csv(
    `${HEADER},管理等级,重点人员类型,设备编号,设备类型,数据源,上报间隔秒,活动区域`,
    `${row('B1')},严管,k1,d-B1,手机,F1,60,`,
    `${row('B1', '劳教,2026-02-30,2028/1/9')},很严,k9,d-B1,手机,F9,0,nowhere`,
    ',,没有的所,缓刑,2026-01-10,2025-01-10,,,,手机,,,',
    '=1+1,名,测试司法所一,缓刑,2026-01-10,明年,,,d-B3,,,,',
  );
  expect(await faultsOf(file)).toEqual([
    '3A stands in row 2 already',
    '3D must be one of public surveillance, suspended sentence, parole, temporary execution outside prison',
    '3E is not in the calendar',
    '3G must be one of strict, standard, relaxed',
    '3H is not on the list of categories',
    '3I stands in row 2 already',
    '3K there is no such feed',
    '3L must be a whole number from 1 to 604800',
    '4A must not be empty',
    '4B must not be empty',
    '4C there is no such office, or it is not within your reach',
    '4F lies before the first day',
    '4I something is said of a device that has no id',
    '5A is a formula (or begins with = + - @): paste its value',
    '5F is no day: write it as 2026-10-01',
  ]);
  expect([await count('subjects'), await count('log_outbox'), await count('audit')]).toEqual(before);
});

test('I3 what the store knows is a fault of a cell too', async () => {
  await load(csv(`${HEADER},设备编号,设备类型`, `${row('C1')},d-C1,手机`));
  await run(
    `UPDATE subjects SET profile = jsonb_set(profile, '{record,ended}', '{"at": "2026-02-01T00:00:00Z", "how": "released"}') WHERE id = '1002'`,
  );
  expect(await faultsOf(csv(`${HEADER},设备编号,设备类型`, `${row('C2')},d-C1,手机`))).toEqual([
    '2G is assigned to C1 at the same time: end the one before the other begins',
  ]);
  expect(
    await faultsOf(
      csv(
        `${HEADER},设备编号,活动区域,未成年`,
        `${row('1002')},,,`,
        `${row('C3')},d-C3,z9,`,
        `${row('C4')},,,是`,
      ),
      false,
    ),
  ).toEqual([
    '2A correction has ended',
    '3G a new device needs its kind',
    '3H there is no such zone',
    '4I your account is not cleared for minors',
  ]);
});

test('I4 an empty cell and a column that is not there leave what stands; a dash empties', async () => {
  await load(csv(`${HEADER},管理等级,责任人,重点人员类型`, `${row('D1')},严管,测试警官,k1`));
  expect(await load(csv(`${HEADER},管理等级,责任人`, `${row('D1')},,无`))).toMatchObject({
    ok: true,
    value: { changed: 1 },
  });
  expect(await profileOf('D1')).toMatchObject({
    grade: 'strict',
    record: { officer: null, categories: ['k1'] },
  });
});

test('I5 a wrong header is told by column before anything else', async () => {
  expect(await faultsOf(csv('编号,姓名,性别,姓名,司法所,矫正类别,矫正开始日期', row('E1')))).toEqual(
    [
      '1 the column Correction until (矫正结束日期) is missing',
      '1C is no column that is known: mend or remove it',
      '1D Name stands twice',
    ].sort(),
  );
  expect(await faultsOf(csv(HEADER))).toEqual([' has no rows below the header']);
});

test('I5 a file that is no table is told as such, once', async () => {
  for (const nothing of ['', '\n \n', ',,\n,,\n'])
    expect(await faultsOf(Buffer.from(nothing))).toEqual([' has nothing in it']);
  expect(await faultsOf(Buffer.from('a page\n<html>not a workbook</html>'))).toEqual([
    expect.stringContaining('it is no Excel workbook (.xlsx) or CSV of subjects'),
  ]);
});

test('I6 CSV as a Chinese Excel saves it, with semicolons, with quotes', async () => {
  // 编号;姓名… in GB 18030 can't be made by Node: the bytes of two words show that it is read.
  const gbk = Buffer.concat([
    Buffer.from([0xb1, 0xe0, 0xba, 0xc5]),
    Buffer.from(
      ';Name;Office;Legal type;Correction from;Correction until\nF1;"Test ""F"" Person";445281/office-01;parole;2026-01-10;2028-01-09\n',
    ),
  ]);
  expect(await load(gbk)).toMatchObject({ ok: true, value: { added: 1 } });
  expect(await profileOf('F1')).toMatchObject({ name: 'Test "F" Person' });
  expect(await faultsOf(csv(HEADER, '"F2,never closed'))).toEqual([
    expect.stringContaining('a quote is not closed'),
  ]);
  expect(await faultsOf(Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x00]))).toEqual([
    ' is neither an Excel workbook (.xlsx) nor text in UTF-8 or GB 18030',
  ]);
});

const WORKBOOK = strToU8(
  '<workbook xmlns:r="r"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
);
const RELS = strToU8('<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>');
const workbook = (sheet: string, more: Record<string, Uint8Array> = {}) =>
  zipSync({
    'xl/workbook.xml': WORKBOOK,
    'xl/_rels/workbook.xml.rels': RELS,
    'xl/worksheets/sheet1.xml': strToU8(sheet),
    ...more,
  });

test('I7 formulas, errors, macros, bombs, entities, broken and foreign files are refused in a line', async () => {
  const head = HEADER.split(',')
    .map((name) => `<c t="inlineStr"><is><t>${name}</t></is></c>`)
    .join('');
  const sheet = (cells: string) =>
    `<worksheet><sheetData><row>${head}</row><row r="7">${cells}</row></sheetData></worksheet>`;
  expect(
    (
      await faultsOf(
        workbook(
          sheet('<c r="A7"><f>1+1</f><v>2</v></c><c r="B7" t="e"><v>#REF!</v></c><c r="E7"><v>1e9</v></c>'),
        ),
      )
    ).slice(0, 3),
  ).toEqual([
    '7A is a formula (or begins with = + - @): paste its value',
    '7B is an error value',
    '7C must not be empty',
  ]);
  expect(await faultsOf(workbook(sheet(''), { 'xl/vbaProject.bin': strToU8('x') }))).toEqual([
    ' has macros: save it as .xlsx without',
  ]);
  expect(await faultsOf(workbook('<!DOCTYPE a [<!ENTITY b "c">]><worksheet>&b;</worksheet>'))).toEqual([
    ' the workbook is broken inside',
  ]);
  for (const broken of ['<worksheet><row></worksheet>', '<worksheet hasOwnProperty="1" a="2"/>'])
    expect(await faultsOf(workbook(broken))).toEqual([' the workbook is broken inside']);
  expect(await faultsOf(workbook(sheet('<c r="ZZ7"><v>1</v></c>')))).toEqual([
    ' row 7 goes beyond column CV',
  ]);
  expect(await faultsOf(zipSync({ 'a.txt': strToU8('x') }))).toEqual([
    ' is no Excel workbook (.xlsx), or a broken one',
  ]);
  expect(await faultsOf(Buffer.from('PK\u0003\u0004 and no more'))).toEqual([
    ' is no Excel workbook (.xlsx), or a broken one',
  ]);
  expect(await faultsOf(Buffer.from([0xd0, 0xcf, 0x11, 0xe0]))).toEqual([
    expect.stringContaining('old .xls'),
  ]);
  const spaces = new Uint8Array(65 * 2 ** 20).fill(32);
  const bomb = zipSync({ 'xl/worksheets/sheet1.xml': spaces, 'xl/workbook.xml': WORKBOOK }, { level: 1 });
  expect(bomb.length).toBeLessThan(2 ** 20);
  expect(await faultsOf(bomb)).toEqual([' unpacks to more than is read']);
  const many = `<worksheet><sheetData>${'<row><c><v>1</v></c></row>'.repeat(20_002)}</sheetData></worksheet>`;
  expect(await faultsOf(workbook(many))).toEqual([' more than 20000 rows: make several files of it']);
});

test('I8 what is exported can be read again and changes nothing; no cell is a formula', async () => {
  await load(csv(HEADER, `G1,"'=HYPERLINK(""x"")",测试司法所一,缓刑,2026-01-10,2028-01-09`));
  expect(await profileOf('G1')).toMatchObject({ name: '=HYPERLINK("x")' });
  const asked = { scope: '', organisation: '', minors: true, isEnded: false } as const;
  const table = await exportSubjects(own.database, { ...asked, format: 'csv' });
  expect(table?.file.toString()).toContain(`"'=HYPERLINK(""x"")"`);
  for (const format of ['csv', 'xlsx'] as const) {
    const made = await exportSubjects(own.database, { ...asked, format });
    expect(await load(made?.file ?? Buffer.alloc(0))).toMatchObject({
      ok: true,
      value: { rows: made?.rows, added: 0, changed: 0 },
    });
  }
});
