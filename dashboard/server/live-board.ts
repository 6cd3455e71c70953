/**
 * The live board of one process: holds what is known, and a room for each reach that somebody watches. Viewers of a
 * room see the same, so each patch is encoded once. Changes are gathered: the first goes out at once, later ones at
 * most four times a second, alerts at most twenty times.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Database, Reach } from '../../src/ports/database.ts';
import type { Frontier, LastKnown, LiveChange, LiveState } from '../../src/ports/live-state.ts';
import type { Health } from '../protocol.ts';
import { type BoardAlert, createAlertFeed } from './alert-feed.ts';
import { covers } from './auth/access.ts';
import { type Board, createBoard } from './board.ts';
import { createFrontiers } from './frontier.ts';
import { createRosterFeed } from './roster-feed.ts';
import { createSelfTests } from './self-tests.ts';

/** A connection as the board sees it. */
export interface Viewer {
  /** The room's board has moved on, or is another one. `text` is the encoded patch from `from`, if there is one. */
  update(board: Board, patch?: { readonly from: number; readonly text: Buffer }): void;
}

export interface Seat {
  readonly room: Room;
  leave(): void;
}

export interface Room {
  board(): Board;
  /** The snapshot as it is sent, encoded once for all who come at the same moment. */
  snapshot(): Buffer;
  /**
   * The difference since `seq` as it is sent, encoded once for all who stand there: those who were passed over together catch up
   * together. Undefined: only a snapshot will do.
   */
  since(seq: number): Buffer | undefined;
}

export interface LiveBoard {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Takes a seat among those of the same reach. */
  join(reach: Reach, viewer: Viewer): Seat;
  /** Ids of those whom a reach is shown: one set for all of the reach, and another one when the roster has changed it. */
  people(reach: Reach): ReadonlySet<string>;
  lastKnown(subject: string): LastKnown | undefined;
  health(): Health;
}

export interface LiveBoardDeps {
  readonly database: Pick<Database, 'query' | 'listen'>;
  readonly liveState: LiveState;
  readonly logger: FastifyBaseLogger;
  readonly registry: Registry;
  /** The stages that write a frontier into the live state, and over how many partitions. */
  readonly stages: readonly Frontier['stage'][];
  readonly partitions: number;
  readonly tickSeconds: number;
  /** Seconds between two self-tests; 0 or absent: none. */
  readonly selfTestS?: number;
  readonly demo: boolean;
  now(): Instant;
}

const WHEREABOUTS_PAUSE_MS = 250;
const ALERTS_PAUSE_MS = 50;
const HEALTH_EVERY_MS = 2000;
const KEPT_DIFFERENCES = 16;
/** An empty room is kept so long, that a reconnect goes on where it was. */
const KEEP_EMPTY_ROOM_MS = 60_000;
/** The alert feed reads at least every 5 s; older than this, the queue may lack something. */
const FEED_LATE_MS = 15_000;

interface OpenRoom extends Room {
  readonly key: string;
  readonly viewers: Set<Viewer>;
  people(): ReadonlySet<string>;
  sees(alert: BoardAlert): boolean;
  change(by: (board: Board) => void, pauseMs: number): void;
  /** The roster has changed: a new board where that shows in this room. */
  takeRoster(): void;
  flush(withHealth: boolean): void;
  emptySinceMs: Instant;
  close(): void;
}

const idsOf = (cards: readonly { readonly id: string }[]) => new Set(cards.map(({ id }) => id));

