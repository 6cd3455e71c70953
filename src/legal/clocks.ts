/**
 * The legal clocks of a subject: what is due when by which article. Each is a row from the moment on which it counts until the next stage
 * takes its place; the last stage stays, overdue, until the fact that ends it. Pure; rules L in SPEC.md.
 */
import type { Instant } from '../kernel/instant.ts';
import type { Permit, PositioningOrder, SubjectProfile } from '../kernel/roster.ts';
import type { WallClock } from '../kernel/wall-clock.ts';
import { addDays, addMonths, beginOf, dayOf, endOf } from './local-days.ts';
import { type Article, type Measures, measuresOn } from './measures.ts';

export const CLOCK_KINDS = [
  'report-in',
  'report-in-late',
  'out-of-supervision',
  'leave-return',
  'order-end',
  'correction-end',
] as const;
export type ClockKind = (typeof CLOCK_KINDS)[number];
export const CLOCK_STAGES = ['due', 'admonition', 'warning', 'revocation'] as const;
export type ClockStage = (typeof CLOCK_STAGES)[number];

/** What is known of somebody's correction. Days are the roster's calendar's. */
export interface SupervisionDates {
  /** The judgment or ruling takes effect. */
  readonly effectiveOn: string | null;
  /** 报到. */
  readonly reportedOn: string | null;
  /** Out of supervision (脱管) since; null: is not. An officer's finding, never the machine's. */
  readonly lostSinceMs: Instant | null;
  /** Last day of correction. */
  readonly endsOn: string | null;
  /** Ended earlier (收监, 死亡, 特赦 …). */
  readonly endedMs: Instant | null;
}

export interface LegalClock {
  readonly kind: ClockKind;
  readonly stage: ClockStage;
  /** The permit or the device; '' where there is but one. */
  readonly about: string;
  /** From when it counts. */
  readonly opensMs: Instant;
  /** Null: nothing more is waited for, the last stage is reached. */
  readonly dueMs: Instant | null;
  /** When the next stage takes its place; null: never. */
  readonly closesMs: Instant | null;
  readonly article: Article;
  readonly measures: string;
}

export const NO_DATES: SupervisionDates = {
  effectiveOn: null,
  reportedOn: null,
  lostSinceMs: null,
  endsOn: null,
  endedMs: null,
};

/** From when nothing of the subject may be collected any more; null: no end is known. */
export function collectionEndMs(
  { endsOn, endedMs }: Pick<SupervisionDates, 'endsOn' | 'endedMs'>,
  wall: WallClock,
): Instant | null {
  const lastMs = endsOn === null ? Number.POSITIVE_INFINITY : endOf(endsOn, wall);
  const end = Math.min(lastMs, endedMs ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(end) ? end : null;
}

export function clocksOf(
  profile: Pick<SubjectProfile, 'permits' | 'devices'>,
  dates: SupervisionDates,
  wall: WallClock,
): LegalClock[] {
  const endMs = collectionEndMs(dates, wall);
  const all = [
    ...reportIn(dates, wall),
    ...lost(dates, wall),
    ...profile.permits.flatMap((permit) => leave(permit, wall)),
    ...profile.devices.flatMap(({ id, order, untilMs }) =>
      order === null ? [] : [orderEnd(id, order, untilMs, wall)],
    ),
    ...(endMs === null ? [] : [correctionEnd(endMs, wall)]),
  ];
  // With the end of correction all others stop.
  return all.flatMap((clock) =>
    endMs === null || clock.kind === 'correction-end'
      ? [clock]
      : clock.opensMs < endMs
        ? [{ ...clock, closesMs: Math.min(clock.closesMs ?? endMs, endMs) }]
        : [],
  );
}

/** Ten days from the day after the judgment takes effect (art. 21); then what lateness leads to, counted from there. */
function reportIn({ effectiveOn, reportedOn }: SupervisionDates, wall: WallClock): LegalClock[] {
  if (effectiveOn === null || reportedOn !== null) return [];
  const measures = measuresOn(effectiveOn);
  const lastDay = addDays(effectiveOn, measures.reportInDays);
  const dueMs = endOf(lastDay, wall);
  const first: LegalClock = {
    kind: 'report-in',
    stage: 'due',
    about: '',
    opensMs: beginOf(effectiveOn, wall),
    dueMs,
    closesMs: dueMs,
    article: measures.reportIn,
    measures: measures.version,
  };
  return [first, ...stagesFrom('report-in-late', lastDay, dueMs, measures, wall)];
}

function lost({ lostSinceMs }: SupervisionDates, wall: WallClock): LegalClock[] {
  if (lostSinceMs === null) return [];
  const day = dayOf(lostSinceMs, wall);
  return stagesFrom('out-of-supervision', day, lostSinceMs, measuresOn(day), wall);
}

/** `day` itself is not counted. */
function stagesFrom(
  kind: ClockKind,
  day: string,
  fromMs: Instant,
  measures: Measures,
  wall: WallClock,
): LegalClock[] {
  let opensMs = fromMs;
  return measures.lost.map(({ stage, until, article }) => {
    const last =
      until === null ? null : 'days' in until ? addDays(day, until.days) : addMonths(day, until.months);
    const dueMs = last === null ? null : endOf(last, wall);
    const clock = {
      kind,
      stage,
      about: '',
      opensMs,
      dueMs,
      closesMs: dueMs,
      article,
      measures: measures.version,
    };
    opensMs = dueMs ?? opensMs;
    return clock;
  });
}

function leave({ id, fromMs, untilMs, returnedAtMs }: Permit, wall: WallClock): LegalClock[] {
  if (returnedAtMs !== null) return [];
  const measures = measuresOn(dayOf(fromMs, wall));
  return [
    {
      kind: 'leave-return',
      stage: 'due',
      about: id,
      opensMs: fromMs,
      dueMs: untilMs,
      closesMs: null,
      article: measures.permit.returning,
      measures: measures.version,
    },
  ];
}

/** Until the wristband is taken back: past its end it has to come off. */
function orderEnd(
  device: string,
  { fromMs, untilMs }: PositioningOrder,
  takenBackMs: Instant | null,
  wall: WallClock,
): LegalClock {
  const measures = measuresOn(dayOf(fromMs, wall));
  return {
    kind: 'order-end',
    stage: 'due',
    about: device,
    opensMs: fromMs,
    dueMs: untilMs,
    closesMs: takenBackMs,
    article: measures.order.article,
    measures: measures.version,
  };
}

/** Thirty days before, the subject's own account of the time is due (Measures, art. 53). */
function correctionEnd(endMs: Instant, wall: WallClock): LegalClock {
  const day = dayOf(endMs - 1, wall);
  return {
    kind: 'correction-end',
    stage: 'due',
    about: '',
    opensMs: beginOf(addDays(day, -30), wall),
    dueMs: endMs,
    closesMs: null,
    article: { zh: '社区矫正法第四十四条', en: 'Community Corrections Law, art. 44' },
    measures: measuresOn(day).version,
  };
}
