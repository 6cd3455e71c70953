/** The files of a replay: rules with every fault listed, and lines as events. Shared by the commands that look at the past. */
import { accessSync, constants } from 'node:fs';
import type { LineKinds, Rules } from '../../consumers/detector/replay.ts';
import { prepareZone } from '../../geofences/prepare-zone.ts';
import type { LogEvent } from '../kernel/log-event.ts';
import { decodeLogLine } from '../kernel/log-line.ts';
import { EMPTY_POLICY_DOCUMENT, type PolicyDocument } from '../kernel/policy.ts';
import { decodePolicyDocument } from '../kernel/policy-file.ts';
import { readPositionBytes } from '../kernel/position-bytes.ts';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';
import { bindingZones, type Roster, type ZoneFeature } from '../kernel/roster.ts';
import { decodeRoster, findUnknownZones } from '../kernel/roster-file.ts';
import { decodeZones } from '../kernel/zone-file.ts';
import { readFile } from './read-file.ts';
import { containsAny, LINE_END, readLines, readWholeLines } from './read-lines.ts';

export interface RuleFiles {
  readonly roster: string | undefined;
  readonly zones: string | undefined;
  readonly policy: string | undefined;
}

export function readRules(files: RuleFiles): Result<Rules, string[]> {
  const roster = readFile(files.roster, decodeRoster);
  const zones = readFile(files.zones, decodeZones);
  const policy = readFile(files.policy, decodePolicyDocument);
  const faults = [roster, zones, policy].flatMap((file) => (file.ok ? [] : file.error));
  if (roster.ok && zones.ok && roster.value !== null && zones.value !== null)
    faults.push(...checkZones(roster.value, zones.value, files.roster ?? '', files.zones ?? ''));
  if (
    faults.length > 0 ||
    !roster.ok ||
    !zones.ok ||
    !policy.ok ||
    roster.value === null ||
    zones.value === null
  )
    return fail(faults);
  return ok({ roster: roster.value, zones: zones.value, policy: policy.value ?? EMPTY_POLICY_DOCUMENT });
}

/** What is in the way of reading the file; empty: nothing. */
export function findUnreadable(path: string): string[] {
  try {
    accessSync(path, constants.R_OK);
    return [];
  } catch (error) {
    return [`${path}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** A policy file by itself. */
export function readPolicy(path: string): Result<PolicyDocument, string[]> {
  const file = readFile(path, decodePolicyDocument);
  return file.ok ? ok(file.value ?? EMPTY_POLICY_DOCUMENT) : file;
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
  return [...shapes, ...findUnknownZones(roster, bindingZones(zones)).map(told(rosterFile))];
}

/** What the service writes by itself is made only for a file that has none of it, so that has to be known before the first line. */
export async function findLineKinds(path: string): Promise<LineKinds> {
  const found = new Set<string>();
  const wanted = ['tick', 'feed', 'sighting'];
  const quoted = wanted.map((type) => `"${type}"`);
  try {
    if (await containsAny(path, wanted.map(rareTail))) {
      for await (const lines of readLines(path)) {
        for (const line of lines) {
          if (!quoted.some((text) => line.includes(text))) continue;
          const decoded = decodeLogLine(line);
          if (decoded.ok) found.add(decoded.value.type);
        }
        if (wanted.every((type) => found.has(type))) break;
      }
    }
  } catch (error) {
    // A file that breaks off is told by the pass that judges, after what stands before the break.
    if (!isFileFault(error)) throw error;
  }
  return { ticks: found.has('tick'), feeds: found.has('feed'), sightings: found.has('sighting') };
}

/** The search stops at each byte that is the first of the text: a quote is every eighth, the second letter every fiftieth. */
function rareTail(type: string): string {
  return `${type.slice(1)}"`;
}

export interface ReadEvents {
  /** Bad lines are counted, not told. */
  readonly skipsBad: boolean;
  onEvent(event: LogEvent): void;
  /** After each piece; false: enough. */
  onPiece?(): Promise<boolean>;
}

/** Answers how many lines were skipped; a fault names the file, the line and the reason. */
export async function readEvents(
  path: string,
  { skipsBad, onEvent, onPiece }: ReadEvents,
): Promise<Result<number, string>> {
  let lineNumber = 0;
  let skipped = 0;
  try {
    for await (const bytes of readWholeLines(path)) {
      for (let from = 0; from < bytes.length; ) {
        const end = bytes.indexOf(LINE_END, from);
        const until = end < 0 ? bytes.length : end;
        const position = readPositionBytes(bytes, from, until);
        lineNumber++;
        const begin = from;
        from = until + 1;
        if (position !== undefined) {
          onEvent(position);
          continue;
        }
        const line = bytes.toString('utf8', begin, until);
        if (line.trim() === '') continue;
        const decoded = decodeLogLine(line);
        if (decoded.ok) onEvent(decoded.value);
        else if (skipsBad) skipped++;
        else {
          const { where, message } = decoded.error;
          return fail(`${path}:${lineNumber}: ${where === '' ? '' : `${where}: `}${message}`);
        }
      }
      if (onPiece !== undefined && !(await onPiece())) return ok(skipped);
    }
  } catch (error) {
    // The file can't be read on or is no gzip; anything else is a bug and goes on up.
    if (!isFileFault(error)) throw error;
    return fail(`${path}: after line ${lineNumber}: ${error.message}`);
  }
  return ok(skipped);
}

function isFileFault(error: unknown): error is Error {
  return error instanceof Error && 'code' in error;
}
