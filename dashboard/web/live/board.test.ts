import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEVERITIES } from '../../../src/kernel/alert-event.ts';
import { alert as alertCard, SUBJECTS } from '../../../tests/harness/board.ts';
import { type AlertCard, FLAG_OFF, type SubjectCard, type Whereabouts } from '../../protocol.ts';
import type { BoardState } from './board-store.ts';
import { countBoard } from './counts.ts';
import { compareAlerts, isOpen, isUnowned } from './queue-order.ts';
import { countRows, keepPlaces, rowsOf } from './queue-rows.ts';
import { createServerClock } from './server-clock.ts';
import { freshness } from './subject-status.ts';

const NOW_MS = 1_800_000_000_000;

const anyAlert: fc.Arbitrary<AlertCard> = fc
  .record({
    id: fc.integer({ min: 0, max: 1000 }),
    severity: fc.constantFrom(...SEVERITIES),
    state: fc.constantFrom('opened', 'updated', 'cleared'),
    acknowledgedBy: fc.constantFrom(null, 'duty'),
    startedAtMs: fc.integer({ min: 0, max: 3 }),
    subject: fc.constantFrom(...SUBJECTS, 'stranger'),
  })
  .map(({ id, ...rest }) => ({ ...alertCard(`a${id}`, 1), ...rest }));
const someAlerts = fc.uniqueArray(anyAlert, { selector: ({ alert }) => alert, maxLength: 20 });

test('Q1 open before over, unowned before owned, then severity, then age; any order of arrival gives the same', () => {
  const queue = (given: Partial<AlertCard>[]) =>
    given
      .map((part, i) => ({ ...alertCard(`a${i}`, 1), ...part }))
      .sort(compareAlerts)
      .map(({ alert }) => alert);
  expect(
    queue([
      { state: 'cleared', severity: 'critical' },
      { acknowledgedBy: 'duty', severity: 'critical' },
      { severity: 'medium', startedAtMs: 1 },
      { severity: 'critical', startedAtMs: 9 },
      { severity: 'critical', startedAtMs: 5, state: 'updated' },
      { severity: 'high', startedAtMs: 1 },
    ]),
  ).toEqual(['a4', 'a3', 'a5', 'a2', 'a1', 'a0']);
  fc.assert(
    fc.property(someAlerts, (alerts) => {
      const sorted = [...alerts].sort(compareAlerts);
      expect([...alerts].reverse().sort(compareAlerts)).toEqual(sorted);
    }),
  );
});

const withIncident = (alert: AlertCard, incident: string | null): AlertCard => ({
  ...alert,
  work: { ...alert.work, incident },
});
const anyIncident = fc.constantFrom(null, 'i1', 'i2');
const someIncidents = fc
  .tuple(someAlerts, fc.infiniteStream(anyIncident))
  .map(([alerts, incidents]) => alerts.map((each) => withIncident(each, incidents.next().value ?? null)));

test('Q9 the head counts the rows: of an incident one unowned alert is enough, and what is over is not counted', () => {
  fc.assert(
    fc.property(someIncidents, (alerts) => {
      const sorted = [...alerts].sort(compareAlerts);
      const rows = rowsOf(sorted);
      expect(countRows(sorted)).toEqual({
        unowned: rows.filter(({ parts }) => parts.some(isUnowned)).length,
        open: rows.filter(({ parts }) => parts.some(isOpen)).length,
        alerts: alerts.filter(isOpen).length,
      });
    }),
  );
});

test('Q7 each alert is in one row, an incident is one row, led by the most urgent and placed by it', () => {
  fc.assert(
    fc.property(someIncidents, (alerts) => {
      const sorted = [...alerts].sort(compareAlerts);
      const rows = rowsOf(sorted);
      expect(rows.flatMap(({ parts }) => parts).sort(compareAlerts)).toEqual(sorted);
      for (const { lead, parts } of rows) {
        expect([...parts].sort(compareAlerts)[0]).toBe(lead);
        expect(parts.length === 1 || parts.every(({ work }) => work.incident === lead.work.incident)).toBe(
          true,
        );
      }
      const incidents = rows.flatMap(({ lead }) => lead.work.incident ?? []);
      expect(new Set(incidents).size).toBe(incidents.length);
      expect(rows.map(({ lead }) => lead)).toEqual(rows.map(({ lead }) => lead).sort(compareAlerts));
    }),
  );
});

test('Q2 held rows keep their places, those that left are gone, and new ones follow in their own order', () => {
  fc.assert(
    fc.property(someIncidents, fc.func(fc.boolean()), (alerts, wasThere) => {
      const rows = rowsOf([...alerts].sort(compareAlerts));
      const idsOf = ({ parts }: (typeof rows)[number]) => parts.map(({ alert }) => alert);
      const held = rows
        .filter((row) => wasThere(row.lead.alert))
        .map(idsOf)
        .reverse();
      const shown = keepPlaces(rows, [...held, ['left']]).map(idsOf);
      const fresh = rows.map(idsOf).filter(([id = '']) => !held.flat().includes(id));
      expect(shown).toEqual([...held, ...fresh]);
    }),
  );
});

