/**
 * Who is checked: a draw that nobody can foretell and anybody can repeat. Pure. The seed is random and recorded with what was
 * drawn from; each subject's ticket is a hash of seed and id, so neither order nor company of the candidates changes it.
 * Weighted without replacement (Efraimidis and Spirakis 2006): ticket^(1/weight), the largest win. Everybody can be drawn.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { SpotCheckMethod } from '../../src/kernel/log-event.ts';

/** Of this way to draw: an old draw is repeated by the rule that it names. */
export const DRAW_RULE = 1;

/** What the last two days show of a subject. */
export interface Signs {
  readonly subject: string;
  /** The longest time without a fix, up to now, hours; null: no fix at all. */
  readonly blindH: number | null;
  readonly fixes: number;
  /** Of those, places that differ by ten metres or so. */
  readonly places: number;
  /** Over how long they were taken, hours. */
  readonly spanH: number;
  /** The largest rise of the charge between two fixes, points; null: no charge was told. */
  readonly chargedPct: number | null;
  /** Fixes from 22 to 6 o'clock. */
  readonly nightFixes: number;
  /** What came of the last check, and how many hours ago. */
  readonly lastCheck: { readonly failed: boolean; readonly hoursAgo: number } | null;
}
export type Reason =
  | 'blind-gap'
  | 'frozen'
  | 'no-charging'
  | 'night-only'
  | 'failed-before'
  | 'checked-lately';
export interface Candidate {
  readonly subject: string;
  readonly weight: number;
  readonly reasons: readonly Reason[];
}

/** A check-in a day leaves up to 47 hours unseen (domain.md, 4). */
const LONGEST_BLIND_H = 47;
const PER_WEIGHT_H = 4;
const FEW_FIXES = 10;
const CHARGE_PCT = 5;
const A_DAY_H = 20;

/** From 0.25 to about 70: nobody is safe because they were checked, and nobody is certain to be. */
export function weigh(signs: Signs): Candidate {
  const blindH = Math.min(signs.blindH ?? LONGEST_BLIND_H, LONGEST_BLIND_H);
  const reasons: Reason[] = [];
  let weight = 1 + blindH / PER_WEIGHT_H;
  const because = (reason: Reason, factor: number) => {
    reasons.push(reason);
    weight *= factor;
  };
  if (blindH >= 12) because('blind-gap', 1);
  if (signs.fixes >= FEW_FIXES && signs.places <= 1 && signs.spanH >= A_DAY_H) because('frozen', 2);
  if (
    signs.fixes >= FEW_FIXES &&
    signs.chargedPct !== null &&
    signs.chargedPct < CHARGE_PCT &&
    signs.spanH >= A_DAY_H
  )
    because('no-charging', 1.5);
  if (signs.fixes >= 2 && signs.nightFixes === signs.fixes) because('night-only', 1.5);
  if (signs.lastCheck?.failed === true) because('failed-before', 1.5);
  if (signs.lastCheck !== null && signs.lastCheck.hoursAgo < 24 && !signs.lastCheck.failed)
    because('checked-lately', 0.25);
  return { subject: signs.subject, weight, reasons };
}

export interface Picked {
  readonly subject: string;
  readonly method: SpotCheckMethod;
}

/** In the order drawn. `methods` is not empty; each of those picked gets one of them by the same seed. */
export function draw(
  seed: string,
  candidates: readonly Candidate[],
  wanted: number,
  methods: readonly SpotCheckMethod[],
): Picked[] {
  return candidates
    .map(({ subject, weight }) => {
      const digest = sha256(new TextEncoder().encode(`${seed}\n${subject}`));
      // −ln(u)/w orders as u^(1/w) does, the other way about, and loses nothing where u^(1/w) is nearly one.
      return {
        subject,
        rank: -Math.log(unit(digest)) / weight,
        method: methods[(digest[8] ?? 0) % methods.length],
      };
    })
    .sort((a, b) => a.rank - b.rank || (a.subject < b.subject ? -1 : 1))
    .slice(0, wanted)
    .map(({ subject, method }) => {
      if (method === undefined) throw new Error('a draw has at least one method');
      return { subject, method };
    });
}

/** 52 bits of the hash as a number between 0 and 1, neither of them. */
function unit(digest: Uint8Array): number {
  let value = 0;
  for (let i = 0; i < 6; i++) value = value * 256 + (digest[i] ?? 0);
  value = value * 16 + ((digest[6] ?? 0) >> 4);
  return (value + 0.5) / 2 ** 52;
}
