/**
 * What the server says is on the board, kept in step by snapshot and patches. Pure: messages in, state out.
 * A patch that does not follow on is refused and changes nothing; the connection then asks anew (dashboard/protocol.ts).
 */
import {
  type AlertCard,
  type Health,
  type Patch,
  type Snapshot,
  type SubjectCard,
  unpackWhereabouts,
  type Whereabouts,
} from '../../protocol.ts';

export interface BoardState {
  readonly epoch: string;
  readonly seq: number;
  readonly demo: boolean;
  readonly cards: readonly SubjectCard[];
  /** By index of the card; null: nothing known. */
  readonly whereabouts: readonly (Whereabouts | null)[];
  readonly alerts: ReadonlyMap<string, AlertCard>;
  readonly health: Health;
}

/** What a message changed: the page redraws only that. */
export interface Changed {
  readonly cards: boolean;
  readonly whereabouts: boolean;
  readonly alerts: boolean;
}

export interface BoardStore {
  /** The same object until the next snapshot; its contents move with the patches. */
  state(): BoardState | undefined;
  /** Undefined: the patch does not follow on. */
  take(message: Snapshot | Patch): Changed | undefined;
}

interface OwnState {
  epoch: string;
  seq: number;
  demo: boolean;
  cards: readonly SubjectCard[];
  whereabouts: (Whereabouts | null)[];
  alerts: Map<string, AlertCard>;
  health: Health;
}

export function createBoardStore(): BoardStore {
  let state: OwnState | undefined;
  return {
    state: () => state,
    take(message) {
      if (message.type === 'snapshot') {
        state = fromSnapshot(message);
        return { cards: true, whereabouts: true, alerts: true };
      }
      if (state === undefined || message.from !== state.seq) return undefined;
      return applyPatch(state, message);
    },
  };
}

function fromSnapshot(snapshot: Snapshot): OwnState {
  const whereabouts: (Whereabouts | null)[] = snapshot.cards.map(() => null);
  for (const item of unpackWhereabouts(snapshot.whereabouts)) whereabouts[item[0]] = item;
  return {
    epoch: snapshot.epoch,
    seq: snapshot.seq,
    demo: snapshot.demo,
    cards: snapshot.cards,
    whereabouts,
    alerts: new Map(snapshot.alerts.map((alert) => [alert.alert, alert])),
    health: snapshot.health,
  };
}

function applyPatch(state: OwnState, patch: Patch): Changed {
  if (patch.whereabouts !== undefined)
    for (const item of unpackWhereabouts(patch.whereabouts)) state.whereabouts[item[0]] = item;
  for (const alert of patch.alerts ?? []) state.alerts.set(alert.alert, alert);
  for (const alert of patch.gone ?? []) state.alerts.delete(alert);
  if (patch.health !== undefined) state.health = patch.health;
  state.seq = patch.to;
  return {
    cards: false,
    whereabouts: patch.whereabouts !== undefined,
    alerts: (patch.alerts?.length ?? 0) + (patch.gone?.length ?? 0) > 0,
  };
}
