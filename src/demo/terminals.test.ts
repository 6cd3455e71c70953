import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { checkinsOf, punchersOf, punchesBetween } from './checkins.ts';
import { createHttpSender } from './devices.ts';
import { createTerminals } from './terminals.ts';
import { createWorld } from './world.ts';

/** A Monday, 20:00 in Jieyang: all of the day's punches are made. */
const EVENING_MS = Date.UTC(2026, 10, 23, 12);
const DAY_MS = 86_400_000;
const world = createWorld({ seed: 5, nowMs: EVENING_MS, subjects: 400 });

describe('check-ins', () => {
  test('C1 everybody with a window punches once in it, each week, by the terminal of the own office', () => {
    const people = punchersOf(world);
    const windows = world.roster.subjects.filter(({ checkins }) => checkins.length > 0);
    expect(windows.length).toBeGreaterThan(10);
    expect(windows).toHaveLength([...people.values()].flat().length);
    const offices = new Map(world.roster.terminals?.map(({ id, office }) => [id, office]));
    for (const subject of world.roster.subjects)
      expect(offices.get(subject.pins?.[0]?.terminal ?? '')).toBe(subject.office);
    for (const [, own] of people) {
      const punches = punchesBetween(world.seed, own, EVENING_MS - 7 * DAY_MS, EVENING_MS);
      expect(punches.map(({ pin }) => pin).sort()).toEqual(
        own.map(({ number }) => String(number).padStart(5, '0')).sort(),
      );
      for (const { pin, atMs } of punches) {
        const person = own.find(({ number }) => number === Number(pin));
        if (person === undefined) throw new Error(pin);
        const local = new Date(atMs + 8 * 3_600_000);
        expect(checkinsOf(person)[0]?.days).toEqual([local.getUTCDay()]);
        const clock = local.toISOString().slice(11, 16);
        expect(clock >= '08:30' && clock < '17:00', clock).toBe(true);
      }
    }
  });

  test('C2 a punch is a function of seed and day: parts of a day put together are the day', () => {
    for (const own of [...punchersOf(world).values()].slice(0, 10)) {
      const whole = punchesBetween(world.seed, own, EVENING_MS - DAY_MS, EVENING_MS);
      const parts = [0, 1, 2, 3].flatMap((k) =>
        punchesBetween(
          world.seed,
          own,
          EVENING_MS - DAY_MS + (k * DAY_MS) / 4,
          EVENING_MS - DAY_MS + ((k + 1) * DAY_MS) / 4,
        ),
      );
      expect(parts).toEqual(whole);
    }
  });
});

describe('terminals on the wire', () => {
  let close: () => void = () => {};
  afterEach(() => close());

  async function listen(reply: (request: IncomingMessage) => { status: number; body: string }) {
    const received: { url: string; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        received.push({ url: request.url ?? '', body });
        const answer = reply(request);
        response.writeHead(answer.status).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    close = () => server.close();
    return { received, base: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) };
  }

  async function play(base: URL, isDone: () => boolean) {
    let clockMs = 0;
    const counts = { accepted: 0, refused: 0, retried: 0, overflowed: 0 };
    const sender = createHttpSender();
    const terminals = createTerminals({
      world,
      sender,
      base,
      counts,
      clock: () => clockMs,
      onRefused: () => {},
    });
    for (let turns = 0; !isDone(); turns++) {
      if (turns > 2000) throw new Error('it never came so far');
      clockMs += 5000;
      terminals.turn(EVENING_MS + turns * 1000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    sender.close();
    return counts;
  }

  test('C3 it shakes hands, sends what the stamp says is missing, and does what it is asked', async () => {
    const stampS = Math.floor((EVENING_MS - 7 * 3_600_000) / 1000);
    let isAsked = false;
    const { received, base } = await listen(({ url = '' }) => {
      if (url.includes('options=all'))
        return { status: 200, body: `GET OPTION FROM: x\nATTLOGStamp=${stampS}\n` };
      const isFirst = url.includes('getrequest') && !isAsked;
      if (isFirst) isAsked = true;
      return { status: 200, body: isFirst ? 'C:7:INFO\n' : 'OK' };
    });
    const uploads = () => received.filter(({ url }) => url.includes('table=ATTLOG'));
    const expected = [...punchersOf(world).values()].flatMap((own) =>
      punchesBetween(world.seed, own, stampS * 1000, EVENING_MS),
    );
    expect(expected.length).toBeGreaterThan(3);
    const lines = () => uploads().flatMap(({ body }) => body.trim().split('\n'));
    await play(
      base,
      () => lines().length >= expected.length && received.some(({ url }) => url.includes('devicecmd')),
    );
    expect(lines()).toHaveLength(expected.length);
    for (const line of lines())
      expect(line).toMatch(/^\d{5}\t2026-11-23 \d{2}:\d{2}:\d{2}\t0\t(1|15)\t0\t0\t0$/);
    expect(received.find(({ url }) => url.includes('devicecmd'))?.body).toBe('ID=7&Return=0&CMD=INFO\n');
  });

  test('C4 what the server can’t take waits in the terminal and is sent later', async () => {
    let refusals = 0;
    const { received, base } = await listen(({ url = '' }) => {
      if (!url.includes('table=ATTLOG') || refusals >= 5) return { status: 200, body: 'OK' };
      refusals++;
      return { status: 503, body: '' };
    });
    const expected = [...punchersOf(world).values()].flatMap((own) =>
      punchesBetween(world.seed, own, EVENING_MS - 2 * DAY_MS, EVENING_MS),
    );
    const sent = () =>
      new Set(
        received.flatMap(({ url, body }) => (url.includes('table=ATTLOG') ? body.trim().split('\n') : [])),
      );
    const counts = await play(base, () => refusals === 5 && sent().size >= expected.length);
    expect(sent().size).toBe(expected.length);
    expect(counts).toMatchObject({ refused: 0, overflowed: 0, retried: 5 });
  });
});
