import { strFromU8, unzipSync } from 'fflate';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { problem, startDashboard, type TestDashboard } from '../tests/harness/dashboard.ts';
import { keepBooks } from './books.ts';
import { REPORT_KINDS } from './report.ts';

/** Noon of 5 April 2026 in Beijing. */
const NOW = Date.parse('2026-04-05T04:00:00Z');
let dash: TestDashboard;
beforeEach(async () => {
  dash = await startDashboard({ now: () => NOW });
  const columns = await dash.database.query<{ name: string }>({
    text: "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'office_days' AND ordinal_position > 2",
    values: [],
  });
  const names = columns.rows.map(({ name }) => name);
  for (const table of ['office_days', 'office_months'])
    await dash.database.query({
      text: `INSERT INTO ${table} (office, day, ${names.join(', ')})
        SELECT o, '2026-03-01', ${names.map((name) => (name === 'slots_located' ? 19 : 20)).join(', ')}
        FROM unnest(ARRAY['445281/office-01', '445222/office-03']) o`,
      values: [],
    });
});
afterEach(() => dash.close());

const call = async (method: string, path: string, organisation = '', body?: unknown) =>
  dash.call(method, `/api/v1/${path}`, {
    headers: await dash.token('manager', organisation),
    ...(body === undefined ? {} : { body }),
  });

