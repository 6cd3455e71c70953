/** A spot check of a phone with OwnTracks by MQTT: asked through the broker, answered through it. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../src/kernel/field.ts';
import { subjectWith } from '../harness/ingest.ts';
import { mqttUrl } from '../harness/mqtt.ts';
import { type Program, runCommand, startProgram } from '../harness/program.ts';

const broker = await mqttUrl();

describe.skipIf('missing' in broker)('a phone by MQTT', () => {
  const url = 'value' in broker ? broker.value : '';
  const topic = `owntracks/u${randomUUID().slice(0, 8)}/phone`;
  const clientId = `wardline-${randomUUID()}`;
  let program: Program;
  let phone: MqttClient;
  let authorization: string;

  beforeAll(async () => {
    const place = mkdtempSync(join(tmpdir(), 'wardline-mqtt-'));
    const env = { DATA_DIR: join(place, 'data'), MQTT_URL: url, MQTT_CLIENT_ID: clientId };
    program = await startProgram(env);
    const subject = subjectWith('S1', {
      id: 'D1',
      protocol: 'owntracks',
      address: topic,
      from: '2026-01-01T00:00:00Z',
    });
    const [roster, zones] = [join(place, 'roster.json'), join(place, 'zones.geojson')];
    writeFileSync(roster, JSON.stringify({ subjects: [subject] }));
    writeFileSync(zones, JSON.stringify({ type: 'FeatureCollection', features: [] }));
    expect(await runCommand(env, ['roster', 'load', '--roster', roster, '--zones', zones])).toMatchObject({
      code: 0,
    });
    authorization = `Bearer ${(await runCommand(env, ['token', 'create', '--role', 'duty-officer'])).stdout.trim()}`;
    phone = await connectAsync(url, { clientId: `phone-${randomUUID()}` });
    await phone.subscribeAsync(`${topic}/cmd`, { qos: 1 });
  }, 120_000);
  afterAll(async () => {
    await phone?.endAsync();
    await program?.end('SIGINT');
    // A session that nobody comes back to would be kept by the broker.
    const last = await connectAsync(url, { clientId, clean: true });
    await last.endAsync();
  });

  test('C8 a phone is asked by the broker by which it was heard', async () => {
    const location = () =>
      phone.publishAsync(
        topic,
        JSON.stringify({
          _type: 'location',
          lat: 23.6,
          lon: 116.4,
          tst: Math.floor(Date.now() / 1000),
          acc: 12,
        }),
        { qos: 1 },
      );
    const asked = new Promise<Json>((resolve) =>
      phone.once('message', (_topic, payload) => resolve(JSON.parse(payload.toString()) as Json)),
    );
    const messages = async () => {
      const answer = await fetch(`${program.url}/api/v1/devices/D1/messages`, { headers: { authorization } });
      return ((await answer.json()) as { items: Json[] }).items;
    };
    await location();
    // Published before the program had subscribed, it would be heard of nowhere.
    while ((await messages()).length === 0) await location();
    const asking = fetch(`${program.url}/api/v1/subjects/S1/locate`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ waitS: 60 }),
    });
    expect(await asked).toEqual({ _type: 'cmd', action: 'reportLocation' });
    await location();
    expect(await (await asking).json()).toMatchObject({
      state: 'answered',
      answer: { lat: 23.6, lon: 116.4 },
    });
  });
});
