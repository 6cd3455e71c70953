import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ALERT_KINDS, ALERT_STATES, SEVERITIES } from '../../src/kernel/alert-event.ts';
import { DISPOSITIONS, MEASURES, STAGES, type Stage } from '../../src/kernel/casework.ts';
import {
  ALERT_DEEDS,
  type AlertCommand,
  type AlertDeed,
  type AlertWork,
  decideAlert,
  evolveAlert,
  isOpenWork,
  isStanding,
  TRANSITIONS,
} from './alert-stages.ts';
import { organisationTold, stageDueS, stepsUp, takeNoteS } from './deadlines.ts';
import { isWeighty, NEVER_SUPPRESSED, proposeDisposition } from './dispositions.ts';

const AT = Date.UTC(2026, 2, 1);
const work = (more: Partial<AlertWork> = {}): AlertWork => ({
  alert: 'a',
  kind: 'out-of-bounds',
  severity: 'high',
  state: 'cleared',
  stage: 'opened',
  owner: null,
  acknowledgedBy: null,
  acknowledgedAtMs: null,
  dueAtMs: AT,
  escalateAtMs: AT,
  escalation: 0,
  incident: null,
  incidentFixed: false,
  shelvedUntilMs: null,
  disposition: null,
  measure: null,
  resolvedBy: null,
  task: null,
  ...more,
});
const by = (account: string, atMs = AT, note = '原因') => ({ account, atMs, note });
/** The last refusal, or the work after all commands. */
function through(start: AlertWork, ...commands: (readonly [string, AlertCommand])[]): AlertWork | string {
  let now = start;
  for (const [account, command] of commands) {
    const deed = decideAlert(now, command, by(account));
    if (!deed.ok) return deed.error.code;
    now = evolveAlert(now, deed.value);
  }
  return now;
}

const anyCommand: fc.Arbitrary<AlertCommand> = fc.oneof(
  fc.constantFrom<AlertCommand>(
    { do: 'acknowledge' },
    { do: 'take' },
    { do: 'take', from: 'A' },
    { do: 'assign', to: 'C' },
    { do: 'task', task: '1' },
    { do: 'review' },
    { do: 'close' },
    { do: 'return' },
    { do: 'reopen' },
    { do: 'note' },
    { do: 'contact', whom: 'subject', reached: false },
    { do: 'shelve', untilMs: AT + 1, shelving: '1' },
    { do: 'unshelve', shelving: '1' },
    { do: 'merge', incident: 'I-1', byHand: false, cause: 'away' },
    { do: 'split', incident: 'I-1' },
    { do: 'overdue', steps: 2 },
  ),
  fc
    .record({ disposition: fc.constantFrom(...DISPOSITIONS), measure: fc.constantFrom(null, ...MEASURES) })
    .map((given) => ({ do: 'resolve' as const, ...given })),
);
const anyStory = fc.array(fc.tuple(fc.constantFrom('A', 'B', 'C'), anyCommand), { maxLength: 30 });
const anyStart = fc
  .record({
    kind: fc.constantFrom(...ALERT_KINDS),
    severity: fc.constantFrom(...SEVERITIES),
    state: fc.constantFrom(...ALERT_STATES),
  })
  .map(work);

test('C1 a deed that the table does not name for a stage is refused, and every stage but the first is reached', () => {
  const reached = new Set<Stage>();
  fc.assert(
    fc.property(anyStart, anyStory, (start, story) => {
      let now = start;
      for (const [account, command] of story) {
        const deed = decideAlert(now, command, by(account));
        if (!deed.ok) continue;
        const next = evolveAlert(now, deed.value);
        if (next.stage !== now.stage)
          expect(Object.entries(TRANSITIONS[now.stage])).toContainEqual([command.do, next.stage]);
        reached.add(next.stage);
        now = next;
      }
    }),
    { numRuns: 3000 },
  );
  for (const stage of STAGES) if (stage !== 'opened' && stage !== 'closed') expect(reached).toContain(stage);
  for (const deeds of Object.values(TRANSITIONS))
    for (const deed of Object.keys(deeds)) expect(ALERT_DEEDS).toContain(deed);
});

test('C2 the deeds say all: played again they give the same work', () => {
  fc.assert(
    fc.property(anyStart, anyStory, (start, story) => {
      const deeds: AlertDeed[] = [];
      let now = start;
      for (const [account, command] of story) {
        const deed = decideAlert(now, command, by(account));
        if (!deed.ok) continue;
        deeds.push(deed.value);
        now = evolveAlert(now, deed.value);
      }
      expect(deeds.reduce(evolveAlert, start)).toEqual(now);
    }),
  );
});

test('C3 whatever is done: closed has a disposition, a measure a violation, what weighs two people, tamper no shelf', () => {
  fc.assert(
    fc.property(anyStart, anyStory, (start, story) => {
      let now = start;
      let reviewer: string | undefined;
      for (const [account, command] of story) {
        const deed = decideAlert(now, command, by(account));
        if (!deed.ok) continue;
        now = evolveAlert(now, deed.value);
        if (command.do === 'review') reviewer = account;
        if (now.stage === 'closed') {
          expect(now.disposition).not.toBeNull();
          if (isWeighty(now.kind, now.disposition)) expect(reviewer).not.toBe(now.resolvedBy);
        }
        if (now.measure !== null) expect(now.disposition).toBe('confirmed-violation');
        if (NEVER_SUPPRESSED.has(now.kind)) expect(now.shelvedUntilMs).toBeNull();
        if (now.acknowledgedBy !== null) expect(now.acknowledgedAtMs).not.toBeNull();
      }
    }),
    { numRuns: 2000 },
  );
});

