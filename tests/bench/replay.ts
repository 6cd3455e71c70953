/** `wardline replay` on a made file; ceiling: reading the lines and JSON.parse. */
import { createReadStream, mkdtempSync, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { runReplay } from '../../src/commands/replay.ts';
import { createLoad } from '../../src/demo/load.ts';
import { encodeRoster } from '../../src/kernel/roster-file.ts';
import { encodeZones } from '../../src/kernel/zone-file.ts';
import { type Figure, figure } from './figure.ts';

const SUBJECTS = 1762;

export async function benchReplay(seconds: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-bench-'));
  const load = createLoad({ seed: 1, subjects: SUBJECTS, feed: 'F' });
  const paths = {
    roster: join(folder, 'roster.json'),
    zones: join(folder, 'zones.geojson'),
    lines: join(folder, 'observations.ndjson'),
  };
  const write = (path: string, text: string) => writeSync(openSync(path, 'w'), text);
  write(paths.roster, JSON.stringify(encodeRoster(load.roster)));
  write(paths.zones, JSON.stringify(encodeZones(load.zones)));
  // About as many as a goal of 200,000 a second needs to last so long; everybody reports once a minute.
  const rounds = Math.max(10, Math.round((seconds * 100_000) / SUBJECTS));
  const file = openSync(paths.lines, 'w');
  const t0 = Date.UTC(2026, 2, 1);
  for (let i = 0; i < rounds; i++)
    writeSync(file, `${load.positions(SUBJECTS, t0 + i * 60_000).join('\n')}\n`);

  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  let n = 0;
  for await (const line of createInterface({ input: createReadStream(paths.lines) })) {
    JSON.parse(line);
    n++;
  }
  const ceiling = n / ((performance.now() - startedMs) / 1000);
  const cpuCeiling = n / cpuSeconds(startedCpu);

  const io = { stdout: new PassThrough().resume(), stderr: new PassThrough().resume() };
  const replayedMs = performance.now();
  const replayedCpu = process.cpuUsage();
  const code = await runReplay(
    ['--roster', paths.roster, '--zones', paths.zones, '--observations', paths.lines],
    io,
  );
  if (code !== 0) throw new Error(`replay ended with ${code}`);
  const rate = n / ((performance.now() - replayedMs) / 1000);
  const cpuRate = n / cpuSeconds(replayedCpu);
  const sizes = `${n} lines, ${SUBJECTS} subjects`;
  return [
    figure('replay', rate, 'observations/s', sizes, ceiling),
    // What one core does, also where others use it: the collector's threads count against it.
    figure('replay, by processor time', cpuRate, 'observations/s of one core', sizes, cpuCeiling),
  ];
}

function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}
