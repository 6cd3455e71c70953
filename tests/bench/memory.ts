/**
 * What the detector keeps of a subject, and what a process of its own with all of them takes; ceiling: what the issue allows a million of
 * them. The process gets its lines from this one, so that what makes them does not count, and may have no larger heap than its share.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { createLoad } from '../../src/demo/load.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import { type Figure, figure } from './figure.ts';
import type { Held } from './memory-child.ts';

/** So many fill the ring of kept fixes. */
const ROUNDS = 12;
const ALLOWED_BYTES = 2 * 1024 ** 3;
const MILLION = 1_000_000;
const MIB = 1024 ** 2;
/** Of what a million may take: for the program itself, its code and the collector's young generation. */
const REST_MIB = 128;
const BATCH = 1000;

export async function benchMemory(subjects: number): Promise<Figure[]> {
  const allowedBytes = Math.max(ALLOWED_BYTES * (subjects / MILLION), 512 * MIB);
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--expose-gc',
      `--max-old-space-size=${Math.round(allowedBytes / MIB) - REST_MIB}`,
      '--max-semi-space-size=8',
      new URL('memory-child.ts', import.meta.url).pathname,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const answer = text(child.stdout);
  const write = async (lines: readonly string[]) => {
    if (!child.stdin.write(`${lines.join('\n')}\n`)) await once(child.stdin, 'drain');
  };
  const load = createLoad({ seed: 1, subjects, feed: 'F' });
  const t0 = Date.UTC(2026, 2, 1);
  await write(load.zones.map((zone) => encodeLogEvent({ type: 'zone', atMs: t0, zone })));
  const profiles = load.roster.subjects;
  for (let from = 0; from < subjects; from += BATCH)
    await write(
      profiles
        .slice(from, from + BATCH)
        .map((profile) => encodeLogEvent({ type: 'profile', atMs: t0, profile })),
    );
  for (let round = 0; round < ROUNDS; round++)
    for (let from = 0; from < subjects; from += BATCH)
      await write(load.positions(Math.min(BATCH, subjects - from), t0 + round * 60_000));
  child.stdin.end();
  const held = JSON.parse(await answer) as Held;
  const sizes = `${held.subjects} subjects, ${ROUNDS} fixes each`;
  return [
    figure(
      'heap of a subject, profile and all',
      held.heapBytes / held.subjects,
      'bytes',
      sizes,
      ALLOWED_BYTES / MILLION,
    ),
    figure('process with all of them', held.rssBytes / MIB, 'MiB resident', sizes, allowedBytes / MIB),
    figure('the same, at its most', held.mostRssBytes / MIB, 'MiB resident', sizes, allowedBytes / MIB),
    figure('state of a subject as JSON, without its profile', held.stateBytes, 'bytes', sizes, 1024),
    figure('its profile as JSON', held.profileBytes, 'bytes', sizes),
  ];
}
