/**
 * What a device says about where it is: the truth with the errors of real phones (`trace-quantiles.ts`). Claimed
 * accuracy and error each follow their measured quantiles, drift together over minutes, and now and then a fix is
 * wild. Pure: a function of (world, device, time).
 */
import { batteryPct, isCharging } from './battery.ts';
import type { Motion } from './motion.ts';
import { moved, type Point, toLonLat } from './plane.ts';
import { gaussian, slowGaussian, uniform } from './random.ts';
import { ERROR_PARTS, GAP_S, quantileAt, RECEPTIONS, WILD_M, WILD_SHARE } from './trace-quantiles.ts';
import type { DemoDevice, DemoSubject, World } from './world.ts';

export interface Fix {
  readonly atMs: number;
  readonly lat: number;
  readonly lon: number;
  readonly accuracyM: number;
  readonly speedMps: number;
  readonly headingDeg: number;
  readonly altitudeM: number;
  readonly batteryPct: number;
  readonly charging: boolean;
  readonly moving: boolean;
  readonly method: 'gnss' | 'wifi' | 'cell';
}

/** Under the open sky the better half of a phone's claims. */
const OUTDOORS_SHARE = 0.5;

export function fixAt(
  world: World,
  motion: Motion,
  subject: DemoSubject,
  device: DemoDevice,
  atMs: number,
): Fix {
  const truth = motion.whereIs(subject, atMs);
  const moving = truth.speedMps > 0;
  const isOutdoors = moving || Math.hypot(truth.x - subject.home.x, truth.y - subject.home.y) > 200;
  const claimed = claimedAccuracyM(world.seed, device, atMs, isOutdoors);
  const seen = seenFrom(world.seed, device, atMs, truth, claimed);
  const [lon, lat] = toLonLat(seen);
  const speedMps = moving
    ? Math.max(0, truth.speedMps * (1 + 0.15 * gaussian(world.seed, device.number, atMs, 61)))
    : 0;
  return {
    atMs,
    lat,
    lon,
    accuracyM: claimed,
    speedMps: Number(speedMps.toFixed(2)),
    headingDeg: Math.round(truth.headingDeg + 5 * gaussian(world.seed, device.number, atMs, 62) + 360) % 360,
    altitudeM: Math.round(15 + 8 * slowGaussian(atMs, 600_000, world.seed, device.number, 63)),
    batteryPct: batteryPct(world.seed, device, subject, atMs),
    charging: isCharging(atMs),
    moving,
    method: claimed <= 30 ? 'gnss' : claimed <= 200 ? 'wifi' : 'cell',
  };
}

export function claimedAccuracyM(
  seed: number,
  device: DemoDevice,
  atMs: number,
  isOutdoors: boolean,
): number {
  const share = normalShare(slowGaussian(atMs, 600_000, seed, device.number, 64));
  const row = RECEPTIONS[device.reception]?.accuracyM ?? [];
  return Number(quantileAt(row, isOutdoors ? share * OUTDOORS_SHARE : share).toFixed(1));
}

/**
 * The error: two standard normals give a direction and, by their length, a share (a length r is exceeded with
 * probability exp(−r²/2)); the share gives the ratio of error to claim by the phone's own quantiles.
 */
function seenFrom(seed: number, device: DemoDevice, atMs: number, truth: Point, claimedM: number): Point {
  const key = device.number;
  if (uniform(seed, key, atMs, 65) < WILD_SHARE) {
    const [low, high] = WILD_M;
    return moved(
      truth,
      360 * uniform(seed, key, atMs, 66),
      low * (high / low) ** uniform(seed, key, atMs, 67),
    );
  }
  const east = togetherInTime(seed, key, atMs, 1);
  const north = togetherInTime(seed, key, atMs, 2);
  const length = Math.hypot(east, north);
  const share = 1 - Math.exp((-length * length) / 2);
  const errorM = claimedM * quantileAt(RECEPTIONS[device.reception]?.errorRatio ?? [], share);
  return { x: truth.x + (east / length) * errorM, y: truth.y + (north / length) * errorM };
}

function togetherInTime(seed: number, key: number, atMs: number, axis: number): number {
  const { fresh, minutes, hour, minutesKnotMs, hourKnotMs } = ERROR_PARTS;
  return (
    Math.sqrt(fresh) * gaussian(seed, key, atMs, 68, axis) +
    Math.sqrt(minutes) * slowGaussian(atMs, minutesKnotMs, seed, key, 69, axis) +
    Math.sqrt(hour) * slowGaussian(atMs, hourKnotMs, seed, key, 70, axis)
  );
}

/** Φ, by the tanh approximation (error below 2·10⁻⁴, far below what the quantiles know). */
function normalShare(z: number): number {
  return 0.5 * (1 + Math.tanh(0.7978846 * (z + 0.044715 * z ** 3)));
}

export type Gap = 'no-fix' | 'no-network';
const GAP_BLOCK_MS = 1_800_000;
/** One half-hour in twenty has a gap; in one half the position is missing, in the other the fixes wait and come late. */
const GAP_SHARE = 0.05;

/** Short gaps as all phones have them. Two never meet, and with the interval they stay below any silence limit. */
export function gapAt(seed: number, device: DemoDevice, atMs: number): Gap | undefined {
  const block = Math.floor(atMs / GAP_BLOCK_MS);
  if (uniform(seed, device.number, block, 71) >= GAP_SHARE) return undefined;
  const lengthS = GAP_S[Math.floor(uniform(seed, device.number, block, 72) * GAP_S.length)] ?? 0;
  const fromMs =
    block * GAP_BLOCK_MS + uniform(seed, device.number, block, 73) * (GAP_BLOCK_MS - 1_200_000) + 600_000;
  if (atMs < fromMs || atMs >= fromMs + lengthS * 1000) return undefined;
  return uniform(seed, device.number, block, 74) < 0.5 ? 'no-fix' : 'no-network';
}
