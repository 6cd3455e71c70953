/**
 * How heavy the alarms are on those who answer them, by ISA-18.2 / IEC 62682 and EEMUA 191: at most one alarm in ten minutes for an
 * officer, more than ten in ten minutes is a flood, stale after 24 hours, chattering at three in a minute, 5 / 15 / 80 % by priority.
 * And for each kind: raised → merged → shown → contacted → confirmed. Pure.
 */
import type { Instant } from '../src/kernel/instant.ts';

export interface LoadAlert {
  readonly alert: string;
  readonly subject: string;
  readonly kind: string;
  readonly severity: string;
  /** When it stood in the ledger: when an officer could see it. */
  readonly raisedAtMs: Instant;
  readonly clearedAtMs: Instant | null;
  readonly isAcknowledged: boolean;
  readonly isMerged: boolean;
  readonly isHidden: boolean;
  readonly isContacted: boolean;
  readonly isConfirmed: boolean;
}

export interface KindLoad {
  readonly kind: string;
  readonly raised: number;
  readonly merged: number;
  readonly shown: number;
  readonly contacted: number;
  readonly confirmed: number;
  /** Confirmed of raised; null: none was raised. */
  readonly confirmedShare: number | null;
}

export interface AlarmLoad {
  readonly raised: number;
  readonly shown: number;
  readonly officers: number;
  readonly perOfficerPer10Min: number;
  readonly peakPerOfficer10Min: number;
  /** Shown in each ten minutes from the first on, to all officers together. */
  readonly windows: readonly number[];
  readonly floods: readonly {
    readonly fromMs: Instant;
    readonly untilMs: Instant;
    readonly alerts: number;
  }[];
  readonly floodShare: number;
  readonly stale: readonly string[];
  readonly chattering: readonly { readonly subject: string; readonly kind: string; readonly most: number }[];
  readonly priorities: Readonly<Record<'critical' | 'high' | 'medium' | 'low', number>>;
  readonly worstSources: readonly {
    readonly subject: string;
    readonly kind: string;
    readonly alerts: number;
    readonly share: number;
  }[];
  readonly kinds: readonly KindLoad[];
}

export const LOAD_TARGETS = {
  perOfficerPer10Min: 1,
  floodAt: 10,
  floodEndsBelow: 5,
  floodShare: 0.01,
  staleAfterS: 86_400,
  chatteringAt: 3,
  highShare: 0.05,
  mediumShare: 0.15,
  lowShare: 0.8,
} as const;

const WINDOW_MS = 600_000;
const MINUTE_MS = 60_000;
const WORST = 10;

/** Alerts raised from (inclusive) until (exclusive), in any order. Those that are hidden or merged load nobody. */
export function alarmLoad(
  alerts: readonly LoadAlert[],
  fromMs: Instant,
  untilMs: Instant,
  officers: number,
): AlarmLoad {
  const shown = alerts
    .filter(({ isMerged, isHidden }) => !isMerged && !isHidden)
    .sort((a, b) => a.raisedAtMs - b.raisedAtMs || (a.alert < b.alert ? -1 : 1));
  const windows = new Array<number>(Math.max(1, Math.ceil((untilMs - fromMs) / WINDOW_MS))).fill(0);
  for (const { raisedAtMs } of shown) {
    const at = Math.min(windows.length - 1, Math.max(0, Math.floor((raisedAtMs - fromMs) / WINDOW_MS)));
    windows[at] = (windows[at] as number) + 1;
  }
  const floods = floodsOf(windows, fromMs, officers);
  const flooded = floods.reduce((sum, flood) => sum + (flood.untilMs - flood.fromMs) / WINDOW_MS, 0);
  const priorities = { critical: 0, high: 0, medium: 0, low: 0 };
  for (const { severity } of shown)
    if (Object.hasOwn(priorities, severity)) priorities[severity as keyof typeof priorities]++;
  const sources = [...Map.groupBy(shown, ({ subject, kind }) => `${subject}\n${kind}`).values()];
  const stale = shown.filter(
    ({ raisedAtMs, clearedAtMs }) => (clearedAtMs ?? untilMs) - raisedAtMs > LOAD_TARGETS.staleAfterS * 1000,
  );
  return {
    raised: alerts.length,
    shown: shown.length,
    officers,
    perOfficerPer10Min: shown.length / windows.length / officers,
    peakPerOfficer10Min: windows.reduce((most, count) => Math.max(most, count), 0) / officers,
    windows,
    floods,
    floodShare: flooded / windows.length,
    stale: stale.map(({ alert }) => alert),
    chattering: sources.flatMap((source) => {
      const most = mostInAMinute(source);
      const [first] = source;
      return most < LOAD_TARGETS.chatteringAt || first === undefined
        ? []
        : [{ subject: first.subject, kind: first.kind, most }];
    }),
    priorities,
    worstSources: sources
      .flatMap(([first, ...others]) =>
        first === undefined ? [] : [{ subject: first.subject, kind: first.kind, alerts: others.length + 1 }],
      )
      .sort((a, b) => b.alerts - a.alerts || (a.subject < b.subject ? -1 : 1))
      .slice(0, WORST)
      .map((source) => ({ ...source, share: source.alerts / shown.length })),
    kinds: kindsOf(alerts),
  };
}

/** From the first window with more than ten an officer until one with fewer than five. */
function floodsOf(windows: readonly number[], fromMs: Instant, officers: number): AlarmLoad['floods'] {
  const floods: { fromMs: Instant; untilMs: Instant; alerts: number }[] = [];
  let isFlood = false;
  for (const [at, count] of windows.entries()) {
    const startMs = fromMs + at * WINDOW_MS;
    if (!isFlood && count > LOAD_TARGETS.floodAt * officers) {
      isFlood = true;
      floods.push({ fromMs: startMs, untilMs: startMs, alerts: 0 });
    } else if (isFlood && count < LOAD_TARGETS.floodEndsBelow * officers) isFlood = false;
    const flood = floods.at(-1);
    if (!isFlood || flood === undefined) continue;
    flood.untilMs = startMs + WINDOW_MS;
    flood.alerts += count;
  }
  return floods;
}

function mostInAMinute(source: readonly LoadAlert[]): number {
  let [most, first] = [0, 0];
  for (const [last, { raisedAtMs }] of source.entries()) {
    while (raisedAtMs - (source[first] as LoadAlert).raisedAtMs >= MINUTE_MS) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function kindsOf(alerts: readonly LoadAlert[]): KindLoad[] {
  return [...Map.groupBy(alerts, ({ kind }) => kind)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, own]) => {
      const count = (holds: (alert: LoadAlert) => boolean) => own.filter(holds).length;
      const confirmed = count(({ isConfirmed }) => isConfirmed);
      return {
        kind,
        raised: own.length,
        merged: count(({ isMerged }) => isMerged),
        shown: count(({ isMerged, isHidden }) => !isMerged && !isHidden),
        contacted: count(({ isContacted }) => isContacted),
        confirmed,
        confirmedShare: own.length === 0 ? null : confirmed / own.length,
      };
    });
}
