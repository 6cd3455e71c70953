/**
 * `wardline import`: files through the same intake as everything else. A row keeps the receipt time that the file gives it, else
 * the time of the fix, so that a past that is played in is judged as it happened. A running detector whose clock is ahead
 * of that records such rows and does not judge them on arrival; to have a past judged, import it in the order of receipt
 * (`--by-receipt`) into a service that runs without the clock role, or replay the export.
 */
import { statSync } from 'node:fs';
import cliProgress from 'cli-progress';
import { pino } from 'pino';
import { createIntake, type Draft, type Intake } from '../ingest/intake.ts';
import { createQuarantine } from '../ingest/quarantine.ts';
import { openRosterCache, type RosterCache } from '../ingest/roster-cache.ts';
import { readRoster } from '../ingest/roster-load.ts';
import { createUncollectedCounter } from '../ingest/uncollected.ts';
import type { Json } from '../kernel/field.ts';
import { formatInstant, parseInstant } from '../kernel/instant.ts';
import { DEFAULT_POLICY } from '../kernel/policy.ts';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';
import { LogUnavailable } from '../ports/observation-log.ts';
import { ensureFeed } from '../store/feeds.ts';
import type { StoreAccess } from '../store-access.ts';
import { readArguments } from './arguments.ts';
import { type FileRow, FORMATS, type Format, formatOf, readRows } from './import-files.ts';

export const IMPORT_USAGE = `usage: wardline import FILE… --feed F [options]
  --feed F           the feed that the observations come by
  --device D         device of rows that name none
  --format F         csv, ndjson or gpx (default: by the file's name; .gz is unpacked)
  --by-receipt       sorts all rows by receipt time first (in memory, up to 2,000,000 rows)
  --as-received-now  received now, not when the file says: rows are then judged as late ones

CSV: the first line names the columns, in any order: subject, device, at (or ts, time, timestamp), received, lat, lon,
accuracy_m, speed (m/s), heading, altitude, battery_pct, method, mock, sequence; with a column type also status and
terminal. Times are ISO 8601 with zone, or seconds or milliseconds since 1970. A row that names a subject and no
device belongs to the subject's only device at that time.
Exit code: 0 all taken, 2 some refused (they are in quarantine), 1 not done.`;

interface Wanted {
  readonly files: readonly { readonly path: string; readonly format: Format; readonly bytes: number }[];
  readonly feed: string;
  readonly device: string | null;
  readonly isByReceipt: boolean;
  readonly isReceivedNow: boolean;
}

export type ImportAccess = Pick<StoreAccess, 'database' | 'openLog' | 'stderr'>;

const BATCH_ROWS = 1000;
const MAX_SORTED_ROWS = 2_000_000;
/** How long a log that is away is waited for. */
const MAX_TRIES = 60;

export async function runImport(argv: readonly string[], access: ImportAccess): Promise<number> {
  const say = (line: string) => access.stderr.write(`wardline: ${line}\n`);
  const wanted = readWanted(argv);
  if (!wanted.ok) {
    for (const fault of wanted.error) say(fault);
    return 1;
  }
  const logger = pino({ level: 'silent' });
  const devices = await openRosterCache({ database: access.database, logger });
  const counts: Counts = { accepted: 0, refused: new Map(), passedOver: 0 };
  const bar = openBar(access.stderr, wanted.value);
  try {
    const intake = await openIntake(access, devices);
    await ensureFeed(access.database, wanted.value.feed, wanted.value.feed);
    await takeAll(wanted.value, { intake, devices, counts, onBytes: (bytes) => bar?.increment(bytes) });
    bar?.stop();
    sayCounts(counts, say);
    return counts.refused.size === 0 ? 0 : 2;
  } catch (error) {
    bar?.stop();
    sayCounts(counts, say);
    say(
      `not done: ${error instanceof Error ? error.message : String(error)}; rows taken twice count once, so run it again`,
    );
    return 1;
  } finally {
    await devices.stop();
  }
}

function readWanted(argv: readonly string[]): Result<Wanted, string[]> {
  const args = readArguments(argv, {
    options: ['feed', 'device', 'format'],
    flags: ['by-receipt', 'as-received-now'],
    required: ['feed'],
  });
  if (!args.ok) return fail([...args.error, IMPORT_USAGE]);
  const { options, flags, positionals } = args.value;
  const faults: string[] = [];
  if (positionals.length === 0) faults.push('no file is named', IMPORT_USAGE);
  const given = FORMATS.find((format) => format === options.format);
  if (options.format !== undefined && given === undefined)
    faults.push(`--format must be one of ${FORMATS.join(', ')}, not ${options.format}`);
  const files = positionals.flatMap((path) => {
    const format = given ?? formatOf(path);
    if (format === undefined) faults.push(`${path}: its name tells no format: give --format`);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) faults.push(`${path}: there is no such file`);
    return format === undefined ? [] : [{ path, format, bytes: stat?.size ?? 0 }];
  });
  if (faults.length > 0) return fail(faults);
  return ok({
    files,
    feed: options.feed ?? '',
    device: options.device ?? null,
    isByReceipt: flags.has('by-receipt'),
    isReceivedNow: flags.has('as-received-now'),
  });
}

