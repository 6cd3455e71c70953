/**
 * A phone without an app through the month: only the operator's network knows where it is, and it is asked on the device's interval
 * (`src/ingest/SPEC.md`, MP and MS). It answers with a cell; of a phone that is off or has left the network with "absent subscriber",
 * which counts when it is said twice (MS6); of one whose loss the network has not noticed with nothing that is a fact. Nothing of the
 * charge, the speed or the strap is known, nothing is stored, and while the server fails nobody is asked. Tells the truth about it.
 */

import { toLonLat } from '../../src/demo/plane.ts';
import { DEFAULT_POLICY } from '../../src/kernel/policy.ts';
import { createBatteryLife } from './battery-life.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './calendar.ts';
import type { DeviceDeps, DeviceLife } from './device.ts';
import { between, logBetween } from './dice.ts';
import { A_DAY, isIn, type Span } from './mishaps.ts';
import { claimOf, truth } from './truth.ts';

/** `absent`: the network knows that it is not there; else it only finds no place. */
interface Loss extends Span {
  readonly isAbsent: boolean;
}

/** Out of cover a phone stays registered for a while; of so many the network has noticed. */
const NOTICED_SHARE = 0.7;
/** After the first "absent" (`src/ingest/mlp-absence.ts`). */
const AGAIN_MS = 15_000;
/** When the server is back, all who were due are asked within so long. */
const CATCH_UP_MS = 90_000;

export function createOperatorPhone(deps: DeviceDeps): DeviceLife {
  const { person, device, dice, way, sensor, outages, put, note, onFix, onPhase } = deps;
  const { id: subject } = person.profile;
  const limitMs =
    1000 * Math.max(DEFAULT_POLICY.silenceMinS, DEFAULT_POLICY.silenceIntervals * device.intervalS);
  const battery = createBatteryLife(dice, false, () => {});
  const own = outages.filter(({ feed }) => feed === device.feed);
  const losses: Loss[] = [];
  let nextMs: number | null = null;
  let dayEndMs = 0;
  let awayUntilMs = 0;
  let locatedMs: number | null = null;
  /** Of the loss that lasts: its first "absent", and whether a second one has come. */
  let absence: { fromMs: number; isSaid: boolean } | null = null;

  function planDay(fromMs: number): void {
    const lose = (low: number, high: number, longMs: number, isAbsent: boolean) => {
      const lostMs = fromMs + between(dice, low, high) * HOUR_MS;
      losses.push({ fromMs: lostMs, untilMs: lostMs + longMs, isAbsent });
    };
    if (dice() < A_DAY.switchedOff.phone) lose(1, 20, logBetween(dice, 0.4, 10) * HOUR_MS, true);
    if (dice() < A_DAY.noNetwork) lose(0, 23, logBetween(dice, 15, 480) * MINUTE_MS, dice() < NOTICED_SHARE);
    if (dice() < A_DAY.shortGap) lose(0, 23, logBetween(dice, 1, 12) * MINUTE_MS, dice() < NOTICED_SHARE);
    if (dice() < A_DAY.leftAtHome) awayUntilMs = fromMs + DAY_MS;
  }

  /** What the network knows of it now: null where it is there. */
  function lossAt(atMs: number): Loss | null {
    const { isDead } = battery.at(atMs);
    const lost = losses.find((span) => isIn(span, atMs));
    return isDead ? { fromMs: atMs, untilMs: Number.POSITIVE_INFINITY, isAbsent: true } : (lost ?? null);
  }

  function ask(atMs: number): void {
    const where = atMs < awayUntilMs ? { ...person.home, speedMps: 0 } : way(atMs);
    const loss = lossAt(atMs);
    if (loss !== null) {
      if (loss.isAbsent) hearAbsent(atMs, loss);
      return;
    }
    const seen = sensor.look(atMs, where);
    onPhase(atMs, sensor.phase());
    if (seen === null) return;
    if (locatedMs !== null && atMs - locatedMs > limitMs) noteSilence(locatedMs, atMs);
    endAbsence(atMs);
    locatedMs = atMs;
    const [lon, lat] = toLonLat(seen);
    const { accuracyM, method } = seen;
    put({
      type: 'position',
      subject,
      device: device.id,
      atMs,
      receivedMs: answeredMs(atMs),
      lon,
      lat,
      ...(accuracyM === undefined ? {} : { accuracyM }),
      ...(method === undefined ? {} : { method }),
    });
    if (atMs >= awayUntilMs) onFix(atMs, where, seen, claimOf(seen));
  }

  function hearAbsent(atMs: number, loss: Loss): void {
    const say = (sinceMs: number, heardMs: number) =>
      put({
        type: 'status',
        subject,
        device: device.id,
        atMs: sinceMs,
        receivedMs: answeredMs(heardMs),
        status: 'unreachable',
      });
    if (absence?.isSaid === true) {
      say(atMs, atMs);
      return;
    }
    absence ??= { fromMs: atMs, isSaid: false };
    const secondMs = atMs + AGAIN_MS;
    if (secondMs >= loss.untilMs || own.some((outage) => isIn(outage, secondMs))) return;
    absence.isSaid = true;
    say(absence.fromMs, secondMs);
  }

  function endAbsence(atMs: number): void {
    // Off by the network's word until it finds it again: it is asked for no oftener.
    if (absence?.isSaid === true)
      note(truth('phone-off', subject, absence.fromMs, atMs, { allowedS: AGAIN_MS / 1000 + 60 }));
    absence = null;
  }

  /** Nobody was asked, or nothing was found: told only where nobody said that it is off. */
  function noteSilence(fromMs: number, untilMs: number): void {
    const isFeeds = own.some((outage) => outage.fromMs < untilMs && outage.untilMs > fromMs);
    note(
      truth('silent', subject, fromMs + limitMs, untilMs, {
        allowedS: 60,
        isOptional: isFeeds || absence !== null,
      }),
    );
  }

  const answeredMs = (atMs: number) => Math.round(atMs + 1000 + 7000 * dice());

  return {
    until: (untilMs) => {
      if (nextMs === null) {
        locatedMs = untilMs - DAY_MS;
        nextMs = locatedMs + dice() * device.intervalS * 1000;
      }
      while (nextMs < untilMs) {
        if (nextMs >= dayEndMs) {
          dayEndMs = untilMs;
          planDay(untilMs - DAY_MS);
        }
        const outage = own.find((span) => isIn(span, nextMs ?? 0));
        if (outage !== undefined) {
          nextMs = outage.untilMs + CATCH_UP_MS * dice();
          continue;
        }
        ask(Math.round(nextMs));
        nextMs += device.intervalS * 1000 + 2000 * dice();
      }
    },
    end: (atMs) => {
      if (locatedMs !== null && atMs - locatedMs > limitMs) noteSilence(locatedMs, atMs);
      endAbsence(atMs);
    },
  };
}
