/** The live board as the page's components see it: shallow references, each moved only when its own part changed. */
import { computed, onBeforeUnmount, onMounted, type Ref, ref, type ShallowRef, shallowRef } from 'vue';
import type { AlertCard, Health, SubjectCard } from '../../protocol.ts';
import type { BoardState } from './board-store.ts';
import { browserLine } from './browser-line.ts';
import { connectBoard } from './connection.ts';
import { createServerClock } from './server-clock.ts';

export type Link = 'connecting' | 'live' | 'lost' | 'outdated';

export interface LiveBoard {
  /** Replaced by each snapshot; null before the first. Its contents move: watch `alerts`, `moved`, `health` for that. */
  readonly board: ShallowRef<BoardState | null>;
  readonly alerts: ShallowRef<readonly AlertCard[]>;
  /** Counts the changes of whereabouts. */
  readonly moved: Ref<number>;
  readonly health: ShallowRef<Health | null>;
  readonly link: Ref<Link>;
  /** What is shown is as of then: the server's time of the last message before the loss. Null while live. */
  readonly asOfMs: Ref<number | null>;
  /** The server's time, once a second. */
  readonly nowMs: Ref<number>;
  /** When this page first showed an alert that came while it watched; server's time. */
  readonly shownAtMs: ReadonlyMap<string, number>;
  readonly cardOf: Readonly<Ref<ReadonlyMap<string, SubjectCard>>>;
  readonly indexOf: Readonly<Ref<ReadonlyMap<string, number>>>;
}

export function useBoard(deps: { isSignedIn(): Promise<boolean>; onSignedOut(): void }): LiveBoard {
  const board = shallowRef<BoardState | null>(null);
  const alerts = shallowRef<readonly AlertCard[]>([]);
  const moved = ref(0);
  const health = shallowRef<Health | null>(null);
  const link = ref<Link>('connecting');
  const asOfMs = ref<number | null>(null);
  const clock = createServerClock();
  const nowMs = ref(Date.now());
  const shownAtMs = new Map<string, number>();
  let lastHeardMs = 0;

  const noteShown = (next: BoardState) => {
    const isFirst = board.value === null;
    const atMs = clock.at(Date.now());
    for (const id of next.alerts.keys()) if (!isFirst && !known.has(id)) shownAtMs.set(id, atMs);
    for (const id of shownAtMs.keys()) if (!next.alerts.has(id)) shownAtMs.delete(id);
    known = new Set(next.alerts.keys());
  };
  let known: ReadonlySet<string> = new Set();

  const connection = connectBoard(browserLine(deps.isSignedIn), {
    changed(state, changed) {
      if (state.health !== health.value) clock.hear(state.health.nowMs, Date.now());
      lastHeardMs = clock.at(Date.now());
      if (changed.alerts) {
        noteShown(state);
        alerts.value = [...state.alerts.values()];
      }
      board.value = state;
      health.value = state.health;
      if (changed.whereabouts) moved.value++;
      link.value = 'live';
      asOfMs.value = null;
    },
    lost() {
      link.value = board.value === null ? 'connecting' : 'lost';
      if (board.value !== null) asOfMs.value ??= lastHeardMs;
    },
    signedOut: deps.onSignedOut,
    outdated: () => {
      link.value = 'outdated';
      asOfMs.value ??= lastHeardMs;
    },
  });

  let timer = 0;
  const tick = () => {
    nowMs.value = clock.at(Date.now());
    timer = window.setTimeout(tick, 1000 - (nowMs.value % 1000));
  };
  const hurry = () => connection.hurry();
  onMounted(() => {
    tick();
    window.addEventListener('online', hurry);
  });
  onBeforeUnmount(() => {
    window.clearTimeout(timer);
    window.removeEventListener('online', hurry);
    connection.close();
  });

  return {
    board,
    alerts,
    moved,
    health,
    link,
    asOfMs,
    nowMs,
    shownAtMs,
    cardOf: computed(() => new Map((board.value?.cards ?? []).map((card) => [card.id, card]))),
    indexOf: computed(() => new Map((board.value?.cards ?? []).map((card, i) => [card.id, i]))),
  };
}
