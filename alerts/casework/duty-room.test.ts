import fc from 'fast-check';
import { expect, test } from 'vitest';
import { composeSheet, emptyAt, type OpenItem, unexplained } from './hand-over.ts';
import { checkRota, localDay, planDays, type Rota, shiftAt } from './rota.ts';

const HOUR = 3_600_000;
const rota = (shifts: number, groups: number, more: Partial<Rota> = {}): Rota => ({
  since: '2026-03-01',
  timeZone: 'Asia/Shanghai',
  shifts: Array.from({ length: shifts }, (_, i) => ({
    name: `班${i}`,
    from: `${String(Math.floor((8 + (i * 15) / shifts) % 24)).padStart(2, '0')}:00`,
  })),
  groups: Array.from({ length: groups }, (_, i) => ({ name: `第${i}组`, members: [`m${i}`] })),
  swaps: [],
  ...more,
});

test('W1 whatever the numbers, groups have equally many shifts, and each shift of the day in its turn', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 }), (shifts, groups) => {
      const planned = planDays(rota(shifts, groups), '2026-03-01', groups);
      const counts = Map.groupBy(planned, ({ group }) => group);
      expect(counts.size).toBe(groups);
      for (const own of counts.values()) expect(own.length).toBe(shifts);
      // Five groups and five shifts a day: nobody has the night for ever.
      if (shifts === groups)
        for (const own of counts.values()) expect(new Set(own.map(({ name }) => name)).size).toBe(shifts);
    }),
  );
});

test('W1 one shift runs at each moment, and the next begins where it ends', () => {
  const five = rota(5, 5);
  expect(checkRota(five).ok).toBe(true);
  const planned = planDays(five, '2026-02-28', 30);
  for (const [i, { untilMs }] of planned.entries())
    if (i + 1 < planned.length) expect(planned[i + 1]?.fromMs).toBe(untilMs);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 29 * 24 * 60 }), (minute) => {
      const atMs = Date.parse('2026-03-01T00:00:00Z') + minute * 60_000;
      const running = shiftAt(five, atMs);
      expect(running.fromMs).toBeLessThanOrEqual(atMs);
      expect(running.untilMs).toBeGreaterThan(atMs);
    }),
  );
  expect(localDay(Date.parse('2026-03-01T17:00:00Z'), 'Asia/Shanghai')).toBe('2026-03-02');
});

test('W1 a swap holds for that shift only; what can not be is refused', () => {
  const swaps = [{ day: '2026-03-02', shift: '班0', group: '第4组' }];
  const [plain, swapped] = [
    planDays(rota(5, 5), '2026-03-01', 3),
    planDays(rota(5, 5, { swaps }), '2026-03-01', 3),
  ];
  expect(swapped.filter(({ group }, i) => group !== plain[i]?.group)).toMatchObject([
    { day: '2026-03-02', group: '第4组' },
  ]);
  for (const bad of [
    rota(5, 5, { since: '2026-02-30' }),
    rota(5, 5, { timeZone: 'Moon/Crater' }),
    rota(5, 5, { swaps: [{ day: '2026-03-02', shift: '班9', group: '第0组' }] }),
    {
      ...rota(2, 2),
      shifts: [
        { name: 'a', from: '20:00' },
        { name: 'b', from: '08:00' },
      ],
    },
    {
      ...rota(2, 2),
      groups: [
        { name: 'a', members: [] },
        { name: 'a', members: [] },
      ],
    },
  ])
    expect(checkRota(bad)).toMatchObject({ ok: false, error: expect.any(String) });
});

const item = (alert: string, more: Partial<OpenItem> = {}): OpenItem => ({
  alert,
  subject: 'S1',
  kind: 'silent',
  severity: 'high',
  stage: 'opened',
  owner: null,
  startedAtMs: 0,
  dueAtMs: null,
  incident: null,
  explanation: null,
  ...more,
});
const facts = {
  atMs: 0,
  nextUntilMs: 16 * HOUR,
  open: [],
  tasksDue: [],
  promises: [],
  shelvings: [],
  gauges: [],
};

test('W3 the sheet has every open alert once, parts together, the gravest and then the oldest first', () => {
  const sheet = composeSheet({
    ...facts,
    open: [
      item('a', { startedAtMs: 5 }),
      item('b', { incident: 'I', startedAtMs: 9 }),
      item('c', { severity: 'critical', startedAtMs: 8 }),
      item('d', { incident: 'I', severity: 'low', startedAtMs: 2 }),
    ],
  });
  expect(sheet.incidents.map(({ parts }) => parts.map(({ alert }) => alert))).toEqual([
    ['c'],
    ['d', 'b'],
    ['a'],
  ]);
});

test('W3 what ends or is due in the next shift, and nothing later', () => {
  const shelving = (id: string, untilMs: number) => ({
    shelving: id,
    subject: 'S1',
    kind: 'silent' as const,
    untilMs,
  });
  const task = (id: string, dueAtMs: number) => ({ task: id, office: 'a', dueAtMs });
  const sheet = composeSheet({
    ...facts,
    shelvings: [shelving('2', 9 * HOUR), shelving('1', HOUR), shelving('3', 17 * HOUR)],
    tasksDue: [task('9', 2 * HOUR), task('8', 20 * HOUR)],
    promises: [{ entry: 'x', by: 'duty', promisedAtMs: 40 * HOUR }],
  });
  expect(sheet.shelvings.map((each) => each.shelving)).toEqual(['1', '2']);
  expect(sheet.tasksDue.map((each) => each.task)).toEqual(['9']);
  expect(sheet.promises).toHaveLength(1);
});

test('W4 a battery dies tonight by its charge and how fast it empties; one that is charged does not', () => {
  const gauge = (pct: number, perHour: number | null) => ({
    subject: 'S',
    device: `D${pct}`,
    pct,
    perHour,
    atMs: 0,
  });
  expect(emptyAt(gauge(20, -5))).toBe(4 * HOUR);
  expect(emptyAt(gauge(20, 3))).toBeNull();
  expect(emptyAt(gauge(20, -0.1))).toBeNull();
  expect(emptyAt(gauge(50, null))).toBeNull();
  expect(emptyAt(gauge(10, null))).toBe(2.5 * HOUR);
  const sheet = composeSheet({
    ...facts,
    gauges: [gauge(60, -2), gauge(40, -5), gauge(30, -10), gauge(31, 20)],
  });
  expect(sheet.dyingBatteries.map(({ device }) => device)).toEqual(['D30', 'D40']);
});

test('W2 only what is critical and unexplained holds the shift', () => {
  const open = [
    item('a', { severity: 'critical' }),
    item('b', { severity: 'critical', explanation: '已通知公安' }),
    item('c'),
  ];
  expect(unexplained(open).map(({ alert }) => alert)).toEqual(['a']);
});
