import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ALERT_KINDS } from '../../src/kernel/alert-event.ts';
import { causeOf, type GroupedAlert, joinOf } from './grouping.ts';

const MIN = 60_000;
let n = 0;
const alert = (
  kind: GroupedAlert['kind'],
  startedMin: number,
  more: Partial<GroupedAlert> = {},
): GroupedAlert => ({
  alert: `a${n++}`,
  subject: 'S1',
  kind,
  device: 'D1',
  feed: 'F1',
  startedAtMs: startedMin * MIN,
  clearedAtMs: null,
  incident: null,
  incidentCause: null,
  incidentFixed: false,
  ...more,
});
/** Groups them one after the other, as the ledger does. */
function grouped(...alerts: GroupedAlert[]): Map<string, string | null> {
  const pool = new Map<string, GroupedAlert>();
  let made = 0;
  for (const fresh of alerts) {
    pool.set(fresh.alert, fresh);
    const join = joinOf(fresh, [...pool.values()]);
    if (join === null) continue;
    const incident = join.incident ?? `I${made++}`;
    for (const id of join.alerts)
      pool.set(id, { ...(pool.get(id) as GroupedAlert), incident, incidentCause: join.cause });
  }
  return new Map(alerts.map(({ alert: id }) => [id, pool.get(id)?.incident ?? null]));
}

test('C8 low battery, off, silent of one person are one incident; of another person, none', () => {
  expect([...grouped(alert('low-battery', 0), alert('phone-off', 60), alert('silent', 75)).values()]).toEqual(
    ['I0', 'I0', 'I0'],
  );
  expect([...grouped(alert('low-battery', 0), alert('phone-off', 60, { subject: 'S2' })).values()]).toEqual([
    null,
    null,
  ]);
  expect([...grouped(alert('low-battery', 0), alert('phone-off', 60, { device: 'D2' })).values()]).toEqual([
    null,
    null,
  ]);
  expect(causeOf(alert('low-battery', 0), alert('phone-off', 13 * 60))).toBeNull();
  expect(causeOf(alert('low-battery', 0, { clearedAtMs: MIN }), alert('phone-off', 60))).toBeNull();
});

test('C8 who missed one moment is one list; what is their own, before and after it, is not', () => {
  const curfew = (subject: string, startedMin = 120, more: Partial<GroupedAlert> = {}) =>
    alert('curfew', startedMin, { subject, device: `D-${subject}`, ...more });
  const out = alert('out-of-bounds', 60, { subject: 'S2', device: 'D-S2' });
  const gone = alert('abscond', 180, { subject: 'S1', device: 'D-S1' });
  expect([
    ...grouped(
      out,
      curfew('S1'),
      curfew('S2'),
      curfew('S3'),
      curfew('S4'),
      curfew('S5', 121),
      alert('missed-checkin', 120, { subject: 'S6', device: null }),
      gone,
    ).values(),
  ]).toEqual(['I0', 'I1', 'I0', 'I1', 'I1', null, null, null]);
});

test('C8 one outage over many is one incident, also of those found before it', () => {
  const early = [1, 2, 3].map((i) => alert('silent', i, { subject: `S${i}`, device: `D${i}` }));
  const elsewhere = alert('silent', 2, { subject: 'S9', device: 'D9', feed: 'F2' });
  const outage = alert('feed-outage', 5, { subject: 'F1', device: null, feed: null });
  const late = alert('phone-off', 9, { subject: 'S4', device: 'D4' });
  const found = grouped(...early, elsewhere, outage, late);
  expect([...found.values()]).toEqual(['I0', 'I0', 'I0', null, 'I0', 'I0']);
});

test('C8 strap and separation, and what grows into absconding', () => {
  expect(causeOf(alert('separation', 0), alert('strap-tamper', 10))).toBe('device-removed');
  expect(causeOf(alert('out-of-bounds', 0), alert('curfew', 30))).toBe('away');
  expect(causeOf(alert('out-of-bounds', 0), alert('abscond', 60))).toBe('absconded');
  expect(causeOf(alert('missed-checkin', 0), alert('abscond', 60))).toBeNull();
  expect(causeOf(alert('low-battery', 0), alert('low-battery', 10))).toBeNull();
});

test('C9 what a person has parted stays apart, and what is in an incident stays there', () => {
  const off = alert('phone-off', 60);
  expect(joinOf(off, [alert('low-battery', 0, { incidentFixed: true })])).toBeNull();
  expect(joinOf({ ...off, incidentFixed: true }, [alert('low-battery', 0)])).toBeNull();
  expect(joinOf({ ...off, incident: 'I5' }, [alert('low-battery', 0)])).toBeNull();
});

test('C9 no incident without a cause that a rule names, between two of its parts', () => {
  const any = fc
    .record({
      kind: fc.constantFrom(...ALERT_KINDS),
      startedMin: fc.integer({ min: 0, max: 1000 }),
      subject: fc.constantFrom('S1', 'S2', 'F1'),
      device: fc.constantFrom('D1', 'D2', null),
      clearedMin: fc.option(fc.integer({ min: 0, max: 1000 })),
    })
    .map(({ kind, startedMin, subject, device, clearedMin }) =>
      alert(kind, startedMin, {
        subject,
        device,
        clearedAtMs: clearedMin === null ? null : (startedMin + clearedMin) * MIN,
      }),
    );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 12 }), (alerts) => {
      const found = grouped(...alerts);
      for (const one of alerts) {
        const incident = found.get(one.alert);
        if (incident == null) continue;
        const others = alerts.filter((other) => other !== one && found.get(other.alert) === incident);
        expect(others.some((other) => causeOf(one, other) ?? causeOf(other, one))).toBe(true);
      }
    }),
  );
});
