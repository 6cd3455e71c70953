import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWallClock, isTimeZone } from './wall-clock.ts';

const at = (zone: string, shown: string) =>
  new Date(createWallClock(zone).toInstant(Date.parse(`${shown}Z`))).toISOString();

test('K11 fixed offsets, UTC and IANA names; what is none is told', () => {
  expect(at('+05:30', '2026-03-01T08:00:00')).toBe('2026-03-01T02:30:00.000Z');
  expect(at('-0400', '2026-03-01T08:00:00')).toBe('2026-03-01T12:00:00.000Z');
  expect(at('UTC', '2026-03-01T08:00:00')).toBe('2026-03-01T08:00:00.000Z');
  expect(at('Asia/Shanghai', '2026-03-01T08:00:00')).toBe('2026-03-01T00:00:00.000Z');
  for (const zone of ['+25:00', '08:00', 'Mars/North', '', '+8']) expect(isTimeZone(zone), zone).toBe(false);
});

test('K12 where clocks change: a time shown twice is its first, one never shown is counted on', () => {
  expect(at('Europe/Berlin', '2026-07-15T09:00:00')).toBe('2026-07-15T07:00:00.000Z');
  expect(at('Europe/Berlin', '2026-01-15T09:00:00')).toBe('2026-01-15T08:00:00.000Z');
  expect(at('Europe/Berlin', '2026-10-25T02:30:00')).toBe('2026-10-25T00:30:00.000Z');
  expect(at('Europe/Berlin', '2026-10-25T03:00:00')).toBe('2026-10-25T02:00:00.000Z');
  expect(at('Europe/Berlin', '2026-03-29T02:30:00')).toBe('2026-03-29T01:30:00.000Z');
  expect(at('Australia/Lord_Howe', '2026-04-05T01:45:00')).toBe('2026-04-04T14:45:00.000Z');
});

test('K13 what the wall shows of an instant is read back as that instant, or as the first that shows the same', () => {
  const zones = fc.constantFrom(
    'Europe/Berlin',
    'America/New_York',
    'Asia/Shanghai',
    'Asia/Kathmandu',
    '+05:30',
  );
  const instants = fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2035, 0) });
  fc.assert(
    fc.property(zones, instants, (zone, instant) => {
      const clock = createWallClock(zone);
      const shown = instant + clock.offsetMs(instant);
      const back = clock.toInstant(shown);
      expect(back + clock.offsetMs(back)).toBe(shown);
      expect(back).toBeLessThanOrEqual(instant);
    }),
  );
});
