/** The counters of the left panel, from what is on the board. Pure. What is not known is null, never zero. */
import type { Severity } from '../../../src/kernel/alert-event.ts';
import type { BoardState } from './board-store.ts';
import { isAboutZone, isMoreSevere, isOpen } from './queue-order.ts';
import { isOnLeave, statusOf } from './subject-status.ts';

export interface Contact {
  readonly register: number;
  readonly heard: number;
  readonly silent: number;
  readonly off: number;
  /** On the register, and nothing was ever received. */
  readonly unknown: number;
  /** On permitted leave now, whatever was heard of them. */
  readonly onLeave: number;
}
export interface OpenAlerts {
  readonly count: number;
  readonly worst: Severity | null;
}
export interface CountyCounts extends Contact {
  readonly county: string;
  readonly name: string;
  readonly open: OpenAlerts;
  /** Out of bounds or in an exclusion zone. */
  readonly out: OpenAlerts;
}
export interface BoardCounts extends Contact {
  /** False before any data has passed through: then only the register is known. */
  readonly isKnown: boolean;
  readonly counties: readonly CountyCounts[];
  readonly outOfBounds: OpenAlerts;
  readonly exclusion: OpenAlerts;
  readonly open: OpenAlerts;
}

type Tally = { -readonly [K in keyof CountyCounts]: CountyCounts[K] };

export function countBoard(board: BoardState, nowMs: number): BoardCounts {
  const total = emptyTally('', '');
  const counties = new Map<string, Tally>();
  const countyOf = new Map<string, Tally>();
  board.cards.forEach((card, i) => {
    const county = counties.get(card.county) ?? emptyTally(card.county, countyName(card));
    counties.set(card.county, county);
    countyOf.set(card.id, county);
    const status = statusOf(board.whereabouts[i], nowMs);
    for (const tally of [total, county]) {
      tally.register++;
      tally[status]++;
      if (isOnLeave(card, nowMs)) tally.onLeave++;
    }
  });
  let outOfBounds: OpenAlerts = NONE;
  let exclusion: OpenAlerts = NONE;
  for (const alert of board.alerts.values()) {
    if (!isOpen(alert)) continue;
    total.open = withOne(total.open, alert.severity);
    const county = countyOf.get(alert.subject);
    if (county !== undefined) county.open = withOne(county.open, alert.severity);
    if (county !== undefined && isAboutZone(alert.kind)) county.out = withOne(county.out, alert.severity);
    if (alert.kind === 'out-of-bounds') outOfBounds = withOne(outOfBounds, alert.severity);
    if (alert.kind === 'exclusion-entry') exclusion = withOne(exclusion, alert.severity);
  }
  return {
    ...total,
    isKnown: board.health.frontierMs !== null || total.unknown < total.register,
    counties: [...counties.values()].sort((a, b) => (a.county < b.county ? -1 : 1)),
    outOfBounds,
    exclusion,
  };
}

const NONE: OpenAlerts = { count: 0, worst: null };

function emptyTally(county: string, name: string): Tally {
  return {
    county,
    name,
    register: 0,
    heard: 0,
    silent: 0,
    off: 0,
    unknown: 0,
    onLeave: 0,
    open: NONE,
    out: NONE,
  };
}

function withOne({ count, worst }: OpenAlerts, severity: Severity): OpenAlerts {
  return { count: count + 1, worst: worst === null || isMoreSevere(severity, worst) ? severity : worst };
}

/** Offices are named with their county first; the code stands where there is no name. */
function countyName(card: { readonly officeName: string; readonly county: string }): string {
  const [first = '', ...others] = card.officeName.split(' ');
  return others.length > 0 ? first : card.county || '—';
}
