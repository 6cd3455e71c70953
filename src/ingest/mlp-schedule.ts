/**
 * Which phone is asked for when. Each on its own interval, the one that waits longest first; one whose network was busy again soon, a
 * few times; nobody outside the assignment. Pure: the time comes in.
 */
import type { Instant } from '../kernel/instant.ts';
import { ABSENT_AGAIN_MS } from './mlp-absence.ts';

export interface MlpPhone {
  /** Roster's id. */
  readonly device: string;
  readonly subject: string;
  /** Id on the wire, as on the roster. */
  readonly address: string;
  readonly intervalS: number;
  readonly fromMs: Instant;
  readonly untilMs: Instant | null;
  /** When it was last asked for; null: never. */
  readonly askedMs: Instant | null;
}

/** `again`: asking soon may help. `absent`: said once, which is asked again. `alone`: the server refused the request in which it stood with others. `unasked`: the server can't now. */
export type Outcome = 'done' | 'again' | 'absent' | 'alone' | 'unasked';

export interface MlpSchedule {
  /** The roster as it is now. What is known of phones that stay, stays. */
  replace(phones: readonly MlpPhone[]): void;
  countDue(nowMs: Instant): number;
  /** Up to `limit` that are due; they are under way until `finish`. One that must be asked alone is. */
  take(limit: number, nowMs: Instant): readonly MlpPhone[];
  /** Takes this one out of turn; undefined: nobody's now, or under way already. */
  takeOne(device: string, nowMs: Instant): MlpPhone | undefined;
  finish(device: string, outcome: Outcome, nowMs: Instant): void;
  find(device: string, nowMs: Instant): MlpPhone | undefined;
}

interface Turn {
  phone: MlpPhone;
  dueMs: Instant;
  /** When it was last asked for; null: never. */
  lastMs: Instant | null;
  /** When the question that is under way went out. */
  sentMs: Instant | undefined;
  isAlone: boolean;
  tries: number;
}

const AGAIN_MS = 15_000;
/** 15, 30, 60, 120 s: with the questions themselves some five minutes. */
const MAX_TRIES = 4;

export function createMlpSchedule(): MlpSchedule {
  let turns = new Map<string, Turn>();

  const isDue = ({ phone, dueMs, sentMs }: Turn, nowMs: Instant) =>
    sentMs === undefined && dueMs <= nowMs && holds(phone, nowMs);

  const begin = (turn: Turn, nowMs: Instant) => {
    turn.sentMs = nowMs;
    return turn.phone;
  };

  return {
    replace: (phones) => {
      const next = new Map<string, Turn>();
      for (const phone of phones) {
        // A device that goes from one subject to another stands here twice: the assignment that begins first counts until it ends.
        if (next.has(phone.device)) continue;
        const known = turns.get(phone.device);
        const isSame = known?.phone.subject === phone.subject && known.phone.address === phone.address;
        if (known === undefined || !isSame) {
          const { askedMs: lastMs } = phone;
          const turn = { phone, lastMs, dueMs: inTurn(phone, lastMs), sentMs: undefined };
          next.set(phone.device, { ...turn, isAlone: false, tries: 0 });
          continue;
        }
        // Another interval holds at once.
        if (known.tries === 0 && known.phone.intervalS !== phone.intervalS)
          known.dueMs = inTurn(phone, known.lastMs);
        known.phone = phone;
        next.set(phone.device, known);
      }
      turns = next;
    },
    countDue: (nowMs) => {
      let count = 0;
      for (const turn of turns.values()) if (isDue(turn, nowMs)) count++;
      return count;
    },
    take: (limit, nowMs) => {
      if (limit < 1) return [];
      const due = [...turns.values()]
        .filter((turn) => isDue(turn, nowMs))
        .sort((a, b) => a.dueMs - b.dueMs || (a.phone.device < b.phone.device ? -1 : 1));
      const [first] = due;
      if (first === undefined) return [];
      const taken = first.isAlone ? [first] : due.filter(({ isAlone }) => !isAlone).slice(0, limit);
      return taken.map((turn) => begin(turn, nowMs));
    },
    takeOne: (device, nowMs) => {
      const turn = turns.get(device);
      return turn === undefined || turn.sentMs !== undefined || !holds(turn.phone, nowMs)
        ? undefined
        : begin(turn, nowMs);
    },
    finish: (device, outcome, nowMs) => {
      const turn = turns.get(device);
      if (turn?.sentMs === undefined) return;
      const { sentMs, phone } = turn;
      const inTurnMs = inTurn(phone, sentMs);
      turn.sentMs = undefined;
      if (outcome !== 'unasked') turn.lastMs = sentMs;
      if (outcome === 'again' && turn.tries < MAX_TRIES) {
        turn.dueMs = Math.min(inTurnMs, nowMs + AGAIN_MS * 2 ** turn.tries);
        turn.tries++;
      } else if (outcome === 'absent') turn.dueMs = nowMs + ABSENT_AGAIN_MS;
      else if (outcome === 'unasked') turn.dueMs = nowMs;
      else if (outcome === 'alone' && !turn.isAlone) {
        turn.isAlone = true;
        turn.dueMs = nowMs;
      } else {
        turn.dueMs = Math.max(inTurnMs, nowMs);
        turn.tries = 0;
        turn.isAlone = false;
      }
    },
    find: (device, nowMs) => {
      const phone = turns.get(device)?.phone;
      return phone !== undefined && holds(phone, nowMs) ? phone : undefined;
    },
  };
}

function inTurn({ fromMs, intervalS }: MlpPhone, lastMs: Instant | null): Instant {
  return lastMs === null ? fromMs : lastMs + intervalS * 1000;
}

function holds({ fromMs, untilMs }: MlpPhone, atMs: Instant): boolean {
  return fromMs <= atMs && (untilMs === null || atMs < untilMs);
}
