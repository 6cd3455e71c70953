/**
 * How good the detector is, on a month with ground truth and on the real traces, beside the rules that others use. Sizes are in the
 * table; `--subjects`, `--days` and `--seed` make another month, `--reconcile` judges it doubled, disordered and late instead.
 */
import { createReplay } from '../../consumers/detector/replay.ts';
import { ALERT_KINDS, type AlertEvent } from '../../src/kernel/alert-event.ts';
import { judgeLate } from '../quality/late-month.ts';
import { createMonth, type Month } from '../quality/month.ts';
import { createPeople } from '../quality/people.ts';
import { createPlainRule, PLAIN } from '../quality/plain-rules.ts';
import { judgeTraces } from '../quality/real-stays.ts';
import { readResiduals } from '../quality/residuals.ts';
import {
  abscondTruths,
  officerLoad,
  type Score,
  score,
  type Told,
  type ToldAlert,
  toldOf,
} from '../quality/score.ts';
import { type Figure, figure, percentile } from './figure.ts';

export interface QualityOptions {
  readonly subjects: number;
  readonly days: number;
  readonly seed: number;
  readonly isReconciled: boolean;
}

/** That of the tables in docs/quality.md. Once a rule is changed after looking into it, another one must judge. */
export const JUDGING_SEED = 20_260_901;

export async function benchQuality(options: QualityOptions): Promise<Figure[]> {
  const { subjects, days, seed } = options;
  if (options.isReconciled) return reconcileMonth(options);
  const month = createMonth({ seed, subjects, days, residuals: readResiduals() });
  const alerts: AlertEvent[] = [];
  const replay = createReplay(month.rules, { ticks: false, feeds: false, sightings: false }, (alert) =>
    alerts.push({ ...alert, evidence: [], reason: '', reasonEn: '' }),
  );
  const plain = PLAIN.map((rule) => createPlainRule(rule, month.rules.roster.subjects, month.rules.zones));
  let observations = 0;
  let detectorMs = 0;
  replay.until(month.startMs);
  for (const day of month.days()) {
    const from = process.cpuUsage();
    for (const event of day) replay.take(event);
    const { user, system } = process.cpuUsage(from);
    detectorMs += (user + system) / 1000;
    observations += day.length;
    for (const event of day) for (const rule of plain) rule.take(event);
  }
  replay.until(month.endMs);
  // What lasts beyond the month is judged up to its end.
  const within = month.truths
    .filter(({ fromMs, allowedS }) => fromMs + allowedS * 1000 < month.endMs)
    .map((item) => ({ ...item, untilMs: Math.min(item.untilMs, month.endMs) }));
  const truths = [
    ...within,
    ...abscondTruths(
      within,
      (who) => month.rules.roster.subjects.find(({ id }) => id === who)?.devices.length ?? 1,
    ),
  ];
  const told = toldOf(alerts);
  const hours = (month.endMs - month.startMs) / 3_600_000;
  const sizes = `${subjects} subjects × ${days} days, seed ${seed}, ${observations} observations`;
  const rows = ALERT_KINDS.map((kind) => score(kind, told, truths));
  const others = plain.map((rule) => ({ name: rule.name, told: rule.told() }));
  console.table([
    ...rows.map((row) => line('wardline', row, hours)),
    ...others.flatMap(({ name, told: theirs }) =>
      [...new Set(theirs.map(({ kind }) => kind))].map((kind) =>
        line(name, score(kind, theirs, truths), hours),
      ),
    ),
  ]);
  console.log('\nReal traces, circles of 300 m around the places of the journal, entering and leaving');
  console.table(judgeTraces());
  if (process.env.QUALITY_DEBUG !== undefined) debug(rows, month, told);
  const load = officerLoad(told, month, month.outages);
  return [
    ...compareWithPlain(rows, others, truths, sizes),
    figure(
      'missed',
      rows.reduce((sum, { missed }) => sum + missed.length, 0),
      'violations',
      sizes,
    ),
    figure('shown to the duty officer, an incident as one', load.perHour, 'alerts/hour', sizes, 6),
    figure('the same, each part of an incident', load.partsPerHour, 'alerts/hour', sizes, 6),
    figure('most in ten minutes outside a feed outage', load.worstTenMinutes, 'alerts', sizes, 10),
    figure('the same, each part of an incident', load.mostPartsInTenMinutes, 'alerts', sizes, 10),
    figure(
      'detector, by processor time',
      observations / (detectorMs / 1000),
      'observations/s of one core',
      sizes,
    ),
  ];
}

