/**
 * What the server says is on the board, kept in step by snapshot and patches. Pure: messages in, a new view of the state out.
 * A patch that does not follow on is refused; the connection then asks anew (dashboard/protocol.ts).
 */
import type { AlertCard, Health, Patch, Snapshot, SubjectCard, Whereabouts } from '../../protocol.ts';

export interface BoardState {
  readonly epoch: string;
  seq: number;
  readonly demo: boolean;
  readonly cards: readonly SubjectCard[];
  /** By index of the card; null: nothing known. */
  readonly whereabouts: (Whereabouts | null)[];
  readonly alerts: Map<string, AlertCard>;
  health: Health;
}

export function fromSnapshot(snapshot: Snapshot): BoardState {
  const whereabouts: (Whereabouts | null)[] = snapshot.cards.map(() => null);
  for (const item of snapshot.whereabouts) whereabouts[item[0]] = item;
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

/** Moves the state in place. False: the patch does not follow on and nothing was changed. */
export function applyPatch(state: BoardState, patch: Patch): boolean {
  if (patch.from !== state.seq) return false;
  for (const item of patch.whereabouts ?? []) state.whereabouts[item[0]] = item;
  for (const alert of patch.alerts ?? []) state.alerts.set(alert.alert, alert);
  for (const alert of patch.gone ?? []) state.alerts.delete(alert);
  if (patch.health !== undefined) state.health = patch.health;
  state.seq = patch.to;
  return true;
}
