/**
 * The board's role: the fold of each partition as a checkpointed consumer, its changes merged into the live state. The
 * checkpoint does not wait for the live state: whoever takes a partition over fills it from the checkpoint first.
 */
import { withoutSelfTests } from '../../src/kernel/self-test.ts';
import type { Frontier, LiveState } from '../../src/ports/live-state.ts';
import type { Subscription } from '../../src/ports/observation-log.ts';
import { type FoldDeps, runFold } from '../fold.ts';
import { type BoardFold, type BoardState, createBoardFold } from './board.ts';
import { createLiveFeed } from './live-feed.ts';

export interface BoardDeps extends FoldDeps {
  readonly liveState: Pick<LiveState, 'put'>;
}

export async function runBoard(deps: BoardDeps): Promise<Subscription> {
  const feed = createLiveFeed(deps);
  const subscription = await runFold<BoardFold>(deps, {
    name: 'board',
    create(saved, partition) {
      // What this same function wrote as a checkpoint.
      const board = createBoardFold(saved as BoardState | undefined);
      feed.add(board.all(), frontiersOf(board, partition));
      return board;
    },
    snapshot: (board) => board.snapshot(),
    async handle(board, events, partition) {
      const changed = new Set<string>();
      for (const event of withoutSelfTests(events)) {
        const subject = board.apply(event);
        if (subject !== undefined) changed.add(subject);
      }
      const hasTick = events.some((event) => event.type === 'tick');
      const known = [...changed].flatMap((subject) => board.lastKnown(subject) ?? []);
      feed.add(known, hasTick ? frontiersOf(board, partition) : []);
    },
  });
  return {
    failed: subscription.failed,
    async close() {
      await subscription.close();
      await feed.close();
    },
  };
}

function frontiersOf(board: BoardFold, partition: number): Frontier[] {
  const tickMs = board.tickMs();
  return tickMs === null ? [] : [{ stage: 'board', partition, tickMs }];
}
