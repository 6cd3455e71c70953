import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const text = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Each property's runs as its test has them where nothing is set: a number, or so many times the file's own `RUNS`. */
function runsIn(path: string): number[] {
  const source = text(path);
  const own = Number(/^const RUNS = Number\(process\.env\.FUZZ_RUNS \?\? (\d+)\);$/m.exec(source)?.[1]);
  return [...source.matchAll(/numRuns: (?:(\d+)|RUNS(?: \* (\d+))?)[ ,}]/g)].map(([, plain, times = '1']) =>
    plain === undefined ? own * Number(times) : Number(plain),
  );
}

test('X5 the runs that SPEC.md says are those of the tests', () => {
  const rows = [...text('tests/SPEC.md').matchAll(/^\| .+ \| `(\S+\.test\.ts)` \| (\d+) \| ([\d ]+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(10);
  for (const [, path = '', properties, runs = ''] of rows) {
    const found = runsIn(path);
    expect([path, found.length, found.reduce((sum, each) => sum + each, 0)]).toEqual([
      path,
      Number(properties),
      Number(runs.replaceAll(' ', '')),
    ]);
  }
});
