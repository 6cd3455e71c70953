/**
 * From a terminal's upload to the one intake: each attendance record becomes a check-in of the subject whose PIN it is, at its time
 * corrected by what the terminal's clock is off. What can't be taken goes into quarantine, a row for each reason and PIN, without
 * anything that could be biometric. When `take` resolves, all is durable on the log or in quarantine; when it rejects with
 * `LogUnavailable`, the terminal is to send it again.
 */
import { type Instant, parseInstant } from '../kernel/instant.ts';
import type { CheckinMethod } from '../kernel/log-event.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../kernel/result.ts';
import { isUncollected } from './collection.ts';
import type { DeviceMessages } from './device-messages.ts';
import type { Draft, Intake, Origin } from './intake.ts';
import type { DeviceRecord } from './protocols/record.ts';
import { recordTime } from './protocols/record-time.ts';
import {
  decodeKept,
  keepable,
  readKeptUpload,
  type TerminalLine,
  type TerminalMessage,
  writeKeptUpload,
} from './protocols/zkteco.ts';
import type { Quarantine, QuarantineItem, Refused } from './quarantine.ts';
import type { TerminalRoster } from './terminal-roster.ts';

export interface TerminalTakeDeps {
  /** With a quarantine that keeps nothing: what is refused is kept here. */
  readonly intake: Intake;
  readonly messages: Pick<DeviceMessages, 'keep'>;
  terminals(): TerminalRoster;
}

/** What of it was refused, and with what lines. */
interface Aside {
  readonly refusal: Refusal;
  readonly lines: string[];
}

export interface TerminalTaken {
  /** Lines that could be read. */
  readonly read: number;
  readonly refused: readonly Refusal[];
}

/** So many rows of quarantine for one upload; what is refused beyond them stands together in the last. */
const MAX_ROWS = 100;

export function createTerminalTake(deps: TerminalTakeDeps) {
  async function take(
    message: TerminalMessage,
    { receivedMs, driftMs }: { receivedMs: Instant; driftMs: number },
    quarantine: Pick<Quarantine, 'add'>,
  ): Promise<TerminalTaken> {
    const { terminal, table, lines } = message;
    if (terminal === null) return { read: 0, refused: [] };
    const origin: Origin = { source: 'zkteco', feed: null, protocol: 'zkteco', receivedMs };
    const roster = deps.terminals();
    const ownerOf = (atMs: Instant) => roster.ownerOf(terminal, atMs) ?? roster.ownerOf(terminal, receivedMs);
    const asides = new Map<string, Aside>();
    const setAside = (refusal: Refusal, pin: string, line: TerminalLine) => {
      const kept = keepable(table, line);
      const own = `${refusal.code} ${pin}`;
      const key = asides.has(own) || asides.size < MAX_ROWS ? own : 'rest';
      const aside = asides.get(key) ?? { refusal, lines: [] };
      asides.set(key, aside);
      if (kept !== null) aside.lines.push(kept);
    };
    const drafts: Draft[] = [];
    const of: { line: TerminalLine; pin: string }[] = [];
    const said: { readonly draft: number | null; keep(): void }[] = [];
    let read = 0;
    const unreadable: Refusal = {
      code: 'bad-shape',
      where: 'line',
      message: `is no line of the table ${JSON.stringify(table)} that can be read: look at the terminal's firmware`,
    };
    for (const line of lines) {
      const record = line.read;
      if (record === false) {
        drafts.push({ json: fail(unreadable), device: terminal, raw: NOTHING });
        of.push({ line, pin: '' });
        continue;
      }
      read++;
      if (record === null) continue;
      if (record.kind !== 'attendance') {
        const owner = ownerOf(parseInstant(record.time) ?? receivedMs);
        if (owner === undefined) {
          const refusal = roster.isKnown(terminal) ? NO_OFFICE : unknownTerminal(terminal);
          drafts.push({ json: fail(refusal), device: terminal, raw: NOTHING });
          of.push({ line, pin: '' });
        } else
          said.push({
            draft: null,
            keep: () => deps.messages.keep(origin, owner, corrected(record, driftMs)),
          });
        continue;
      }
      const pin = String(record.pin);
      const atMs = (parseInstant(record.time) ?? receivedMs) - driftMs;
      const whose = roster.whose(terminal, pin, atMs);
      drafts.push(draftOf(whose, record, atMs, terminal));
      of.push({ line, pin });
      // Refused, it is shown all the same to whose the terminal is: somebody has to find out who that was.
      const owner = whose.ok ? { ...whose.value, office: null } : ownerOf(atMs);
      if (owner !== undefined)
        said.push({
          draft: drafts.length - 1,
          keep: () => deps.messages.keep(origin, owner, corrected(record, driftMs)),
        });
    }
    const taken = await deps.intake.take(drafts, origin);
    const uncollected = new Set<number | null>();
    for (const { index, ...refusal } of taken.refused) {
      const draft = of[index];
      if (isUncollected(refusal.code)) uncollected.add(index);
      else if (draft !== undefined) setAside(refusal, draft.pin, draft.line);
    }
    const rows: Refused[] = [];
    for (const { refusal, lines: kept } of asides.values()) {
      if (kept.length === 0) continue;
      rows.push({
        source: 'zkteco',
        feed: null,
        device: terminal,
        receivedMs,
        refusal,
        raw: writeKeptUpload({ terminal, table, driftMs, lines: kept }),
      });
    }
    await quarantine.add(rows);
    for (const { draft, keep } of said) if (!uncollected.has(draft)) keep();
    return { read, refused: [...asides.values()].map(({ refusal }) => refusal) };
  }

  return {
    take,
    /** Quarantined bytes again; what is refused once more stays where it is. */
    retry: async (item: QuarantineItem): Promise<Result<void, Refusal>> => {
      const kept = readKeptUpload(item.raw);
      if (kept === undefined) return refuse('bad-shape', '', 'these bytes are not what this port keeps');
      const message = decodeKept(kept, deps.terminals().zoneOf(kept.terminal));
      const { receivedMs } = item;
      const [first] = (await take(message, { receivedMs, driftMs: kept.driftMs }, NOWHERE)).refused;
      return first === undefined ? ok(undefined) : fail(first);
    },
  };
}

