/** What was told beside what truly was. */

import { DUE, type GroupedAlert, joinOf } from '../../alerts/casework/grouping.ts';
import { ALERT_KINDS_JUDGED } from '../../alerts/kinds/kinds.ts';
import { netOf } from '../../consumers/detector/reconcile.ts';
import type { AlertEvent, AlertKindName, Severity } from '../../src/kernel/alert-event.ts';
import type { Outage } from './mishaps.ts';
import type { Month } from './month.ts';
import { type Truth, USEFUL_FIXES } from './truth.ts';

export interface Told {
  readonly kind: AlertKindName;
  readonly who: string;
  readonly startedAtMs: number;
  readonly detectedAtMs: number;
  clearedAtMs: number | null;
  readonly severity: Severity;
}

/** With what the casework groups by. */
export interface ToldAlert extends Told {
  readonly alert: string;
  readonly device: string | null;
}

export interface Score {
  readonly kind: AlertKindName;
  /** Real ones, and of those: shorter than the policy allows; longer, but no device said anything of use. */
  readonly real: number;
  readonly short: number;
  readonly blind: number;
  /** Of the rest, which the policy wants told. */
  readonly found: number;
  readonly missed: readonly Truth[];
  /** Alerts that no truth stands behind. */
  readonly false: readonly Told[];
  readonly told: number;
  /** Seconds from the begin to when it was told, of all that were found, sorted. */
  readonly delaysS: readonly number[];
}

/** An alert may begin a few fixes before or end after what it is about. */
const SLACK_MS: Partial<Record<AlertKindName, number>> = {
  'low-battery': 3 * 3_600_000,
  'implausible-fix': 3_600_000,
};
const MOST_SLACK_MS = 1_800_000;

export function toldOf(events: Iterable<AlertEvent>): ToldAlert[] {
  const first = new Map<string, AlertEvent>();
  const all = [...events];
  for (const event of all) if (event.state === 'opened') first.set(event.alert, event);
  return [...netOf(all).values()].map((last): ToldAlert => {
    const opened = first.get(last.alert) ?? last;
    return {
      alert: last.alert,
      device: last.device,
      kind: last.kind,
      who: last.subject,
      startedAtMs: opened.startedAtMs,
      detectedAtMs: opened.detectedAtMs,
      clearedAtMs: last.clearedAtMs,
      severity: opened.severity,
    };
  });
}

export function score(kind: AlertKindName, told: readonly Told[], truths: readonly Truth[]): Score {
  const slackMs = SLACK_MS[kind] ?? MOST_SLACK_MS;
  const alerts = Map.groupBy(
    told.filter((alert) => alert.kind === kind),
    ({ who }) => who,
  );
  const own = truths.filter((item) => item.kind === kind);
  const right = new Set<Told>();
  const delaysS: number[] = [];
  const missed: Truth[] = [];
  let [real, short, blind, found] = [0, 0, 0, 0];
  for (const item of own) {
    const matching = (alerts.get(item.who) ?? []).filter(
      (alert) =>
        alert.startedAtMs - slackMs <= item.untilMs &&
        (alert.clearedAtMs ?? Number.POSITIVE_INFINITY) + slackMs >= item.fromMs,
    );
    for (const alert of matching) right.add(alert);
    if (item.isOptional) continue;
    real++;
    const isShort = item.untilMs - item.fromMs <= item.allowedS * 1000;
    const isBlind = item.useful !== null && item.useful < USEFUL_FIXES;
    const first = Math.min(...matching.map(({ detectedAtMs }) => detectedAtMs));
    if (matching.length > 0) delaysS.push(Math.max(0, (first - item.fromMs) / 1000));
    if (isShort) short++;
    else if (isBlind) blind++;
    else if (matching.length > 0) found++;
    else missed.push(item);
  }
  const all = [...alerts.values()].flat();
  return {
    kind,
    real,
    short,
    blind,
    found,
    missed,
    false: all.filter((alert) => !right.has(alert)),
    told: all.length,
    delaysS: delaysS.sort((a, b) => a - b),
  };
}

/**
 * What asks a duty officer for an answer: `medium` and above. `low` waits on a list, and so does an office's paper, for which the
 * kind itself gives a day (`device-expiry`).
 */
const SHOWN: readonly Severity[] = ['critical', 'high', 'medium'];
const SHOWN_WITHIN_S = 86_400;
const isShown = ({ kind, severity }: Told) =>
  SHOWN.includes(severity) &&
  (ALERT_KINDS_JUDGED.find(({ name }) => name === kind)?.deadlineS(severity) ?? 0) < SHOWN_WITHIN_S;

export interface OfficerLoad {
  /** What is shown: an incident with its parts is one, and stands from its first part that asks for an answer. */
  readonly perHour: number;
  /** Each part for itself. */
  readonly partsPerHour: number;
  readonly mostPartsInTenMinutes: number;
  /** Most in any ten minutes outside a disaster, and in how many ten-minute windows there were more than ten. */
  readonly worstTenMinutes: number;
  readonly worstAtMs: number;
  readonly floods: number;
}

