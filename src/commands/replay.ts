/** `wardline replay`: the detector on files (design.md, "wardline replay"). No service is needed. */
import { accessSync, constants } from 'node:fs';
import { createDetector, type Detector } from '../../consumers/detector/detector.ts';
import { feedChanges } from '../../consumers/detector/feed-watch.ts';
import { prepareZone } from '../../geofences/prepare-zone.ts';
import { type AlertEvent, encodeAlertEvent } from '../kernel/alert-event.ts';
import { type Instant, parseInstant } from '../kernel/instant.ts';
import { type LogEvent, noContactOf, receiptOf, type Sighting } from '../kernel/log-event.ts';
import { decodeLogLine } from '../kernel/log-line.ts';
import { EMPTY_POLICY_DOCUMENT, type PolicyDocument, policyFor } from '../kernel/policy.ts';
import { decodePolicyDocument } from '../kernel/policy-file.ts';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';
import type { Roster, ZoneFeature } from '../kernel/roster.ts';
import { decodeRoster, findUnknownZones } from '../kernel/roster-file.ts';
import { decodeZones } from '../kernel/zone-file.ts';
import { readArguments } from './arguments.ts';
import { createLineOutput } from './line-output.ts';
import { readFile } from './read-file.ts';
import { containsText, readLines } from './read-lines.ts';

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

export async function runReplay(argv: string[], io: Streams): Promise<number> {
  const say = (line: string) => io.stderr.write(`wardline: ${line}\n`);
  const inputs = readInputs(argv);
  if (!inputs.ok) {
    for (const fault of inputs.error) say(fault);
    return 2;
  }
  const result = await replay(inputs.value, io);
  if (!result.ok) {
    say(result.error);
    return 2;
  }
  io.stderr.write(summary(result.value));
  return 0;
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
  const observations = options.observations ?? '';
  try {
    accessSync(observations, constants.R_OK);
  } catch (error) {
    faults.push(`${observations}: ${error instanceof Error ? error.message : String(error)}`);
  }
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
    observations,
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

/** Ticks and the states of feeds are made only for a file that has none at all, so that has to be known before the first line. */
async function containsLine(path: string, type: 'tick' | 'feed' | 'sighting'): Promise<boolean> {
  const text = `"${type}"`;
  try {
    if (!(await containsText(path, text))) return false;
    for await (const lines of readLines(path)) {
      for (const line of lines) {
        if (!line.includes(text)) continue;
        const decoded = decodeLogLine(line);
        if (decoded.ok && decoded.value.type === type) return true;
      }
    }
  } catch (error) {
    // A file that breaks off is told by the pass that judges, after what stands before the break.
    if (!isFileFault(error)) throw error;
  }
  return false;
}

function isFileFault(error: unknown): error is Error {
  return error instanceof Error && 'code' in error;
}

interface Totals {
  observations: number;
  skipped: number;
  seconds: number;
  readonly opened: Map<string, number>;
}

async function replay(inputs: Inputs, io: Streams): Promise<Result<Totals, string>> {
  const { observations: path, untilMs } = inputs;
  const totals: Totals = { observations: 0, skipped: 0, seconds: 0, opened: new Map() };
  const startedMs = performance.now();
  const output = createLineOutput(io.stdout);
  const emit = (alert: AlertEvent) => {
    if (alert.state === 'opened') totals.opened.set(alert.kind, (totals.opened.get(alert.kind) ?? 0) + 1);
    output.write(encodeAlertEvent(alert));
  };
  const detector = createDetector();
  /** Where the file has no sightings of its own, both stages run here. */
  const sight = (sighting: Sighting) => detector.apply(sighting, emit);
  let hasSightings = false;
  const clock = createTicker(detector, emit, inputs.policy);
  let isBegun = false;
  let hasTicks = false;
  const take = (event: LogEvent) => {
    const receiptMs = receiptOf(event);
    if (!isBegun) {
      begin(detector, inputs, receiptMs, emit);
      clock.startAt(receiptMs);
      isBegun = true;
    }
    if (!hasTicks) clock.tickUpTo(receiptMs);
    if (event.type === 'policy') clock.setPolicy(event.policy);
    if (isObservation(event)) totals.observations++;
    detector.apply(event, emit, hasSightings ? undefined : sight);
    if (event.type === 'profile') detector.apply(noContactOf(event.profile, event.atMs), emit);
    if (hasTicks && event.type === 'tick') clock.sawTick(event.atMs);
  };
  let lineNumber = 0;
  try {
    hasTicks = await containsLine(path, 'tick');
    hasSightings = await containsLine(path, 'sighting');
    clock.watchFeeds(!(await containsLine(path, 'feed')));
    for await (const lines of readLines(path)) {
      for (const line of lines) {
        lineNumber++;
        if (line === '' || line.trim() === '') continue;
        const decoded = decodeLogLine(line);
        if (decoded.ok) {
          take(decoded.value);
        } else if (inputs.skipsBad) {
          totals.skipped++;
        } else {
          await output.end();
          const { where, message } = decoded.error;
          return fail(`${path}:${lineNumber}: ${where === '' ? '' : `${where}: `}${message}`);
        }
      }
      await output.settle();
      if (output.isClosed()) return ok(totals);
    }
  } catch (error) {
    // The file can't be read on or is no gzip; anything else is a bug and goes on up.
    if (!isFileFault(error)) throw error;
    await output.end();
    return fail(`${path}: after line ${lineNumber}: ${error.message}`);
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
  for (const muster of inputs.roster.musters) detector.apply({ type: 'muster', atMs, muster }, emit);
  for (const profile of inputs.roster.subjects) {
    detector.apply({ type: 'profile', atMs, profile }, emit);
    if (profile.noContact.length > 0) detector.apply(noContactOf(profile, atMs), emit);
  }
}

/** Ticks on the grid of `tickSeconds` and, after each, the states of feeds, as the running clock writes them. */
function createTicker(detector: Detector, emit: (alert: AlertEvent) => void, initial: PolicyDocument) {
  let document = initial;
  let lastMs = Number.NaN;
  /** Asked for each line, so it is worked out only when something it depends on has changed. */
  let nextMs = Number.NaN;
  let everyMs = 0;
  let isWatchingFeeds = false;
  const down = new Set<string>();
  const plan = () => {
    everyMs = policyFor(document, 'standard', '', lastMs).tickSeconds * 1000;
    nextMs = (Math.floor(lastMs / everyMs) + 1) * everyMs;
  };
  const lookAtFeeds = () => {
    if (!isWatchingFeeds) return;
    const policy = policyFor(document, 'standard', '', lastMs);
    for (const event of feedChanges(detector.countFeeds(), down, policy, lastMs)) {
      if (event.status === 'down') down.add(event.feed);
      else down.delete(event.feed);
      detector.apply(event, emit);
    }
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
      lookAtFeeds();
    },
    setPolicy: (changed: PolicyDocument) => {
      document = changed;
      plan();
    },
    watchFeeds: (isOn: boolean) => {
      isWatchingFeeds = isOn;
    },
    tickUpTo: (untilMs: Instant) => {
      while (nextMs <= untilMs) {
        lastMs = nextMs;
        detector.apply({ type: 'tick', atMs: lastMs }, emit);
        lookAtFeeds();
        plan();
      }
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
