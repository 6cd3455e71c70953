/**
 * The one way in. A draft (a decoded record that names a device, not yet a subject) is resolved by the roster, checked, and
 * put on the log; what can't be taken goes into quarantine with its bytes and the reason, but for what the law lets nobody collect,
 * which is counted and not kept. That a known device has spoken stands on the log even then (contact.ts). When `take` resolves, every item is durable in one of the three; when it rejects with `LogUnavailable`, the sender keeps all and comes again.
 */
import { isObject, type Json } from '../kernel/field.ts';
import { formatInstant, type Instant, parseInstant } from '../kernel/instant.ts';
import type { Observation } from '../kernel/log-event.ts';
import { decodeObservation, encodeLogEvent } from '../kernel/log-line.ts';
import { readSentPosition } from '../kernel/position-bytes.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../kernel/result.ts';
import type { Protocol } from '../kernel/roster.ts';
import type { LogEntry, ObservationLog } from '../ports/observation-log.ts';
import { assignmentOf } from './assignment.ts';
import { type CollectedBy, isUncollected, mayCollect } from './collection.ts';
import { contactOf } from './contact.ts';
import { toWgs84 } from './coordinates.ts';
import type { Quarantine, Source } from './quarantine.ts';
import type { Assignment, Devices } from './roster-cache.ts';
import type { Uncollected, UncollectedCounter } from './uncollected.ts';

export interface Draft {
  /** JSON of an observation: `device` is the id on the wire, `subject` may be missing; or why it could not be read. */
  readonly json: Result<unknown, Refusal>;
  /** Id on the wire where the record itself could not be read but its device is known. */
  readonly device?: string;
  /** The line that `json` was read from, where it came as one. */
  readonly line?: Buffer;
  /** The bytes it came in, for quarantine. Asked for only when it is refused. */
  raw(): Uint8Array;
}

export interface Origin {
  readonly source: Source;
  /** Feed of the sender; null where the protocol knows none. */
  readonly feed: string | null;
  readonly protocol?: Protocol;
  readonly receivedMs: Instant;
  /** Files carry their own receipt times; over the wire the server's clock is the receipt. */
  readonly trustReceived?: boolean;
}

export interface Taken {
  readonly accepted: number;
  readonly refused: readonly ({ readonly index: number } & Refusal)[];
}

export interface Intake {
  take(drafts: readonly Draft[], origin: Origin): Promise<Taken>;
}

export interface IntakeDeps {
  readonly log: Pick<ObservationLog, 'append'>;
  readonly quarantine: Pick<Quarantine, 'add'>;
  /** Counts what nobody may collect, of which nothing goes into quarantine. */
  readonly uncollected: UncollectedCounter;
  readonly devices: Devices;
  /** A fix time further ahead of receipt than this is not believed, where the roster's policy says nothing else. */
  readonly clockSkewS: number;
  onTaken?(source: Source, accepted: number, refused: readonly Refusal[]): void;
}

/** GPS time begins here: an earlier fix comes from a clock that was never set. */
const OLDEST_MS = Date.UTC(1980, 0, 6);

export function createIntake(deps: IntakeDeps): Intake {
  return {
    take: async (drafts, origin) => {
      const entries: LogEntry[] = [];
      const refused: ({ index: number } & Refusal)[] = [];
      const uncollected: Uncollected[] = [];
      // One of each, however many of a request are refused.
      const contacts = new Map<string, LogEntry>();
      drafts.forEach((draft, index) => {
        const entry = draft.line === undefined ? undefined : toEntry(draft.line, origin, deps);
        if (entry !== undefined) {
          entries.push(entry);
          return;
        }
        const result = draft.json.ok ? admit(draft.json.value, origin, deps) : draft.json;
        if (result.ok) entries.push({ key: result.value.subject, line: encodeLogEvent(result.value) });
        else {
          const { whose, ...refusal }: NotAdmitted = result.error;
          refused.push({ index, ...refusal });
          if (whose !== undefined)
            uncollected.push({ ...whose, code: refusal.code, receivedMs: origin.receivedMs });
          else if (draft.json.ok) {
            const contact = contactOf(draft.json.value, refusal, origin, deps.devices);
            if (contact !== undefined)
              contacts.set(`${contact.status} ${contact.device}`, {
                key: contact.subject,
                line: encodeLogEvent(contact),
              });
          }
        }
      });
      // The log first: what it can't take comes again whole, and must not stand in quarantine twice.
      await deps.log.append([...entries, ...contacts.values()]);
      await deps.uncollected.add(uncollected);
      await setAside(
        deps.quarantine,
        drafts,
        refused.filter(({ code }) => !isUncollected(code)),
        origin,
      );
      deps.onTaken?.(origin.source, entries.length, refused);
      return { accepted: entries.length, refused };
    },
  };
}

async function setAside(
  quarantine: Pick<Quarantine, 'add'>,
  drafts: readonly Draft[],
  refused: readonly ({ index: number } & Refusal)[],
  origin: Origin,
): Promise<void> {
  if (refused.length === 0) return;
  await quarantine.add(
    refused.map(({ index, ...refusal }) => {
      const draft = drafts[index];
      const json = draft?.json.ok === true ? draft.json.value : undefined;
      const device = isObject(json) ? (json.device ?? json.terminal) : draft?.device;
      return {
        source: origin.source,
        feed: origin.feed,
        device: typeof device === 'string' ? device : null,
        receivedMs: origin.receivedMs,
        refusal,
        raw: draft?.raw() ?? new Uint8Array(),
      };
    }),
  );
}

/**
 * The usual line, a position under the roster's own ids in WGS-84, goes on the log in its own words, with the receipt time behind
 * them: a third of what it costs to make values of it and text of these. Undefined: to be taken the general way, which also says
 * what is wrong (the same stands on the log either way, tested).
 */
