import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alert, board, connect, known, SUBJECTS, viewOf } from '../../../tests/harness/board.ts';
import { type ClientMessage, LIVE_PROTOCOL, type ServerMessage } from '../../protocol.ts';
import type { Board } from '../../server/board.ts';
import type { BoardState } from './board-store.ts';
import {
  type ConnectionEvents,
  connectBoard,
  DEAD_AFTER_MS,
  FIRST_WAIT_MS,
  type LineEvents,
  LONGEST_WAIT_MS,
} from './connection.ts';

/** The page's connection over lines that a test opens, cuts and delays; the server behind them is the real board and viewer. */
function desk(
  room: { board: Board },
  options: { random?: number; isSignedIn?: () => Promise<boolean> } = {},
) {
  interface Peer {
    readonly server: ReturnType<typeof connect>;
    readonly events: LineEvents;
    delivered: number;
    isOpen: boolean;
  }
  let peer: Peer | undefined;
  let opened = 0;
  let timers: { run: () => void; ms: number }[] = [];
  const said: ClientMessage[] = [];
  const told: string[] = [];
  let state: BoardState | undefined;
  const events: ConnectionEvents = {
    changed: (next) => {
      state = next;
    },
    lost: () => void told.push('lost'),
    signedOut: () => void told.push('signed-out'),
    outdated: () => void told.push('outdated'),
  };
  const connection = connectBoard(
    {
      open(lineEvents) {
        opened++;
        const mine: Peer = { server: connect(room), events: lineEvents, delivered: 0, isOpen: false };
        peer = mine;
        return {
          send(text) {
            said.push(JSON.parse(text));
            mine.server.viewer.receive(text);
          },
          close: () => cut(mine),
        };
      },
      later(run, ms) {
        const timer = { run, ms };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
      random: () => options.random ?? 1,
      isSignedIn: options.isSignedIn ?? (async () => true),
    },
    events,
  );
  function cut(which = peer) {
    if (which === undefined || which !== peer) return;
    peer = undefined;
    which.events.closed();
  }
  return {
    connection,
    told,
    said,
    state: () => state,
    opened: () => opened,
    timers: () => timers,
    server: () => peer?.server,
    accept() {
      if (peer === undefined || peer.isOpen) return;
      peer.isOpen = true;
      peer.events.opened();
    },
    /** The next message arrives; false: there is none. */
    deliver() {
      const message = peer?.isOpen ? peer.server.sent[peer.delivered] : undefined;
      if (peer === undefined || message === undefined) return false;
      peer.delivered++;
      peer.events.message(JSON.stringify(message));
      return true;
    },
    inject: (message: ServerMessage) => peer?.events.message(JSON.stringify(message)),
    cut: () => cut(),
    /** Runs what is due first. */
    async wait() {
      const [first] = [...timers].sort((a, b) => a.ms - b.ms);
      if (first === undefined) return;
      timers = timers.filter((timer) => timer !== first);
      first.run();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

const subject = fc.constantFrom(...SUBJECTS);
const alertId = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const step = fc.oneof(
  fc.record({ do: fc.constant('move' as const), subject, lat: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('alert' as const), id: alertId, version: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant('remove' as const), id: alertId }),
  fc.record({ do: fc.constantFrom('commit', 'commit', 'deliver', 'deliver', 'accept') }),
  fc.record({ do: fc.constantFrom('cut', 'wait', 'jam', 'flow', 'rebuild') }),
);

test('L1 whatever is cut, jammed, delayed and rebuilt, the page ends with what the server has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      let epoch = 0;
      const room = { board: board(`e${epoch}`) };
      const page = desk(room);
      const commit = () => {
        const patch = room.board.commit();
        const text = patch && { from: patch.from, text: Buffer.from(JSON.stringify(patch)) };
        page.server()?.viewer.update(room.board, text);
      };
      for (const next of steps) {
        if (next.do === 'move') room.board.placeSubjects([known(next.subject, next.lat)]);
        else if (next.do === 'alert') room.board.placeAlert(alert(next.id, next.version));
        else if (next.do === 'remove') room.board.removeAlert(next.id);
        else if (next.do === 'commit') commit();
        else if (next.do === 'accept') page.accept();
        else if (next.do === 'deliver') page.deliver();
        else if (next.do === 'cut') page.cut();
        else if (next.do === 'wait') await page.wait();
        else if (next.do === 'jam') page.server()?.block(10_000_000);
        else if (next.do === 'flow') page.server()?.block(0);
        else if (next.do === 'rebuild') {
          room.board = board(`e${++epoch}`);
          page.server()?.viewer.update(room.board);
        }
      }
      // Now all is well: the network flows, and one more change passes.
      page.server()?.block(0);
      room.board.placeSubjects([known('S0', 77)]);
      for (let i = 0; i < 3; i++) {
        if (page.server() === undefined) await page.wait();
        page.accept();
        commit();
        while (page.deliver());
      }
      const state = page.state();
      const truth = room.board.snapshot();
      expect(state?.epoch).toBe(truth.epoch);
      expect(state?.seq).toBe(truth.seq);
      expect(state?.health).toEqual(truth.health);
      expect(new Map(state?.alerts)).toEqual(viewOf(truth).alerts);
      const places = (state?.whereabouts ?? []).flatMap((item) => (item === null ? [] : [item]));
      expect(new Map(places.map((item) => [item[0], item]))).toEqual(viewOf(truth).whereabouts);
    }),
    { numRuns: 300 },
  );
});