const TEN_MINUTES_MS = 600_000;

/** One command centre for all. `outages` are the injected disasters, with half an hour after each for what they leave behind. */
export function officerLoad(
  told: readonly ToldAlert[],
  { startMs, endMs, rules }: Pick<Month, 'startMs' | 'endMs' | 'rules'>,
  outages: readonly Outage[],
): OfficerLoad {
  const hours = (endMs - startMs) / 3_600_000;
  const parts = told.filter(isShown);
  const items = firstOfIncidents(told, rules);
  const most = mostInTenMinutes(items, outages);
  return {
    perHour: items.length / hours,
    partsPerHour: parts.length / hours,
    mostPartsInTenMinutes: mostInTenMinutes(parts, outages).worst,
    worstTenMinutes: most.worst,
    worstAtMs: most.worstAtMs,
    floods: most.floods,
  };
}

/** Told one after the other and grouped as the casework does (`joinOf`): of each incident the first part that asks for an answer. */
export function firstOfIncidents(told: readonly ToldAlert[], rules: Month['rules']): ToldAlert[] {
  const feedOf = new Map(rules.roster.subjects.flatMap(({ devices }) => devices.map((d) => [d.id, d.feed])));
  const beside = new Map<string, GroupedAlert[]>();
  const known = new Map<string, GroupedAlert>();
  const shown = new Set<string>();
  return told
    .toSorted((a, b) => a.detectedAtMs - b.detectedAtMs || a.startedAtMs - b.startedAtMs)
    .filter((alert) => {
      const { kind, device, startedAtMs } = alert;
      const fresh: GroupedAlert = {
        ...alert,
        subject: alert.who,
        feed: feedOf.get(device ?? '') ?? null,
        incident: null,
        incidentCause: null,
        incidentFixed: false,
      };
      const keys = [fresh.subject, fresh.feed ?? '', DUE.has(kind) ? `${kind} ${startedAtMs}` : ''];
      const near = new Set(keys.filter((key) => key !== '').flatMap((key) => beside.get(key) ?? []));
      const others = [...near].flatMap(({ alert: id }) => known.get(id) ?? []);
      for (const key of keys) beside.set(key, [...(beside.get(key) ?? []), fresh]);
      known.set(fresh.alert, fresh);
      const join = joinOf(fresh, others);
      const incident = join?.incident ?? fresh.alert;
      for (const id of join?.alerts ?? []) {
        const joined = known.get(id);
        if (joined !== undefined) known.set(id, { ...joined, incident, incidentCause: join?.cause ?? null });
        if (shown.has(id)) shown.add(incident);
      }
      if (!isShown(alert) || shown.has(incident)) return false;
      shown.add(incident).add(fresh.alert);
      return true;
    });
}

function mostInTenMinutes(
  shown: readonly Told[],
  outages: readonly Outage[],
): { readonly worst: number; readonly worstAtMs: number; readonly floods: number } {
  const times = shown
    .map(({ detectedAtMs }) => detectedAtMs)
    .filter((atMs) => !outages.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs < untilMs + 1_800_000))
    .sort((a, b) => a - b);
  let [worst, worstAtMs, floods, first] = [0, 0, 0, 0];
  for (const [i, atMs] of times.entries()) {
    while ((times[first] ?? atMs) <= atMs - TEN_MINUTES_MS) first++;
    const many = i - first + 1;
    if (many > 10) floods++;
    if (many > worst) [worst, worstAtMs] = [many, atMs];
  }
  return { worst, worstAtMs, floods };
}

/** 疑似脱管 is what others come to: worked out from their truths. */
export function abscondTruths(truths: readonly Truth[], devicesOf: (who: string) => number): Truth[] {
  const abscondAfterMs = 3_600_000;
  const silenceMs = 2_700_000;
  return truths.flatMap((item): Truth[] => {
    const { kind, fromMs, untilMs, useful } = item;
    if (kind !== 'out-of-bounds' && kind !== 'strap-tamper' && kind !== 'silent' && kind !== 'phone-off')
      return [];
    const isDark = kind === 'silent' || kind === 'phone-off';
    // Of several devices all must be dark, and of what a feed hid nobody knows. Out is who is so by fixes for all that time (rule A28).
    const isOptional =
      item.isOptional ||
      (isDark && devicesOf(item.who) > 1) ||
      (useful !== null && (useful < 6 || item.usefulUntilMs - item.usefulFromMs < abscondAfterMs));
    // Silence counts from the last word, before it was too long.
    const allowedS = abscondAfterMs / 1000 + (kind === 'silent' ? 60 : item.allowedS);
    const isLong = untilMs - fromMs > allowedS * 1000;
    return [
      {
        kind: 'abscond',
        who: item.who,
        fromMs: fromMs - (isDark ? silenceMs : 0),
        untilMs,
        allowedS,
        isOptional: isOptional || !isLong,
        useful: null,
        usefulFromMs: item.usefulFromMs,
        usefulUntilMs: item.usefulUntilMs,
      },
    ];
  });
}
