/** Script in a trace of Chromium: how much of a frame of 1/60 s the page's main thread spent in it, in milliseconds. */
import { percentile } from './figure.ts';

export interface ScriptTime {
  /** Of the frames in which the page, or its map, drew. */
  readonly drawn: Spread;
  /** Of all in which any script ran. */
  readonly any: Spread;
}
export interface Spread {
  readonly frames: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly worstMs: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** µs: begin, length, and how much of it the thread was on a processor. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
}

const FRAME_US = 1e6 / 60;
const SCRIPT: ReadonlySet<string> = new Set([
  'FunctionCall',
  'EvaluateScript',
  'v8.evaluateModule',
  'v8.compile',
  'RunMicrotasks',
  'MinorGC',
  'MajorGC',
  'V8.GC_SCAVENGER',
]);

export function scriptTime(json: string): ScriptTime {
  const { traceEvents } = JSON.parse(json) as { traceEvents: TraceEvent[] };
  const pieces = traceEvents.filter(
    ({ ph, name, dur }) => ph === 'X' && SCRIPT.has(name) && dur !== undefined,
  );
  const main = mainThread(pieces);
  const outer = topLevel(pieces.filter((piece) => threadOf(piece) === main));
  const times = traceEvents.filter((event) => threadOf(event) === main && event.ts > 0).map(({ ts }) => ts);
  const [fromUs, untilUs] = [Math.min(...bounds(times)), Math.max(...bounds(times))];
  const frames = new Float64Array(Math.max(1, Math.ceil((untilUs - fromUs) / FRAME_US)));
  for (const piece of outer) {
    const frame = Math.min(frames.length - 1, Math.floor((piece.ts - fromUs) / FRAME_US));
    // A piece counts whole where it begins: spread over frames it would look better than it is.
    frames[frame] = (frames[frame] ?? 0) + (piece.tdur ?? piece.dur ?? 0) / 1000;
  }
  const drawn = new Set(
    traceEvents
      .filter((event) => threadOf(event) === main && event.name === 'FireAnimationFrame')
      .map(({ ts }) => Math.floor((ts - fromUs) / FRAME_US)),
  );
  return {
    drawn: spread([...drawn].map((frame) => frames[frame] ?? 0)),
    any: spread([...frames].filter((ms) => ms > 0)),
  };
}

function spread(times: number[]): Spread {
  const sorted = times.sort((a, b) => a - b);
  return {
    frames: sorted.length,
    p50Ms: percentile(sorted, 0.5),
    p95Ms: percentile(sorted, 0.95),
    worstMs: sorted.at(-1) ?? 0,
  };
}

const threadOf = ({ pid, tid }: TraceEvent) => `${pid}.${tid}`;

/** The page's own: where most calls of functions are, workers have few. */
function mainThread(pieces: readonly TraceEvent[]): string {
  const calls = new Map<string, number>();
  for (const piece of pieces)
    if (piece.name === 'FunctionCall') calls.set(threadOf(piece), (calls.get(threadOf(piece)) ?? 0) + 1);
  return [...calls].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

function bounds(times: readonly number[]): [number, number] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const time of times) [first, last] = [Math.min(first, time), Math.max(last, time)];
  return [first, last];
}

function topLevel(pieces: readonly TraceEvent[]): TraceEvent[] {
  const outer: TraceEvent[] = [];
  let endUs = Number.NEGATIVE_INFINITY;
  for (const piece of [...pieces].sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))) {
    if (piece.ts < endUs) continue;
    outer.push(piece);
    endUs = piece.ts + (piece.dur ?? 0);
  }
  return outer;
}
