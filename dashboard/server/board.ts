/**
 * One view of the live board: what the viewers of one scope see, as numbered changes. Pure. Each record remembers the
 * number of its last change, so that the difference since any number is found without keeping old patches, and is
 * never larger than the snapshot. What left the board is remembered for a bounded number of departures; who is older
 * than that gets a snapshot. Rules: ../SPEC.md.
 */
import type { LastKnown } from '../../src/ports/live-state.ts';
import {
  type AlertCard,
  FLAG_OFF,
  type Health,
  LIVE_PROTOCOL,
  type Patch,
  packWhereabouts,
  type Snapshot,
  type SubjectCard,
  type Whereabouts,
} from '../protocol.ts';

export interface BoardOptions {
  /** Names this board and its cards: a client of another epoch gets a snapshot. */
  readonly epoch: string;
  readonly demo: boolean;
  readonly cards: readonly SubjectCard[];
  /** How many departed alerts are remembered. */
  readonly maxDepartures?: number;
}

export interface Board {
  readonly epoch: string;
  seq(): number;
  /** Subjects that are not on this board are left out. */
  placeSubjects(changes: Iterable<LastKnown>): void;
  placeAlert(card: AlertCard): void;
  removeAlert(alert: string): void;
  setHealth(health: Health): void;
  /** Something waits for `commit`. */
  isChanged(): boolean;
  /**
   * Numbers what has changed since the last commit: the patch from that to this. Undefined: nothing has, or so much
   * has left at once that `since` knows no difference either.
   */
  commit(): Patch | undefined;
  /** The difference since `seq`, or undefined where only a snapshot will do. */
  since(seq: number): Patch | undefined;
  snapshot(): Snapshot;
}

interface Placed<T> {
  readonly value: T;
  readonly seq: number;
}

const MAX_DEPARTURES = 2000;
const EARLIEST_HEALTH: Health = { nowMs: 0, frontierMs: null, tickSeconds: 0 };

export function createBoard(options: BoardOptions): Board {
  const maxDepartures = options.maxDepartures ?? MAX_DEPARTURES;
  const indices = new Map(options.cards.map((card, index) => [card.id, index]));
  const whereabouts = new Map<number, Placed<Whereabouts>>();
  const alerts = new Map<string, Placed<AlertCard>>();
  const departures = new Map<string, number>();
  let health: Placed<Health> = { value: EARLIEST_HEALTH, seq: 0 };
  let seq = 0;
  /** Differences can be told from here on. */
  let floor = 0;
  let changed = false;
  /** Subjects changed since the last commit: looking through all of them four times a second would cost more. */
  const moved = new Set<number>();

  return {
    epoch: options.epoch,
    seq: () => seq,

    placeSubjects(changes) {
      for (const change of changes) {
        const index = indices.get(change.subject);
        if (index === undefined) continue;
        const next = toWhereabouts(index, change);
        const before = whereabouts.get(index);
        if (before !== undefined && isSame(before.value, next)) continue;
        whereabouts.set(index, { value: next, seq: seq + 1 });
        moved.add(index);
        changed = true;
      }
    },

    placeAlert(card) {
      departures.delete(card.alert);
      alerts.set(card.alert, { value: card, seq: seq + 1 });
      changed = true;
    },

    removeAlert(alert) {
      if (!alerts.delete(alert)) return;
      departures.delete(alert);
      departures.set(alert, seq + 1);
      changed = true;
      for (const [oldest, leftAt] of departures) {
        if (departures.size <= maxDepartures) break;
        departures.delete(oldest);
        floor = leftAt;
      }
    },

    setHealth(value) {
      health = { value, seq: seq + 1 };
      changed = true;
    },

    isChanged: () => changed,

    commit() {
      if (!changed) return undefined;
      changed = false;
      seq++;
      const latest = [...moved].flatMap((index) => {
        const placed = whereabouts.get(index);
        return placed === undefined ? [] : [placed.value];
      });
      moved.clear();
      return seq - 1 < floor ? undefined : difference(seq - 1, latest);
    },

    since: (from) =>
      from < floor || from > seq ? undefined : difference(from, newerThan(whereabouts, from)),

    snapshot: () => ({
      type: 'snapshot',
      protocol: LIVE_PROTOCOL,
      epoch: options.epoch,
      seq,
      demo: options.demo,
      cards: options.cards,
      whereabouts: packWhereabouts([...whereabouts.values()].map((placed) => placed.value)),
      alerts: [...alerts.values()].map((placed) => placed.value),
      health: health.value,
    }),
  };

  function difference(from: number, latest: readonly Whereabouts[]): Patch {
    const raised = newerThan(alerts, from);
    const gone = [...departures].filter(([, leftAt]) => leftAt > from).map(([alert]) => alert);
    return {
      type: 'patch',
      from,
      to: seq,
      ...(latest.length > 0 ? { whereabouts: packWhereabouts(latest) } : {}),
      ...(raised.length > 0 ? { alerts: raised } : {}),
      ...(gone.length > 0 ? { gone } : {}),
      ...(health.seq > from ? { health: health.value } : {}),
    };
  }
}

function newerThan<K, T>(records: ReadonlyMap<K, Placed<T>>, from: number): T[] {
  const found: T[] = [];
  for (const placed of records.values()) if (placed.seq > from) found.push(placed.value);
  return found;
}

/** Five decimals of a degree are one metre: more would be noise in every message. */
const rounded = (degrees: number | null) => (degrees === null ? null : Math.round(degrees * 1e5) / 1e5);
const seconds = (ms: number | null) => (ms === null ? 0 : Math.floor(ms / 1000));

export function toWhereabouts(index: number, known: LastKnown): Whereabouts {
  return [
    index,
    rounded(known.lon),
    rounded(known.lat),
    Math.round(known.accuracyM ?? 0),
    seconds(known.atMs),
    seconds(known.heardMs),
    known.batteryPct === null ? -1 : Math.round(known.batteryPct),
    known.off ? FLAG_OFF : 0,
  ];
}

const isSame = (a: Whereabouts, b: Whereabouts) => a.every((value, i) => value === b[i]);
