/** `wardline replay`: the detector on files (design.md, "wardline replay"). No service is needed. */
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { createDetector, type Detector } from '../../consumers/detector/detector.ts';
import { prepareZone } from '../../geofences/prepare-zone.ts';
import { type AlertEvent, encodeAlertEvent } from '../kernel/alert-event.ts';
import { type Instant, parseInstant } from '../kernel/instant.ts';
import { type LogEvent, receiptOf } from '../kernel/log-event.ts';
import { decodeLogLine } from '../kernel/log-line.ts';
import { EMPTY_POLICY_DOCUMENT, type PolicyDocument, policyFor } from '../kernel/policy.ts';
import { decodePolicyDocument } from '../kernel/policy-file.ts';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';
import type { Roster, ZoneFeature } from '../kernel/roster.ts';
import { decodeRoster, findUnknownZones } from '../kernel/roster-file.ts';
import { decodeZones } from '../kernel/zone-file.ts';
import { readArguments } from './arguments.ts';
import { readFile } from './read-file.ts';

interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

interface Inputs {
  readonly roster: Roster;
  readonly zones: readonly ZoneFeature[];
  readonly policy: PolicyDocument;
  readonly observations: string;
  readonly untilMs: Instant | null;
  readonly skipsBad: boolean;
}

const USAGE =
  'usage: wardline replay --roster roster.json --zones zones.geojson --observations obs.ndjson[.gz] [--policy policy.json] [--until ISO] [--skip-bad]';
/** Output is gathered to pieces of this size: a line each would be a system call each. */
const OUTPUT_BYTES = 64 * 1024;

export async function runReplay(argv: string[], io: Streams): Promise<number> {
  const say = (line: string) => io.stderr.write(`wardline: ${line}\n`);
  const inputs = readInputs(argv);
  if (!inputs.ok) {
    for (const fault of inputs.error) say(fault);
    return 2;
  }
  try {
    const hasTicks = await containsTick(inputs.value.observations);
    const result = await replay(inputs.value, hasTicks, io);
    if (!result.ok) {
      say(result.error);
      return 2;
    }
    io.stderr.write(summary(result.value));
    return 0;
  } catch (error) {
    // The observations file can't be opened or is broken (gzip); anything else is a bug and goes on up.
    if (!(error instanceof Error && 'code' in error)) throw error;
    say(`${inputs.value.observations}: ${error.message}`);
    return 2;
  }
}

function readInputs(argv: string[]): Result<Inputs, string[]> {
  const args = readArguments(argv, {
    options: ['roster', 'zones', 'observations', 'policy', 'until'],
    flags: ['skip-bad'],
    required: ['roster', 'zones', 'observations'],
  });
  if (!args.ok) return fail([...args.error, USAGE]);
  const { options, flags, positionals } = args.value;
  const faults = positionals.map((word) => `"${word}" is no option: ${USAGE}`);
  const untilMs = parseInstant(options.until);
  if (options.until !== undefined && untilMs === undefined)
    faults.push('--until must be an ISO 8601 time with its zone');
  const roster = readFile(options.roster, decodeRoster);
  const zones = readFile(options.zones, decodeZones);
  const policy = readFile(options.policy, decodePolicyDocument);
  for (const file of [roster, zones, policy]) if (!file.ok) faults.push(...file.error);
  if (roster.ok && zones.ok && roster.value !== null && zones.value !== null) {
    faults.push(...checkZones(roster.value, zones.value, options.roster ?? '', options.zones ?? ''));
  }
  if (
    faults.length > 0 ||
    !roster.ok ||
    !zones.ok ||
    !policy.ok ||
    roster.value === null ||
    zones.value === null
  )
    return fail(faults);
  return ok({
    roster: roster.value,
    zones: zones.value,
    policy: policy.value ?? EMPTY_POLICY_DOCUMENT,
    observations: options.observations ?? '',
    untilMs: untilMs ?? null,
    skipsBad: flags.has('skip-bad'),
  });
}

function checkZones(
  roster: Roster,
  zones: readonly ZoneFeature[],
  rosterFile: string,
  zonesFile: string,
): string[] {
  const told =
    (file: string) =>
    ({ where, message }: Refusal) =>
      `${file}: ${where}: ${message}`;
  const shapes = zones.flatMap((zone) => {
    const checked = prepareZone(zone);
    return checked.ok
      ? []
      : [`${zonesFile}: zone ${zone.id}: ${checked.error.where}: ${checked.error.message}`];
  });
  return [
    ...shapes,
    ...findUnknownZones(roster, new Set(zones.map((zone) => zone.id))).map(told(rosterFile)),
  ];
}

function openLines(path: string): AsyncIterable<string> {
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  if (!path.endsWith('.gz')) return createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY });
  const unzipped = createGunzip();
  file.on('error', (error) => unzipped.destroy(error));
  return createInterface({ input: file.pipe(unzipped), crlfDelay: Number.POSITIVE_INFINITY });
}

/** Ticks are made only for a file that has none at all, so that has to be known before the first line. */
async function containsTick(path: string): Promise<boolean> {
  if (!path.endsWith('.gz')) return readFileSync(path).includes('"tick"') && (await someTick(path));
  return someTick(path);
}

async function someTick(path: string): Promise<boolean> {
  for await (const line of openLines(path)) {
    if (!line.includes('"tick"')) continue;
    const decoded = decodeLogLine(line);
    if (decoded.ok && decoded.value.type === 'tick') return true;
  }
  return false;
}

