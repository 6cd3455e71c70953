import { describe, expect, test } from 'vitest';
import { jt808 } from '../ingest/protocols/jt808.ts';
import { decodeMlp } from '../ingest/protocols/mlp.ts';
import { decodeOwntracks } from '../ingest/protocols/owntracks.ts';
import { watch } from '../ingest/protocols/watch.ts';
import type { Fix } from './fixes.ts';
import { createJt808Dialect } from './jt808-dialect.ts';
import { startMlpServer } from './mlp-server.ts';
import { createMotion } from './motion.ts';
import { networkWord } from './operator.ts';
import { distanceM, toPlane } from './plane.ts';
import type { Report } from './report.ts';
import { createWatchDialect } from './watch-dialect.ts';
import { owntracksRequest } from './wire.ts';
import { createWorld, DEFAULT_SEED, type DemoDevice } from './world.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 2);
const fix: Fix = {
  atMs: NOW_MS,
  lat: 23.52,
  lon: 116.35,
  accuracyM: 15,
  speedMps: 5,
  headingDeg: 90,
  altitudeM: 12,
  batteryPct: 29,
  charging: false,
  moving: true,
  method: 'gnss',
};
const report = (alarms: Report['alarms'] = [], over: Partial<Fix> = {}): Report => ({
  fix: { ...fix, ...over },
  alarms,
});
const place = {
  kind: 'position',
  time: '2026-11-23T02:00:00Z',
  valid: true,
  lat: expect.closeTo(23.52, 6),
  lon: expect.closeTo(116.35, 6),
  battery_percent: 29,
};

describe.each([false, true])('V7 JT/T 808, 2019: %s', (is2019) => {
  /** A terminal that talks with Wardline's own session until it is ready. */
  function greeted() {
    const session = jt808.open({ authCode: () => 'code-1' });
    const terminal = createJt808Dialect({ phone: '013900001234', is2019 });
    let bytes = terminal.hello();
    for (let step = 0; step < 3; step++) {
      const [frame] = session.push(bytes, NOW_MS);
      const [word] = terminal.read(Buffer.from(frame?.reply?.(true) ?? []));
      if (word?.is === 'ready') return { session, terminal, claim: frame?.claim };
      if (word?.is !== 'send') break;
      bytes = word.bytes;
    }
    throw new Error('never ready');
  }

  test('V7 registers, authenticates with the code, and the next time with the code alone', () => {
    const { session, terminal, claim } = greeted();
    expect(claim).toEqual({ secret: 'code-1' });
    const [again] = session.push(terminal.hello(), NOW_MS);
    expect(again).toMatchObject({ device: '13900001234', claim: { secret: 'code-1' } });
  });

  test('V7 a report is read as it was meant, each alarm by its name, and its answer is known', () => {
    const { session, terminal } = greeted();
    const read = (given: Report) => session.push(terminal.report(given).bytes, NOW_MS)[0];
    const frame = read(report());
    expect(frame?.records).toMatchObject([{ ...place, speed_kmh: 18, course_deg: 90 }]);
    expect(terminal.read(Buffer.from(frame?.reply?.(true) ?? []))).toEqual([{ is: 'taken' }]);
    expect(read(report(['sos', 'low-battery', 'strap-cut']))?.records[0]?.alarms).toEqual(
      expect.arrayContaining(['sos', 'main_power_undervoltage', 'dismantled']),
    );
    // A strap that is closed again is told by the band itself.
    expect(read(report(['strap-cut']))?.straps).toEqual(['cut-by-item']);
    expect(read(report())?.straps).toEqual(['closed-by-item']);
    expect(read(report([], { accuracyM: 800, method: 'cell' }))?.records[0]).toMatchObject({ valid: false });
    expect(session.push(terminal.heartbeat(), NOW_MS)[0]?.refusal).toBeNull();
  });

  test('V8 answers what it is asked', () => {
    const { session, terminal } = greeted();
    const ask = (command: Parameters<typeof session.command>[0]) => {
      const sent = session.command(command);
      const [word] = terminal.read(Buffer.from(sent?.bytes ?? []));
      if (word?.is !== 'command') throw new Error('no request');
      const [frame] = session.push(word.reply(report()), NOW_MS);
      expect(frame?.answers).toEqual({ serial: sent?.serial, ok: true });
      return { word, frame };
    };
    expect(ask({ type: 'locate' }).frame?.records).toMatchObject([place]);
    expect(ask({ type: 'set-interval', intervalS: 120 }).word).toMatchObject({ intervalS: 120 });
    ask({ type: 'text', text: '请到所报到' });
  });
});

