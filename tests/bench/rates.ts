/**
 * What a manager waits for, on made data straight in the tables: the day's logs of 96 offices and a month's ranking for 1,762 subjects,
 * and a year's rates and ranking for 100,000. Ceilings: the issue's figures.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeLogs } from '../../compliance/daily-logs.ts';
import { figuresOf } from '../../compliance/figures.ts';
import { addUpOffices } from '../../compliance/office-sums.ts';
import { periodOf } from '../../compliance/periods.ts';
import { rankingOf } from '../../compliance/ranking.ts';
import { connectDatabase, type Database } from '../../src/adapters/database.ts';
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { migrate } from '../../src/adapters/migrate.ts';
import { MEASURES } from '../../src/store/presence.ts';
import { type Figure, figure, percentile } from './figure.ts';

const TIMES = 9;
const NOW = Date.parse('2026-04-02T04:00:00Z');

export async function benchRates(): Promise<Figure[]> {
  const logger = createLogger('silent');
  const folder = mkdtempSync(join(tmpdir(), 'wardline-bench-'));
  const server = await startEmbeddedPostgres({ dataDir: folder, logger });
  if (!server.ok) throw new Error(server.error);
  try {
    const migrated = await migrate({ url: server.value.url, logger });
    if (!migrated.ok) throw new Error(migrated.error);
    const database = await connectDatabase({ url: server.value.url, logger });
    const figures = [...(await benchCity(database)), ...(await benchProvince(database))];
    await database.close();
    return figures;
  } finally {
    await server.value.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchCity(database: Database): Promise<Figure[]> {
  const run = (text: string) => database.query({ text, values: [] });
  const office = `'4452' || (o % 10 + 100)::text || '/office-' || lpad(o::text, 2, '0')`;
  await run(`INSERT INTO subjects (id, name, office, grade, profile)
    SELECT 'S' || n, '测试人员' || n, ${office}, 'standard', '{}'::jsonb FROM (SELECT n, n % 96 AS o FROM generate_series(1, 1762) n) s`);
  await fillPresence(
    database,
    `(SELECT id, office, random() AS luck FROM subjects)`,
    '2026-03-01',
    '2026-03-31',
  );
  await run(`INSERT INTO alerts (alert, version, subject, kind, state, severity, started_at, detected_at, cleared_at, acknowledged_at, change_seq)
    SELECT 'a' || n, 1, 'S' || (1 + n % 1762), (ARRAY['phone-off', 'silent', 'out-of-bounds', 'low-battery', 'abscond'])[1 + n % 5], 'cleared',
      (ARRAY['high', 'medium', 'low'])[1 + n % 3], t, t, t + interval '30 minutes', t + interval '4 minutes', n
    FROM (SELECT n, '2026-03-01T00:00:00+08'::timestamptz + n * interval '150 seconds' AS t FROM generate_series(1, 17500) n) a`);
  await run(`INSERT INTO alert_events (alert, version, subject, kind, state, severity, started_at, detected_at, confidence, late, reason, reason_en, evidence, recorded_at)
    SELECT alert, 1, subject, kind, 'opened', severity, started_at, detected_at, 1, false, '', '', '[]', detected_at FROM alerts`);
  const addedMs = await timed(1, () => addUpOffices(database));
  await run('ANALYZE');
  const month = periodOf('month', '2026-03-15');
  const logMs = await timed(TIMES, () => composeLogs(database, 'verification', '', '', '2026-03-15'));
  const centreMs = await timed(TIMES, () => composeLogs(database, 'inspection', '', '', '2026-03-15'));
  const ask = { scope: '', organisation: '', period: month, by: 'office', nowMs: NOW } as const;
  const rankMs = await timed(TIMES, () => rankingOf(database, ask));
  const sizes = '1,762 subjects, 96 offices, 31 days, 17,500 alerts';
  return [
    figure('verification logs of one day composed', logMs, 'ms', sizes, 2000),
    figure('inspection log of one day composed', centreMs, 'ms', sizes, 2000),
    figure('ranking of a month opened', rankMs, 'ms', sizes, 300),
    figure('sums of a month’s days made anew', addedMs, 'ms', sizes),
  ];
}

async function benchProvince(database: Database): Promise<Figure[]> {
  const run = (text: string) => database.query({ text, values: [] });
  await run('TRUNCATE presence_days, office_days, office_months, presence_dirty');
  // 2,000 offices of 50: a day of each is a row, as the sums leave it.
  await run(`INSERT INTO office_days (office, day, ${MEASURES.join(', ')})
    SELECT '44' || (o % 100 + 1000)::text || '/office-' || o, d::date,
      ${MEASURES.map((name) => (name === 'subjects' ? '50' : name === 'days' ? '1' : '(random() * 40)::int')).join(', ')}
    FROM generate_series(1, 2000) o, generate_series('2025-01-01'::date, '2025-12-31', '1 day') d`);
  await run(`INSERT INTO office_months (office, day, ${MEASURES.join(', ')})
    SELECT office, date_trunc('month', day)::date, ${MEASURES.map((name) => `sum(${name})`).join(', ')} FROM office_days GROUP BY 1, 2`);
  await run(`INSERT INTO daily_logs (seq, kind, office, day, document, sha256, remarks, signed_by, signed_at)
    SELECT row_number() OVER (), 'verification', office, day, '{}', '', '', 'made', day + 1 FROM office_days WHERE random() < 0.98`);
  await run('VACUUM ANALYZE office_days, office_months, daily_logs');
  const period = periodOf('year', '2025-06-01');
  const week = periodOf('week', '2025-06-04');
  const ask = { scope: '', organisation: '', period, by: 'county', asOf: 'frozen' } as const;
  const yearMs = await timed(TIMES, () => figuresOf(database, ask));
  const officesMs = await timed(TIMES, () => figuresOf(database, { ...ask, by: 'office' }));
  const weekMs = await timed(TIMES, () => figuresOf(database, { ...ask, period: week }));
  const rankMs = await timed(TIMES, () =>
    rankingOf(database, { scope: '', organisation: '', period, by: 'county', nowMs: NOW }),
  );
  const sizes = '100,000 subjects, 2,000 offices, 365 days';
  return [
    figure('rates of a year by county', yearMs, 'ms', sizes, 1000),
    figure('rates of a year by office', officesMs, 'ms', sizes, 1000),
    figure('rates of a week by county', weekMs, 'ms', sizes, 1000),
    figure('ranking of a year by county', rankMs, 'ms', sizes, 1000),
  ];
}

/** Each subject's days, most located, some with holes. */
async function fillPresence(database: Database, people: string, from: string, until: string): Promise<void> {
  const parts = (name: string, due: string, kept: string) =>
    `${due} AS ${name}_due, ${kept} AS ${name}_kept, 0 AS ${name}_broken, 0 AS ${name}_person, ${due} - ${kept} AS ${name}_device, 0 AS ${name}_network, 0 AS ${name}_platform`;
  await database.query({
    text: `INSERT INTO presence_days (subject, day, office, grade, located, known_at, born_at,
        contact_due, contact_kept, contact_broken, contact_person, contact_device, contact_network, contact_platform,
        bounds_due, bounds_kept, bounds_broken, bounds_person, bounds_device, bounds_network, bounds_platform,
        curfew_due, curfew_kept, curfew_broken, curfew_person, curfew_device, curfew_network, curfew_platform,
        slots_due, slots_located, checked, on_leave, checkins_due, checkins_met, checkins_fingerprint,
        musters_due, musters_met, leaves_due, leaves_kept, off_minutes)
      SELECT id, d::date, office, 'standard', '\\x00'::bytea, d + interval '1 day', d, ${parts('contact', '1440', 'k')},
        ${parts('bounds', '1440', 'k')}, ${parts('curfew', '480', 'k / 3')}, 288, k / 5, (k > 0)::int, 0, 1, 1, 1, 0, 0, 0, 0, 0
      FROM (SELECT p.id, p.office, d, CASE WHEN random() < 0.96 THEN 1440 ELSE (random() * 200)::int * 5 END AS k
            FROM ${people} p, generate_series($1::date, $2::date, '1 day') d) made`,
    values: [from, until],
  });
  await database.query({
    text: 'INSERT INTO presence_dirty (office, day) SELECT DISTINCT office, day FROM presence_days',
    values: [],
  });
}

/** The median of some runs, after one that warms up where there are more than one. */
async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  if (times > 1) await work();
  for (let n = 0; n < times; n++) {
    const start = performance.now();
    await work();
    took.push(performance.now() - start);
  }
  return percentile(
    took.sort((a, b) => a - b),
    0.5,
  );
}