/** So many people at a time: their month is in memory several times, as facts and as lines of a log (1.5 GiB). */
const TOGETHER = 50;

async function reconcileMonth({ subjects, days, seed }: QualityOptions): Promise<Figure[]> {
  const residuals = readResiduals();
  const sum = { facts: 0, late: 0, alerts: 0, differBefore: 0, differAfter: 0 };
  const groups = Math.ceil(subjects / TOGETHER);
  const { people } = createPeople(seed, subjects, days);
  const numbers = new Map(people.map(({ number, profile }) => [profile.id, number]));
  // Who must not meet are judged together.
  const withWhom = new Map(
    people.flatMap(({ number, profile }) => profile.noContact.map((other) => [numbers.get(other), number])),
  );
  for (let group = 0; group < groups; group++) {
    const month = createMonth({
      seed,
      subjects,
      days,
      residuals,
      isTaken: (number) => (withWhom.get(number) ?? number) % groups === group,
    });
    const { different, ...part } = await judgeLate(month, seed + group);
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += part[key];
    console.log(`${group + 1} of ${groups}:`, JSON.stringify(part), `${process.memoryUsage.rss() >> 20} MiB`);
    for (const item of different) console.log(item);
  }
  const sizes = `${subjects} subjects × ${days} days, seed ${seed}, ${sum.facts} facts, ${sum.late} of them late, ${sum.alerts} alerts`;
  return [
    figure(
      'alerts that differ from those of the sorted month before the night',
      sum.differBefore,
      'alerts',
      sizes,
    ),
    figure('after the night', sum.differAfter, 'alerts', sizes),
  ];
}

function line(
  rule: string,
  { kind, real, short, blind, found, missed, false: wrong, told, delaysS }: Score,
  hours: number,
) {
  return {
    rule,
    kind,
    real,
    short,
    blind,
    found,
    missed: missed.length,
    false: wrong.length,
    // Of what was told, which is right.
    'precision %': told === 0 ? '' : Number((100 * (1 - wrong.length / told)).toPrecision(3)),
    'median delay s': delaysS.length === 0 ? '' : Math.round(percentile(delaysS, 0.5)),
    'p95 delay s': delaysS.length === 0 ? '' : Math.round(percentile(delaysS, 0.95)),
    'alerts/officer-hour': Number((told / hours).toPrecision(3)),
  };
}

/** Of the kinds about places, which all rules know. */
function compareWithPlain(
  rows: readonly Score[],
  others: readonly { name: string; told: Told[] }[],
  truths: Parameters<typeof score>[2],
  sizes: string,
): Figure[] {
  const places = rows.filter(({ kind }) => ['out-of-bounds', 'exclusion-entry', 'curfew'].includes(kind));
  const own = places.reduce((sum, row) => sum + row.false.length, 0);
  return others.map(({ name, told }) => {
    const theirs = places.reduce((sum, { kind }) => sum + score(kind, told, truths).false.length, 0);
    return figure(`false alerts about places; ceiling: ${name}`, own, 'alerts', sizes, theirs);
  });
}

/** `QUALITY_DEBUG=6`: so many of each kind, one by one. */
function debug(rows: readonly Score[], month: Month, told: readonly ToldAlert[]): void {
  const at = (ms: number | null) =>
    ms === null ? '-' : new Date(ms + 8 * 3_600_000).toISOString().slice(5, 19);
  const most = Number(process.env.QUALITY_DEBUG);
  for (const { kind, missed, false: wrong } of rows) {
    for (const item of missed.slice(0, most))
      console.log('missed', kind, item.who, at(item.fromMs), at(item.untilMs), item.allowedS, item.useful);
    for (const item of wrong.slice(0, most))
      console.log(
        'false',
        kind,
        item.who,
        at(item.startedAtMs),
        at(item.detectedAtMs),
        at(item.clearedAtMs),
        '|',
        month.phasesAt(item.who, item.startedAtMs),
      );
  }
  console.log('worst', at(officerLoad(told, month, month.outages).worstAtMs));
}