function toEntry(line: Buffer, origin: Origin, deps: IntakeDeps): LogEntry | undefined {
  if (origin.trustReceived === true) return undefined;
  const position = readSentPosition(line, origin.receivedMs);
  if (position === undefined) return undefined;
  const { device, atMs } = position;
  const subject = position.subject === '' ? undefined : position.subject;
  const named = assignmentOf(device, subject, atMs, origin, deps.devices);
  if (!named.ok || named.value.device !== device) return undefined;
  const { subject: key, feed } = named.value;
  const taken = check(position, origin.feed ?? feed, named.value, deps);
  if (!taken.ok || taken.value !== position) return undefined;
  const said = line.toString('latin1', 0, line.length - 1);
  const missing = subject === undefined ? `,"subject":${JSON.stringify(key)}` : '';
  return { key, line: `${said}${missing},"received":"${formatInstant(origin.receivedMs)}"}` };
}

/** Why something is not taken; `whose`: of whom nobody may collect it. */
export type NotAdmitted = Refusal & { readonly whose?: Pick<Uncollected, 'device' | 'subject'> };

/** From JSON to an observation of a known subject, or why not. Pure but for the roster's memory. */
export function admit(
  json: unknown,
  origin: Origin,
  deps: Pick<IntakeDeps, 'devices' | 'clockSkewS'>,
): Result<Observation, NotAdmitted> {
  if (!isObject(json)) return refuse('not-an-object', '', 'an observation must be a JSON object');
  const { type } = json;
  if (type !== 'position' && type !== 'status' && type !== 'checkin') {
    return refuse(
      type === undefined ? 'missing-field' : 'unknown-value',
      'type',
      'must be position, status or checkin',
    );
  }
  const named =
    type === 'checkin' ? nameSubject(json, origin, deps.devices) : nameDevice(json, origin, deps.devices);
  if (!named.ok) return named;
  const { feed, by } = named.value;
  // Over the wire the server's clock is the receipt, whatever the sender says.
  const decoded = decodeObservation(
    named.value.json,
    origin.trustReceived === true ? undefined : origin.receivedMs,
  );
  return decoded.ok ? check(decoded.value, feed, by, deps) : decoded;
}

/** Whether it can be believed and may be collected; in WGS-84. `feed`: whose coordinates it is in. */
function check(
  observation: Observation,
  feed: string | null,
  by: Named['by'],
  deps: Pick<IntakeDeps, 'devices' | 'clockSkewS'>,
): Result<Observation, NotAdmitted> {
  const { type, atMs, receivedMs } = observation;
  const clockSkewS = deps.devices.clockSkewS?.() ?? deps.clockSkewS;
  if (atMs > receivedMs + clockSkewS * 1000) {
    return refuse(
      'time-in-the-future',
      'at',
      `lies more than ${clockSkewS} s ahead of receipt: set the device's clock`,
    );
  }
  if (atMs < OLDEST_MS)
    return refuse(
      'time-too-old',
      'at',
      "lies before 1980-01-06, the begin of GPS time: set the device's clock",
    );
  const lawful = mayCollect(by, type, atMs);
  if (!lawful.ok) return fail({ ...lawful.error, whose: { device: by.device, subject: by.subject } });
  if (observation.type === 'position' && observation.lat === 0 && observation.lon === 0)
    return refuse('bad-coordinates', 'lat', '0, 0 is what a device says that has no fix');
  const crs = feed === null ? 'wgs84' : (deps.devices.crsOf?.(feed) ?? 'wgs84');
  if (observation.type !== 'position' || crs === 'wgs84') return ok(observation);
  return ok({ ...observation, ...toWgs84(observation, crs) });
}

/** The observation under its subject, and the feed whose coordinates it is in: the sender's, else the roster's. */
interface Named {
  readonly json: Json;
  readonly feed: string | null;
  /** The device that said it, or the terminal. */
  readonly by: CollectedBy & Pick<Assignment, 'device' | 'subject'>;
}

/** Puts the roster's device and subject in the place of the id on the wire. */
function nameDevice(json: Json, origin: Origin, devices: Devices): Result<Named, NotAdmitted> {
  const { device, subject } = json;
  if (typeof device !== 'string' || device === '') {
    return refuse(
      device === undefined ? 'missing-field' : 'wrong-type',
      'device',
      'must be the text by which the device is known',
    );
  }
  const atMs = parseInstant(json.at);
  if (atMs === undefined) {
    return refuse(
      json.at === undefined ? 'missing-field' : 'bad-time',
      'at',
      'must be an ISO 8601 time with its zone, such as 2026-03-01T00:00:00Z',
    );
  }
  const found = assignmentOf(device, subject, atMs, origin, devices);
  if (!found.ok) return found;
  const assignment = found.value;
  const received = origin.trustReceived === true ? json.received : undefined;
  return ok({
    json: { ...json, device: assignment.device, subject: assignment.subject, received },
    feed: origin.feed ?? assignment.feed,
    by: assignment,
  });
}

function nameSubject(json: Json, origin: Origin, devices: Devices): Result<Named, Refusal> {
  const { subject } = json;
  if (typeof subject !== 'string' || subject === '')
    return refuse('missing-field', 'subject', 'a check-in must name its subject');
  return devices.hasSubject(subject)
    ? ok({
        json: origin.trustReceived === true ? json : { ...json, received: undefined },
        feed: origin.feed,
        by: {
          device: typeof json.terminal === 'string' ? json.terminal : '',
          subject,
          terms: null,
          endsMs: devices.endOf?.(subject) ?? null,
        },
      })
    : refuse('unknown-reference', 'subject', `${JSON.stringify(subject)} is not on the roster`);
}
