import { randomUUID } from 'node:crypto';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mqttUrl } from '../../tests/harness/mqtt.ts';
import { createLogger } from '../adapters/logger.ts';
import { LogUnavailable } from '../ports/observation-log.ts';
import { connectOwntracks, type OwntracksMqtt } from './owntracks-mqtt.ts';
import type { Decoded } from './protocols/record.ts';

const broker = await mqttUrl();
const NOW_MS = Date.UTC(2026, 2, 1, 8);
const FIX = { _type: 'location', tst: 1771833600, lat: 23.5, lon: 116.3, tid: 'OT' };

describe.skipIf('missing' in broker)('OwnTracks by MQTT', () => {
  const url = 'value' in broker ? broker.value : '';
  /** Users of their own for each test: one broker serves all. */
  let user = '';
  let clientId = '';
  let taken: Decoded[] = [];
  let isLogAway = false;
  let own: OwntracksMqtt | undefined;
  let phone: MqttClient;
  beforeAll(async () => {
    phone = await connectAsync(url, { clientId: `phone-${randomUUID()}` });
  });
  afterAll(async () => {
    await phone.endAsync();
  });
  beforeEach(() => {
    user = `u${randomUUID().slice(0, 8)}`;
    clientId = `wardline-${user}`;
    taken = [];
    isLogAway = false;
  });
  afterEach(async () => {
    await stop();
    // A session that nobody comes back to would be kept by the broker.
    const last = await connectAsync(url, { clientId, clean: true });
    await last.endAsync();
  });

  async function start(): Promise<OwntracksMqtt> {
    own = connectOwntracks({
      url,
      clientId,
      logger: createLogger('silent'),
      now: () => NOW_MS,
      secretOf: () => undefined,
      take: async (decoded) => {
        if (isLogAway) throw new LogUnavailable('told to fail');
        taken.push(...decoded.filter(({ device }) => device?.includes(user) === true));
        return { accepted: decoded.length, refused: [] };
      },
    });
    const begun = own;
    await until(() => begun.isConnected);
    return begun;
  }

  async function stop(): Promise<void> {
    await own?.stop();
    own = undefined;
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  const say = (topic: string, message: unknown, retain = false) =>
    phone.publishAsync(topic, typeof message === 'string' ? message : JSON.stringify(message), {
      qos: 1,
      retain,
    });

  /** What is said last of all has come: subscribed, and nothing is under way. */
  async function settle(): Promise<void> {
    const topic = `owntracks/${user}/probe`;
    const had = () => taken.some(({ device }) => device === topic);
    while (!had()) {
      await say(topic, FIX);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const of = (name: string) => taken.filter(({ device }) => device === `owntracks/${user}/${name}`);

  test('M1 a location, and what is said below its topic, is taken under the device of the topic', async () => {
    await start();
    await settle();
    await say(`owntracks/${user}/a`, { ...FIX, topic: 'owntracks/somebody/else' });
    await say(`owntracks/${user}/a/event`, { ...FIX, _type: 'transition', event: 'leave', desc: 'home' });
    await say(`owntracks/${user}/a/cmd`, { _type: 'cmd', action: 'dump' });
    await say(`owntracks/${user}/a`, 'not JSON');
    await say(`owntracks/${user}/a`, { _type: 'lwt', tst: 1771833600 });
    await until(() => of('a').length === 3 && taken.some(({ records }) => records[0]?.kind === 'lwt'));
    expect(of('a').flatMap(({ records }) => records.map(({ kind }) => kind))).toEqual([
      'position',
      'transition',
      'lwt',
    ]);
  });

  test('M2 what came while nobody of us was there is delivered afterwards', async () => {
    await start();
    await settle();
    await stop();
    for (let i = 1; i <= 5; i++) await say(`owntracks/${user}/b`, { ...FIX, tst: FIX.tst + i });
    await start();
    await until(() => of('b').length >= 5);
    expect(of('b').map(({ records }) => records[0]?.time)).toEqual(
      [1, 2, 3, 4, 5].map((s) => `2026-02-23T08:00:0${s}Z`),
    );
  });

  test('M3 a message is acknowledged only when it is durable: what was not comes again', async () => {
    await start();
    await settle();
    isLogAway = true;
    await say(`owntracks/${user}/c`, FIX);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await stop();
    expect(of('c')).toEqual([]);
    isLogAway = false;
    await start();
    await until(() => of('c').length > 0);
    expect(of('c')).toHaveLength(1);
  });

  test('M3 while the log is away the broker is held back, and all of it goes through when it is there again', async () => {
    await start();
    await settle();
    isLogAway = true;
    for (let i = 1; i <= 50; i++) await say(`owntracks/${user}/d`, { ...FIX, tst: FIX.tst + i });
    isLogAway = false;
    await until(() => of('d').length >= 50);
    expect(new Set(of('d').map(({ records }) => records[0]?.time)).size).toBe(50);
  });

  test('M4 what the broker retained is old', async () => {
    await say(`owntracks/${user}/e`, FIX, true);
    await start();
    await until(() => of('e').length > 0);
    expect(of('e')).toMatchObject([{ records: [{ kind: 'position', archived: true }] }]);
    await say(`owntracks/${user}/e`, '', true);
  });

  test('M5 a command goes out to the device’s own topic', async () => {
    const begun = await start();
    const heard: string[] = [];
    phone.on('message', (topic, payload) => void heard.push(`${topic} ${payload.toString()}`));
    await phone.subscribeAsync(`owntracks/${user}/f/cmd`, { qos: 1 });
    expect(await begun.send(`owntracks/${user}/f`, { _type: 'cmd', action: 'reportLocation' })).toBe(true);
    await until(() => heard.length > 0);
    expect(heard).toEqual([`owntracks/${user}/f/cmd {"_type":"cmd","action":"reportLocation"}`]);
    await stop();
    expect(await begun.send(`owntracks/${user}/f`, {})).toBe(false);
  });

  test('M6 a broker that is away is waited for, and hinders no stop', async () => {
    own = connectOwntracks({
      url: 'mqtt://127.0.0.1:1',
      clientId,
      logger: createLogger('silent'),
      now: () => NOW_MS,
      secretOf: () => undefined,
      take: async () => ({ accepted: 0, refused: [] }),
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(own.isConnected).toBe(false);
    await stop();
  });
});
