/** Checks a pack by itself, without a database: files, signature, seals and their paths, and whether its alerts come out again. */
import { strFromU8, unzipSync } from 'fflate';
import type { AlertEvent } from '../kernel/alert-event.ts';
import { parseInstant } from '../kernel/instant.ts';
import type { LogEvent } from '../kernel/log-event.ts';
import { decodeLogLine } from '../kernel/log-line.ts';
import { rowText, sha256Hex } from '../seal/canonical.ts';
import { hashOfSeal, type Part, type Seal } from '../seal/chain.ts';
import { climb, leafOf } from '../seal/merkle.ts';
import type { ProvedRow } from './contents.ts';
import { MANIFEST_FILE, PACK_FORMAT, SIGNATURE_FILE } from './make-pack.ts';
import { EVENTS_FILE, LINES_FILE, ROWS_FILE, SEALS_FILE } from './pack-files.ts';
import { type Judged, rejudge } from './rejudge.ts';
import { checkSignature } from './signing-key.ts';

export interface PackCheck {
  /** What is wrong with the pack itself. */
  readonly faults: readonly string[];
  /** Fingerprint of the key that signed it: to be compared with the one that the office publishes. */
  readonly key: string | null;
  readonly files: number;
  readonly rows: number;
  readonly lastSeal: { readonly seal: number; readonly hash: string } | null;
  readonly judged: readonly Judged[];
}

export function checkPack(zip: Uint8Array): PackCheck {
  const faults: string[] = [];
  const files = unpack(zip, faults);
  const text = (name: string) => strFromU8(files[name] ?? new Uint8Array());
  const manifest = read<Manifest>(text(MANIFEST_FILE), MANIFEST_FILE, faults);
  const key = checkSignature(text('public-key.pem'), text(MANIFEST_FILE), text(SIGNATURE_FILE));
  if (key === undefined)
    faults.push(`${SIGNATURE_FILE}: is not the signature of ${MANIFEST_FILE} by public-key.pem`);
  if (manifest?.format !== PACK_FORMAT) faults.push(`${MANIFEST_FILE}: is no manifest of ${PACK_FORMAT}`);
  checkFiles(files, manifest, faults);
  const seals = readSeals(text(SEALS_FILE), faults);
  const rows = read<ProvedRow[]>(text(ROWS_FILE), ROWS_FILE, faults) ?? [];
  checkRows(rows, seals, faults);
  const events = (read<EventJson[]>(text(EVENTS_FILE), EVENTS_FILE, faults) ?? []).map(toEvent);
  checkEvents(events, rows, faults);
  const last = seals.at(-1);
  return {
    faults,
    key: key ?? null,
    files: Object.keys(files).length,
    rows: rows.length,
    lastSeal: last === undefined ? null : { seal: last.seal, hash: last.hash },
    judged: rejudge(readLines(text(LINES_FILE), faults), events),
  };
}

interface Manifest {
  readonly format: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

function unpack(zip: Uint8Array, faults: string[]): Record<string, Uint8Array> {
  try {
    return unzipSync(zip);
  } catch (error) {
    faults.push(`it can't be unpacked: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
}

function read<T>(text: string, name: string, faults: string[]): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    faults.push(`${name}: can't be read`);
    return undefined;
  }
}

function checkFiles(
  files: Readonly<Record<string, Uint8Array>>,
  manifest: Manifest | undefined,
  faults: string[],
): void {
  const listed = new Map(manifest?.files?.map(({ name, sha256 }) => [name, sha256]));
  for (const [name, sha256] of listed) {
    const bytes = files[name];
    if (bytes === undefined) faults.push(`${name}: is missing`);
    else if (sha256Hex(bytes) !== sha256) faults.push(`${name}: was changed`);
  }
  for (const name of Object.keys(files))
    if (!listed.has(name) && name !== MANIFEST_FILE && name !== SIGNATURE_FILE)
      faults.push(`${name}: does not belong to the pack`);
}

function readSeals(text: string, faults: string[]): Seal[] {
  const json = read<{ seal: number; at: string; previous: string; parts: Part[]; hash: string }[]>(
    text,
    SEALS_FILE,
    faults,
  );
  const seals = (json ?? []).map(({ at, ...seal }): Seal => ({ ...seal, atMs: parseInstant(at) ?? 0 }));
  for (const [i, seal] of seals.entries()) {
    const before = seals[i - 1];
    if (hashOfSeal(seal) !== seal.hash) faults.push(`seal ${seal.seal}: was changed`);
    if (before?.seal === seal.seal - 1 && before.hash !== seal.previous)
      faults.push(`seal ${seal.seal}: does not follow the one before it`);
  }
  return seals;
}

function checkRows(rows: readonly ProvedRow[], seals: readonly Seal[], faults: string[]): void {
  for (const { table, seq, row, seal, path } of rows) {
    const part = seals.find((each) => each.seal === seal)?.parts.find((each) => each.table === table);
    const isNumbered = row.seq === seq;
    const root = climb(leafOf(rowText(table, Object.keys(row).sort(), row)), path);
    if (!isNumbered || part?.root !== root) faults.push(`${table} ${seq}: is not the row under seal ${seal}`);
  }
}

type EventJson = Omit<AlertEvent, 'startedAtMs' | 'detectedAtMs' | 'clearedAtMs' | 'evidence'> & {
  readonly startedAt: string;
  readonly detectedAt: string;
  readonly clearedAt: string | null;
  readonly evidence: readonly {
    at: string;
    lat: number;
    lon: number;
    accuracyM: number;
    distanceM: number;
  }[];
  readonly recordedAt: string;
  readonly byNight: boolean;
};

interface PackEvent {
  readonly event: AlertEvent;
  readonly byNight: boolean;
}

function toEvent({
  startedAt,
  detectedAt,
  clearedAt,
  recordedAt: _,
  byNight,
  ...event
}: EventJson): PackEvent {
  return {
    byNight,
    event: {
      ...event,
      startedAtMs: parseInstant(startedAt) ?? 0,
      detectedAtMs: parseInstant(detectedAt) ?? 0,
      clearedAtMs: clearedAt === null ? null : (parseInstant(clearedAt) ?? 0),
      evidence: event.evidence.map(({ at, ...fix }) => ({ ...fix, atMs: parseInstant(at) ?? 0 })),
    },
  };
}

/** What the page shows as an event must be a row that was sealed. */
function checkEvents(events: readonly PackEvent[], rows: readonly ProvedRow[], faults: string[]): void {
  const sealed = new Map(
    rows
      .filter(({ table }) => table === 'alert_events')
      .map(({ row }) => [`${row.alert} ${row.version}`, row]),
  );
  for (const { event } of events) {
    const row = sealed.get(`${event.alert} ${event.version}`);
    const isSame =
      row !== undefined &&
      row.reason === event.reason &&
      row.state === event.state &&
      row.subject === event.subject &&
      parseInstant((row.started_at ?? '').replace(' ', 'T').replace(/\+00$/, 'Z')) === event.startedAtMs;
    if (!isSame)
      faults.push(`${EVENTS_FILE}: alert ${event.alert}, version ${event.version} is not as it was sealed`);
  }
}

function readLines(text: string, faults: string[]): LogEvent[] {
  return text.split('\n').flatMap((line, i) => {
    if (line === '') return [];
    const decoded = decodeLogLine(line);
    if (decoded.ok) return [decoded.value];
    faults.push(`${LINES_FILE}, line ${i + 1}: ${decoded.error.message}`);
    return [];
  });
}
