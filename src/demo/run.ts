/**
 * Plays the world against real ports: asks each device when it is due for a fix, gives phones and platform their
 * requests, and writes the ground truth as it happens. Positions are a function of time and seed, so a run that starts
 * later goes on where an earlier one stopped.
 */
import type { Writable } from 'node:stream';
import { type Carrier, carrierFor } from './carriers.ts';
import { dayOf } from './day-plan.ts';
import { type Counts, createHttpSender, createPlatform } from './devices.ts';
import { fixAt, gapAt } from './fixes.ts';
import { incidentsBetween, openingIncident, truthLine } from './incidents.ts';
import type { MlpWord } from './mlp-server.ts';
import { createMotion, type Darkness } from './motion.ts';
import { networkWord } from './operator.ts';
import { uniform } from './random.ts';
import type { DemoAlarm, Report } from './report.ts';
import { strapCut } from './strap.ts';
import { createTerminals } from './terminals.ts';
import { statusLine } from './wire.ts';
import type { DemoDevice, DemoSubject, World } from './world.ts';

export interface DemoTarget {
  /** Where `/ingest/v1/observations` is, e.g. `http://127.0.0.1:8080`. */
  readonly nativeUrl: string;
  /** Bearer token of the feed `WRISTBAND_FEED` (profiles.ts). */
  readonly token: string;
  /** e.g. `http://127.0.0.1:5055`. */
  readonly osmandUrl: string;
  /** e.g. `http://127.0.0.1:8081`; absent: no terminal is played. */
  readonly iclockUrl?: string;
  /** `tcp://127.0.0.1:5015`, `tcp://127.0.0.1:5093`; null: devices that speak so are not played. */
  readonly jt808Url: string | null;
  readonly watchUrl: string | null;
  /** `mqtt://127.0.0.1:1883`; absent: phones with OwnTracks speak HTTP. */
  readonly mqttUrl?: string;
}

export interface DemoRunOptions {
  readonly world: World;
  readonly target: DemoTarget;
  /** Real time, ms. */
  readonly clock: () => number;
  /** The world's time runs so many times faster than the clock. Default 1. */
  readonly speed?: number;
  /** The world's time at the start. Default: the clock's. A fast world must begin in the past: no server believes the future. */
  readonly originMs?: number;
  /** NDJSON; see `truthLine`. */
  readonly truth?: Writable;
  /** Every device is heard once within this time of the start, else a new board stays empty for minutes. Default 40 s. */
  readonly warmUpS?: number;
  /** Called for what the server refused for good: a fault of the demo or of the roster that the server has. */
  readonly onRefused?: (status: number, body: string) => void;
}

export interface DemoRun {
  start(): void;
  /** Ends within a second; requests under way are given up. */
  stop(): Promise<void>;
  counts(): Counts & { readonly stored: number };
  /** What the operator's network knows of a number, for its location server. */
  wordOf(msid: string): MlpWord;
}

const TURN_MS = 250;
const WARM_UP_S = 40;
/** Incidents that began so long before the start can still be under way. */
const LOOK_BACK_MS = 8 * 3_600_000;
/** The Traccar Client's shortest interval between two reports by distance. */
const SHORTEST_MS = 10_000;
const LONGEST_CATCH_UP_MS = 1_800_000;
/** A moment after a stay or a way ends the phone notices that it does. */
const NOTICE_MS = 2_000;

interface Carried {
  readonly subject: DemoSubject;
  readonly device: DemoDevice;
  readonly carrier: Carrier;
  intervalS: number;
  dueMs: number;
  darkness: Darkness | undefined;
  isCut: boolean;
}

const LOW_BATTERY_PCT = 20;
/** Somebody with a watch presses its button about once in one or two hours. */
const SOS_SHARE = 0.0003;
const SOS_BLOCK_MS = 300_000;
/** CONGESTION IN MOBILE NETWORK, UNKNOWN SUBSCRIBER. */
const [BUSY, UNKNOWN] = [203, 4];