test('C3 opened to closed, step by step', () => {
  const done = through(
    work(),
    ['A', { do: 'acknowledge' }],
    ['A', { do: 'take' }],
    ['A', { do: 'contact', whom: 'subject', reached: true }],
    ['A', { do: 'resolve', disposition: 'confirmed-violation', measure: 'admonition' }],
    ['B', { do: 'review' }],
    ['B', { do: 'close' }],
  );
  expect(done).toMatchObject({
    stage: 'closed',
    owner: 'A',
    resolvedBy: 'A',
    measure: 'admonition',
    dueAtMs: null,
  });
});

test('C4 who has it is named, and it is taken over only by saying whose it is', () => {
  const taken = through(work(), ['A', { do: 'take' }]) as AlertWork;
  const second = decideAlert(taken, { do: 'take' }, by('B'));
  expect(second).toMatchObject({
    ok: false,
    error: { code: 'owned-by-another', message: expect.stringContaining('A') },
  });
  expect(through(taken, ['B', { do: 'resolve', disposition: 'signal', measure: null }])).toBe(
    'owned-by-another',
  );
  expect(through(taken, ['B', { do: 'take', from: 'C' }])).toBe('owned-by-another');
  expect(through(taken, ['B', { do: 'take', from: 'A' }])).toMatchObject({ owner: 'B' });
  expect(through(work(), ['B', { do: 'take', from: 'A' }])).toBe('owned-by-another');
});

test('C5 tamper and separation: never shelved, not closed while they stand, reviewed by somebody else', () => {
  for (const kind of ['strap-tamper', 'separation'] as const) {
    expect(through(work({ kind }), ['A', { do: 'shelve', untilMs: AT + 1, shelving: '1' }])).toBe(
      'never-suppressed',
    );
    const excuse = { do: 'resolve', disposition: 'device-fault', measure: null } as const;
    const reviewed = [
      ['A', excuse],
      ['B', { do: 'review' }],
    ] as const;
    expect(through(work({ kind }), ['A', excuse], ['A', { do: 'review' }])).toBe('same-person');
    expect(through(work({ kind, state: 'opened' }), ...reviewed, ['B', { do: 'close' }])).toBe(
      'stands-still',
    );
    expect(through(work({ kind }), ...reviewed, ['B', { do: 'close' }])).toMatchObject({ stage: 'closed' });
    expect(isOpenWork(work({ kind, state: 'cleared' }))).toBe(true);
  }
});

test('C6 each stage but the last and an office’s task has a deadline; a missed one is told further up, once a step', () => {
  for (const kind of ALERT_KINDS)
    for (const severity of SEVERITIES) {
      expect(takeNoteS(kind, severity)).toBeGreaterThan(0);
      for (const stage of STAGES)
        expect(stageDueS(kind, severity, stage) === null).toBe(stage === 'closed' || stage === 'tasked');
    }
  expect([1, 2, 3, 4].map((missed) => organisationTold('445281/liusha', missed))).toEqual([
    '445281/liusha',
    '445281',
    '',
    '',
  ]);
  let now = work({ state: 'opened' });
  const told: string[] = [];
  while (now.escalateAtMs !== null) {
    const deed = decideAlert(
      now,
      { do: 'overdue', steps: stepsUp('445281/liusha') },
      by('clock', now.escalateAtMs, ''),
    );
    if (!deed.ok) throw new Error(deed.error.message);
    now = evolveAlert(now, deed.value);
    told.push(organisationTold('445281/liusha', now.escalation));
  }
  expect(told).toEqual(['445281/liusha', '445281', '']);
  // The promise stays what it was: it is broken, not moved.
  expect(now.dueAtMs).toBe(AT);
});

test('C7 the machine proposes, and never a violation', () => {
  const facts = { kind: 'silent', state: 'cleared', together: [], onLeave: false } as const;
  expect(proposeDisposition({ ...facts, together: ['feed-outage'] })?.disposition).toBe('signal');
  expect(proposeDisposition({ ...facts, state: 'retracted' })?.disposition).toBe('data-error');
  expect(proposeDisposition({ ...facts, kind: 'curfew', onLeave: true })?.disposition).toBe(
    'approved-absence',
  );
  for (const kind of ALERT_KINDS)
    for (const state of ALERT_STATES)
      for (const onLeave of [true, false]) {
        const proposed = proposeDisposition({ kind, state, onLeave, together: [...ALERT_KINDS] });
        expect(proposed?.disposition).not.toBe('confirmed-violation');
        if (NEVER_SUPPRESSED.has(kind) && state !== 'retracted') expect(proposed).toBeNull();
      }
  expect(
    isStanding('opened') && isStanding('updated') && !isStanding('cleared') && !isStanding('retracted'),
  ).toBe(true);
});