async function bytes(path: string): Promise<Buffer> {
  const answer = await fetch(`${dash.address}/api/v1/${path}`, { headers: await dash.token('manager', '') });
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

test.each(REPORT_KINDS)(
  'K40 a %s report is shown, kept as made, and comes as Excel and Word',
  async (kind) => {
    const shown = (await call('GET', `reports/preview?kind=${kind}&day=2026-03-01`)).body;
    expect(shown.sections.length).toBeGreaterThan(0);
    const { id } = (await call('POST', 'reports', '', { kind, day: '2026-03-01' })).body;
    expect((await call('GET', `reports/${id}`)).body.document).toEqual(shown);
    for (const format of ['xlsx', 'docx']) {
      const file = await bytes(`reports/${id}/file?format=${format}`);
      // Both are ZIP archives: their directory stands at the end.
      expect(file.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
      expect(file.includes(format === 'xlsx' ? 'xl/workbook.xml' : 'word/document.xml')).toBe(true);
    }
    const auditor = await dash.token('auditor', '');
    const { items } = (await dash.call('GET', '/api/v1/audit?action=report.export', { headers: auditor }))
      .body;
    expect(
      items.map(({ action, target, detail }: Record<string, unknown>) => [action, target, detail]),
    ).toEqual(
      ['docx', 'xlsx'].map((format) => ['report.export', id, { kind, from: shown.period.from, format }]),
    );
  },
);

test('K41 the statistics table has the columns of annex 3 and leaves to people what the system does not hold', async () => {
  const [section] = (await call('GET', 'reports/preview?kind=statistics&day=2026-03-01')).body.sections;
  expect(section.table.columns).toHaveLength(14);
  expect(section.table.rows).toEqual([
    ['445222', 0, null, null, 0, 0.95, 0, 0, null, null, 0, 0, 0, 0],
    ['445281', 0, null, null, 0, 0.95, 0, 0, null, null, 0, 0, 0, 0],
  ]);
});

test('K44 key persons are counted and listed; the kept document holds ids, and a reader sees the names of those whom he may see', async () => {
  await dash.subject('S1', '445281/office-01');
  await dash.subject('S2', '445281/office-01', '测试人员未成年', true);
  await dash.database.query({
    text: `UPDATE subjects SET profile = profile || '{"record": {"legalType": "parole", "from": "2026-01-01", "until": "2026-12-31",
             "categories": ["涉毒", "生活无来源"], "officer": "干部甲"}}'`,
    values: [],
  });
  // A manager sees no minors; what is counted names nobody, and is the same whoever makes the report.
  const [table] = (await call('GET', 'reports/preview?kind=statistics&day=2026-03-01')).body.sections;
  expect(table.table.rows.map((row: unknown[]) => row[2])).toEqual([0, 2]);
  const made = await dash.call('POST', '/api/v1/reports', {
    headers: await dash.token('administrator', '', true),
    body: { kind: 'key-persons', day: '2026-03-01' },
  });
  const { rows } = await dash.database.query({ text: 'SELECT document FROM reports', values: [] });
  expect(JSON.stringify(rows)).not.toContain('测试人员');
  const namesFor = async (minors: boolean) => {
    const headers = await dash.token('administrator', '', minors);
    const { body } = await dash.call('GET', `/api/v1/reports/${made.body.id}`, { headers });
    expect(body.document.sections[0].lines.join().includes('另有 1 行涉及未成年人')).toBe(!minors);
    expect(body.document.sections[0].table.about).toBeUndefined();
    return body.document.sections[0].table.rows.map((row: unknown[]) => [row[2], row[4], row[5], row[11]]);
  };
  const rest = ['假释', '涉毒、生活无来源', '干部甲'];
  expect(await namesFor(false)).toEqual([['测试人员S1', ...rest]]);
  expect(await namesFor(true)).toContainEqual(['测试人员未成年', ...rest]);
});

test('K44 A10 a hazard of a minor is in the kept ledger, and left out for who is not cleared', async () => {
  await dash.subject('M1', '445281/office-01', '测试人员未成年', true);
  for (const [subject, situation] of [
    ['M1', '夜不归宿'],
    [null, '设备不足'],
  ])
    await dash.database.query({
      text: `INSERT INTO hazards (subject, office, category, situation, measures, department, person, due_at, state, made_by, made_at)
             VALUES ($1, '445281/office-01', 'c', $2, 'm', 'd', 'p', '2026-03-20', 'not-rectified', 'x', '2026-03-10')`,
      values: [subject, situation],
    });
  const { id } = (await call('POST', 'reports', '', { kind: 'hazards', day: '2026-03-01' })).body;
  const situations = async (minors: boolean) => {
    const headers = await dash.token('administrator', '', minors);
    const { body } = await dash.call('GET', `/api/v1/reports/${id}`, { headers });
    return body.document.sections[0].table.rows.map((row: unknown[]) => row[3]);
  };
  expect(await situations(true)).toEqual(['夜不归宿', '设备不足']);
  expect(await situations(false)).toEqual(['设备不足']);
});

test('K45 Word and Excel have the charts as charts, over the cells of the sheet', async () => {
  const { id } = (await call('POST', 'reports', '', { kind: 'weekly', day: '2026-03-01' })).body;
  const word = unzipSync(await bytes(`reports/${id}/file?format=docx`));
  expect(Object.keys(word).filter((name) => /charts\/chart\d+\.xml$/.test(name))).toHaveLength(3);
  const book = unzipSync(await bytes(`reports/${id}/file?format=xlsx`));
  const charts = Object.keys(book).filter((name) => name.startsWith('xl/charts/'));
  expect(charts).toHaveLength(3);
  const chart = strFromU8(book[charts[0] as string] as Uint8Array);
  expect(chart).toContain("<c:f>'2 各县（市、区）情况'!$A$3:$A$4</c:f>");
  expect(chart).not.toContain('externalData');
  expect(strFromU8(book['[Content_Types].xml'] as Uint8Array)).toContain('drawingml.chart+xml');
});

test('K45 each sheet of the workbook is as wide as its page when printed', async () => {
  const { id } = (await call('POST', 'reports', '', { kind: 'weekly', day: '2026-03-01' })).body;
  const book = unzipSync(await bytes(`reports/${id}/file?format=xlsx`));
  const sheets = Object.keys(book).filter((name) => name.startsWith('xl/worksheets/sheet'));
  expect(sheets.length).toBeGreaterThan(2);
  for (const name of sheets) {
    const xml = strFromU8(book[name] as Uint8Array);
    expect(xml).toMatch(/<worksheet[^>]*><sheetPr><pageSetUpPr fitToPage="1"\/><\/sheetPr>/);
    expect(xml).toMatch(/<pageSetup [^>]*orientation="landscape"[^>]*fitToWidth="1"[^>]*fitToHeight="0"/);
  }
});

test('K42 a report is signed off once, and nobody sees one of an organisation above', async () => {
  const { id } = (await call('POST', 'reports', '', { kind: 'monthly', day: '2026-03-01' })).body;
  expect((await call('POST', `reports/${id}/signature`, '', { note: '同意' })).status).toBe(200);
  expect(problem(await call('POST', `reports/${id}/signature`, '', { note: '同意' }))).toBe(409);
  const { rows } = await dash.database.query({
    text: `SELECT a.action, a.target, a.detail ->> 'sha256' = r.sha256 AS same FROM audit a, reports r ORDER BY a.seq`,
    values: [],
  });
  expect(rows).toEqual(['report.make', 'report.sign'].map((action) => ({ action, target: id, same: true })));
  expect(problem(await call('GET', `reports/${id}`, '445281'))).toBe(404);
  expect(problem(await call('POST', 'reports', '445281', { kind: 'monthly', organisation: '445222' }))).toBe(
    404,
  );
  expect((await call('GET', 'reports', '445281')).body.items).toEqual([]);
  expect((await call('GET', 'reports')).body.items).toMatchObject([
    { id, kind: 'monthly', signedBy: expect.any(String) },
  ]);
});

test('K43 the schedule makes each report of what is over once, also when two make them at the same time', async () => {
  await Promise.all([keepBooks(dash.database, NOW), keepBooks(dash.database, NOW)]);
  await keepBooks(dash.database, NOW);
  const { items } = (await call('GET', 'reports')).body;
  expect(
    items
      .map(({ kind, from, organisation }: Record<string, string>) => `${kind} ${from} ${organisation}`)
      .sort(),
  ).toEqual([
    'daily 2026-04-04 ',
    'hazards 2026-03-01 ',
    'hazards 2026-03-01 445222',
    'hazards 2026-03-01 445281',
    'monthly 2026-03-01 ',
    'monthly 2026-03-01 445222',
    'monthly 2026-03-01 445281',
    'quarterly 2026-01-01 ',
    'quarterly 2026-01-01 445222',
    'quarterly 2026-01-01 445281',
    'statistics 2026-03-01 ',
    'statistics 2026-03-01 445222',
    'statistics 2026-03-01 445281',
    'weekly 2026-03-23 ',
  ]);
  await expect(dash.database.query({ text: 'DELETE FROM reports', values: [] })).rejects.toThrow(
    'append-only',
  );
});
