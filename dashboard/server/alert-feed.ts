/**
 * The alerts that stand on the board, followed from the ledger's projection: NOTIFY `alerts` says that something
 * changed, `change_seq` says what. Writers number their changes in the order of their commits (one advisory lock), so
 * reading on from the last number misses nothing, however often the connection is lost.
 */
import type { FastifyBaseLogger } from 'fastify';
import { NEVER_SUPPRESSED } from '../../alerts/casework/dispositions.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Database } from '../../src/ports/database.ts';
import { lastAlertChange, listAlertChanges, listBoardAlerts } from '../../src/store/alert-queue.ts';
import type { AlertCard } from '../protocol.ts';
import { type AlertRow, isOnBoard, toAlertCard } from './alert-view.ts';

/** An alert with what decides who may see it. */
export interface BoardAlert {
  readonly card: AlertCard;
  /** Null: of no office. A feed's own alert is everybody's. */
  readonly office: string | null;
  /** Of a minor, or of somebody who is on no roster and may be one. */
  readonly minor: boolean;
}

export interface AlertFeed {
  start(): Promise<void>;
  stop(): Promise<void>;
  all(): Iterable<BoardAlert>;
  /** Reads everything again: names and offices may have changed with the roster. */
  reload(): Promise<void>;
  /** When the store last answered: older than this, the queue may be incomplete. */
  currentMs(): Instant;
}

export interface AlertFeedDeps {
  readonly database: Pick<Database, 'query' | 'listen'>;
  readonly logger: FastifyBaseLogger;
  now(): Instant;
  onChange(placed: readonly BoardAlert[], gone: readonly string[]): void;
}

const PAGE = 1000;
/** Of cleared alerts that nobody acknowledges the board keeps the newest; REST lists all. Open ones and tampers always stay. */
const MAX_CLEARED = 2000;
/** NOTIFY wakes at once; this finds a connection that died without a word. */
const POLL_MS = 5000;

export function createAlertFeed(deps: AlertFeedDeps): AlertFeed {
  const db = deps.database;
  let standing = new Map<string, BoardAlert>();
  let cursor = '0';
  let currentMs = deps.now();
  let unlisten: (() => Promise<void>) | undefined;
  let poll: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  let isWaiting = false;
  let isStopped = false;

  const load = async () => {
    // The number first: what commits between the two reads is then read twice, not missed.
    const [newest] = await lastAlertChange(db);
    const rows = await listBoardAlerts(db, MAX_CLEARED);
    standing = new Map(rows.map((row) => [row.alert, toBoardAlert(row)]));
    cursor = newest?.seq ?? '0';
    currentMs = deps.now();
  };

  const readOn = async () => {
    for (;;) {
      const rows = await listAlertChanges(db, cursor, PAGE);
      currentMs = deps.now();
      const placed: BoardAlert[] = [];
      const gone: string[] = [];
      for (const row of rows) {
        cursor = row.change_seq;
        const alert = toBoardAlert(row);
        if (isOnBoard(alert.card)) {
          standing.set(row.alert, alert);
          placed.push(alert);
        } else if (standing.delete(row.alert)) gone.push(row.alert);
      }
      gone.push(...dropOldCleared(standing));
      if (placed.length > 0 || gone.length > 0) deps.onChange(placed, gone);
      if (rows.length < PAGE) return;
    }
  };

  /** One after the other: reading on and reading anew both move the cursor. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work, work);
    return last;
  };

  const follow = (): void => {
    // A wake-up while one is waiting adds nothing: that one will see this change too.
    if (isWaiting || isStopped) return;
    isWaiting = true;
    void inTurn(async () => {
      isWaiting = false;
      try {
        await readOn();
      } catch (error) {
        // The store is away: the poll tries again, and the board shows how late it is by `currentMs`.
        deps.logger.warn({ event: 'alert-feed.failed', err: error }, 'can not read alert changes');
      }
    });
  };

  return {
    async start() {
      unlisten = await db.listen('alerts', follow, follow);
      await inTurn(load);
      poll = setInterval(follow, POLL_MS);
      follow();
    },
    async stop() {
      isStopped = true;
      clearInterval(poll);
      await unlisten?.();
      await last.catch(() => undefined);
    },
    all: () => standing.values(),
    reload: () =>
      inTurn(async () => {
        const before = new Set(standing.keys());
        await load();
        for (const alert of standing.keys()) before.delete(alert);
        deps.onChange([...standing.values()], [...before]);
      }),
    currentMs: () => currentMs,
  };
}

function toBoardAlert(row: AlertRow): BoardAlert {
  return { card: toAlertCard(row), office: row.office, minor: row.minor ?? row.kind !== 'feed-outage' };
}

function dropOldCleared(standing: Map<string, BoardAlert>): string[] {
  const cleared = [...standing.values()].filter(
    ({ card }) =>
      card.state === 'cleared' && card.work.stage === 'opened' && !NEVER_SUPPRESSED.has(card.kind),
  );
  if (cleared.length <= MAX_CLEARED) return [];
  const oldest = cleared
    .sort((a, b) => a.card.startedAtMs - b.card.startedAtMs)
    .slice(0, cleared.length - MAX_CLEARED)
    .map(({ card }) => card.alert);
  for (const alert of oldest) standing.delete(alert);
  return oldest;
}
