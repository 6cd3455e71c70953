/**
 * The score of each office by a rule sheet that is data, with the working point by point. Nothing is taken off for what nobody asked
 * for, and a person's objection that was accepted gives points back. Pure. Rules: SPEC.md, K.
 */
import { fail, ok, type Result } from '../src/kernel/result.ts';
import { RATE_IDS, type Rate, type RateId, rateValue } from './rates.ts';

export const SCORE_FACTS = [
  'unsigned-days',
  'absconds-not-followed',
  'offs-unexplained',
  'leaves-not-returned',
] as const;
export type ScoreFact = (typeof SCORE_FACTS)[number];

interface PointText {
  readonly id: string;
  /** The item of the sheet whose maximum limits what is taken off. */
  readonly item: string;
  readonly zh: string;
  readonly en: string;
}
export type ScorePoint = PointText &
  (
    | { readonly rule: 'short-of'; readonly rate: RateId; readonly target: number; readonly each: number }
    | { readonly rule: 'over'; readonly rate: RateId; readonly limit: number; readonly points: number }
    | { readonly rule: 'each'; readonly fact: ScoreFact; readonly each: number }
    | { readonly rule: 'worst'; readonly rate: RateId; readonly worst: number; readonly points: number }
    | { readonly rule: 'entry'; readonly each: number }
    | { readonly rule: 'veto' }
  );

export interface ScoreSheet {
  readonly id: string;
  readonly version: number;
  readonly title: { readonly zh: string; readonly en: string };
  readonly base: number;
  readonly points: readonly ScorePoint[];
  readonly items: readonly {
    readonly id: string;
    readonly max: number;
    readonly zh: string;
    readonly en: string;
  }[];
}

export interface ScoredOffice {
  readonly organisation: string;
  readonly rates: readonly Rate[];
  readonly facts: Readonly<Record<ScoreFact, number>>;
  /** What people have counted, by the point's id. */
  readonly entries: Readonly<Record<string, number>>;
  /** Given back by accepted objections, by the point's id. */
  readonly pointsBack: Readonly<Record<string, number>>;
}

export interface WorkedPoint {
  readonly point: string;
  readonly item: string;
  /** What the rule looked at; null: nothing was asked for, nothing is taken off. */
  readonly observed: number | null;
  readonly taken: number;
  readonly back: number;
}

export interface Score {
  readonly organisation: string;
  readonly score: number;
  readonly isVetoed: boolean;
  /** 1 is best; equal scores share a rank. Vetoed ones come last. */
  readonly rank: number;
  readonly working: readonly WorkedPoint[];
}

export function scoreOffices(sheet: ScoreSheet, offices: readonly ScoredOffice[]): Score[] {
  const worst = new Map(
    sheet.points.flatMap((point) =>
      point.rule === 'worst' ? [[point.id, worstOf(point, offices)] as const] : [],
    ),
  );
  const scored = offices.map((office) => {
    const working = sheet.points.map((point) => work(point, office, worst.get(point.id)));
    const isVetoed = sheet.points.some(
      (point) => point.rule === 'veto' && (office.entries[point.id] ?? 0) > 0,
    );
    return {
      organisation: office.organisation,
      isVetoed,
      working,
      score: isVetoed ? 0 : total(sheet, working),
    };
  });
  scored.sort(
    (a, b) =>
      Number(a.isVetoed) - Number(b.isVetoed) ||
      b.score - a.score ||
      (a.organisation < b.organisation ? -1 : 1),
  );
  let rank = 0;
  return scored.map((office, i) => {
    const before = scored[i - 1];
    if (before === undefined || before.score !== office.score || before.isVetoed !== office.isVetoed)
      rank = i + 1;
    return { ...office, rank };
  });
}

function work(point: ScorePoint, office: ScoredOffice, worst: ReadonlySet<string> | undefined): WorkedPoint {
  const [observed, taken] = observe(point, office, worst);
  const back = Math.min(taken, office.pointsBack[point.id] ?? 0);
  return { point: point.id, item: point.item, observed, taken, back };
}

