/** `npm run bench -- <name> [--seconds N] [--json FILE]`: each benchmark prints one table and gives each figure its ceiling of the same run. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string' },
    json: { type: 'string' },
    subjects: { type: 'string' },
    days: { type: 'string' },
    seed: { type: 'string' },
    reconcile: { type: 'boolean' },
  },
  allowPositionals: true,
});

const BENCHES: Readonly<Record<string, (seconds: number) => Promise<Figure[]>>> = {
  log: async (seconds) => (await import('./log.ts')).benchLog(seconds),
  ingest: async (seconds) => (await import('./ingest.ts')).benchIngest(seconds),
  pipeline: async (seconds) => (await import('./pipeline.ts')).benchPipeline(seconds),
  devices: async (seconds) => (await import('./devices.ts')).benchDevices(seconds),
  live: async (seconds) => (await import('./live.ts')).benchLive(seconds),
  page: async (seconds) => (await import('./page.ts')).benchPage(seconds),
  decoders: async (seconds) => (await import('./decoders.ts')).benchDecoders(seconds),
  replay: async (seconds) => (await import('./replay.ts')).benchReplay(seconds),
  zones: async (seconds) => (await import('./zones.ts')).benchZones(seconds),
  seal: async () => (await import('./seal.ts')).benchSeal(),
  quality: async () => {
    const { benchQuality, JUDGING_SEED } = await import('./quality.ts');
    return benchQuality({
      subjects: Number(values.subjects ?? 1762),
      days: Number(values.days ?? 30),
      seed: Number(values.seed ?? JUDGING_SEED),
      isReconciled: values.reconcile === true,
    });
  },
  rates: async () => (await import('./rates.ts')).benchRates(),
  roster: async () => (await import('./roster.ts')).benchRoster(),
  memory: async () => (await import('./memory.ts')).benchMemory(Number(values.subjects ?? 100_000)),
};

const [name = ''] = positionals;
const bench = BENCHES[name];
if (bench === undefined) {
  const known = Object.keys(BENCHES).join(', ');
  console.error(`usage: npm run bench -- ${known} [--seconds N] [--json FILE]`);
  process.exit(2);
}
const figures = await bench(Number(values.seconds ?? 10));
console.table(
  figures.map(({ metric, value, unit, ceiling, ratio, sizes }) => ({
    metric,
    value: round(value),
    unit,
    ceiling: ceiling === undefined ? '' : round(ceiling),
    ratio: ratio ?? '',
    sizes,
  })),
);
const report = { name, machine: machine(), commit: commit(), figures };
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
process.exit(0);

function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model ?? 'cpu'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
