/**
 * What the operator's network knows of a phone: an area around its cell, or that the phone is not there. Pure: a function of (world,
 * phone, time). The error stays well within the area, as a network's does; the areas are those of a town.
 */
import type { MlpWord } from './mlp-server.ts';
import type { Motion } from './motion.ts';
import { moved, toLonLat } from './plane.ts';
import { uniform } from './random.ts';
import type { DemoSubject, World } from './world.ts';

const CELL_MS = 1_800_000;
const [NEAR_M, FAR_M] = [250, 1100];
/** The phone is never at the area's edge. */
const ERROR_SHARE = 0.7;
const SHAPES = ['circle', 'arc', 'ellipse'] as const;
/** ABSENT SUBSCRIBER, POSITION METHOD FAILURE. */
const [ABSENT, FAILED] = [5, 6];

export function networkWord({ seed }: World, motion: Motion, subject: DemoSubject, atMs: number): MlpWord {
  const { number } = subject.phone;
  const darkness = motion.darkness(subject, atMs);
  // A phone that was switched off has taken its leave of the network; one that is out of cover has not.
  if (darkness !== undefined) return { kind: 'error', resid: darkness.isSwitchedOff ? ABSENT : FAILED, atMs };
  const draw = (purpose: number) => uniform(seed, number, Math.floor(atMs / CELL_MS), purpose);
  const reachM = NEAR_M + (FAR_M - NEAR_M) * draw(101);
  const seen = moved(
    motion.whereIs(subject, atMs),
    360 * draw(102),
    reachM * ERROR_SHARE * Math.sqrt(draw(103)),
  );
  const [lon, lat] = toLonLat(seen);
  return {
    kind: 'located',
    atMs,
    lat,
    lon,
    shape: SHAPES[Math.floor(draw(104) * SHAPES.length)] ?? 'circle',
    reachM,
    confidencePct: 67,
  };
}
