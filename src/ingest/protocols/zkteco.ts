/**
 * ZKTeco ADMS / iclock push over HTTP (protocols.md, part E): requests of fingerprint terminals to records. The terminal is the client,
 * says its serial number with each call, and sends a batch again until it is answered with OK. Pure: request in, message out.
 */
import { isObject } from '../../kernel/field.ts';
import type { DeviceRecord } from './record.ts';
import {
  type ReadLine,
  readBiodata,
  readOperation,
  readOptions,
  readPunch,
  readResults,
  type TerminalZone,
} from './zkteco-lines.ts';

export interface TerminalRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: Uint8Array;
}

export type TerminalCall =
  | 'handshake'
  | 'time'
  | 'options'
  | 'upload'
  | 'poll'
  | 'result'
  | 'ping'
  /** Another path, or the beginning of a protocol that is none of ours (access control: registry, push). */
  | 'unknown';

export interface TerminalLine {
  /** As it came. May hold what must not be kept: see `keepable`. */
  readonly text: string;
  readonly read: ReadLine;
}

export interface TerminalMessage {
  readonly call: TerminalCall;
  /** Serial number; null: the call names none that could be one. */
  readonly terminal: string | null;
  /** In lower case; empty where the call has none. */
  readonly table: string;
  /** Up to where the terminal has sent this table when this is taken; null: it does not say. */
  readonly stamp: string | null;
  /** Of an upload: all that were not blank. Of options and results: their records, without a text. */
  readonly lines: readonly TerminalLine[];
  /** Whether the table is one whose lines are looked into: then the answer counts them. */
  readonly isCounted: boolean;
}

/** More lines than this a terminal must not send at once: each costs memory beyond its bytes. */
export const MAX_LINES = 20_000;

const SERIAL = /^[!-.0-~]{1,64}$/;
const STAMP = /^[\w.:-]{1,32}$/;

/** Answers `too-many-lines` for an upload that is none of a terminal's. */
export function decodeTerminal(
  { method, path, body }: TerminalRequest,
  zoneOf: (terminal: string) => TerminalZone,
): TerminalMessage | 'too-many-lines' {
  const at = path.indexOf('?');
  const [, name = ''] =
    /(?:^|\/)iclock\/([a-z]+)(?:\.aspx)?\/?$/i.exec(at < 0 ? path : path.slice(0, at)) ?? [];
  const query = readQuery(at < 0 ? '' : path.slice(at + 1));
  const serial = query.get('sn') ?? '';
  const terminal = SERIAL.test(serial) ? serial : null;
  const table = (query.get('table') ?? '').toLowerCase();
  const stamp = query.get('stamp') ?? query.get(`${table}stamp`) ?? '';
  const bare = {
    terminal,
    table,
    stamp: STAMP.test(stamp) ? stamp : null,
    lines: [],
    isCounted: false,
  };
  const isSent = method === 'POST' || method === 'PUT';
  switch (name.toLowerCase()) {
    case 'getrequest':
      return { ...bare, call: 'poll' };
    case 'ping':
      return { ...bare, call: 'ping' };
    case 'devicecmd':
      return { ...bare, call: 'result', lines: isSent ? readResults(textOf(body)).map(lineOf) : [] };
    // Photographs of punches, what was asked for of a terminal's store, and states of doors: acknowledged, else they come for ever; never looked into.
    case 'fdata':
    case 'querydata':
    case 'rtdata':
      return { ...bare, call: 'upload' };
    case 'cdata': {
      if (query.get('type') === 'time') return { ...bare, call: 'time' };
      if (!isSent) return { ...bare, call: 'handshake' };
      if (terminal === null) return { ...bare, call: 'upload' };
      if (table === 'options') {
        const record = readOptions(textOf(body));
        return { ...bare, call: 'options', lines: record === undefined ? [] : [lineOf(record)] };
      }
      const lines = readLines(table, body, zoneOf(terminal));
      return lines === undefined
        ? 'too-many-lines'
        : { ...bare, call: 'upload', lines, isCounted: READ.has(table) };
    }
    default:
      return { ...bare, call: 'unknown' };
  }
}

