/**
 * One device through the month: its battery, its clock, its network, its strap, whether it is where its bearer is, and what all that
 * makes of the fixes: sent, late, doubled, lost, from another place or another time. Tells the truth about what it did.
 */
import { distanceM, type Point, toLonLat } from '../../src/demo/plane.ts';
import type { DeviceStatus, DeviceStatusCode, LogEvent, Position } from '../../src/kernel/log-event.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import type { Device } from '../../src/kernel/roster.ts';
import { createBatteryLife } from './battery-life.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './calendar.ts';
import { between, type Dice, logBetween } from './dice.ts';
import { A_DAY, type Dark, isIn, type Outage, type Span } from './mishaps.ts';
import type { Person } from './people.ts';
import type { Sensor } from './sensor.ts';
import { type Claim, claimOf, type NoteTruth, truth } from './truth.ts';
import type { Way } from './way.ts';

export interface DeviceDeps {
  readonly person: Person;
  readonly device: Device;
  readonly dice: Dice;
  readonly way: Way;
  readonly sensor: Sensor;
  readonly outages: readonly Outage[];
  readonly put: (event: LogEvent) => void;
  readonly note: NoteTruth;
  /** A fix that was received and shows the bearer, for what could have been known: where that is, where it says, and how good it is. */
  readonly onFix: (atMs: number, where: Point, seen: Point, claim: Claim) => void;
  /** A fix that was received of a phone that its bearer left at home, and where that is. */
  readonly onFixApart: (atMs: number, where: Point, claim: Claim) => void;
  /** What the city does to it from now on. */
  readonly onPhase: (atMs: number, phase: string) => void;
}

export interface DeviceLife {
  /** All that it does before then. */
  until(untilMs: number): void;
  /** The month is over: what is still under way is told. */
  end(atMs: number): void;
}

const DOUBLED_SHARE = 0.02;

/** Until when anything may be asked of a device. Infinite: it needs no order, or its order was renewed in time. */
function collectsUntilMs({ order }: Device, { renewedMs }: Person): number {
  return order === null || renewedMs !== null ? Number.POSITIVE_INFINITY : order.untilMs;
}

