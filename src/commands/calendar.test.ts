import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { decodePolicyDocument } from '../kernel/policy-file.ts';
import { decodeRoster } from '../kernel/roster-file.ts';
import { daysOfLibrary } from '../roster/public-holidays.ts';
import { runCalendar } from './calendar.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-calendar-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const published = (year: number) =>
  fileURLToPath(new URL(`../../../shared/data/calendar/holiday-cn-${year}.json`, import.meta.url));

async function call(...argv: string[]) {
  const texts: [string[], string[]] = [[], []];
  const [stdout, stderr] = texts.map(
    (parts) =>
      new Writable({
        write: (chunk, _, done) => {
          parts.push(String(chunk));
          done();
        },
      }),
  ) as [Writable, Writable];
  const code = await runCalendar(argv, { stdout, stderr });
  return { code, stdout: texts[0].join(''), stderr: texts[1].join('') };
}

describe('K1 calendar', () => {
  test.skipIf(!existsSync(published(2026))).each([2024, 2025, 2026])(
    'K1 the library has the days of %i as they were published',
    (year) => {
      const { days } = JSON.parse(readFileSync(published(year), 'utf8')) as {
        days: { date: string; isOffDay: boolean }[];
      };
      const wanted = days
        .filter(({ date }) => date.startsWith(String(year)))
        .map(({ date, isOffDay }) => `${date} ${isOffDay}`);
      expect(daysOfLibrary(year).map(({ date, isOff }) => `${date} ${isOff}`)).toEqual(wanted.sort());
    },
  );

  test('K1 the program itself runs it: Node reads a package otherwise than the test runner', async () => {
    const main = fileURLToPath(new URL('../main.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [main, 'calendar', '--year', '2026']);
    expect(JSON.parse(stdout).calendar['2026-10-10']).toBe('workday');
  });

  test('K1 what it prints is a calendar for the roster and key periods for the policy', async () => {
    const tight = join(folder, 'tight.json');
    writeFileSync(tight, '{"default":{"silenceMinS":300}}');
    const { code, stdout } = await call('--year', '2026', '--policy', tight);
    expect(code).toBe(0);
    const { calendar, keyPeriods } = JSON.parse(stdout);
    const roster = decodeRoster({ subjects: [], calendar });
    expect(roster.ok && roster.value.calendar.days['2026-10-10']).toBe('workday');
    const policy = decodePolicyDocument({ keyPeriods });
    if (!policy.ok) throw new Error(JSON.stringify(policy.error));
    const national = policy.value.keyPeriods.find(
      ({ fromMs }) => fromMs === Date.parse('2026-10-01T00:00:00+08:00'),
    );
    expect(national).toMatchObject({
      untilMs: Date.parse('2026-10-08T00:00:00+08:00'),
      policy: { silenceMinS: 300 },
    });
  });

  test('K1 a year that is not known is said to be, and can be imported', async () => {
    const unknown = await call('--year', '2030');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('--import');
    const file = join(folder, '2030.json');
    writeFileSync(file, '{"days":[{"name":"元旦","date":"2030-01-01","isOffDay":true}]}');
    expect(JSON.parse((await call('--year', '2030', '--import', file)).stdout).calendar).toEqual({
      '2030-01-01': 'holiday',
    });
    writeFileSync(file, '{"days":[{"name":"元旦"}]}');
    expect((await call('--year', '2030', '--import', file)).stderr).toContain('days[0]');
    expect((await call('--year', 'soon')).code).toBe(2);
  });
});
