/**
 * The month: everybody's devices, day by day, in the order of receipt, with feeds that fail as a whole, check-ins, roll-calls, orders
 * and permits that change; and the truth about all of it. One day is in memory at a time.
 */

import type { Rules } from '../../consumers/detector/replay.ts';
import { dayStartMs } from '../../src/demo/day-plan.ts';
import { type Checkin, type LogEvent, receiptOf } from '../../src/kernel/log-event.ts';
import { DEFAULT_POLICY, EMPTY_POLICY_DOCUMENT } from '../../src/kernel/policy.ts';
import { OPERATOR_FEED } from '../../src/kernel/roster.ts';
import { type Apart, createApart } from './apart.ts';
import { DAY_MS, FIRST_DAY, HOUR_MS, MINUTE_MS } from './calendar.ts';
import { createDeviceLife, type DeviceLife } from './device.ts';
import { between, createDice, type Dice, logBetween } from './dice.ts';
import {
  attend,
  changesOf,
  checkIn,
  type MissedWindow,
  mustersZones,
  noteDocuments,
  noteMissed,
  planMusters,
} from './duties.ts';
import { FEEDS } from './kit.ts';
import type { Outage } from './mishaps.ts';
import { createOperatorPhone } from './operator-phone.ts';
import { createPeople, type People, type Person } from './people.ts';
import type { Residuals } from './residuals.ts';
import { createSensor } from './sensor.ts';
import { createTogether } from './together.ts';
import { noteUseful, type Truth, truth } from './truth.ts';
import { brokenOn, createWay, depthM, type PlaceKind } from './way.ts';

export interface MonthOptions {
  readonly seed: number;
  readonly subjects: number;
  readonly days: number;
  readonly residuals: readonly Residuals[];
  /** Only these people's devices say anything; all, where it is not given. */
  readonly isTaken?: (number: number) => boolean;
}

export interface Month {
  readonly rules: Rules;
  readonly city: People;
  readonly startMs: number;
  readonly endMs: number;
  readonly outages: readonly Outage[];
  /** Events of a day after the other, each in the order of receipt; the truths are whole when all have been taken. */
  days(): Generator<LogEvent[]>;
  readonly truths: readonly Truth[];
  /** What the city did to a subject's devices around that time, for the account of false alerts. */
  phasesAt(who: string, atMs: number): string;
}

interface Live {
  readonly person: Person;
  readonly devices: DeviceLife[];
  /** Broken rules about places of this day and the last, for counting the fixes that could show them. */
  broken: Truth[];
  readonly apart: Apart;
}

