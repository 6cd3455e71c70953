import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Circle, referenceDay } from '../consumers/logbook/reference.testing.ts';
import { runLogbook } from '../consumers/logbook/shell.ts';
import { createLogger } from '../src/adapters/logger.ts';
import type { LogEvent } from '../src/kernel/log-event.ts';
import { encodeLogEvent } from '../src/kernel/log-line.ts';
import type { SubjectProfile } from '../src/kernel/roster.ts';
import { createFakeLog } from '../tests/harness/fake-log.ts';
import { createTestDatabase, type TestDatabase } from '../tests/harness/postgres.ts';
import { figuresOf } from './figures.ts';
import { periodOf } from './periods.ts';

const MINUTE = 60_000;
/** 2 March 2026, a Monday, begins here in Beijing. */
const MIDNIGHT = Date.parse('2026-03-01T16:00:00Z');
const DAY = Date.parse('2026-03-02') / 86_400_000;
const HOME: Circle = { id: 'home', lon: 116.3, lat: 23.5, radiusM: 1000 };
const OFFICES = ['445281/office-01', '445281/office-02', '445222/office-03'];

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

const profileOf = (id: string, office: string, intervalS: number): SubjectProfile => ({
  id,
  name: '',
  office,
  grade: 'standard',
  devices: [
    {
      id: `D-${id}`,
      kind: 'phone',
      feed: 'F1',
      intervalS,
      fromMs: 0,
      untilMs: null,
      protocol: null,
      address: null,
      order: null,
    },
  ],
  zones: [{ zone: 'home', rule: 'stay-in', bufferM: 0, schedule: null }],
  curfews: [{ zone: 'home', days: [1, 2, 3, 4, 5, 6, 7], from: '21:00', to: '06:00' }],
  checkins: [{ id: 'daily', days: [1, 2, 3, 4, 5], from: '09:00', to: '12:00' }],
  permits: [],
  noContact: [],
});

const stretches = fc.array(
  fc.record({
    who: fc.nat(5),
    from: fc.integer({ min: 1, max: 2 * 1440 - 1 }),
    count: fc.integer({ min: 1, max: 200 }),
    step: fc.constantFrom(2, 5, 30),
    isAway: fc.boolean(),
    accuracyM: fc.constantFrom(10, 900),
    lateMin: fc.constantFrom(0, 0, 400),
    kind: fc.constantFrom('fix' as const, 'fix' as const, 'fix' as const, 'off' as const, 'checkin' as const),
  }),
  { minLength: 5, maxLength: 25 },
);

