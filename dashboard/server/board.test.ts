import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alert, applyPatch, board, known, SUBJECTS, viewOf } from '../../tests/harness/board.ts';
import type { Patch, Snapshot } from '../protocol.ts';
import { createFrontiers } from './frontier.ts';

const onTheLine = <T extends Patch | Snapshot>(message: T): T => JSON.parse(JSON.stringify(message));

test('B2 a patch since any number makes the old view the new one', () => {
  const subject = board();
  subject.placeSubjects([known('S1', 1)]);
  subject.placeAlert(alert('a', 1));
  subject.commit();
  const old = viewOf(subject.snapshot());
  subject.placeSubjects([known('S1', 2), known('stranger', 1)]);
  subject.removeAlert('a');
  subject.commit();
  const patch = subject.since(1);
  expect(patch).toMatchObject({ from: 1, to: 2, gone: ['a'] });
  if (patch !== undefined) applyPatch(old, patch);
  expect(old).toEqual(viewOf(subject.snapshot()));
});

const anyChange = fc.record({
  subject: fc.constantFrom(...SUBJECTS),
  place: fc.option(
    fc.tuple(fc.double({ min: -180, max: 180, noNaN: true }), fc.double({ min: -90, max: 90, noNaN: true })),
  ),
  accuracyM: fc.option(fc.double({ min: 0, max: 5000, noNaN: true })),
  atMs: fc.option(fc.nat(1_795_000_000_000)),
  heardMs: fc.option(fc.nat(1_795_000_000_000)),
  batteryPct: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
  off: fc.boolean(),
});

test('B2 whatever moved: the difference since any number, taken over the line, makes the old view the new one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(anyChange, { minLength: 1 }), { minLength: 1 }),
      fc.nat(),
      (commits, pick) => {
        const subject = board();
        const old: Snapshot[] = [];
        for (const changes of commits) {
          old.push(onTheLine(subject.snapshot()));
          subject.placeSubjects(
            changes.map(({ place, ...change }) => ({
              ...known(change.subject, 1),
              ...change,
              lon: place?.[0] ?? null,
              lat: place?.[1] ?? null,
            })),
          );
          subject.commit();
        }
        const from = old[pick % old.length];
        if (from === undefined) return;
        const view = viewOf(from);
        const patch = subject.since(from.seq);
        if (patch !== undefined) applyPatch(view, onTheLine(patch));
        expect(view).toEqual(viewOf(subject.snapshot()));
      },
    ),
  );
});

test('B3 who is older than the remembered departures gets no difference', () => {
  const subject = board('e', 2);
  for (const id of ['a', 'b', 'c']) {
    subject.placeAlert(alert(id, 1));
    subject.commit();
  }
  for (const id of ['a', 'b', 'c']) {
    subject.removeAlert(id);
    subject.commit();
  }
  expect(subject.since(3)).toBeUndefined();
  expect(subject.since(4)?.gone).toEqual(['b', 'c']);
  expect(subject.since(7)).toBeUndefined();
});

test('B5 whereabouts that did not change are not sent', () => {
  const subject = board();
  subject.placeSubjects([known('S1', 1)]);
  expect(subject.commit()?.whereabouts?.card).toHaveLength(1);
  subject.placeSubjects([known('S1', 1)]);
  expect(subject.isChanged()).toBe(false);
  expect(subject.commit()).toBeUndefined();
});

test('B12 the frontier is the oldest of all, and unknown while one is unheard', () => {
  const frontiers = createFrontiers(['board', 'detector'], 2);
  const note = (stage: 'board' | 'detector' | 'recorder', partition: number, tickMs: number) =>
    frontiers.note([{ stage, partition, tickMs }]);
  note('board', 0, 50);
  note('board', 1, 40);
  note('detector', 0, 30);
  note('recorder', 1, 1);
  expect(frontiers.oldestMs()).toBeNull();
  note('detector', 1, 60);
  expect(frontiers.oldestMs()).toBe(30);
  note('detector', 0, 20);
  expect(frontiers.oldestMs()).toBe(30);
});
