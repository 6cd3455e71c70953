/** What a terminal's message says (protocols.md A.4): records, a claim, the command that it answers. */
import type { Instant } from '../../kernel/instant.ts';
import { type Refusal, type Result, refuse } from '../../kernel/result.ts';
import type { WallClock } from '../../kernel/wall-clock.ts';
import { textOf, u16 } from './jt808-bytes.ts';
import { type Located, type LocationOptions, readLocation, readTime } from './jt808-location.ts';
import { readShortLocation, SHORT_LOCATION, SHORT_STORED } from './jt808-short.ts';
import type { DeviceRecord } from './record.ts';
import { recordTime } from './record-time.ts';
import type { StrapWord } from './wire.ts';

export interface Jt808Content {
  readonly records: readonly DeviceRecord[];
  /** As in `WireFrame`. */
  readonly straps?: readonly StrapWord[];
  readonly refusal: Refusal | null;
  /** What it is to be answered with: 0x8001, 0x8100, 0x8004, 0x8109, 0x4401 or nothing. */
  readonly answer: 'general' | 'register' | 'time' | 'clock' | 'short' | 'none';
  readonly claim?: { readonly secret: string };
  readonly answers?: { readonly serial: number; readonly ok: boolean };
}

const NOTHING: Jt808Content = { records: [], refusal: null, answer: 'general' };

interface Context {
  readonly is2019: boolean;
  readonly receivedMs: Instant;
  /** As `WireDeps.clockOf` has it. */
  readonly clock: WallClock | undefined;
}

type Reader = (body: Uint8Array, context: Context) => Jt808Content;

const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [0x0001, readAnswer],
  [0x0002, readHeartbeat],
  // Logout.
  [0x0003, () => NOTHING],
  [0x0004, () => ({ ...NOTHING, answer: 'time' })],
  [0x0100, () => ({ ...NOTHING, answer: 'register' })],
  [0x0102, (body, { is2019 }) => ({ ...NOTHING, claim: { secret: authCodeOf(body, is2019) } })],
  [0x0104, readParameters],
  [0x0109, () => ({ ...NOTHING, answer: 'clock' })],
  // Attributes and the result of an upgrade: nothing of where somebody is.
  [0x0107, () => NOTHING],
  [0x0108, () => NOTHING],
  [0x0200, (body, context) => located(readLocation(body, context))],
  [0x0201, readLocated],
  [0x0210, readBattery],
  // A heartbeat of some makers.
  [0x0506, () => NOTHING],
  [0x0704, readBulk],
  [SHORT_LOCATION, (body, { clock }) => shortLocated(readShortLocation(SHORT_LOCATION, body, clock))],
  [SHORT_STORED, (body, { clock }) => shortLocated(readShortLocation(SHORT_STORED, body, clock))],
]);

/** Undefined: the message is not understood. */
export function readJt808Content(id: number, body: Uint8Array, context: Context): Jt808Content | undefined {
  return READERS.get(id)?.(body, context);
}

export function isUnderstood(id: number): boolean {
  return READERS.has(id);
}

/** To a command of ours; nothing is sent back. */
function readAnswer(body: Uint8Array): Jt808Content {
  if (body.length < 5) return refused(tooShort('0x0001', body, 5), 'none');
  return { ...NOTHING, answer: 'none', answers: { serial: u16(body, 0), ok: body[4] === 0 } };
}

function readParameters(body: Uint8Array): Jt808Content {
  return body.length < 2 ? NOTHING : { ...NOTHING, answers: { serial: u16(body, 0), ok: true } };
}

/** To "where are you": the command's serial, then a location. */
function readLocated(body: Uint8Array, context: Context): Jt808Content {
  if (body.length < 2) return refused(tooShort('0x0201', body, 2), 'none');
  const location = readLocation(body.subarray(2), context);
  return { ...located(location), answer: 'none', answers: { serial: u16(body, 0), ok: location.ok } };
}

/** Empty by the standard; a vendor's carries battery, signal and status. */
function readHeartbeat(body: Uint8Array, { receivedMs }: Context): Jt808Content {
  const [battery = 0, signal = 0, status = 0] = body;
  if (body.length !== 3 || battery > 100) return NOTHING;
  const time = recordTime(receivedMs);
  return {
    ...NOTHING,
    records: [{ kind: 'status', time, battery_percent: battery, gsm_signal: signal, status_flags: status }],
  };
}

const IMEI_AND_VERSION_BYTES = 35;

/** 2013: the whole body. 2019: its length stands before it, IMEI and software version after it. */
function authCodeOf(body: Uint8Array, is2019: boolean): string {
  const length = body[0] ?? 0;
  // Some terminals have the header of 2019 and this body of 2013.
  const isCounted =
    is2019 && (length + 1 === body.length || length + 1 + IMEI_AND_VERSION_BYTES <= body.length);
  const text = isCounted ? textOf(body, 1, 1 + length) : textOf(body);
  return text.replace(/\0+$/, '');
}

function located(location: Result<Located, Refusal>): Jt808Content {
  if (!location.ok) return refused(location.error);
  const { record, strap } = location.value;
  return { ...NOTHING, records: [record], straps: [strap] };
}

function shortLocated(location: Result<DeviceRecord, Refusal>): Jt808Content {
  return location.ok
    ? { records: [location.value], refusal: null, answer: 'short' }
    : refused(location.error, 'short');
}

const BATTERY_BYTES = 7;

/** A vendor's: battery and time, or else locations, each after its length in one byte. */
function readBattery(body: Uint8Array, { is2019, clock }: Context): Jt808Content {
  if (body.length !== BATTERY_BYTES) return readList(body, 0, 1, { is2019, clock });
  return {
    ...NOTHING,
    records: [{ kind: 'status', time: readTime(body, 1, clock), battery_percent: body[0] ?? 0 }],
  };
}

/** Locations that were kept: how many, whether there was no network for them, then each after its length. */
function readBulk(body: Uint8Array, { is2019, clock }: Context): Jt808Content {
  if (body.length < 3) return refused(tooShort('0x0704', body, 3));
  return readList(body, 3, 2, { is2019, clock, archived: body[2] === 1 });
}

/** What can be read of it counts: the rest is refused with its place. */
function readList(
  body: Uint8Array,
  from: number,
  lengthBytes: 1 | 2,
  options: LocationOptions,
): Jt808Content {
  const records: DeviceRecord[] = [];
  const straps: StrapWord[] = [];
  let refusal: Refusal | null = null;
  let at = from;
  for (let nth = 0; at < body.length; nth++) {
    const start = at + lengthBytes;
    const end = start + (lengthBytes === 1 ? (body[at] ?? 0) : u16(body, at));
    const location = end > body.length ? CUT_OFF : readLocation(body.subarray(start, end), options);
    if (location.ok) {
      records.push(location.value.record);
      straps.push(location.value.strap);
    } else refusal ??= { ...location.error, where: `location[${nth}]` };
    at = end;
  }
  return { ...NOTHING, records, straps, refusal };
}

const CUT_OFF = refuse('bad-shape', 'location', 'runs past the end of the message');

function refused(refusal: Refusal, answer: Jt808Content['answer'] = 'general'): Jt808Content {
  return { records: [], refusal, answer };
}

function tooShort(where: string, body: Uint8Array, needed: number): Refusal {
  return {
    code: 'bad-shape',
    where,
    message: `has ${body.length} bytes of body: at least ${needed} are needed`,
  };
}
