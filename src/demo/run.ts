/**
 * Plays the world against real ports: asks each device when it is due for a fix, gives phones and platform their
 * requests, and writes the ground truth as it happens. Positions are a function of time and seed, so a run that starts
 * later goes on where an earlier one stopped.
 */
import type { Writable } from 'node:stream';
import { type Counts, createHttpSender, createPhone, createPlatform, type Phone } from './devices.ts';
import { fixAt, gapAt } from './fixes.ts';
import { incidentsBetween, openingIncident, truthLine } from './incidents.ts';
import { createMotion, type Darkness } from './motion.ts';
import { uniform } from './random.ts';
import { createTerminals } from './terminals.ts';
import { phoneRequest, positionLine, statusLine } from './wire.ts';
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
  readonly phone: Phone | null;
  dueMs: number;
  darkness: Darkness | undefined;
  /** A wristband's lines that wait for its network. A phone's wait in its store. */
  held: string[];
}

export function createDemoRun(options: DemoRunOptions): DemoRun {
  const { world, target, clock, speed = 1, truth, warmUpS = WARM_UP_S, onRefused = () => {} } = options;
  const counts: Counts = { accepted: 0, refused: 0, retried: 0, overflowed: 0 };
  const sender = createHttpSender();
  const shared = { sender, counts, clock, onRefused };
  const platform = createPlatform({ ...shared, base: new URL(target.nativeUrl), token: target.token });
  const osmandBase = new URL(target.osmandUrl);
  const terminals =
    target.iclockUrl === undefined
      ? undefined
      : createTerminals({ ...shared, world, base: new URL(target.iclockUrl) });
  let timer: NodeJS.Timeout | undefined;
  let turn: (() => void) | undefined;
  let carried: Carried[] = [];

  const begin = () => {
    const startedMs = clock();
    const originMs = options.originMs ?? startedMs;
    const worldNow = () => originMs + (clock() - startedMs) * speed;
    const opening = openingIncident(world, originMs);
    const motion = createMotion(world, opening);
    carried = world.subjects.flatMap((subject) =>
      [subject.phone, ...(subject.wristband === null ? [] : [subject.wristband])].map((device) => ({
        subject,
        device,
        phone:
          device.kind === 'phone' ? createPhone({ ...shared, base: osmandBase, key: device.number }) : null,
        dueMs:
          opening?.subject === subject
            ? originMs
            : originMs + Math.round(1000 * warmUpS * uniform(world.seed, device.number, 81)),
        darkness: undefined,
        held: [],
      })),
    );
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
        if ((item.phone?.stored ?? 0) > 0 && gapAt(world.seed, item.device, nowMs) !== 'no-network')
          item.phone?.drain(clock());
      }
      tell(nowMs);
      platform.drain(clock());
      terminals?.turn(nowMs);
    };

    const step = (item: Carried, atMs: number) => {
      const { subject, device, phone } = item;
      const darkness = device.kind === 'phone' ? motion.darkness(subject, atMs) : undefined;
      if (darkness?.isSwitchedOff === true && item.darkness === undefined)
        platform.keep(statusLine(subject.id, device, 'power-off', darkness.fromMs));
      if (darkness === undefined && item.darkness?.isSwitchedOff === true)
        platform.keep(statusLine(subject.id, device, 'power-on', item.darkness.untilMs));
      item.darkness = darkness;
      if (darkness !== undefined) {
        item.dueMs = darkness.untilMs;
        return;
      }
      const gap = gapAt(world.seed, device, atMs);
      if (gap !== 'no-fix') {
        const fix = fixAt(world, motion, subject, device, atMs);
        if (phone === null) item.held.push(positionLine(subject.id, device, fix));
        else phone.keep(phoneRequest(device, fix));
      }
      if (gap !== 'no-network') {
        for (const line of item.held) platform.keep(line);
        item.held = [];
      }
      item.dueMs = nextDueMs(item, atMs);
    };

    const nextDueMs = ({ subject, device }: Carried, atMs: number): number => {
      const intervalMs = device.intervalS * 1000;
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
    },
    counts: () => ({
      ...counts,
      stored:
        platform.stored +
        (terminals?.stored ?? 0) +
        carried.reduce((sum, item) => sum + (item.phone?.stored ?? 0), 0),
    }),
  };
}