export function createMonth({ seed, subjects, days, residuals, isTaken = () => true }: MonthOptions): Month {
  const city = createPeople(seed, subjects, days);
  const { world, zones, meetings, startMs } = city;
  const people = city.people.filter(({ number }) => isTaken(number));
  const endMs = startMs + days * DAY_MS;
  const dice = createDice(seed, 73);
  const truths: Truth[] = [];
  const note = (item: Truth) => {
    truths.push(item);
  };
  const outages = planOutages(dice, startMs, days);
  for (const { feed, fromMs, untilMs } of outages)
    note(truth('feed-outage', feed, fromMs, untilMs, { allowedS: 900 + 300 + 60 }));
  const meets = meetings.map((meeting) => {
    const { a, fromMs, untilMs } = meeting;
    const item = truth('gathering', a, fromMs, untilMs, {
      allowedS: DEFAULT_POLICY.gatheringS + 900,
      isOptional: untilMs - fromMs < DEFAULT_POLICY.gatheringS * 1000,
      useful: 0,
    });
    note(item);
    return { ...meeting, item, together: createTogether() };
  });
  const musters = planMusters(people, startMs, days);
  const missed: MissedWindow[] = [];
  const miss = (window: MissedWindow) => {
    missed.push(window);
  };
  const phases = new Map<string, [number, string][]>();
  let bucket: LogEvent[] = [];
  const put = (event: LogEvent) => {
    bucket.push(event);
  };

  const lives = people.map((person): Live => {
    const live: Live = { person, devices: [], broken: [], apart: createApart(person) };
    const own = createDice(seed, person.number, 74);
    const hasPoorHome = own() < 0.05;
    for (const device of person.profile.devices)
      live.devices.push(
        (device.protocol === 'mlp' ? createOperatorPhone : createDeviceLife)({
          person,
          device,
          dice: createDice(seed, person.number, 75, device.kind === 'phone' ? 0 : 1),
          way: createWay(world, person),
          sensor: createSensor({
            dice: createDice(seed, person.number, 76, device.kind === 'phone' ? 0 : 1),
            residuals,
            kind: device.protocol === 'mlp' ? 'operator' : device.kind,
            hasPoorHome,
          }),
          outages,
          put,
          note,
          onPhase: (atMs, phase) => {
            const known = phases.get(device.id) ?? [];
            if (known.at(-1)?.[1] !== phase) known.push([atMs, phase]);
            phases.set(device.id, known);
            if (phase === 'misplaced' && known.at(-1)?.[0] === atMs)
              note(truth('implausible-fix', person.profile.id, atMs, atMs + 3_600_000, { isOptional: true }));
          },
          onFixApart: (atMs, where, claim) => live.apart.takePhone({ atMs, where, ...claim }),
          onFix: (atMs, where, seen, claim) => {
            const { widthM } = claim;
            if (device.kind === 'wristband') live.apart.takeBand(device, { atMs, where, ...claim });
            for (const { a, b, fromMs, untilMs, together } of meets) {
              const isTheirs = person.profile.id === a || person.profile.id === b;
              if (isTheirs && atMs >= fromMs && atMs <= untilMs)
                together.take({ who: person.profile.id, atMs, where, seen, ...claim });
            }
            for (const item of live.broken) {
              if (atMs < item.fromMs || atMs > item.untilMs) continue;
              const deep = depthM(person, item.kind as PlaceKind, atMs, where);
              const isSeen = depthM(person, item.kind as PlaceKind, atMs, seen) > 0;
              if (isSeen && widthM <= Math.max(50, deep / 2) && deep > 1.5 * widthM) noteUseful(item, atMs);
            }
          },
        }),
      );
    return live;
  });

  function* eachDay(): Generator<LogEvent[]> {
    for (const event of changesOf(people)) put(event);
    for (let day = FIRST_DAY; day < FIRST_DAY + days; day++) {
      const [fromMs, untilMs] = [dayStartMs(day), dayStartMs(day + 1)];
      for (const live of lives) {
        live.broken = brokenToday(live, day);
        for (const device of live.devices) device.until(untilMs);
        checkIn(live.person, fromMs, createDice(seed, live.person.number, day, 77), put, miss);
      }
      for (const muster of musters)
        if (muster.fromMs >= fromMs && muster.fromMs < untilMs)
          attend(muster, createDice(seed, day, 78), bucket.filter(isCheckin), put, note);
      noteMissed(missed.splice(0), bucket.filter(isCheckin), note);
      if (day === FIRST_DAY + days - 1)
        for (const { devices } of lives) for (const device of devices) device.end(endMs);
      const today: LogEvent[] = [];
      const later: LogEvent[] = [];
      for (const event of bucket) (receiptOf(event) < untilMs ? today : later).push(event);
      bucket = later;
      yield today.sort((a, b) => receiptOf(a) - receiptOf(b));
    }
    for (const { item, together } of meets) item.useful = together.useful();
    for (const { person, apart } of lives)
      for (const item of truths)
        if (item.kind === 'separation' && item.who === person.profile.id) apart.judge(item);
  }

  /** What lasts over four in the morning is one. */
  function brokenToday({ person, broken }: Live, day: number): Truth[] {
    const device = person.profile.devices.at(-1);
    const allowedS = Math.max(
      DEFAULT_POLICY.silenceMinS,
      DEFAULT_POLICY.silenceIntervals * (device?.intervalS ?? 0),
    );
    return brokenOn(world, person, day).map(({ kind, fromMs, untilMs }) => {
      const before = broken.find((item) => item.kind === kind && item.untilMs === fromMs);
      if (before !== undefined) return Object.assign(before, { untilMs });
      const item = truth(kind, person.profile.id, fromMs, untilMs, {
        allowedS: allowedS + (kind === 'curfew' ? DEFAULT_POLICY.curfewGraceS : 0),
        useful: 0,
      });
      note(item);
      return item;
    });
  }

  for (const person of people) noteDocuments(person, note, endMs);
  return {
    rules: {
      roster: {
        subjects: people.map(({ profile }) => profile),
        musters,
        calendar: { days: {}, timeZone: 'Asia/Shanghai' },
      },
      zones: [...zones, ...mustersZones(people, musters)],
      policy: EMPTY_POLICY_DOCUMENT,
    },
    city,
    startMs,
    endMs,
    outages,
    days: eachDay,
    truths,
    phasesAt: (who, atMs) =>
      people
        .filter(({ profile }) => profile.id === who)
        .flatMap(({ profile }) => profile.devices)
        .map(({ id, kind }) => {
          const past = (phases.get(id) ?? []).filter(([fromMs]) => fromMs <= atMs + 60_000);
          const recent = past
            .slice(-2)
            .filter(
              ([fromMs], i, list) =>
                i === list.length - 1 ||
                (list[i + 1]?.[0] ?? 0) > atMs - 1_800_000 ||
                fromMs > atMs - 1_800_000,
            );
          return `${kind}: ${recent.map(([, phase]) => phase).join('>')}`;
        })
        .join(', '),
  };
}

/** Each feed fails once in ten days; half of them keep what was sent. */
function planOutages(dice: Dice, startMs: number, days: number): Outage[] {
  const outages: Outage[] = [];
  for (const feed of [...FEEDS.phones, FEEDS.wristbands, OPERATOR_FEED])
    for (let day = 1; day < days; day++) {
      if (dice() > 0.1) continue;
      const fromMs = Math.round(startMs + day * DAY_MS + between(dice, 0, 22) * HOUR_MS);
      outages.push({
        feed,
        fromMs,
        untilMs: Math.round(fromMs + logBetween(dice, 25, 120) * MINUTE_MS),
        isKept: dice() < 0.5,
      });
    }
  return outages;
}

function isCheckin(event: LogEvent): event is Checkin {
  return event.type === 'checkin';
}