test('Q2 Q7 an alert that joins an incident under the hand moves no other row, and the row stays when its lead changes', () => {
  const alerts = ['a', 'b', 'c'].map((id, i) => ({ ...alertCard(id, 1), startedAtMs: i }));
  const held = rowsOf(alerts).map(({ parts }) => parts.map(({ alert }) => alert));
  const after = alerts.map((each) => (each.alert === 'a' ? each : withIncident(each, 'i')));
  after.push({ ...withIncident(alertCard('d', 1), 'i'), severity: 'critical' });
  const shown = keepPlaces(rowsOf(after.sort(compareAlerts)), held);
  expect(shown.map(({ lead, parts }) => [lead.alert, parts.length])).toEqual([
    ['a', 1],
    ['d', 3],
  ]);
});

const person = (id: string, county: string): SubjectCard => ({
  id,
  name: `测试人员${id}`,
  office: `${county}/office-01`,
  officeName: `演示县${county} 演示一所`,
  county,
  grade: 'standard',
});
function boardOf(
  people: readonly { county: string; heardS: number | null; flags: number }[],
  alerts: readonly AlertCard[] = [],
  frontierMs: number | null = NOW_MS,
): BoardState {
  return {
    epoch: 'e',
    seq: 0,
    demo: false,
    cards: people.map(({ county }, i) => person(`S${i}`, county)),
    whereabouts: people.map(({ heardS, flags }, i): Whereabouts | null =>
      heardS === null ? null : [i, null, null, 0, 0, heardS, -1, flags],
    ),
    alerts: new Map(alerts.map((item) => [item.alert, item])),
    health: { nowMs: NOW_MS, frontierMs, tickSeconds: 10 },
  };
}
const anyPerson = fc.record({
  county: fc.constantFrom('445202', '445281', '445222'),
  heardS: fc.option(fc.integer({ min: NOW_MS / 1000 - 2000, max: NOW_MS / 1000 })),
  flags: fc.constantFrom(0, FLAG_OFF),
});

test('Q3 everybody is counted once, counties add up to the total, and every open alert is in it', () => {
  fc.assert(
    fc.property(fc.array(anyPerson, { maxLength: 5 }), someAlerts, (people, alerts) => {
      const counts = countBoard(boardOf(people, alerts), NOW_MS);
      const keys = ['register', 'heard', 'silent', 'off', 'unknown'] as const;
      for (const key of keys)
        expect(counts.counties.reduce((sum, county) => sum + county[key], 0)).toBe(counts[key]);
      expect(counts.heard + counts.silent + counts.off + counts.unknown).toBe(people.length);
      expect(counts.open.count).toBe(alerts.filter(isOpen).length);
      expect(counts.open.worst).toBe(
        SEVERITIES.find((s) => alerts.some((a) => isOpen(a) && a.severity === s)) ?? null,
      );
    }),
  );
});

test('Q3 a phone that is off is off however lately it was heard; silent begins after fifteen minutes', () => {
  const nowS = NOW_MS / 1000;
  const counts = countBoard(
    boardOf([
      { county: 'a', heardS: nowS - 900, flags: 0 },
      { county: 'a', heardS: nowS - 901, flags: 0 },
      { county: 'a', heardS: nowS, flags: FLAG_OFF },
      { county: 'b', heardS: null, flags: 0 },
      { county: 'b', heardS: 0, flags: 0 },
    ]),
    NOW_MS,
  );
  expect(counts).toMatchObject({ register: 5, heard: 1, silent: 1, off: 1, unknown: 2 });
  expect(counts.counties.map(({ name }) => name)).toEqual(['演示县a', '演示县b']);
});

test('Q4 before any data has passed nothing but the register is known', () => {
  const nobodyHeard = [{ county: 'a', heardS: null, flags: 0 }];
  expect(countBoard(boardOf(nobodyHeard, [], null), NOW_MS)).toMatchObject({ isKnown: false, register: 1 });
  expect(countBoard(boardOf(nobodyHeard, [], NOW_MS), NOW_MS).isKnown).toBe(true);
  expect(countBoard(boardOf([{ county: 'a', heardS: 1, flags: 0 }], [], null), NOW_MS).isKnown).toBe(true);
});

test('L8 time is the server’s, by the quickest of the last messages', () => {
  const clock = createServerClock();
  expect(clock.at(500)).toBe(500);
  for (const lateMs of [400, 30, 900]) clock.hear(10_000_000 - lateMs, 0);
  expect(clock.at(1000)).toBe(10_000_970);
  // The desk's clock is set right meanwhile: the old differences are forgotten.
  for (let i = 0; i < 8; i++) clock.hear(20_000_000, 20_000_000);
  expect(clock.at(20_000_001)).toBe(20_000_001);
});

test('Q4 a stale place fades with its age and never vanishes', () => {
  expect(freshness(900)).toBe(1);
  expect(freshness(3600)).toBeLessThan(1);
  expect(freshness(7200)).toBeLessThan(freshness(3600));
  expect(freshness(1e9)).toBeGreaterThan(0.3);
});
