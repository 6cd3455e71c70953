/**
 * What is remembered of each known terminal: when it was heard, its clock, and up to where its tables are durable. In memory, and in
 * the store for the next start and for people to see. A stamp moves only when what it stands for is on the log or in quarantine.
 */
import type { Logger } from 'pino';
import type { Instant } from '../kernel/instant.ts';
import type { Db } from '../ports/database.ts';
import { listStamps, listTerminalClocks, saveStamp, saveTerminalClock } from '../store/terminals.ts';
import { POLL_S, type Stamps } from './protocols/zkteco-replies.ts';
import { addSample, type ClockSample, type Drift, driftOf } from './terminal-clock.ts';

export interface TerminalStates {
  /** Notes that it is heard. Answers since when contact with it is unbroken, this time not counted; null: it is not. */
  heard(serial: string, atMs: Instant): Instant | null;
  /** It was told to come again: what it sends then has waited. */
  wasPutOff(serial: string): void;
  sample(serial: string, sample: ClockSample): void;
  /** Its clock was set: what was measured holds no more. */
  clockWasSet(serial: string): void;
  drift(serial: string, nowMs: Instant): Drift;
  stamps(serial: string): Promise<Stamps>;
  /** Only when all that it stands for is durable. */
  advance(serial: string, table: string, stamp: string, atMs: Instant): Promise<void>;
  stop(): Promise<void>;
}

interface State {
  heardMs: Instant | null;
  contactMs: Instant | null;
  samples: readonly ClockSample[];
  savedMs: Instant;
  savedDriftMs: number;
}

/** Several polls missed. */
const BROKEN_AFTER_MS = 6 * POLL_S * 1000;
const SAVE_EVERY_MS = 60_000;

export async function openTerminalStates(deps: { db: Db; logger: Logger }): Promise<TerminalStates> {
  const { db, logger } = deps;
  const states = new Map<string, State>();
  let saving: Promise<void> = Promise.resolve();
  for (const row of await listTerminalClocks(db)) {
    const driftMs = Number(row.drift_ms);
    states.set(row.address, {
      heardMs: null,
      contactMs: null,
      samples:
        row.measured_at === null
          ? []
          : [{ receivedMs: row.measured_at.getTime(), aheadMs: driftMs, kind: 'date' }],
      savedMs: row.heard_at.getTime(),
      savedDriftMs: driftMs,
    });
  }
  const stateOf = (serial: string): State => {
    const known = states.get(serial);
    if (known !== undefined) return known;
    const made: State = {
      heardMs: null,
      contactMs: null,
      samples: [],
      savedMs: Number.NEGATIVE_INFINITY,
      savedDriftMs: 0,
    };
    states.set(serial, made);
    return made;
  };

  /** Beside the way of the punch: it neither waits nor fails. */
  function save(serial: string, state: State, nowMs: Instant): void {
    const { driftMs, foundBy, measuredMs } = driftOf(state.samples, nowMs);
    if (nowMs - state.savedMs < SAVE_EVERY_MS && Math.abs(driftMs - state.savedDriftMs) < 1000) return;
    state.savedMs = nowMs;
    state.savedDriftMs = driftMs;
    const measured = measuredMs === null ? null : new Date(measuredMs);
    saving = saving
      .then(() => saveTerminalClock(db, serial, new Date(nowMs), Math.round(driftMs), foundBy, measured))
      .then(
        () => {},
        (error: unknown) => {
          state.savedMs = Number.NEGATIVE_INFINITY;
          logger.warn({ event: 'terminals.wait', error: String(error) }, "a terminal's state is not saved");
        },
      );
  }

  return {
    heard: (serial, atMs) => {
      const state = stateOf(serial);
      const isUnbroken = state.heardMs !== null && atMs - state.heardMs <= BROKEN_AFTER_MS;
      const sinceMs = isUnbroken ? state.contactMs : null;
      state.contactMs = sinceMs ?? atMs;
      state.heardMs = atMs;
      save(serial, state, atMs);
      return sinceMs;
    },
    wasPutOff: (serial) => {
      const state = states.get(serial);
      if (state !== undefined) state.heardMs = null;
    },
    sample: (serial, sample) => {
      const state = stateOf(serial);
      state.samples = addSample(state.samples, sample);
      save(serial, state, sample.receivedMs);
    },
    clockWasSet: (serial) => {
      stateOf(serial).samples = [];
    },
    drift: (serial, nowMs) => driftOf(states.get(serial)?.samples ?? [], nowMs),
    stamps: async (serial) =>
      Object.fromEntries((await listStamps(db, serial)).map(({ sent_table, stamp }) => [sent_table, stamp])),
    advance: async (serial, table, stamp, atMs) => {
      try {
        await saveStamp(db, serial, table, stamp, new Date(atMs));
      } catch (error) {
        // What it stands for is durable all the same; a stamp that stays behind only makes the terminal send it again.
        logger.warn({ event: 'terminals.wait', error: String(error) }, 'a stamp is not saved');
      }
    },
    stop: () => saving,
  };
}
