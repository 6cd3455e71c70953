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
  },
);

test('K41 the statistics table has the columns of annex 3 and leaves to people what the system does not hold', async () => {
  const [section] = (await call('GET', 'reports/preview?kind=statistics&day=2026-03-01')).body.sections;
  expect(section.table.columns).toHaveLength(14);
  expect(section.table.rows).toEqual([
    ['445222', 0, null, null, 0, 0.95, null, null, null, null, 0, 0, 0, 0],
    ['445281', 0, null, null, 0, 0.95, null, null, null, null, 0, 0, 0, 0],
  ]);
});

test('K42 a report is signed off once, and nobody sees one of an organisation above', async () => {
  const { id } = (await call('POST', 'reports', '', { kind: 'monthly', day: '2026-03-01' })).body;
  expect((await call('POST', `reports/${id}/signature`, '', { note: '同意' })).status).toBe(200);
  expect(problem(await call('POST', `reports/${id}/signature`, '', { note: '同意' }))).toBe(409);
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
  expect(items.map(({ kind, from }: { kind: string; from: string }) => `${kind} ${from}`).sort()).toEqual([
    'daily 2026-04-04',
    'monthly 2026-03-01',
    'quarterly 2026-01-01',
    'weekly 2026-03-23',
  ]);
  await expect(dash.database.query({ text: 'DELETE FROM reports', values: [] })).rejects.toThrow(
    'append-only',
  );
});