test('V7 V8 a watch reports, raises alarms and answers', () => {
  const session = watch.open({ authCode: () => '' });
  const device = createWatchDialect({ id: '1000001234' });
  const push = (bytes: Uint8Array) => session.push(bytes, NOW_MS);
  const replyTo = (bytes: Uint8Array) => device.read(Buffer.from(push(bytes)[0]?.reply?.(true) ?? []));
  expect(replyTo(device.hello())).toEqual([{ is: 'ready' }]);
  const plain = device.report(report());
  expect(plain.isAnswered).toBe(false);
  expect(push(plain.bytes)[0]?.records).toMatchObject([{ ...place, accuracy_m: 15 }]);
  const alarm = device.report(report(['sos', 'low-battery']));
  const [frame] = push(alarm.bytes);
  expect(frame?.records[0]?.alarms).toEqual(expect.arrayContaining(['sos', 'low_battery']));
  expect(device.read(Buffer.from(frame?.reply?.(true) ?? []))).toEqual([{ is: 'taken' }]);
  const ask = (command: Parameters<typeof session.command>[0]) => {
    const [word] = device.read(Buffer.from(session.command(command)?.bytes ?? []));
    if (word?.is !== 'command') throw new Error('no request');
    return { word, frames: push(word.reply(report())) };
  };
  expect(ask({ type: 'locate' }).frames.flatMap(({ records }) => records)).toEqual(
    expect.arrayContaining([expect.objectContaining(place)]),
  );
  expect(ask({ type: 'set-interval', intervalS: 600 }).word).toMatchObject({ intervalS: 600 });
  expect(ask({ type: 'find' }).frames).toHaveLength(1);
});

test('V7 an OwnTracks phone is read as it was meant', () => {
  const device = { id: 'P0001', address: 'owntracks/demo/P0001' } as DemoDevice;
  const { path, body } = owntracksRequest(device, fix, 't');
  const query = new URLSearchParams(path.split('?')[1]);
  const [decoded] = decodeOwntracks(
    { topic: null, user: query.get('u'), deviceName: query.get('d'), retained: false, body },
    NOW_MS,
    () => {
      throw new Error('nothing is sealed');
    },
  );
  expect(decoded).toMatchObject({ device: 'owntracks/demo/P0001', records: [{ ...place, accuracy_m: 15 }] });
});

test('V9 the operator’s area holds the phone, and its document says what the network knows', async () => {
  const world = createWorld({ seed: DEFAULT_SEED, nowMs: NOW_MS });
  const motion = createMotion(world, undefined);
  const phones = world.subjects.filter(({ phone }) => phone.speaks === 'mlp');
  expect(phones.length).toBeGreaterThan(100);
  const words = phones.map((subject) => ({ subject, word: networkWord(world, motion, subject, NOW_MS) }));
  for (const { subject, word } of words) {
    if (word.kind === 'error') continue;
    const awayM = distanceM(motion.whereIs(subject, NOW_MS), toPlane([word.lon, word.lat]));
    expect(awayM).toBeLessThanOrEqual(0.71 * word.reachM);
  }
  const server = await startMlpServer({
    wordOf: (msid) => words[Number(msid)]?.word ?? { kind: 'error', resid: 4, atMs: NOW_MS },
  });
  const asked = words.map((_, i) => `<msid>${i}</msid>`).join('');
  const answer = await fetch(server.url, { method: 'POST', body: `<slir><msids>${asked}</msids></slir>` });
  const decoded = decodeMlp(await answer.text());
  await server.stop();
  if (!decoded.ok) throw new Error(decoded.error.message);
  expect(decoded.value.targets).toHaveLength(words.length);
  for (const [i, { word }] of words.entries())
    expect(decoded.value.targets[i]?.records[0]).toMatchObject(
      word.kind === 'error'
        ? { resid: word.resid }
        : {
            lat: expect.closeTo(word.lat, 5),
            lon: expect.closeTo(word.lon, 5),
            accuracy_m: Math.round(word.reachM),
          },
    );
});