export function createDemoRun(options: DemoRunOptions): DemoRun {
  const { world, target, clock, speed = 1, truth, warmUpS = WARM_UP_S, onRefused = () => {} } = options;
  const counts: Counts = { accepted: 0, refused: 0, retried: 0, overflowed: 0 };
  const sender = createHttpSender();
  const shared = { sender, counts, clock, onRefused };
  const platform = createPlatform({ ...shared, base: new URL(target.nativeUrl), token: target.token });
  const terminals =
    target.iclockUrl === undefined
      ? undefined
      : createTerminals({ ...shared, world, base: new URL(target.iclockUrl) });
  const urlOf = (given: string | null) => (given === null ? undefined : new URL(given));
  const ways = {
    ...shared,
    platform,
    osmand: new URL(target.osmandUrl),
    owntracks: new URL(target.nativeUrl),
    jt808: urlOf(target.jt808Url),
    watch: urlOf(target.watchUrl),
    mqtt: urlOf(target.mqttUrl ?? null),
  };
  const byMsid = new Map(
    world.subjects.flatMap((subject) =>
      subject.phone.speaks === 'mlp' ? [[subject.phone.address, subject] as const] : [],
    ),
  );
  let wordNow: ((subject: DemoSubject) => MlpWord) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let turn: (() => void) | undefined;
  let carried: Carried[] = [];

  const begin = () => {
    const startedMs = clock();
    const originMs = options.originMs ?? startedMs;
    const worldNow = () => originMs + (clock() - startedMs) * speed;
    const opening = openingIncident(world, originMs);
    const motion = createMotion(world, opening);
    wordNow = (subject) => networkWord(world, motion, subject, worldNow());
    const reportOf = (subject: DemoSubject, device: DemoDevice, atMs: number, isCut: boolean): Report => {
      const fix = fixAt(world, motion, subject, device, atMs);
      return { fix, alarms: alarmsOf(world, device, fix.batteryPct, atMs, isCut) };
    };
    carried = [];
    for (const subject of world.subjects)
      for (const device of [subject.phone, subject.wristband]) {
        if (device === null) continue;
        const carrier = carrierFor(subject, device, ways, {
          look: () => reportOf(subject, device, worldNow(), item?.isCut === true),
          onInterval: (intervalS) => {
            if (item !== undefined) item.intervalS = intervalS;
          },
        });
        if (carrier === undefined) continue;
        const item: Carried = {
          subject,
          device,
          carrier,
          intervalS: device.intervalS,
          dueMs:
            opening?.subject === subject
              ? originMs
              : originMs + Math.round(1000 * warmUpS * uniform(world.seed, device.number, 81)),
          darkness: undefined,
          isCut: false,
        };
        carried.push(item);
      }
    let truthUntilMs = originMs - LOOK_BACK_MS;
    const tell = (nowMs: number) => {
      if (truth === undefined) return;
      const begun = incidentsBetween(world, truthUntilMs, nowMs);
      if (opening !== undefined && opening.startedAtMs >= truthUntilMs && opening.startedAtMs < nowMs)
        begun.push(opening);
      for (const incident of begun)
        if (incident.endedAtMs > originMs) truth.write(`${truthLine(incident)}\n`);
      truthUntilMs = nowMs;
    };
    turn = () => {
      const nowMs = worldNow();
      for (const item of carried) {
        // After a machine's sleep a device has what its store holds, not every fix that it missed.
        item.dueMs = Math.max(item.dueMs, nowMs - LONGEST_CATCH_UP_MS);
        while (item.dueMs <= nowMs) step(item, item.dueMs);
        if (item.darkness === undefined && gapAt(world.seed, item.device, nowMs) !== 'no-network')
          item.carrier.drain(clock());
      }
      tell(nowMs);
      platform.drain(clock());
      terminals?.turn(nowMs);
    };

    const step = (item: Carried, atMs: number) => {
      const { subject, device, carrier } = item;
      const darkness = device.kind === 'phone' ? motion.darkness(subject, atMs) : undefined;
      if (darkness?.isSwitchedOff === true && item.darkness === undefined)
        platform.keep(statusLine(subject.id, device, 'power-off', darkness.fromMs));
      if (darkness === undefined && item.darkness?.isSwitchedOff === true)
        platform.keep(statusLine(subject.id, device, 'power-on', item.darkness.untilMs));
      item.darkness = darkness;
      if (darkness !== undefined) {
        carrier.rest();
        item.dueMs = darkness.untilMs;
        return;
      }
      const cut = device.kind === 'wristband' ? strapCut(world.seed, subject, dayOf(atMs)) : undefined;
      const isCut = cut !== undefined && atMs >= cut.fromMs && atMs < cut.untilMs;
      // The office closes it. The band says so itself where it speaks JT/T 808; a maker's platform has a word of its own.
      if (item.isCut && !isCut && device.speaks === 'platform')
        platform.keep(statusLine(subject.id, device, 'strap-closed', atMs));
      item.isCut = isCut;
      if (gapAt(world.seed, device, atMs) !== 'no-fix')
        carrier.report(reportOf(subject, device, atMs, isCut));
      item.dueMs = nextDueMs(item, atMs);
    };

    const nextDueMs = ({ subject, device, intervalS }: Carried, atMs: number): number => {
      const intervalMs = intervalS * 1000;
      const grid = Math.floor((atMs - device.phaseMs) / intervalMs + 1) * intervalMs + device.phaseMs;
      if (device.distanceM === 0) return grid;
      const { speedMps, untilMs } = motion.whereIs(subject, atMs);
      const byDistance =
        speedMps > 0 ? atMs + Math.max(SHORTEST_MS, (device.distanceM / speedMps) * 1000) : grid;
      return Math.min(
        grid,
        byDistance,
        Math.max(untilMs, atMs) + NOTICE_MS,
        motion.nextDarkMs(subject, atMs),
      );
    };
  };

  return {
    start() {
      begin();
      timer = setInterval(() => turn?.(), TURN_MS);
      turn?.();
    },
    async stop() {
      clearInterval(timer);
      turn = undefined;
      sender.close();
      for (const { carrier } of carried) carrier.rest();
    },
    counts: () => ({
      ...counts,
      stored:
        platform.stored +
        (terminals?.stored ?? 0) +
        carried.reduce((sum, { carrier }) => sum + carrier.stored, 0),
    }),
    wordOf: (msid) => {
      const subject = byMsid.get(msid);
      if (subject === undefined) return { kind: 'error', resid: UNKNOWN, atMs: clock() };
      return wordNow?.(subject) ?? { kind: 'error', resid: BUSY, atMs: clock() };
    },
  };
}

function alarmsOf(
  { seed }: World,
  { speaks, number }: DemoDevice,
  batteryPct: number,
  atMs: number,
  isCut: boolean,
): DemoAlarm[] {
  const isPressed =
    speaks === 'watch' && uniform(seed, number, Math.floor(atMs / SOS_BLOCK_MS), 91) < SOS_SHARE;
  return [
    ...(isPressed ? ['sos' as const] : []),
    ...(batteryPct < LOW_BATTERY_PCT ? ['low-battery' as const] : []),
    ...(isCut ? ['strap-cut' as const] : []),
  ];
}
