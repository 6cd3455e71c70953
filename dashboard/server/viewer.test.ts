import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  alert,
  applyPatch,
  board,
  connect,
  known,
  SUBJECTS,
  type View,
  viewOf,
} from '../../tests/harness/board.ts';
import { LIVE_PROTOCOL, type Patch } from '../protocol.ts';

type Step =
  | { do: 'move'; subject: string; lat: number }
  | { do: 'raise'; id: string; version: number }
  | { do: 'leave'; id: string }
  | { do: 'flush' }
  | { do: 'cut' }
  | { do: 'block' | 'unblock' }
  | { do: 'roster' };
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('move' as const),
        subject: fc.constantFrom(...SUBJECTS),
        lat: fc.nat(9),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('raise' as const),
        id: fc.constantFrom(...'abcdefgh'),
        version: fc.nat(3),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('leave' as const), id: fc.constantFrom(...'abcdefgh') }),
    },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'block' as const, 'unblock' as const) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('roster' as const) }) },
  ),
  { maxLength: 60 },
) as fc.Arbitrary<Step[]>;

test('B2 random changes, cuts, jams and resumes end in client map = server view', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const room = { board: board('e0') };
      let epochs = 0;
      let view: View = { whereabouts: new Map(), alerts: new Map() };
      let cursor: { epoch: string; seq: number } | undefined;
      let line = connect(room);
      line.hello();
      const read = () => {
        for (const message of line.sent.splice(0)) {
          if (message.type === 'snapshot') {
            view = viewOf(message);
            cursor = { epoch: message.epoch, seq: message.seq };
          } else if (message.type === 'patch') {
            expect(message.from).toBe(cursor?.seq);
            applyPatch(view, message);
            if (cursor !== undefined) cursor.seq = message.to;
          }
        }
      };
      const flush = () => {
        const patch = room.board.commit();
        line.viewer.update(
          room.board,
          patch && { from: patch.from, text: Buffer.from(JSON.stringify(patch)) },
        );
      };
      for (const step of list) {
        if (step.do === 'move') room.board.placeSubjects([known(step.subject, step.lat)]);
        else if (step.do === 'raise') room.board.placeAlert(alert(step.id, step.version));
        else if (step.do === 'leave') room.board.removeAlert(step.id);
        else if (step.do === 'flush') flush();
        else if (step.do === 'block') line.block(1e9);
        else if (step.do === 'unblock') line.block(0);
        else if (step.do === 'roster') {
          room.board = board(`e${++epochs}`);
          line.viewer.update(room.board);
        } else {
          // What was on the way is lost with the connection: the client goes on from what it has applied.
          if (line.sent.length % 2 === 0) read();
          line = connect(room, cursor);
          line.hello();
        }
      }
      line.block(0);
      room.board.setHealth({ nowMs: 1, frontierMs: null, tickSeconds: 10 });
      flush();
      read();
      expect(view).toEqual(viewOf(room.board.snapshot()));
      expect(cursor).toEqual({ epoch: room.board.epoch, seq: room.board.seq() });
    }),
    { numRuns: 500 },
  );
});

test('B6 a slow client is passed over, then gets one difference', () => {
  const room = { board: board() };
  const line = connect(room);
  line.hello();
  line.block(1e9);
  for (let lat = 1; lat <= 9; lat++) {
    room.board.placeSubjects([known('S1', lat)]);
    const patch = room.board.commit();
    line.viewer.update(room.board, patch && { from: patch.from, text: Buffer.from(JSON.stringify(patch)) });
  }
  expect(line.sent.map((message) => message.type)).toEqual(['snapshot']);
  line.block(0);
  line.viewer.update(room.board);
  expect(line.sent[1]).toMatchObject({ type: 'patch', from: 0, to: 9 });
  expect((line.sent[1] as Patch).whereabouts?.card).toHaveLength(1);
});

test('B6 a client that stays slow is ended', () => {
  const line = connect({ board: board() });
  line.hello();
  line.block(1e9);
  line.viewer.check(1000);
  line.viewer.receive('{"type":"pong"}');
  line.viewer.check(31_000);
  expect(line.ends).toEqual([]);
  line.viewer.check(31_001);
  expect(line.ends).toEqual(['too-slow']);
});

test.each([
  ['no JSON', '{'],
  ['no object', '[]'],
  ['an unknown type', '{"type":"subscribe"}'],
  ['another protocol', '{"type":"hello","protocol":99}'],
  ['the protocol of before', `{"type":"hello","protocol":${LIVE_PROTOCOL - 1}}`],
  ['a negative number', `{"type":"hello","protocol":${LIVE_PROTOCOL},"epoch":"e","seq":-1}`],
  ['an epoch that is no text', `{"type":"hello","protocol":${LIVE_PROTOCOL},"epoch":{},"seq":1}`],
])('B7 %s ends the connection', (_what, text) => {
  const line = connect({ board: board() });
  line.viewer.receive(text);
  expect(line.ends).toEqual(['protocol']);
});

test('B7 whatever is said, the viewer answers in the protocol or ends the connection', () => {
  const words = fc.oneof(
    fc.string(),
    fc.json(),
    fc.anything().map((value) => JSON.stringify(value) ?? ''),
  );
  const hellos = fc.record(
    {
      type: fc.constantFrom('hello', 'pong', 'bye'),
      protocol: fc.oneof(fc.constant(LIVE_PROTOCOL), fc.anything()),
      epoch: fc.anything(),
      seq: fc.anything(),
    },
    { requiredKeys: ['type'] },
  );
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          words,
          hellos.map((message) => JSON.stringify(message)),
        ),
      ),
      (messages) => {
        const line = connect({ board: board() });
        for (const message of messages) line.viewer.receive(message);
        expect(line.sent.every((message) => message.type === 'snapshot' || message.type === 'patch')).toBe(
          true,
        );
      },
    ),
  );
});

test('B7 too many messages, and none at all, end the connection', () => {
  const chatty = connect({ board: board() });
  for (let i = 0; i < 121; i++) chatty.viewer.receive('{"type":"pong"}');
  expect(chatty.ends).toEqual(['protocol']);
  const silent = connect({ board: board() });
  silent.viewer.check(10_000);
  expect(silent.ends).toEqual([]);
  silent.viewer.check(10_001);
  expect(silent.ends).toEqual(['protocol']);
});
