/**
 * What a device says about where it is. Errors are those of real phones (`residuals.ts`), and on top come what a city does to
 * them: cell towers for hours, drift between high houses under a good claim, an access point that the network's database has
 * elsewhere, tunnels, stale and wild fixes. None of it is drawn from the distributions that the filter assumes.
 */

import { moved, type Point } from '../../src/demo/plane.ts';
import { hash } from '../../src/demo/random.ts';
import type { PositionMethod } from '../../src/kernel/log-event.ts';
import { type Dice, logBetween, normal } from './dice.ts';
import type { Residual, Residuals } from './residuals.ts';

export interface Seen extends Point {
  readonly accuracyM: number | undefined;
  readonly method: PositionMethod | undefined;
}

/** Asked in the order of time, no farther back. Null: no fix. `phase`: what the city does just now. */
export interface Sensor {
  look(atMs: number, truth: Point): Seen | null;
  phase(): string;
}

interface Phase {
  readonly name: 'clear' | 'cell' | 'drift' | 'tunnel' | 'misplaced';
  readonly fromMs: number;
  readonly untilMs: number;
  readonly x: number;
  readonly y: number;
  readonly claimM: number;
}

export interface SensorOptions {
  readonly dice: Dice;
  readonly residuals: readonly Residuals[];
  /** `operator`: a phone of which only the network says where it is, by its cells, whatever the city does to satellites. */
  readonly kind: 'phone' | 'wristband' | 'operator';
  /** Cell only each night: a house without any other reception. */
  readonly hasPoorHome: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** How often a device meets each, a day. */
const PHASES_A_DAY = { cell: 0.4, drift: 0.7, tunnel: 1, misplaced: 1 / 300 } as const;
const WILD_SHARE = 0.0007;
const STALE_SHARE = 0.003;
const TOWER_GRID_M = 1700;

export function createSensor({ dice, residuals, kind, hasPoorHome }: SensorOptions): Sensor {
  // A wristband has one receiver: the phone with the plainest claims stands for it.
  const own = residuals[kind === 'wristband' ? 1 % residuals.length : Math.floor(dice() * residuals.length)];
  if (own === undefined) throw new Error('no errors to draw from');
  const { errors } = own;
  const saysMethod = kind === 'operator' || dice() < 0.6;
  const saysAccuracy = dice() > 0.02;
  const towerHonesty = logBetween(dice, 0.4, 2);
  let phase: Phase = { name: 'tunnel', fromMs: 0, untilMs: 0, x: 0, y: 0, claimM: 0 };
  let run = { startMs: 0, index: 0, startS: 0, turn: 0 };
  let last: Seen | null = null;
  let said = 'clear';

  function nextPhase(atMs: number): Phase {
    const draw = dice();
    const sum = Object.values(PHASES_A_DAY).reduce((a, b) => a + b);
    // A clear time, then one of the others, in turn.
    if (phase.name !== 'clear')
      return { ...phase, name: 'clear', fromMs: atMs, untilMs: atMs - (Math.log(1 - dice()) * DAY_MS) / sum };
    let name: Phase['name'] = 'tunnel';
    let rest = draw * sum;
    for (const [each, share] of Object.entries(PHASES_A_DAY)) {
      if (rest < share) {
        name = each as Phase['name'];
        break;
      }
      rest -= share;
    }
    const long = {
      cell: logBetween(dice, 20 * MINUTE_MS, 6 * HOUR_MS),
      drift: logBetween(dice, 8 * MINUTE_MS, 60 * MINUTE_MS),
      tunnel: logBetween(dice, 2 * MINUTE_MS, 12 * MINUTE_MS),
      misplaced: logBetween(dice, 3 * MINUTE_MS, 60 * MINUTE_MS),
      clear: 0,
    }[name];
    const farM =
      name === 'drift' ? logBetween(dice, 30, 500) : name === 'misplaced' ? logBetween(dice, 300, 30_000) : 0;
    const { x, y } = moved({ x: 0, y: 0 }, 360 * dice(), farM);
    const claimM = name === 'drift' ? logBetween(dice, 8, 60) : logBetween(dice, 20, 80);
    return { name, fromMs: atMs, untilMs: atMs + long, x, y, claimM };
  }

  /** The error of the real phone's run so long after its begin; another run when it has a hole there. */
  function residualAt(atMs: number): Residual & { turn: number } {
    let wantedS = run.startS + (atMs - run.startMs) / 1000;
    let i = run.index;
    while (i + 1 < errors.length && (errors[i + 1]?.atS ?? 0) <= wantedS) i++;
    const here = errors[i];
    const isHole = here === undefined || wantedS - here.atS > 600 || i + 1 >= errors.length;
    // Six hours of one run, then another: no device repeats one real day for a month.
    if (isHole || run.startMs === 0 || atMs - run.startMs > 6 * HOUR_MS) {
      i = Math.floor(dice() * errors.length);
      wantedS = errors[i]?.atS ?? 0;
      run = { startMs: atMs, startS: wantedS, index: i, turn: 2 * Math.PI * dice() };
    }
    run.index = i;
    return { ...(errors[i] as Residual), turn: run.turn };
  }

  function see(atMs: number, truth: Point): Seen | null {
    const isPoor = hasPoorHome && isNight(atMs);
    said = isPoor || kind === 'operator' ? 'cell' : phase.name;
    if (kind === 'operator') return fromTower(truth);
    if (phase.name === 'tunnel' && !isPoor) return null;
    if (isPoor || phase.name === 'cell') return fromTower(truth);
    const { x, y, accuracyM, turn } = residualAt(atMs);
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const error = { x: x * cos - y * sin, y: x * sin + y * cos };
    if (phase.name === 'misplaced') {
      // The database's place for the access point, to the digit.
      return { x: truth.x + phase.x, y: truth.y + phase.y, ...claim(phase.claimM, 'wifi') };
    }
    if (phase.name === 'drift') {
      // Comes and goes: out to the full offset in the middle, under a claim that knows nothing of it.
      const share = Math.sin((Math.PI * (atMs - phase.fromMs)) / (phase.untilMs - phase.fromMs));
      const claimM = Math.min(phase.claimM, accuracyM);
      return {
        x: truth.x + phase.x * share + normal(dice) * 0.3 * phase.claimM,
        y: truth.y + phase.y * share + normal(dice) * 0.3 * phase.claimM,
        ...claim(claimM, 'gnss'),
      };
    }
    if (dice() < WILD_SHARE) {
      const wild = moved(truth, 360 * dice(), logBetween(dice, 1000, 30_000));
      return { ...wild, ...claim(logBetween(dice, 10, 60), 'gnss') };
    }
    const method = accuracyM <= 30 ? 'gnss' : accuracyM <= 300 ? 'wifi' : 'cell';
    return { x: truth.x + error.x, y: truth.y + error.y, ...claim(accuracyM, method) };
  }

  /** Of the nearest towers one after the other; each has one place in the database, to the digit. */
  function fromTower(truth: Point): Seen {
    const column = Math.round(truth.x / TOWER_GRID_M) + (dice() < 0.15 ? Math.sign(dice() - 0.5) : 0);
    const row = Math.round(truth.y / TOWER_GRID_M) + (dice() < 0.15 ? Math.sign(dice() - 0.5) : 0);
    const shift = (key: number) => (hash(column, row, key) / 2 ** 32 - 0.5) * 1200;
    const tower = { x: column * TOWER_GRID_M + shift(1), y: row * TOWER_GRID_M + shift(2) };
    const errorM = Math.hypot(tower.x - truth.x, tower.y - truth.y);
    // What operators claim has little to do with how far off it is.
    const claimM = Math.max(300, Math.min(3000, (0.4 * errorM + 500) * towerHonesty));
    return { ...tower, ...claim(Math.round(claimM / 100) * 100, 'cell') };
  }

  function claim(accuracyM: number, method: PositionMethod): Pick<Seen, 'accuracyM' | 'method'> {
    return {
      accuracyM: saysAccuracy || method === 'cell' ? Math.round(accuracyM * 10) / 10 : undefined,
      method: saysMethod ? method : undefined,
    };
  }

  return {
    look: (atMs, truth) => {
      while (atMs >= phase.untilMs) phase = nextPhase(phase.untilMs === 0 ? atMs : phase.untilMs);
      // The network is asked for where a phone is now, and keeps nothing.
      const isStale = last !== null && kind !== 'operator' && dice() < STALE_SHARE;
      const seen = isStale ? last : see(atMs, truth);
      if (seen !== null) last = seen;
      return seen;
    },
    phase: () => said,
  };
}

/** 22:00 to 07:00 in China. */
function isNight(atMs: number): boolean {
  const hour = Math.floor(atMs / HOUR_MS + 8) % 24;
  return hour >= 22 || hour < 7;
}