async function openIntake({ database, openLog }: ImportAccess, devices: RosterCache): Promise<Intake> {
  const [log, { policy }] = [await openLog(), await readRoster(database)];
  const clockSkewS = policy.default.clockSkewS ?? DEFAULT_POLICY.clockSkewS;
  // Replaying is the running service's: here things are only put aside.
  const quarantine = createQuarantine(database, async () =>
    fail({ code: 'unknown-value', where: '', message: 'an import does not replay' }),
  );
  const uncollected = createUncollectedCounter(database);
  return createIntake({ log, devices, quarantine, uncollected, clockSkewS });
}

interface Counts {
  accepted: number;
  readonly refused: Map<string, number>;
  passedOver: number;
}

interface Taking {
  readonly intake: Intake;
  readonly devices: RosterCache;
  readonly counts: Counts;
  onBytes(bytes: number): void;
}

async function takeAll(wanted: Wanted, taking: Taking): Promise<void> {
  const rows = wanted.isByReceipt ? await sorted(wanted, taking) : allRows(wanted, taking);
  let batch: Draft[] = [];
  for await (const row of rows) {
    batch.push(draftOf(row, wanted, taking.devices));
    if (batch.length < BATCH_ROWS) continue;
    await take(batch, wanted, taking);
    batch = [];
  }
  if (batch.length > 0) await take(batch, wanted, taking);
}

/** Lines of an export that are no observations: the running service makes its own. */
const SYSTEM_LINES = new Set<unknown>([
  'tick',
  'profile',
  'feed',
  'zone',
  'policy',
  'calendar',
  'muster',
  'no-contact',
  'sighting',
]);

async function* allRows(wanted: Wanted, { counts, onBytes }: Taking): AsyncGenerator<FileRow> {
  for (const { path, format } of wanted.files) {
    try {
      for await (const row of readRows(path, format, onBytes)) {
        if (row.json.ok && SYSTEM_LINES.has(row.json.value.type)) counts.passedOver++;
        else yield row;
      }
    } catch (cause) {
      throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}

async function sorted(wanted: Wanted, taking: Taking): Promise<FileRow[]> {
  const rows: { row: FileRow; receivedMs: number }[] = [];
  for await (const row of allRows(wanted, taking)) {
    if (rows.length === MAX_SORTED_ROWS)
      throw new Error(
        `more than ${MAX_SORTED_ROWS} rows to sort: import files that are sorted already, in parts`,
      );
    const { received, at } = row.json.ok ? row.json.value : {};
    rows.push({ row, receivedMs: parseInstant(received) ?? parseInstant(at) ?? 0 });
  }
  rows.sort((a, b) => a.receivedMs - b.receivedMs);
  return rows.map(({ row }) => row);
}

function draftOf(row: FileRow, wanted: Wanted, devices: RosterCache): Draft {
  const json: Result<Json, Refusal> = row.json.ok ? ok(complete(row.json.value, wanted, devices)) : row.json;
  const { file, line, text } = row;
  return {
    json,
    raw: () =>
      Buffer.from(json.ok ? JSON.stringify({ ...json.value, from: { file, line, text } }) : (text ?? '')),
  };
}

function complete(given: Json, wanted: Wanted, devices: RosterCache): Json {
  const received = wanted.isReceivedNow ? { received: formatInstant(Date.now()) } : {};
  if (given.type === 'checkin' || typeof given.device === 'string') return { ...given, ...received };
  if (wanted.device !== null) return { ...given, device: wanted.device, ...received };
  const { subject, ...rest } = given;
  if (typeof subject !== 'string') return { ...given, ...received };
  const device = devices.onlyDeviceOf(subject, parseInstant(given.at) ?? 0);
  if (device !== undefined) return { ...given, device, ...received };
  // Traces name a device in the column `subject` where nobody is on the roster under that name.
  return devices.hasSubject(subject) ? { ...given, ...received } : { ...rest, device: subject, ...received };
}

async function take(batch: readonly Draft[], { feed }: Wanted, { intake, counts }: Taking): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const origin = { source: 'file', feed, receivedMs: Date.now(), trustReceived: true } as const;
      const { accepted, refused } = await intake.take(batch, origin);
      counts.accepted += accepted;
      for (const { code } of refused) counts.refused.set(code, (counts.refused.get(code) ?? 0) + 1);
      return;
    } catch (error) {
      // Away for a moment: nothing of the batch was acknowledged, so it is sent again whole.
      if (!(error instanceof LogUnavailable) || tries === MAX_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function openBar(stderr: NodeJS.WritableStream, { files }: Wanted): cliProgress.SingleBar | undefined {
  if (!('isTTY' in stderr) || stderr.isTTY !== true) return undefined;
  const bar = new cliProgress.SingleBar(
    { stream: stderr, format: '{bar} {percentage} %  {duration_formatted}', hideCursor: true },
    cliProgress.Presets.shades_classic,
  );
  bar.start(
    files.reduce((sum, { bytes }) => sum + bytes, 0),
    0,
  );
  return bar;
}

function sayCounts({ accepted, refused, passedOver }: Counts, say: (line: string) => void): void {
  const total = [...refused.values()].reduce((sum, n) => sum + n, 0);
  const reasons = [...refused].map(([code, n]) => `${code} ${n}`).join(', ');
  say(`${accepted} accepted, ${total} refused and put into quarantine${total === 0 ? '' : ` (${reasons})`}`);
  if (passedOver > 0)
    say(`${passedOver} lines are no observations (ticks, profiles, zones …) and were passed over`);
}