function observe(
  point: ScorePoint,
  { organisation, rates, facts, entries }: ScoredOffice,
  worst: ReadonlySet<string> | undefined,
): [observed: number | null, taken: number] {
  switch (point.rule) {
    case 'short-of': {
      const value = rateValue(rates, point.rate);
      return [value, value === null ? 0 : round(Math.max(0, (point.target - value) * 100) * point.each)];
    }
    case 'over': {
      const value = rateValue(rates, point.rate);
      return [value, value !== null && value > point.limit ? point.points : 0];
    }
    case 'each':
      return [facts[point.fact], round(facts[point.fact] * point.each)];
    case 'worst':
      return [rateValue(rates, point.rate), worst?.has(organisation) === true ? point.points : 0];
    case 'entry': {
      const count = Math.max(0, entries[point.id] ?? 0);
      return [count, round(count * point.each)];
    }
    case 'veto':
      return [Math.max(0, entries[point.id] ?? 0), 0];
  }
}

/** Only who has violated at all can be among the last; all that share the last place's rate are. */
function worstOf(
  point: ScorePoint & { readonly rule: 'worst' },
  offices: readonly ScoredOffice[],
): ReadonlySet<string> {
  const values = offices.flatMap(({ organisation, rates }) => {
    const value = rateValue(rates, point.rate);
    return value === null || value === 0 ? [] : [{ organisation, value }];
  });
  values.sort((a, b) => b.value - a.value);
  const limit = values[point.worst - 1]?.value ?? 0;
  return new Set(values.filter(({ value }) => value >= limit).map(({ organisation }) => organisation));
}

/** No item takes off more than it is worth. */
function total({ base, items }: ScoreSheet, working: readonly WorkedPoint[]): number {
  let score = base;
  for (const [item, points] of Map.groupBy(working, (point) => point.item)) {
    const taken = points.reduce((sum, point) => sum + point.taken - point.back, 0);
    score -= Math.min(items.find(({ id }) => id === item)?.max ?? taken, taken);
  }
  return Math.max(0, round(score));
}

/** Hundredths of a point: a rate's last digits are not a difference between offices. */
function round(points: number): number {
  return Math.round(points * 100) / 100;
}

const RULE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'short-of': ['target', 'each'],
  over: ['limit', 'points'],
  each: ['each'],
  worst: ['worst', 'points'],
  entry: ['each'],
  veto: [],
};

/** Checks a sheet; the fault says where and what to do. */
export function decodeSheet(given: unknown): Result<ScoreSheet, string> {
  const sheet = given as ScoreSheet;
  if (typeof sheet !== 'object' || sheet === null) return fail('the sheet must be an object');
  if (typeof sheet.id !== 'string' || typeof sheet.version !== 'number')
    return fail('id and version are missing');
  if (typeof sheet.title?.zh !== 'string' || typeof sheet.title.en !== 'string')
    return fail('title needs zh and en');
  if (!isAmount(sheet.base)) return fail('base must be a number from 0');
  if (!Array.isArray(sheet.points) || !Array.isArray(sheet.items))
    return fail('points and items must be lists');
  const seen = new Set<string>();
  for (const [i, point] of sheet.points.entries()) {
    const where = `points[${i}]`;
    if (typeof point?.id !== 'string' || typeof point.item !== 'string')
      return fail(`${where}: id or item is missing`);
    if (typeof point.zh !== 'string' || typeof point.en !== 'string')
      return fail(`${where}: zh and en are needed`);
    if (seen.has(point.id)) return fail(`${where}: the id ${point.id} comes twice`);
    seen.add(point.id);
    const fields = RULE_FIELDS[point.rule];
    if (fields === undefined) return fail(`${where}.rule: one of ${Object.keys(RULE_FIELDS).join(', ')}`);
    const values = point as unknown as Record<string, unknown>;
    for (const field of fields)
      if (!isAmount(values[field])) return fail(`${where}.${field} must be a number from 0`);
    if ('rate' in point ? !RATE_IDS.includes(point.rate) : ['short-of', 'over', 'worst'].includes(point.rule))
      return fail(`${where}.rate: one of ${RATE_IDS.join(', ')}`);
    if (point.rule === 'each' && !SCORE_FACTS.includes(point.fact))
      return fail(`${where}.fact: one of ${SCORE_FACTS.join(', ')}`);
  }
  for (const [i, item] of sheet.items.entries())
    if (typeof item?.id !== 'string' || !isAmount(item.max))
      return fail(`items[${i}]: id and max are needed`);
  return ok(sheet);
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
