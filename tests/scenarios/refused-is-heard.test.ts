/** What the intake refuses of a known device, judged by the detector: the two together, each as it runs. */
import { expect, test } from 'vitest';
import { AT, minutes, play, profile, SETTING, ticks, told } from '../../consumers/detector/story.testing.ts';
import { createIntake } from '../../src/ingest/intake.ts';
import type { DeviceRecord } from '../../src/ingest/protocols/record.ts';
import { createTakeDecoded } from '../../src/ingest/take-decoded.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { decodeLogLine } from '../../src/kernel/log-line.ts';
import { ok } from '../../src/kernel/result.ts';
import type { Protocol } from '../../src/kernel/roster.ts';

const MINUTES = 40;

/** A record each minute; what stands on the log then is judged, with the ticks between. */
async function live(
  recordAt: (minute: number) => DeviceRecord,
  protocol: Protocol,
): Promise<{ alerts: string[]; refused: number }> {
  const log: LogEvent[] = [...SETTING, profile(0)];
  let refused = 0;
  const intake = createIntake({
    log: {
      append: async (entries) => {
        for (const { line } of entries) {
          const event = decodeLogLine(line);
          if (!event.ok) throw new Error(event.error.message);
          log.push(event.value);
        }
      },
    },
    quarantine: { add: async () => {} },
    uncollected: { add: async () => {} },
    devices: {
      resolve: (device) =>
        ok({
          device,
          subject: 'S1',
          feed: 'F1',
          protocol,
          fromMs: AT,
          untilMs: null,
          terms: null,
          endsMs: null,
        }),
      hasSubject: () => true,
    },
    clockSkewS: 600,
  });
  const { take } = createTakeDecoded({
    intake,
    quarantine: {
      add: async (items) => {
        refused += items.length;
      },
    },
  });
  for (let minute = 1; minute < MINUTES; minute++) {
    const frame = { device: 'D1', records: [recordAt(minute)], refusal: null, raw: new Uint8Array() };
    await take([frame], { source: protocol, feed: null, protocol, receivedMs: minutes(minute) });
    log.push(...ticks(minute, minute + 1));
  }
  return { alerts: told(play(log)), refused };
}

const at = (minute: number) => new Date(minutes(minute)).toISOString();
const HOME = { kind: 'position', valid: true, lat: 23.5, lon: 116.3, accuracy_m: 10 } as const;

test('N12 a clock an hour ahead is told as that, never as silence', async () => {
  const { alerts, refused } = await live((minute) => ({ ...HOME, time: at(minute + 60) }), 'osmand');
  expect(alerts).toEqual(['implausible-fix opened 1.0']);
  expect(refused).toBe(MINUTES - 1);
});

test('N12 a place at 0, 0 or off the globe is refused, and no silence', async () => {
  for (const nowhere of [
    { lat: 0, lon: 0 },
    { lat: 90.1, lon: 181 },
  ]) {
    const said = await live((minute) => ({ ...HOME, ...nowhere, time: at(minute) }), 'jt808');
    expect(said).toEqual({ alerts: [], refused: MINUTES - 1 });
  }
});

test('T6 a tracker whose clock was reset still says that its strap was cut', async () => {
  const reset = (minute: number): DeviceRecord => ({
    ...HOME,
    time: '2000-01-01T00:00:00Z',
    ...(minute === 5 ? { alarm: 'strap_cut' } : {}),
  });
  const { alerts } = await live(reset, 'watch');
  expect(alerts[0]).toBe('strap-tamper opened 5.0');
  expect(alerts.filter((alert) => alert.startsWith('silent'))).toEqual([]);
  // A phone's stored fixes come unmarked: what they report is of their own time.
  expect((await live(reset, 'osmand')).alerts).toEqual([]);
});

test('T7 what was stored without a time is no place of now', async () => {
  const far = { ...HOME, lat: 24.5, archived: true };
  expect(await live(() => far, 'jt808')).toEqual({ alerts: [], refused: 0 });
});
