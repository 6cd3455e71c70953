/** What each night keeps of the past in true order, for the nights after: the detector's state of a partition at the end of a day. */
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { Instant } from '../../src/kernel/instant.ts';
import { policyFor } from '../../src/kernel/policy.ts';
import type { Db } from '../../src/ports/database.ts';
import { findTrueState, forgetTrueStates, listTrueStates, saveTrueState } from '../../src/store/night.ts';
import { type DetectorState, isDetectorState } from '../detector/detector.ts';

export interface TrueState {
  readonly untilMs: Instant;
  /** Nothing that stands before it in the log happened later than `untilMs`. */
  readonly nextOffset: number;
  readonly detector: DetectorState;
}

export interface KeptState {
  readonly untilMs: Instant;
  readonly nextOffset: number;
  /** Deflated JSON. */
  readonly state: Buffer;
}

const DAY_MS = 86_400_000;
const deflated = promisify(deflate);
const inflated = promisify(inflate);

/** Oldest first. One of another version of the program is left out: it is made anew from the log (N4). */
export async function readStates(database: Db, partition: number): Promise<TrueState[]> {
  const states: TrueState[] = [];
  for (const row of await listTrueStates(database, partition)) {
    const state = await toTrueState(row);
    if (state !== undefined) states.push(state);
  }
  return states;
}

/** Undefined: none that can be read. */
export async function readState(
  database: Db,
  partition: number,
  untilMs: Instant,
): Promise<TrueState | undefined> {
  const [row] = await findTrueState(database, partition, new Date(untilMs));
  return row === undefined ? undefined : toTrueState(row);
}

async function toTrueState({
  until_at,
  next_offset,
  state,
}: Awaited<ReturnType<typeof findTrueState>>[number]): Promise<TrueState | undefined> {
  const detector: unknown = JSON.parse((await inflated(state)).toString());
  if (!isDetectorState(detector)) return undefined;
  return { untilMs: until_at.getTime(), nextOffset: Number(next_offset), detector };
}

/** Of days that end otherwise than they were kept, when the past since `fromMs` is judged again. */
export function statesBetween<S extends { readonly untilMs: Instant }>(
  states: readonly S[],
  fromMs = Number.NEGATIVE_INFINITY,
  horizonMs: Instant,
): S[] {
  return states.filter(({ untilMs }) => untilMs > fromMs && untilMs < horizonMs);
}

export async function packState(detector: DetectorState): Promise<Buffer> {
  return deflated(JSON.stringify(detector), { level: 1 });
}

export async function keepStates(
  database: Db,
  partition: number,
  states: readonly KeptState[],
): Promise<void> {
  for (const { untilMs, nextOffset, state } of states)
    await saveTrueState(database, partition, new Date(untilMs), nextOffset, state);
}

/** Those that no late fact can ask for any more. */
export async function forgetStates(
  database: Db,
  partition: number,
  untilMs: Instant,
  policy: DetectorState['policy'],
): Promise<void> {
  const { backfillHorizonS } = policyFor(policy, 'standard', '', untilMs);
  await forgetTrueStates(database, partition, new Date(untilMs - backfillHorizonS * 1000 - DAY_MS));
}