test('K9 from the log to the rates of offices and months: exactly those of the slow reference on the raw observations', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(stretches, async (given) => {
      run++;
      // Offices that come later than the first: nobody of theirs is on the register before.
      const joinsOn = OFFICES.map((_, i) => DAY + ((run * i) % 3));
      const midnightOf = (day: number) => MIDNIGHT + (day - DAY) * 1440 * MINUTE;
      const joinsMs = (office: string) => midnightOf(joinsOn[OFFICES.indexOf(office)] ?? DAY);
      const people = OFFICES.flatMap((office, i) => [
        profileOf(`R${run}-${2 * i}`, office, 60),
        profileOf(`R${run}-${2 * i + 1}`, office, i === 2 ? 28_800 : 600),
      ]);
      const observed = given.flatMap((stretch): LogEvent[] => {
        const subject = people[stretch.who]?.id ?? '';
        const times = (n: number) => {
          const atMs = MIDNIGHT + (stretch.from + n * stretch.step) * MINUTE;
          return { subject, atMs, receivedMs: atMs + stretch.lateMin * MINUTE };
        };
        if (stretch.kind === 'off')
          return [{ type: 'status', device: `D-${subject}`, status: 'power-off', ...times(0) }];
        if (stretch.kind === 'checkin')
          return [{ type: 'checkin', terminal: 'T', method: 'fingerprint', ...times(0) }];
        return Array.from({ length: stretch.count }, (_, n) => ({
          type: 'position' as const,
          device: `D-${subject}`,
          lon: 116.3,
          lat: stretch.isAway ? 23.6 : 23.5,
          accuracyM: stretch.accuracyM,
          ...times(n),
        }));
      });
      const isOnRegister = (event: LogEvent) =>
        !('subject' in event) ||
        event.atMs > joinsMs(people.find(({ id }) => id === event.subject)?.office ?? '');
      const until = MIDNIGHT + 3 * 1440 * MINUTE;
      const ticks = Array.from(
        { length: 3 * 288 },
        (_, i): LogEvent => ({ type: 'tick', atMs: MIDNIGHT + (i + 1) * 5 * MINUTE }),
      );
      const receipt = (event: LogEvent) => ('receivedMs' in event ? event.receivedMs : event.atMs);
      const profiles = people.map(
        (profile): LogEvent => ({ type: 'profile', atMs: joinsMs(profile.office), profile }),
      );
      const rest = [
        ...profiles,
        ...observed.filter((event) => receipt(event) < until && isOnRegister(event)),
        ...ticks,
      ];
      rest.sort((a, b) => receipt(a) - receipt(b));
      const events: LogEvent[] = [
        {
          type: 'policy',
          atMs: MIDNIGHT,
          policy: { default: { tickSeconds: 300 }, grades: {}, organisations: {}, keyPeriods: [] },
        },
        {
          type: 'zone',
          atMs: MIDNIGHT,
          zone: {
            id: 'home',
            name: null,
            radiusM: 1000,
            widthM: null,
            geometry: { type: 'Point', coordinates: [116.3, 23.5] },
          },
        },
        ...rest,
      ];
      for (const table of ['presence_days', 'office_days', 'office_months', 'checkpoints'])
        await own.database.query({ text: `DELETE FROM ${table}`, values: [] });
      const log = createFakeLog(1);
      for (let at = 0; at < events.length; at += 200)
        log.put(0, events.slice(at, at + 200).map(encodeLogEvent));
      let nowMs = 0;
      const subscription = await runLogbook({
        log,
        database: own.database,
        logger: createLogger('silent'),
        now: () => nowMs++,
        onTick: () => {},
      });
      await log.drained(subscription);
      await subscription.close();

      const period = periodOf('month', '2026-03-02');
      const figures = async (by: 'office' | 'county' | 'all', from = period) =>
        (await figuresOf(own.database, { scope: '', organisation: '', period: from, by, asOf: 'now' })).items;
      const items = await figures('office');
      const personDays = people.flatMap(({ office }) =>
        [DAY, DAY + 1, DAY + 2].flatMap((day) =>
          day >= (joinsOn[OFFICES.indexOf(office)] ?? DAY) ? [{ office, day }] : [],
        ),
      );
      for (const by of ['office', 'county', 'all'] as const) {
        for (const unit of ['week', 'month', 'quarter'] as const) {
          for (const { organisation, rates } of await figures(by, periodOf(unit, '2026-03-02'))) {
            const own = personDays.filter(({ office }) => office.startsWith(organisation));
            const register = own.length / new Set(own.map(({ day }) => day)).size;
            for (const id of ['violation', 'abscond'])
              expect(rates.find((rate) => rate.id === id)?.denominator).toBe(register);
          }
        }
      }
      for (const office of OFFICES) {
        const sums: Record<string, number> = {};
        const add = (name: string, value: number) => {
          sums[name] = (sums[name] ?? 0) + value;
        };
        for (const profile of people.filter((person) => person.office === office)) {
          for (const day of [DAY, DAY + 1, DAY + 2].filter((day) => midnightOf(day) >= joinsMs(office))) {
            const told = referenceDay(profile, [HOME], events, day, joinsMs(office), until);
            add('subjects', 1);
            for (const name of ['contact', 'bounds', 'curfew'] as const)
              for (const [part, value] of Object.entries(told[name])) add(`${name}_${part}`, value);
            add('slots_due', told.slotsDue);
            add('slots_located', told.slotsLocated);
            add('positioned', told.slotsDue > 0 && told.slotsDue === told.slotsLocated ? 1 : 0);
            add('checked', told.isChecked ? 1 : 0);
            add('checkins_due', told.checkinsDue);
            add('checkins_fingerprint', told.checkinsFingerprint);
          }
        }
        const found = items.find(({ organisation }) => organisation === office);
        expect(found?.measures).toMatchObject(sums);
        const rate = (id: string) => found?.rates.find((each) => each.id === id)?.value;
        expect(rate('coverage')).toBe((sums.slots_located ?? 0) / (sums.slots_due ?? 0));
        expect(rate('positioning')).toBe((sums.positioned ?? 0) / (sums.subjects ?? 0));
        expect(rate('verification')).toBe((sums.checked ?? 0) / (sums.subjects ?? 0));
        if ((sums.checkins_due ?? 0) > 0)
          expect(rate('fingerprint')).toBe((sums.checkins_fingerprint ?? 0) / (sums.checkins_due ?? 0));
      }
    }),
    { numRuns: 4, endOnFailure: true },
  );
}, 180_000);
