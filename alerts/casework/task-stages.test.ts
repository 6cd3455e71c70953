import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ALERT_KINDS } from '../../src/kernel/alert-event.ts';
import { HAZARD_STATES, TASK_STAGES } from '../../src/kernel/casework.ts';
import { changeHazard, HAZARD_DEEDS, type Hazard } from './hazard-states.ts';
import { builtInCard, CARD_KINDS, minuteOfDay, planSteps } from './response-card.ts';
import {
  decideTask,
  evolveTask,
  isTaskOpen,
  type Task,
  type TaskCommand,
  type TaskDeed,
} from './task-stages.ts';

const AT = Date.UTC(2026, 2, 1);
const task = (more: Partial<Task> = {}): Task => ({
  task: '1',
  severity: 'high',
  stage: 'sent',
  office: 'a/b',
  pastOffices: [],
  dueAtMs: AT + 3_600_000,
  escalateAtMs: AT + 3_600_000,
  escalation: 0,
  supervisedBy: null,
  answeredBy: null,
  answeredAtMs: null,
  cause: null,
  disposition: null,
  measure: null,
  ...more,
});
const answer: TaskCommand = { do: 'answer', cause: 'battery', files: [] };
const accept: TaskCommand = { do: 'accept', disposition: 'device-fault', measure: null };
function through(start: Task, ...commands: (readonly [string, TaskCommand, string?])[]): Task | string {
  let now = start;
  for (const [account, command, note = '说明'] of commands) {
    const deed = decideTask(now, command, { account, atMs: AT, note });
    if (!deed.ok) return deed.error.code;
    now = evolveTask(now, deed.value);
  }
  return now;
}

test('T1 sent, received, answered, returned, answered, accepted', () => {
  const done = through(
    task(),
    ['east', { do: 'receive' }],
    ['east', answer],
    ['duty', { do: 'return', dueAtMs: null }],
    ['east', answer],
    ['duty', accept],
  );
  expect(done).toMatchObject({
    stage: 'accepted',
    answeredBy: 'east',
    disposition: 'device-fault',
    escalateAtMs: null,
  });
});

test('T2 answered twice, after its end, without a word, accepted by who answered: refused', () => {
  expect(through(task(), ['east', answer], ['west', answer])).toBe('not-in-this-stage');
  const twice = decideTask(through(task(), ['east', answer]) as Task, answer, {
    account: 'west',
    atMs: AT,
    note: 'x',
  });
  expect(twice).toMatchObject({ error: { message: expect.stringContaining('east has answered it') } });
  expect(through(task(), ['east', answer], ['duty', accept], ['east', answer])).toBe('not-in-this-stage');
  expect(through(task(), ['east', answer, ' '])).toBe('note-needed');
  expect(through(task(), ['east', answer], ['east', accept])).toBe('same-person');
  expect(through(task(), ['east', answer], ['duty', { do: 'return', dueAtMs: AT - 1 }])).toBe('bad-time');
  expect(through(task(), ['duty', accept])).toBe('not-in-this-stage');
});

test('T3 an open task that waits for its office has a deadline that the clock knows; an answered one has none', () => {
  const any = fc.constantFrom<TaskCommand>(
    { do: 'receive' },
    answer,
    accept,
    { do: 'return', dueAtMs: null },
    { do: 'supervise', dueAtMs: AT + 5 },
    { do: 'withdraw' },
    { do: 'hand-over', office: 'a/c' },
    { do: 'step', whom: 'subject', reached: true },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('A', 'B'), any), { maxLength: 20 }), (story) => {
      let now = task();
      const deeds: TaskDeed[] = [];
      for (const [account, command] of story) {
        const deed = decideTask(now, command, { account, atMs: AT, note: 'x' });
        if (!deed.ok) continue;
        deeds.push(deed.value);
        now = evolveTask(now, deed.value);
        const waitsForOffice = isTaskOpen(now) && now.stage !== 'answered';
        expect(now.escalateAtMs !== null).toBe(waitsForOffice);
        expect(TASK_STAGES).toContain(now.stage);
      }
      expect(deeds.reduce(evolveTask, task())).toEqual(now);
    }),
  );
});

test('T4 who gets it by a move has as long as anybody, and those before are remembered', () => {
  const moved = through(task({ dueAtMs: AT + 1, escalation: 2, escalateAtMs: null }), [
    'clock',
    { do: 'hand-over', office: 'a/c' },
  ]);
  expect(moved).toMatchObject({
    office: 'a/c',
    pastOffices: ['a/b'],
    escalation: 0,
    dueAtMs: AT + 3_600_000,
  });
  expect(through(task(), ['clock', { do: 'hand-over', office: 'a/b' }])).toBe('same-office');
});

test('T5 each kind has a card; what may not disturb the night waits for its end', () => {
  for (const kind of ALERT_KINDS) expect(CARD_KINDS).toContain(kind);
  const zone = 'Asia/Shanghai';
  const night = Date.UTC(2026, 2, 1, 15, 30); // 23:30
  const card = builtInCard('missed-checkin');
  for (const { atMs, afterMin } of planSteps(card, night, zone)) {
    expect(minuteOfDay(atMs, zone)).toBeGreaterThanOrEqual(7 * 60);
    expect(atMs).toBeGreaterThanOrEqual(night + afterMin * 60_000);
  }
  expect(planSteps(card, night, zone)[0]?.atMs).toBe(night + 7.5 * 3_600_000);
  const day = Date.UTC(2026, 2, 1, 2, 0);
  expect(planSteps(card, day, zone).map(({ atMs }) => (atMs - day) / 60_000)).toEqual(
    card.steps.map(({ afterMin }) => afterMin),
  );
  expect(planSteps(builtInCard('strap-tamper'), night, zone)[0]?.atMs).toBe(night);
});

test('T6 a hazard ends only by being put right by one and written off by another', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('A', 'B'), fc.constantFrom(...HAZARD_DEEDS)), { maxLength: 12 }),
      (story) => {
        let now: Hazard = { state: 'not-rectified', rectifiedBy: null, writtenOffBy: null };
        for (const [account, deed] of story) {
          const changed = changeHazard(now, deed, { account, atMs: AT, note: 'x' });
          if (now.writtenOffBy !== null) expect(changed.ok).toBe(false);
          if (!changed.ok) continue;
          now = changed.value;
          expect(HAZARD_STATES).toContain(now.state);
          if (now.writtenOffBy !== null) {
            expect(now.state).toBe('rectified');
            expect(now.writtenOffBy).not.toBe(now.rectifiedBy);
          }
        }
      },
    ),
  );
  const start = { state: 'not-rectified', rectifiedBy: null, writtenOffBy: null } as const;
  expect(changeHazard(start, 'write-off', { account: 'A', atMs: AT, note: 'x' })).toMatchObject({
    error: { code: 'not-in-this-state' },
  });
  expect(changeHazard(start, 'start', { account: 'A', atMs: AT, note: '' })).toMatchObject({
    error: { code: 'note-needed' },
  });
});
