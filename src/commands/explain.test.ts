import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { circle, fix, minutes, person, range } from '../../consumers/detector/story.testing.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import { EMPTY_ROSTER } from '../kernel/roster.ts';
import { encodeRoster } from '../kernel/roster-file.ts';
import { encodeZones } from '../kernel/zone-file.ts';
import { runExplain } from './explain.ts';

let folder = '';
const path = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'explain-'));
  writeFileSync(path('roster.json'), JSON.stringify(encodeRoster({ ...EMPTY_ROSTER, subjects: [person()] })));
  writeFileSync(path('zones.geojson'), JSON.stringify(encodeZones([circle('home')])));
  const fixes = range(0, 20).map((n) => fix(n, n < 10 ? 0 : 3000));
  writeFileSync(path('obs.ndjson'), `${fixes.map(encodeLogEvent).join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(minute: number, ...more: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const files = [
    '--roster',
    path('roster.json'),
    '--zones',
    path('zones.geojson'),
    '--observations',
    path('obs.ndjson'),
  ];
  const at = new Date(minutes(minute)).toISOString();
  const code = await runExplain(['--subject', 'S1', '--at', at, ...files, ...more], { stdout, stderr });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

test('W1 why not and why, in either language, and as JSON', async () => {
  const before = await run(8);
  expect([before.code, before.err]).toEqual([0, '']);
  expect(before.out).toContain('+ 限制区域 home');
  expect(before.out).toMatch(/无 +out-of-bounds\n +在home边界内/);
  const after = await run(18, '--language', 'en');
  expect(after.out).toMatch(/holds +out-of-bounds \(stay-in\) alert [0-9a-f]{32}\n +S1 left home/);
  const json = JSON.parse((await run(18, '--json')).out);
  expect(json.conclusions.find(({ kind }: { kind: string }) => kind === 'out-of-bounds').says).toBe('holds');
});

test('W2 a fault of the call is said in words: exit code 2', async () => {
  expect(await run(8, '--language', 'fr')).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('zh or en'),
  });
  expect(await run(8, '--observations', path('none'))).toMatchObject({ code: 2, out: '' });
});