interface Totals {
  observations: number;
  skipped: number;
  seconds: number;
  readonly opened: Map<string, number>;
}

async function replay(inputs: Inputs, hasTicks: boolean, io: Streams): Promise<Result<Totals, string>> {
  const { observations: path, untilMs } = inputs;
  const totals: Totals = { observations: 0, skipped: 0, seconds: 0, opened: new Map() };
  const startedMs = performance.now();
  const output = createOutput(io.stdout);
  const emit = (alert: AlertEvent) => {
    if (alert.state === 'opened') totals.opened.set(alert.kind, (totals.opened.get(alert.kind) ?? 0) + 1);
    output.write(encodeAlertEvent(alert));
  };
  const detector = createDetector();
  const clock = createTicker(detector, emit, inputs.policy);
  let isBegun = false;
  let lineNumber = 0;
  let newestMs = Number.NEGATIVE_INFINITY;
  for await (const line of openLines(path)) {
    lineNumber++;
    if (line === '' || line.trim() === '') continue;
    const decoded = decodeLogLine(line);
    if (!decoded.ok) {
      if (inputs.skipsBad) {
        totals.skipped++;
        continue;
      }
      await output.end();
      const { where, message } = decoded.error;
      return fail(`${path}:${lineNumber}: ${where === '' ? '' : `${where}: `}${message}`);
    }
    const event = decoded.value;
    const receiptMs = receiptOf(event);
    if (!isBegun) {
      begin(detector, inputs, receiptMs, emit);
      clock.startAt(receiptMs);
      isBegun = true;
    }
    newestMs = Math.max(newestMs, receiptMs);
    if (!hasTicks) clock.tickUpTo(receiptMs);
    else if (event.type === 'tick') clock.sawTick(event.atMs);
    if (event.type === 'policy') clock.setPolicy(event.policy);
    if (isObservation(event)) totals.observations++;
    detector.apply(event, emit);
    await output.settle();
  }
  if (untilMs !== null) {
    if (!isBegun) {
      begin(detector, inputs, untilMs, emit);
      clock.startAt(untilMs);
    }
    clock.tickUpTo(untilMs);
  }
  await output.end();
  totals.seconds = (performance.now() - startedMs) / 1000;
  return ok(totals);
}

function isObservation(event: LogEvent): boolean {
  return event.type === 'position' || event.type === 'status' || event.type === 'checkin';
}

/** The files' roster is in force from the first line on. */
function begin(detector: Detector, inputs: Inputs, atMs: Instant, emit: (alert: AlertEvent) => void): void {
  detector.apply({ type: 'calendar', atMs, calendar: inputs.roster.calendar }, emit);
  detector.apply({ type: 'policy', atMs, policy: inputs.policy }, emit);
  for (const zone of inputs.zones) detector.apply({ type: 'zone', atMs, zone }, emit);
  for (const profile of inputs.roster.subjects) detector.apply({ type: 'profile', atMs, profile }, emit);
}

/** Ticks on the grid of `tickSeconds`, like the running clock's. */
function createTicker(detector: Detector, emit: (alert: AlertEvent) => void, initial: PolicyDocument) {
  let document = initial;
  let lastMs = Number.NaN;
  /** Asked for each line, so it is worked out only when something it depends on has changed. */
  let nextMs = Number.NaN;
  let everyMs = 0;
  const plan = () => {
    everyMs = policyFor(document, 'standard', '', lastMs).tickSeconds * 1000;
    nextMs = (Math.floor(lastMs / everyMs) + 1) * everyMs;
  };
  return {
    startAt: (atMs: Instant) => {
      if (!Number.isNaN(lastMs)) return;
      lastMs = atMs;
      plan();
    },
    sawTick: (atMs: Instant) => {
      lastMs = Math.max(lastMs, atMs);
      plan();
    },
    setPolicy: (changed: PolicyDocument) => {
      document = changed;
      plan();
    },
    tickUpTo: (untilMs: Instant) => {
      while (nextMs <= untilMs) {
        lastMs = nextMs;
        detector.apply({ type: 'tick', atMs: lastMs }, emit);
        plan();
      }
    },
  };
}

/** Lines in pieces, and no faster than they are taken. */
function createOutput(stream: NodeJS.WritableStream) {
  let pending = '';
  let isFull = false;
  const flush = () => {
    if (pending !== '') isFull = !stream.write(pending);
    pending = '';
  };
  const settle = async () => {
    if (!isFull) return;
    await new Promise<void>((resolve) => stream.once('drain', () => resolve()));
    isFull = false;
  };
  return {
    write: (line: string) => {
      pending += `${line}\n`;
      if (pending.length > OUTPUT_BYTES) flush();
    },
    settle,
    end: async () => {
      flush();
      await settle();
    },
  };
}

function summary({ observations, skipped, seconds, opened }: Totals): string {
  const kinds = [...opened]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, n]) => `  ${kind.padEnd(18)} ${n}`);
  const rate = seconds > 0 ? Math.round(observations / seconds) : 0;
  return [
    `observations ${observations}${skipped > 0 ? ` (${skipped} bad lines skipped)` : ''}`,
    `seconds ${seconds.toFixed(2)}`,
    `observations per second ${rate}`,
    `alerts ${[...opened.values()].reduce((sum, n) => sum + n, 0)}`,
    ...kinds,
    '',
  ].join('\n');
}
