/**
 * `wardline export observations`: what the log accepted, as one file that replays to the same alerts. Partitions are merged at
 * their broadcast lines (log-merge.ts); nothing but the present batch of each partition is held in memory.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { formatInstant, type Instant, parseInstant } from '../kernel/instant.ts';
import { isBroadcast, type LogEvent, receiptOf } from '../kernel/log-event.ts';
import { decodeLogLine } from '../kernel/log-line.ts';
import { partitionOf } from '../kernel/partition.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import { isSelfTestEvent } from '../kernel/self-test.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import { recordAudit } from '../store/audit.ts';
import type { StoreAccess } from '../store-access.ts';
import { readArguments } from './arguments.ts';
import { mergePartitions, type ReadLine } from './log-merge.ts';

const USAGE = `usage: wardline export observations [--subject S] [--from T] [--to T] [--output FILE[.gz]]
  --from, --to   by receipt time, ISO 8601 with zone; from inclusive, to exclusive (default: all that the log holds)
  --subject      that subject's lines and the broadcast ones (ticks, feeds, zones, policy, calendar)`;

interface Wanted {
  readonly subject: string | null;
  readonly fromMs: Instant;
  readonly toMs: Instant;
  readonly output: string | null;
}

export async function runExport(
  argv: readonly string[],
  access: Pick<StoreAccess, 'database' | 'openLog' | 'stdout' | 'stderr'>,
): Promise<number> {
  const say = (line: string) => access.stderr.write(`wardline: ${line}\n`);
  const wanted = readWanted(argv);
  if (!wanted.ok) {
    for (const fault of wanted.error) say(fault);
    return 2;
  }
  const counts = { lines: 0, unread: 0 };
  try {
    const { subject, fromMs, toMs } = wanted.value;
    await recordAudit(access.database, {
      actor: { kind: 'command', name: 'wardline export', organisation: '' },
      action: 'observations.export',
      subject,
      detail: { from: timeIn(fromMs), to: timeIn(toMs) },
    });
    const text = textOf(await access.openLog(), wanted.value, counts);
    if (wanted.value.output === null) await writeTo(access.stdout, text);
    else await writeFile(wanted.value.output, text);
  } catch (error) {
    say(`not exported: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  say(
    `${counts.lines} lines exported${counts.unread === 0 ? '' : `, ${counts.unread} unreadable ones left out`}`,
  );
  return 0;
}

function readWanted(argv: readonly string[]): Result<Wanted, string[]> {
  const args = readArguments(argv, { options: ['subject', 'from', 'to', 'output'] });
  if (!args.ok) return fail([...args.error, USAGE]);
  const { options, positionals } = args.value;
  if (positionals.join(' ') !== 'observations') return fail([USAGE]);
  const faults: string[] = [];
  const instant = (name: 'from' | 'to', fallback: Instant): Instant => {
    const given = options[name];
    if (given === undefined) return fallback;
    const atMs = parseInstant(given);
    if (atMs === undefined)
      faults.push(
        `--${name} must be an ISO 8601 time with its zone, such as 2026-03-01T00:00:00Z, not ${given}`,
      );
    return atMs ?? fallback;
  };
  const wanted: Wanted = {
    subject: options.subject ?? null,
    fromMs: instant('from', Number.NEGATIVE_INFINITY),
    toMs: instant('to', Number.POSITIVE_INFINITY),
    output: options.output ?? null,
  };
  return faults.length > 0 ? fail(faults) : ok(wanted);
}

function timeIn(atMs: Instant): string | null {
  return Number.isFinite(atMs) ? formatInstant(atMs) : null;
}

/** The file's text in pieces of some hundred lines. */
async function* textOf(
  log: ObservationLog,
  wanted: Wanted,
  counts: { lines: number; unread: number },
): AsyncGenerator<string> {
  const partitions =
    wanted.subject === null
      ? Array.from({ length: log.partitions }, (_, partition) => partition)
      : [partitionOf(wanted.subject, log.partitions)];
  const bounds = await log.bounds();
  const readers = partitions.map((partition) =>
    readPartition(log, partition, bounds[partition]?.first ?? 0, () => counts.unread++),
  );
  let piece: string[] = [];
  for await (const { event, line } of mergePartitions(readers)) {
    if (!isWanted(event, wanted)) continue;
    counts.lines++;
    piece.push(line);
    if (piece.length < 500) continue;
    yield `${piece.join('\n')}\n`;
    piece = [];
  }
  if (piece.length > 0) yield `${piece.join('\n')}\n`;
}

async function* readPartition(
  log: ObservationLog,
  partition: number,
  first: number,
  onUnread: () => void,
): AsyncGenerator<ReadLine[]> {
  for await (const batch of log.read(partition, first)) {
    yield batch.lines.flatMap((line) => {
      const decoded = decodeLogLine(line);
      if (!decoded.ok) onUnread();
      return decoded.ok && !isSelfTestEvent(decoded.value) ? [{ event: decoded.value, line }] : [];
    });
  }
}

function isWanted(event: LogEvent, { subject, fromMs, toMs }: Wanted): boolean {
  const atMs = receiptOf(event);
  if (atMs < fromMs || atMs >= toMs) return false;
  if (subject === null || isBroadcast(event)) return true;
  if (event.type === 'sighting') return event.pair.includes(subject);
  return (event.type === 'profile' ? event.profile.id : event.subject) === subject;
}

async function writeFile(path: string, text: AsyncIterable<string>): Promise<void> {
  const file = createWriteStream(path);
  if (path.endsWith('.gz')) await pipeline(text, createGzip(), file);
  else await pipeline(text, file);
}

/** stdout is not ended: it belongs to the process. A reader that went away (`| head`) ends the export. */
async function writeTo(target: NodeJS.WritableStream, text: AsyncIterable<string>): Promise<void> {
  const out = target as Writable;
  const stop = new AbortController();
  const broken = finished(out, { signal: stop.signal });
  broken.catch(() => {});
  try {
    for await (const piece of text) {
      if (!out.write(piece)) await Promise.race([once(out, 'drain', { signal: stop.signal }), broken]);
    }
  } finally {
    stop.abort();
  }
}
