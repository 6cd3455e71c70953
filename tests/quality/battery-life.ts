/** A battery that is drawn from by day and filled at night, and now and then forgotten. */

import { HOUR_MS } from './calendar.ts';
import { between, type Dice, logBetween } from './dice.ts';

export interface BatteryLife {
  /** The gauge's figure, which flickers, and whether the device is dead. Asked in the order of time. */
  at(atMs: number): { readonly pct: number; readonly isDead: boolean };
  end(atMs: number): void;
}

const LOW_PCT = 20;
const CHARGE_PCT_PER_HOUR = 40;

/** `onLow`: a time of low charge is over; short: so soon that no report may have shown it. */
export function createBatteryLife(
  dice: Dice,
  isBand: boolean,
  onLow: (span: { fromMs: number; untilMs: number; isShort: boolean }) => void,
): BatteryLife {
  const drainPctPerHour = isBand ? logBetween(dice, 1.5, 4) : logBetween(dice, 1.2, 4.5);
  let pct = between(dice, 60, 100);
  let lastMs: number | null = null;
  let lowFromMs: number | null = null;
  let isCharging = false;
  /** When it is next put on the charger by a decision of its bearer's; night charging comes by itself. */
  let chargeMs = Number.POSITIVE_INFINITY;
  let isForgotten = false;
  let nightOf = 0;

  function step(atMs: number): void {
    const hours = (atMs - (lastMs ?? atMs)) / HOUR_MS;
    lastMs = atMs;
    const hour = (((atMs / HOUR_MS + 8) % 24) + 24) % 24;
    const night = Math.floor((atMs / HOUR_MS + 8 - 12) / 24);
    if (night !== nightOf) {
      nightOf = night;
      isForgotten = dice() < 0.03;
    }
    const isNight = hour >= 22.5 || hour < 6.5;
    if (isNight && !isForgotten) isCharging = true;
    else if (atMs >= chargeMs) isCharging = true;
    if (isCharging && pct >= 99 && !isNight) {
      isCharging = false;
      chargeMs = Number.POSITIVE_INFINITY;
    }
    pct = Math.max(0, Math.min(100, pct + hours * (isCharging ? CHARGE_PCT_PER_HOUR : -drainPctPerHour)));
    if (pct < LOW_PCT && !isCharging && lowFromMs === null) {
      lowFromMs = atMs;
      // Most notice and do something about it.
      chargeMs = atMs + (dice() < 0.8 ? logBetween(dice, 0.2, 4) : between(dice, 5, 14)) * HOUR_MS;
    }
    if (lowFromMs !== null && isCharging) close(atMs);
  }

  function close(atMs: number): void {
    if (lowFromMs !== null)
      onLow({ fromMs: lowFromMs, untilMs: atMs, isShort: atMs - lowFromMs < 0.6 * HOUR_MS });
    lowFromMs = null;
  }

  return {
    at: (atMs) => {
      step(atMs);
      const shown = Math.round(pct + (dice() < 0.1 ? 2 * dice() - 1 : 0));
      return { pct: Math.max(1, Math.min(100, shown)), isDead: pct < 2 && !isCharging };
    },
    end: close,
  };
}