export function createDeviceLife(deps: DeviceDeps): DeviceLife {
  const { person, device, dice, way, sensor, outages, put, note, onFix, onFixApart, onPhase } = deps;
  const { id: subject } = person.profile;
  const isBand = device.kind === 'wristband';
  const limitMs =
    1000 * Math.max(DEFAULT_POLICY.silenceMinS, DEFAULT_POLICY.silenceIntervals * device.intervalS);
  const battery = createBatteryLife(dice, isBand, (span) =>
    note(truth('low-battery', subject, span.fromMs, span.untilMs, { isOptional: span.isShort })),
  );
  const own = outages.filter(({ feed }) => feed === device.feed);
  const batchDelayMs = () => 1000 + 4000 * dice();
  let nextMs: number | null = null;
  let dayEndMs = 0;
  const darks: Dark[] = [];
  let dark: Dark | null = null;
  let stored: Position[] = [];
  let away: Span | null = null;
  let clock: (Span & { offsetMs: number }) | null = null;
  let mock: Span | null = null;
  let frozen: (Span & { at: Point | null }) | null = null;
  let cut: (Span & { isTold: boolean }) | null = null;
  let lastReceiptMs: number | null = null;
  let wasToldOff = false;
  let apartFromMs: number | null = null;

  function deliver(event: Position | DeviceStatus, isContact = true): boolean {
    const outage = own.find((span) => isIn(span, event.receivedMs));
    if (outage !== undefined && !outage.isKept) return false;
    const received =
      outage === undefined ? event : { ...event, receivedMs: Math.round(outage.untilMs + 90_000 * dice()) };
    const { receivedMs } = received;
    if (isContact) {
      if (lastReceiptMs !== null && receivedMs - lastReceiptMs > limitMs)
        noteSilence(lastReceiptMs, receivedMs);
      wasToldOff = false;
      lastReceiptMs = Math.max(lastReceiptMs ?? 0, receivedMs);
    }
    put(received);
    if (dice() < DOUBLED_SHARE) put({ ...received, receivedMs: receivedMs + Math.floor(60_000 * dice()) });
    return true;
  }

  function noteSilence(fromMs: number, toMs: number): void {
    // Past its order a wristband owes nothing.
    const untilMs = Math.min(toMs, collectsUntilMs(device, person));
    if (untilMs <= fromMs + limitMs) return;
    const isFeeds = own.some((outage) => outage.fromMs < untilMs && outage.untilMs > fromMs);
    note(
      truth('silent', subject, fromMs + limitMs, untilMs, {
        allowedS: 60,
        isOptional: isFeeds || wasToldOff,
      }),
    );
  }

  /** False: the feed lost it. */
  function say(status: DeviceStatusCode, atMs: number, isContact = true): boolean {
    const at = Math.round(isContact ? atMs + offsetAt(atMs) : atMs);
    return deliver(
      {
        type: 'status',
        subject,
        device: device.id,
        atMs: at,
        receivedMs: Math.round(atMs + batchDelayMs()),
        status,
      },
      isContact,
    );
  }

  const offsetAt = (atMs: number) => (isIn(clock, atMs) ? (clock as { offsetMs: number }).offsetMs : 0);

  /** What today brings, from 04:00 to 04:00. */
  function planDay(fromMs: number): void {
    const at = (low: number, high: number) => fromMs + between(dice, low, high) * HOUR_MS;
    if (dice() < A_DAY.switchedOff[device.kind]) {
      const [from, draw] = [at(1, 20), dice()];
      const cause = draw < 0.6 ? 'off' : draw < 0.8 ? 'off-by-operator' : 'untold';
      darks.push({ fromMs: from, untilMs: from + logBetween(dice, 0.4, 10) * HOUR_MS, cause, isKept: false });
    }
    for (const [share, low, high] of [
      [A_DAY.noNetwork, 15, 480],
      [A_DAY.shortGap, 1, 12],
    ] as const) {
      if (dice() >= share) continue;
      const from = at(0, 23);
      const untilMs = from + logBetween(dice, low, high) * MINUTE_MS;
      darks.push({ fromMs: from, untilMs, cause: 'no-network', isKept: dice() < 0.8 });
    }
    darks.sort((a, b) => a.fromMs - b.fromMs);
    if (!isBand && dice() < A_DAY.leftAtHome) away = { fromMs, untilMs: fromMs + DAY_MS };
    if (clock === null && dice() < A_DAY.clockAhead)
      setClock(at(0, 20), logBetween(dice, 15, 480) * MINUTE_MS);
    // Eight hours: universal time taken for local.
    if (clock === null && dice() < A_DAY.clockBehind)
      setClock(at(0, 20), dice() < 0.5 ? -8 * HOUR_MS : -logBetween(dice, 3, 60) * MINUTE_MS);
    if (dice() < A_DAY.mock) {
      mock = spanOf(at(2, 16), between(dice, 0.5, 4));
      note(truth('implausible-fix', subject, mock.fromMs, mock.untilMs, { allowedS: 2 * device.intervalS }));
    }
    if (frozen === null && dice() < A_DAY.frozen)
      frozen = { ...spanOf(at(2, 16), between(dice, 28, 60)), at: null };
    if (isBand && dice() < A_DAY.strapCut) {
      cut = { ...spanOf(at(1, 20), logBetween(dice, 0.05, 8)), isTold: false };
      note(
        truth('strap-tamper', subject, cut.fromMs, cut.untilMs, {
          allowedS: 60,
          isOptional: cut.untilMs - cut.fromMs < 600_000,
        }),
      );
    }
  }

  const spanOf = (fromMs: number, hours: number): Span => ({ fromMs, untilMs: fromMs + hours * HOUR_MS });

  function setClock(fromMs: number, offsetMs: number): void {
    clock = { ...spanOf(fromMs, between(dice, 8, 60)), offsetMs };
    if (offsetMs > DEFAULT_POLICY.clockSkewS * 1000)
      note(truth('implausible-fix', subject, fromMs, clock.untilMs, { allowedS: 2 * device.intervalS }));
  }

  function enterDark(next: Dark, atMs: number): void {
    dark = next;
    const { cause, untilMs } = next;
    if (cause === 'off') wasToldOff = say('power-off', atMs);
    if (cause === 'off-by-operator')
      wasToldOff = say('unreachable', atMs + between(dice, 2, 25) * MINUTE_MS, false);
    // Off without a word that came through is a silence like any other.
    if (wasToldOff)
      note(truth('phone-off', subject, atMs, untilMs, { allowedS: cause === 'off' ? 60 : 1800 }));
  }

  function leaveDark({ cause }: Dark, atMs: number): void {
    dark = null;
    if (cause === 'off' && dice() < 0.7) say('power-on', atMs);
    if (cause === 'off-by-operator') say('reachable', atMs, false);
    // All at once, some the newest first.
    if (dice() < 0.15) stored.reverse();
    for (const [i, fix] of stored.entries()) deliver({ ...fix, receivedMs: atMs + 500 + i * 20 });
    stored = [];
  }

  function report(atMs: number): void {
    const { pct, isDead } = battery.at(atMs);
    if (dark === null && isDead)
      enterDark({ fromMs: atMs, untilMs: Number.POSITIVE_INFINITY, cause: 'untold', isKept: false }, atMs);
    if (dark !== null && !isDead && (atMs >= dark.untilMs || dark.untilMs === Number.POSITIVE_INFINITY))
      leaveDark(dark, atMs);
    const due = darks[0];
    if (dark === null && due !== undefined && atMs >= due.fromMs) {
      darks.shift();
      if (atMs < due.untilMs) enterDark(due, atMs);
    }
    tellStrap(atMs);
    const where = way(atMs);
    const isHere = !isIn(away, atMs);
    noteSeparation(atMs, isHere ? 0 : distanceM(where, person.home));
    const seen = sensor.look(atMs, isHere ? where : person.home);
    onPhase(atMs, sensor.phase());
    if (dark !== null && !dark.isKept) return;
    if (seen === null) {
      // No place, but life: a phone without a fix still says how full it is by some other word.
      if (dark === null && dice() < 0.5) say('reachable', atMs);
      return;
    }
    let at: Point = seen;
    if (isIn(frozen, atMs)) {
      const span = frozen as Span & { at: Point | null };
      if (span.at === null) {
        span.at = { x: seen.x, y: seen.y };
        note(
          truth('implausible-fix', subject, atMs + DAY_MS, span.untilMs, {
            allowedS: 3 * device.intervalS,
            isOptional: device.intervalS > 600,
          }),
        );
      }
      at = span.at;
    }
    const [lon, lat] = toLonLat(at);
    const isFrozen = at !== seen;
    const position: Position = {
      type: 'position',
      subject,
      device: device.id,
      atMs: Math.round(atMs + offsetAt(atMs)),
      receivedMs: Math.round(atMs + batchDelayMs()),
      lon,
      lat,
      ...(seen.accuracyM === undefined ? {} : { accuracyM: isFrozen ? 12 : seen.accuracyM }),
      ...(seen.method === undefined ? {} : { method: isFrozen ? 'gnss' : seen.method }),
      ...(where.speedMps > 0 && isHere
        ? { speedMps: Math.round(10 * where.speedMps * (0.8 + 0.4 * dice())) / 10 }
        : {}),
      batteryPct: pct,
      ...(isIn(mock, atMs) ? { mock: true } : {}),
    };
    if (dark !== null) {
      stored.push(position);
      return;
    }
    if (!deliver(position) || isFrozen || offsetAt(atMs) !== 0 || isIn(mock, atMs)) return;
    if (isHere) onFix(atMs, where, seen, claimOf(seen));
    else onFixApart(atMs, where, claimOf(seen));
  }

  /** The phone is at home and its bearer, with the wristband, is not. */
  function noteSeparation(atMs: number, apartM: number): void {
    const other = person.profile.devices.find(({ id }) => id !== device.id);
    if (isBand || other === undefined) return;
    // From a wristband past its order nobody is apart: it may have been taken off.
    const isApart = apartM > DEFAULT_POLICY.separationM && atMs < collectsUntilMs(other, person);
    if (isApart) apartFromMs ??= atMs;
    if (!isApart && apartFromMs !== null) {
      // Two reports of the rarer device, the policy's time between them.
      const allowedS = DEFAULT_POLICY.separationS + 2 * Math.max(device.intervalS, other.intervalS);
      note(truth('separation', subject, apartFromMs, atMs, { allowedS, useful: 0 }));
      apartFromMs = null;
    }
  }

  function tellStrap(atMs: number): void {
    if (cut === null || dark !== null) return;
    if (!cut.isTold && atMs >= cut.fromMs) {
      say('strap-cut', cut.fromMs);
      cut.isTold = true;
    }
    if (cut.isTold && atMs >= cut.untilMs) {
      say('strap-closed', atMs);
      cut = null;
    }
  }

  return {
    until: (untilMs) => {
      if (nextMs === null) {
        lastReceiptMs = untilMs - DAY_MS;
        nextMs = lastReceiptMs + dice() * device.intervalS * 1000;
      }
      while (nextMs < untilMs) {
        if (nextMs >= dayEndMs) {
          dayEndMs = untilMs;
          planDay(untilMs - DAY_MS);
        }
        // An order that has ended collects nothing.
        if (nextMs < collectsUntilMs(device, person)) report(Math.round(nextMs));
        nextMs += device.intervalS * 1000 * (0.97 + 0.06 * dice());
      }
    },
    end: (atMs) => {
      if (lastReceiptMs !== null && atMs - lastReceiptMs > limitMs) noteSilence(lastReceiptMs, atMs);
      battery.end(atMs);
    },
  };
}