test('L2 a patch that does not follow on changes nothing and is answered by one hello without a cursor', () => {
  const room = { board: board() };
  room.board.placeAlert(alert('a', 1));
  room.board.commit();
  const page = desk(room);
  page.accept();
  page.deliver();
  const before = page.state();
  page.inject({ type: 'patch', from: 7, to: 8, gone: ['a'] });
  page.inject({ type: 'patch', from: 8, to: 9, gone: ['a'] });
  expect(page.said.slice(1)).toEqual([{ type: 'hello', protocol: LIVE_PROTOCOL }]);
  expect(page.state()).toBe(before);
  expect([...(page.state()?.alerts.keys() ?? [])]).toEqual(['a']);
  while (page.deliver());
  expect(page.state()?.seq).toBe(room.board.seq());
});

test('L3 a connection that comes back says what it has', async () => {
  const room = { board: board() };
  const page = desk(room);
  page.accept();
  page.deliver();
  page.cut();
  await page.wait();
  page.accept();
  expect(page.told).toEqual(['lost']);
  expect(page.said).toEqual([
    { type: 'hello', protocol: LIVE_PROTOCOL },
    { type: 'hello', protocol: LIVE_PROTOCOL, epoch: room.board.epoch, seq: room.board.seq() },
  ]);
});

test('L4 each failure doubles the wait up to the longest, and a message sets it back', async () => {
  const page = desk({ board: board() });
  const waits: number[] = [];
  const fail = async () => {
    page.cut();
    await Promise.resolve();
    await Promise.resolve();
    waits.push(...page.timers().map(({ ms }) => ms));
    await page.wait();
  };
  for (let i = 0; i < 7; i++) await fail();
  page.accept();
  page.deliver();
  await fail();
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, LONGEST_WAIT_MS, LONGEST_WAIT_MS, FIRST_WAIT_MS]);
});

test('L4 chance spreads the wait over its second half', async () => {
  const page = desk({ board: board() }, { random: 0 });
  page.accept();
  page.cut();
  expect(page.timers().map(({ ms }) => ms)).toEqual([FIRST_WAIT_MS / 2]);
});

test('L4 a network that is back is tried at once', () => {
  const page = desk({ board: board() });
  page.connection.hurry();
  expect(page.opened()).toBe(1);
  page.accept();
  page.cut();
  page.connection.hurry();
  expect(page.opened()).toBe(2);
  expect(page.timers().map(({ ms }) => ms)).toEqual([DEAD_AFTER_MS]);
});

test('L5 silence ends a connection, and a ping is no silence', async () => {
  const page = desk({ board: board() });
  page.accept();
  const [deadline] = page.timers();
  expect(deadline?.ms).toBe(DEAD_AFTER_MS);
  page.inject({ type: 'ping' });
  expect(page.said.at(-1)).toEqual({ type: 'pong' });
  expect(page.timers()).not.toContain(deadline);
  await page.wait();
  expect(page.told).toEqual(['lost']);
});

test('L6 the end of a session leads to sign-in, by bye or by a refused upgrade; an absent server does not', async () => {
  const told = async (isSignedIn: () => Promise<boolean>) => {
    const page = desk({ board: board() }, { isSignedIn });
    page.cut();
    for (let i = 0; i < 4; i++) await Promise.resolve();
    return { told: page.told, willRetry: page.timers().length > 0 };
  };
  expect(await told(async () => false)).toEqual({ told: ['lost', 'signed-out'], willRetry: false });
  expect(await told(async () => true)).toEqual({ told: ['lost'], willRetry: true });
  expect(await told(() => Promise.reject(new Error('no network')))).toEqual({
    told: ['lost'],
    willRetry: true,
  });
  const page = desk({ board: board() });
  page.accept();
  page.inject({ type: 'bye', reason: 'signed-out' });
  expect(page.told).toEqual(['signed-out']);
  expect(page.timers()).toEqual([]);
});

test('L7 another protocol is said to be one and not tried again', () => {
  const room = { board: board() };
  const [byBye, bySnapshot] = [desk(room), desk(room)];
  byBye.accept();
  byBye.inject({ type: 'bye', reason: 'protocol' });
  bySnapshot.accept();
  bySnapshot.inject({ ...room.board.snapshot(), protocol: 99 });
  for (const page of [byBye, bySnapshot]) {
    expect(page.told).toEqual(['outdated']);
    expect(page.timers()).toEqual([]);
    expect(page.state()).toBeUndefined();
  }
});

test('L6 a server that shuts down or finds the page too slow is come back to', () => {
  for (const reason of ['shutdown', 'too-slow'] as const) {
    const page = desk({ board: board() });
    page.accept();
    page.inject({ type: 'bye', reason });
    page.cut();
    expect(page.told).toEqual(['lost']);
    expect(page.timers().map(({ ms }) => ms)).toEqual([FIRST_WAIT_MS]);
  }
});
