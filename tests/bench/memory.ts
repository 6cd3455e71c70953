/** What the detector keeps of a subject, in the heap and as JSON; ceiling: the heap that the issue allows a million of them. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createDetector } from '../../consumers/detector/detector.ts';
import { createLoad } from '../../src/demo/load.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { decodeLogLine } from '../../src/kernel/log-line.ts';
import { type Figure, figure } from './figure.ts';

const SUBJECTS = 100_000;
/** So many fill the ring of kept fixes. */
const ROUNDS = 12;
const ALLOWED_BYTES = 2 * 1024 ** 3;
const MILLION = 1_000_000;

export async function benchMemory(): Promise<Figure[]> {
  // The collector is asked for by a flag that can still be set when the program runs.
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const load = createLoad({ seed: 1, subjects: SUBJECTS, feed: 'F' });
  const t0 = Date.UTC(2026, 2, 1);
  const detector = createDetector();
  const apply = (event: LogEvent) => detector.apply(event, () => {});
  for (const zone of load.zones) apply({ type: 'zone', atMs: t0, zone });
  gc();
  const before = process.memoryUsage().heapUsed;
  // As they come from the log: each decoded by itself, nothing shared.
  for (const profile of load.roster.subjects)
    apply(JSON.parse(JSON.stringify({ type: 'profile', atMs: t0, profile })) as LogEvent);
  for (let round = 0; round < ROUNDS; round++) {
    for (let from = 0; from < SUBJECTS; from += 1000) {
      for (const line of load.positions(1000, t0 + round * 60_000)) {
        const decoded = decodeLogLine(line);
        if (decoded.ok) apply(decoded.value);
      }
    }
  }
  gc();
  const heapBytes = (process.memoryUsage().heapUsed - before) / SUBJECTS;
  const { subjects } = detector.snapshot();
  const sample = subjects.slice(0, 1000);
  const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const jsonBytes = sample.reduce((sum, state) => sum + size({ ...state, profile: null }), 0) / sample.length;
  const profileBytes = sample.reduce((sum, { profile }) => sum + size(profile), 0) / sample.length;
  const sizes = `${SUBJECTS} subjects, ${ROUNDS} fixes each`;
  return [
    figure('heap of a subject, profile and all', heapBytes, 'bytes', sizes, ALLOWED_BYTES / MILLION),
    figure('state of a subject as JSON, without its profile', jsonBytes, 'bytes', sizes, 1024),
    figure('its profile as JSON', profileBytes, 'bytes', sizes),
  ];
}
