/**
 * The demo's devices of every protocol against the running program: all that they say is taken, and they answer when they are asked.
 * Phones with OwnTracks speak by the broker where there is one, else by HTTP.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MlpServer, startMlpServer } from '../../src/demo/mlp-server.ts';
import { WRISTBAND_FEED } from '../../src/demo/profiles.ts';
import { createDemoRun, type DemoRun } from '../../src/demo/run.ts';
import { createWorld } from '../../src/demo/world.ts';
import type { Json } from '../../src/kernel/field.ts';
import { encodeRoster } from '../../src/kernel/roster-file.ts';
import { encodeZones } from '../../src/kernel/zone-file.ts';
import { mqttUrl } from '../harness/mqtt.ts';
import { type Program, runCommand, startProgram } from '../harness/program.ts';

const place = mkdtempSync(join(tmpdir(), 'wardline-simulated-'));
const env: Record<string, string> = { DATA_DIR: join(place, 'data'), MLP_PER_SECOND: '100' };
const broker = await mqttUrl();
const byBroker = 'value' in broker ? { mqttUrl: broker.value } : {};
const world = createWorld({ seed: 7, nowMs: Date.now(), subjects: 120 });
let program: Program;
let operator: MlpServer;
let run: DemoRun;
let headers: Record<string, string>;
const refusals: string[] = [];

beforeAll(async () => {
  operator = await startMlpServer({
    wordOf: (msid) => run?.wordOf(msid) ?? { kind: 'error', resid: 203, atMs: Date.now() },
  });
  env.MLP_URL = operator.url;
  if ('value' in broker)
    Object.assign(env, { MQTT_URL: broker.value, MQTT_CLIENT_ID: `simulated-${process.pid}` });
  program = await startProgram(env);
  const [roster, zones] = [join(place, 'roster.json'), join(place, 'zones.geojson')];
  writeFileSync(roster, JSON.stringify(encodeRoster(world.roster)));
  writeFileSync(zones, JSON.stringify(encodeZones(world.zones)));
  const loaded = await runCommand(env, ['roster', 'load', '--roster', roster, '--zones', zones]);
  expect(loaded).toMatchObject({ code: 0 });
  const token = async (...args: string[]) =>
    (await runCommand(env, ['token', 'create', ...args])).stdout.trim();
  headers = { authorization: `Bearer ${await token('--role', 'administrator')}` };
  run = createDemoRun({
    world,
    target: {
      nativeUrl: program.url,
      token: await token('--feed', WRISTBAND_FEED),
      osmandUrl: program.addressOf('osmand'),
      jt808Url: program.addressOf('jt808'),
      watchUrl: program.addressOf('watch'),
      ...byBroker,
    },
    clock: Date.now,
    warmUpS: 4,
    onRefused: (status, body) => refusals.push(`${status} ${body}`),
  });
  run.start();
}, 120_000);
afterAll(async () => {
  await run?.stop();
  await program?.end('SIGINT');
  await operator?.stop();
});

async function call(method: string, path: string, body?: unknown): Promise<Json> {
  const answer = await fetch(program.url + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Json;
}
const itemsOf = async (path: string) => (await call('GET', path)).items as Json[];
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const SPEECHES = ['osmand', 'owntracks', 'watch', 'mlp', 'jt808'] as const;
const devicesOf = (speech: string) =>
  world.subjects.flatMap(({ id, phone, wristband }) =>
    [phone, wristband].flatMap((device) =>
      device?.speaks === speech ? [{ subject: id, device: device.id }] : [],
    ),
  );
/** What `look` finds at one who is not dark: of whom something has come. One may go dark for hours just then, so each try may be another's. */
const ofOneWhoSpeaks = <T>(
  speech: string,
  look: (who: { subject: string; device: string }, message: Json) => Promise<T | undefined>,
) =>
  until(async () => {
    for (const who of devicesOf(speech)) {
      const [message] = await itemsOf(`/api/v1/devices/${who.device}/messages?limit=1`);
      if (message?.kind !== 'position') continue;
      const found = await look(who, message);
      if (found !== undefined) return found;
    }
    return undefined;
  });

test.each(SPEECHES)('V7 what devices say by %s is taken', async (speech) => {
  const message = await ofOneWhoSpeaks(speech, async (_, newest) => newest);
  expect(message).toMatchObject({ protocol: speech, kind: 'position' });
});

test.each(['jt808', 'watch', 'mlp', ...('value' in broker ? ['owntracks'] : [])])(
  'V8 a device that speaks %s answers a spot check with its place',
  async (speech) => {
    const { check, device } = await ofOneWhoSpeaks(speech, async (who) => {
      const made = await call('POST', `/api/v1/subjects/${who.subject}/locate`, {
        waitS: 10,
        device: who.device,
      });
      return made.state === 'answered' ? { check: made, device: who.device } : undefined;
    });
    expect(check).toMatchObject({ device, answer: { kind: 'position' } });
  },
);

test('V7 nothing is refused, nothing stands in quarantine', async () => {
  expect(await itemsOf('/api/v1/quarantine')).toEqual([]);
  expect(await itemsOf('/api/v1/device-notices')).toEqual([]);
  expect(refusals).toEqual([]);
  expect(run.counts().refused).toBe(0);
});
