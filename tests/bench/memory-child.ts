/** Holds the subjects of the log lines on stdin in a detector, and says on stdout, as JSON, what that takes. Started by `memory.ts`. */
import { createInterface } from 'node:readline';
import { createDetector } from '../../consumers/detector/detector.ts';
import { decodeLogLine } from '../../src/kernel/log-line.ts';

export interface Held {
  readonly subjects: number;
  /** Of the heap, beyond what it was before the first subject. */
  readonly heapBytes: number;
  /** Of the process, when all was there and at its most. */
  readonly rssBytes: number;
  readonly mostRssBytes: number;
  /** A subject's, as JSON. */
  readonly stateBytes: number;
  readonly profileBytes: number;
}

const { gc } = globalThis;
if (gc === undefined) throw new Error('to be started with --expose-gc');
const detector = createDetector();
gc();
const before = process.memoryUsage().heapUsed;
for await (const line of createInterface({ input: process.stdin })) {
  const decoded = decodeLogLine(line);
  if (!decoded.ok) throw new Error(decoded.error.message);
  detector.apply(decoded.value, () => {});
}
const rssBytes = process.memoryUsage().rss;
gc();
const heapBytes = process.memoryUsage().heapUsed - before;
const { subjects } = detector.snapshot();
const sample = subjects.slice(0, 1000);
const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const held: Held = {
  subjects: subjects.length,
  heapBytes,
  rssBytes,
  mostRssBytes: process.resourceUsage().maxRSS * 1024,
  stateBytes: sample.reduce((sum, state) => sum + size({ ...state, profile: null }), 0) / sample.length,
  profileBytes: sample.reduce((sum, { profile }) => sum + size(profile), 0) / sample.length,
};
process.stdout.write(JSON.stringify(held));