export function createLiveBoard(deps: LiveBoardDeps): LiveBoard {
  const processId = randomBytes(6).toString('base64url');
  const known = new Map<string, LastKnown>();
  const frontiers = createFrontiers(deps.stages, deps.partitions);
  const selfTests = createSelfTests(deps);
  const rooms = new Map<string, OpenRoom>();
  let boards = 0;
  let unwatch: (() => Promise<void>) | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  const metrics = createMetrics(deps.registry, () =>
    [...rooms.values()].reduce((n, room) => n + room.viewers.size, 0),
  );

  const alerts = createAlertFeed({
    database: deps.database,
    logger: deps.logger,
    now: deps.now,
    onChange(placed, gone) {
      for (const room of rooms.values())
        room.change((board) => {
          for (const alert of placed) placeOrRemove(room, board, alert);
          for (const alert of gone) board.removeAlert(alert);
        }, ALERTS_PAUSE_MS);
    },
  });
  const roster = createRosterFeed({
    database: deps.database,
    logger: deps.logger,
    onChange: () => {
      for (const room of rooms.values()) room.takeRoster();
    },
    onTouched: () =>
      void alerts.reload().catch((error: unknown) => {
        // The next change of the roster or of an alert brings it; `currentMs` shows a store that is away.
        deps.logger.warn({ event: 'alert-feed.failed', err: error }, 'can not read the alerts again');
      }),
  });

  const health = (): Health => {
    const nowMs = deps.now();
    const oldestMs = frontiers.oldestMs();
    const readMs = alerts.currentMs();
    const frontierMs =
      oldestMs !== null && nowMs - readMs > FEED_LATE_MS ? Math.min(oldestMs, readMs) : oldestMs;
    return { nowMs, frontierMs, tickSeconds: deps.tickSeconds, selfTest: selfTests.health() };
  };

  const apply = (change: LiveChange) => {
    frontiers.note(change.frontiers);
    for (const subject of change.subjects) known.set(subject.subject, subject);
    if (change.subjects.length === 0) return;
    for (const room of rooms.values())
      room.change((board) => board.placeSubjects(change.subjects), WHEREABOUTS_PAUSE_MS);
  };

  const cardsOf = (reach: Reach) =>
    roster
      .cards()
      .filter((card) => covers(reach.organisation, card.office) && (reach.minors || card.minor !== true));

  const openRoom = (reach: Reach): OpenRoom => {
    const viewers = new Set<Viewer>();
    let cards = cardsOf(reach);
    let people = idsOf(cards);
    let board = build();
    let timer: NodeJS.Timeout | undefined;
    let dueAt = Number.POSITIVE_INFINITY;
    let flushedAt = Number.NEGATIVE_INFINITY;
    let encoded: { board: Board; seq: number; text: Buffer } | undefined;
    let differences: { board: Board; seq: number; texts: Map<number, Buffer | undefined> } | undefined;

    function build(): Board {
      const made = createBoard({ epoch: `${processId}.${++boards}`, demo: deps.demo, cards });
      made.placeSubjects(known.values());
      for (const alert of alerts.all()) if (sees(reach, alert)) made.placeAlert(alert.card);
      made.setHealth(health());
      made.commit();
      return made;
    }

    const room: OpenRoom = {
      key: keyOf(reach),
      viewers,
      emptySinceMs: deps.now(),
      board: () => board,
      people: () => people,
      sees: (alert) => sees(reach, alert),
      snapshot() {
        if (encoded?.board !== board || encoded.seq !== board.seq())
          encoded = { board, seq: board.seq(), text: Buffer.from(JSON.stringify(board.snapshot())) };
        return encoded.text;
      },
      since(seq) {
        if (differences?.board !== board || differences.seq !== board.seq())
          differences = { board, seq: board.seq(), texts: new Map() };
        const { texts } = differences;
        if (!texts.has(seq)) {
          // Whoever says hello names any number: what is kept for them is bounded.
          if (texts.size >= KEPT_DIFFERENCES) texts.clear();
          const patch = board.since(seq);
          texts.set(seq, patch === undefined ? undefined : Buffer.from(JSON.stringify(patch)));
        }
        return texts.get(seq);
      },
      change(by, pauseMs) {
        by(board);
        if (!board.isChanged() || viewers.size === 0) return;
        const at = Math.max(performance.now(), flushedAt + pauseMs);
        if (at >= dueAt) return;
        clearTimeout(timer);
        dueAt = at;
        timer = setTimeout(() => room.flush(false), Math.max(0, at - performance.now()));
      },
      takeRoster() {
        const next = cardsOf(reach);
        // A snapshot of a whole tree to everybody, because one office elsewhere has somebody new, would be for nothing.
        if (JSON.stringify(next) === JSON.stringify(cards)) return;
        cards = next;
        people = idsOf(cards);
        board = build();
        for (const viewer of viewers) viewer.update(board);
      },
      flush(withHealth) {
        clearTimeout(timer);
        dueAt = Number.POSITIVE_INFINITY;
        flushedAt = performance.now();
        if (withHealth) board.setHealth(health());
        const patch = board.commit();
        const text = patch === undefined ? undefined : Buffer.from(JSON.stringify(patch));
        metrics.patches.inc();
        for (const viewer of viewers)
          viewer.update(
            board,
            patch === undefined || text === undefined ? undefined : { from: patch.from, text },
          );
      },
      close: () => clearTimeout(timer),
    };
    return room;
  };

  const roomOf = (reach: Reach): OpenRoom => {
    const room = rooms.get(keyOf(reach)) ?? openRoom(reach);
    rooms.set(room.key, room);
    return room;
  };

  const beat = () => {
    for (const room of rooms.values()) {
      if (room.viewers.size > 0) room.flush(true);
      else if (deps.now() - room.emptySinceMs > KEEP_EMPTY_ROOM_MS) {
        room.close();
        rooms.delete(room.key);
      }
    }
  };

  return {
    async start() {
      await roster.start();
      await alerts.start();
      await selfTests.start();
      // Changes that come while the whole is being read wait for it: they are newer, or say the same.
      let waiting: LiveChange[] | undefined = [];
      unwatch = await deps.liveState.watch((change) => {
        if (waiting === undefined) apply(change);
        else waiting.push(change);
      });
      apply(await deps.liveState.all());
      for (const change of waiting) apply(change);
      waiting = undefined;
      heartbeat = setInterval(beat, HEALTH_EVERY_MS);
    },
    async stop() {
      clearInterval(heartbeat);
      selfTests.stop();
      for (const room of rooms.values()) room.close();
      rooms.clear();
      await unwatch?.();
      await roster.stop();
      await alerts.stop();
    },
    join(reach, viewer) {
      const room = roomOf(reach);
      // Whoever comes after a quiet time must not be shown an old age of the data.
      if (room.viewers.size === 0) room.flush(true);
      room.viewers.add(viewer);
      return {
        room,
        leave() {
          room.viewers.delete(viewer);
          room.emptySinceMs = deps.now();
        },
      };
    },
    people: (reach) => roomOf(reach).people(),
    lastKnown: (subject) => known.get(subject),
    health,
  };
}

const keyOf = ({ organisation, minors }: Reach) => `${minors ? 'all' : 'adults'} ${organisation}`;

function sees(reach: Reach, alert: BoardAlert): boolean {
  // As in src/store/alert-queue.ts: a feed's alert is everybody's, one about a stranger is the whole tree's.
  if (alert.card.kind === 'feed-outage') return true;
  if (alert.minor && !reach.minors) return false;
  return alert.office === null ? reach.organisation === '' : covers(reach.organisation, alert.office);
}

/** An alert whose subject moved to another office leaves the board of the old one. */
function placeOrRemove(room: OpenRoom, board: Board, alert: BoardAlert): void {
  if (room.sees(alert)) board.placeAlert(alert.card);
  else board.removeAlert(alert.card.alert);
}

function createMetrics(registry: Registry, countViewers: () => number) {
  new Gauge({
    name: 'wardline_board_viewers',
    help: 'Connections that watch the live board',
    registers: [registry],
    collect() {
      this.set(countViewers());
    },
  });
  return {
    patches: new Counter({
      name: 'wardline_board_flushes_total',
      help: 'Patches made for rooms of the live board',
      registers: [registry],
    }),
  };
}