const lineOf = (read: DeviceRecord): TerminalLine => ({ text: '', read });

/** Tables that hold pictures and the like: acknowledged, never looked into. */
const READ: ReadonlyMap<string, (line: string, zone: TerminalZone) => ReadLine> = new Map([
  ['attlog', readPunch],
  ['operlog', readOperation],
  ['userinfo', readOperation],
  ['biodata', (line: string) => readBiodata(line)],
]);

function readLines(table: string, body: Uint8Array, zone: TerminalZone): TerminalLine[] | undefined {
  const read = READ.get(table);
  if (read === undefined) return [];
  const lines: TerminalLine[] = [];
  const all = textOf(body);
  for (let from = 0; from < all.length; ) {
    const end = all.indexOf('\n', from);
    const text = all.slice(from, end < 0 ? all.length : end).replace(/\r$/, '');
    from = end < 0 ? all.length : end + 1;
    if (text.trim() === '') continue;
    if (lines.length >= MAX_LINES) return undefined;
    lines.push({ text, read: read(text, zone) });
  }
  return lines;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });
const GB = new TextDecoder('gb18030');

/** Terminals sold in China write names in GB2312. */
function textOf(body: Uint8Array): string {
  try {
    return UTF_8.decode(body);
  } catch {
    return GB.decode(body);
  }
}

/** Keys in lower case; of a key twice the first counts. */
function readQuery(query: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of query.split('&')) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    const key = part.slice(0, at).toLowerCase();
    if (!found.has(key)) found.set(key, decoded(part.slice(at + 1)));
  }
  return found;
}

function decoded(text: string): string {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // Half an escape: as it stands.
    return text;
  }
}

/** A run of characters as long as this may be (a part of) a template or a picture in base64. */
const ENCODED = /[A-Za-z0-9+/=_-]{24,}/g;
const PRIVATE = /\b(tmp|template|content|passwd|password|pwd)\s*=[^\t]*/gi;
const MAX_KEPT = 500;

/**
 * What of a line may be kept where it can't be taken now; null: nothing. Attendance and operations carry no biometric data, and what
 * looks like it all the same is cut out; of any other line nothing is kept, since it is made to carry it.
 */
export function keepable(table: string, { text, read }: TerminalLine): string | null {
  const isFact = table === 'attlog' || (read !== null && read !== false && read.kind === 'oplog');
  if (!isFact) return null;
  return text.slice(0, MAX_KEPT).replace(PRIVATE, '$1=[removed]').replace(ENCODED, '[removed]');
}

/** What quarantine keeps of an upload. `driftMs`: what the terminal's clock was ahead when it came. */
export interface KeptUpload {
  readonly terminal: string;
  readonly table: string;
  readonly driftMs: number;
  readonly lines: readonly string[];
}

export function writeKeptUpload(kept: KeptUpload): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(kept));
}

/** The inverse; undefined for what `writeKeptUpload` did not write. */
export function readKeptUpload(raw: Uint8Array): KeptUpload | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(raw));
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const { terminal, table, driftMs, lines } = json;
  if (typeof terminal !== 'string' || typeof table !== 'string' || typeof driftMs !== 'number')
    return undefined;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === 'string')) return undefined;
  return { terminal, table, driftMs, lines };
}

/** The kept lines read again, as an upload of their terminal. */
export function decodeKept({ terminal, table, lines }: KeptUpload, zone: TerminalZone): TerminalMessage {
  const read = READ.get(table);
  return {
    call: 'upload',
    terminal,
    table,
    stamp: null,
    lines: lines.map((text) => ({ text, read: read === undefined ? false : read(text, zone) })),
    isCounted: true,
  };
}
