/** Seals every minute, or sooner when much is new: one process of many (src/ingest/leader.ts). Each newest seal may go outside. */
import type { Logger } from 'pino';
import { type Leader, lead } from '../ingest/leader.ts';
import type { Instant } from '../kernel/instant.ts';
import type { Database } from '../ports/database.ts';
import { findHead } from '../store/seal-rows.ts';
import { findLastSeal } from '../store/seals.ts';
import { type Part, type Seal, sealJson } from './chain.ts';
import { SEALED_TABLES } from './sealed-tables.ts';
import { ROWS_A_SEAL, sealUp } from './sealer.ts';

export interface SealerDeps {
  readonly database: Database;
  readonly logger: Logger;
  now(): Instant;
  /** What takes the newest seal outside; a failure is told and does not hold up sealing. */
  readonly deliver?: (seal: Seal) => Promise<void>;
  /** A minute unless given. */
  readonly everyMs?: number;
}

const SEALER_LOCK = 7_261_021;
const LOOK_EVERY_MS = 5000;
const EVERY_MS = 60_000;

export function runSealer(deps: SealerDeps): Leader {
  const { database, logger, everyMs = EVERY_MS } = deps;
  return lead({ database, logger, key: SEALER_LOCK, begin: async () => begin(deps, everyMs) });
}

function begin(deps: SealerDeps, everyMs: number): () => Promise<void> {
  let dueMs = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let turning: Promise<void> = Promise.resolve();

  async function turn(): Promise<void> {
    try {
      if (performance.now() < dueMs && (await countNew(deps.database)) < ROWS_A_SEAL) return;
      dueMs = performance.now() + everyMs;
      const newest = (await sealUp(deps.database, deps.now)).at(-1);
      if (newest === undefined) return;
      deps.logger.info({ event: 'seal.made', seal: newest.seal, hash: newest.hash }, 'rows were sealed');
      await deps.deliver?.(newest);
    } catch (error) {
      deps.logger.warn(
        { event: 'seal.failed', error: String(error) },
        'not sealed or not sent now: again soon',
      );
    }
  }

  const schedule = (waitMs: number) => {
    if (isStopped) return;
    timer = setTimeout(() => {
      turning = turn().finally(() => schedule(Math.min(LOOK_EVERY_MS, everyMs)));
    }, waitMs);
  };
  schedule(0);
  return async () => {
    isStopped = true;
    clearTimeout(timer);
    await turning;
  };
}

/** Of the table that has most; numbers that were never used count too. */
async function countNew(database: Database): Promise<number> {
  const [last] = await findLastSeal(database);
  const until = new Map(
    (last?.parts as readonly Part[] | undefined)?.map((part) => [part.table, part.until]),
  );
  let most = 0;
  for (const table of SEALED_TABLES)
    most = Math.max(most, Number(await findHead(database, table)) - (until.get(table) ?? 0));
  return most;
}

const DELIVER_WITHIN_MS = 10_000;

/** POSTs each newest seal as JSON: another office, a time-stamp service, a printer. */
export function sealPoster(url: string): (seal: Seal) => Promise<void> {
  return async (seal) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...sealJson(seal), hash: seal.hash }),
      signal: AbortSignal.timeout(DELIVER_WITHIN_MS),
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`the seal was not taken outside: ${answer.status}`);
  };
}