export type TerminalTake = ReturnType<typeof createTerminalTake>;

const NOTHING = () => new Uint8Array();
const NOWHERE = { add: async () => {} };

const NO_OFFICE: Refusal = {
  code: 'unknown-terminal',
  where: 'terminal',
  message: 'the roster knows PINs of this terminal but not its office: add it to terminals, then replay',
};

function unknownTerminal(serial: string): Refusal {
  return {
    code: 'unknown-terminal',
    where: 'terminal',
    message: `${JSON.stringify(serial)} is not on the roster: add the terminal, then replay`,
  };
}

function draftOf(
  whose: ReturnType<TerminalRoster['whose']>,
  record: DeviceRecord,
  atMs: Instant,
  serial: string,
): Draft {
  if (!whose.ok) return { json: whose, device: serial, raw: NOTHING };
  const { subject, terminal } = whose.value;
  const method = methodOf(record.verify);
  return {
    json: ok({ type: 'checkin', subject, terminal, at: new Date(atMs).toISOString(), method }),
    device: serial,
    raw: NOTHING,
  };
}

/** Beside the time as the terminal said it: what its clock was off, and what time that makes. */
function corrected(record: DeviceRecord, driftMs: number): DeviceRecord {
  const atMs = parseInstant(record.time);
  if (driftMs === 0 || atMs === undefined) return record;
  return { ...record, clock_drift_s: Math.round(driftMs / 1000), corrected_time: recordTime(atMs - driftMs) };
}

/**
 * The weakest of what a verify code proves (protocols.md, part E): "finger or password" is no proof of the finger. Veins and palms count
 * as the hand that they are of.
 */
function methodOf(verify: unknown): CheckinMethod {
  if (typeof verify !== 'number') return 'manual';
  if (FINGER.has(verify) || (verify >= 21 && verify <= 29)) return 'fingerprint';
  if (verify >= 15 && verify <= 20) return 'face';
  return verify === 4 || verify === 11 ? 'card' : 'manual';
}

/** 1 alone; 8, 9, 10, 12, 13 together with PIN, password or card. */
const FINGER = new Set([1, 8, 9, 10, 12, 13]);
