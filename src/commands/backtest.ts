/** `wardline backtest`: a recorded past under another policy: counts by kind, differences one by one, load by hour. */
import { type Backtest, createBacktest, type Load, summarise } from '../../consumers/detector/backtest.ts';
import { encodeAlertEvent } from '../kernel/alert-event.ts';
import { formatInstant, parseInstant } from '../kernel/instant.ts';
import { readArguments } from './arguments.ts';
import { findLineKinds, findUnreadable, readEvents, readPolicy, readRules } from './replay-files.ts';

const USAGE =
  'usage: wardline backtest --roster roster.json --zones zones.geojson --observations obs.ndjson[.gz] [--policy policy.json] --against other.json [--organisation PATH] [--until ISO] [--json]';

export async function runBacktest(
  argv: string[],
  io: { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream },
): Promise<number> {
  const faulty = (faults: readonly string[]) => {
    for (const fault of faults) io.stderr.write(`wardline: ${fault}\n`);
    return 2;
  };
  const args = readArguments(argv, {
    options: ['roster', 'zones', 'observations', 'policy', 'against', 'organisation', 'until'],
    flags: ['json'],
    required: ['roster', 'zones', 'observations', 'against'],
  });
  if (!args.ok) return faulty([...args.error, USAGE]);
  const { options, flags } = args.value;
  const { observations = '', organisation = '' } = options;
  const rules = readRules({ roster: options.roster, zones: options.zones, policy: options.policy });
  const other = readPolicy(options.against ?? '');
  const untilMs = parseInstant(options.until);
  const faults = [
    ...(options.until !== undefined && untilMs === undefined
      ? ['--until must be an ISO 8601 time with its zone']
      : []),
    ...findUnreadable(observations),
    ...(rules.ok ? [] : rules.error),
    ...(other.ok ? [] : other.error),
  ];
  if (!rules.ok || !other.ok || faults.length > 0) return faulty(faults);
  const run = createBacktest(rules.value, other.value, await findLineKinds(observations));
  const read = await readEvents(observations, { skipsBad: false, onEvent: run.take });
  if (!read.ok) return faulty([read.error]);
  if (untilMs !== undefined) run.until(untilMs);
  const own = new Set(
    rules.value.roster.subjects.flatMap(({ id, office }) =>
      organisation === '' || office === organisation || office.startsWith(`${organisation}/`) ? [id] : [],
    ),
  );
  const result = summarise(run.result(), rules.value.roster.calendar.timeZone, (subject) => own.has(subject));
  io.stdout.write(flags.has('json') ? `${JSON.stringify(toJson(result))}\n` : textOf(result));
  return 0;
}

/** Alert events in the form of the contract. */
export function toJson(result: Backtest): object {
  const alert = (event: Backtest['differences'][number]['before']): unknown =>
    event === null ? null : JSON.parse(encodeAlertEvent(event));
  return {
    from: formatInstant(result.fromMs),
    until: formatInstant(result.untilMs),
    counts: result.counts,
    load: result.load,
    differences: result.differences.map(({ side, kind, subject, before, after }) => ({
      side,
      kind,
      subject,
      before: alert(before),
      after: alert(after),
    })),
  };
}

function textOf({ counts, differences, load, fromMs, untilMs }: Backtest): string {
  const shown = ({ perHour, worstTenMinutes }: Load) =>
    `${perHour} an hour, ${worstTenMinutes} in the worst ten minutes`;
  return [
    `${formatInstant(fromMs)} – ${formatInstant(untilMs)}`,
    `${'kind'.padEnd(18)} ${'as it was'.padStart(10)} ${'other'.padStart(10)}`,
    ...counts.map(
      ({ kind, before, after }) =>
        `${kind.padEnd(18)} ${String(before).padStart(10)} ${String(after).padStart(10)}`,
    ),
    '',
    `shown as it was: ${shown(load.before)}`,
    `shown by the other policy: ${shown(load.after)}`,
    `by hour of the day, as it was: ${load.before.byHour.join(' ')}`,
    `by hour of the day, other: ${load.after.byHour.join(' ')}`,
    '',
    `${differences.length} differences`,
    ...differences.map(({ side, kind, subject, before, after }) => {
      const event = before ?? after;
      const end = event?.clearedAtMs ?? null;
      return `${side.padEnd(12)} ${kind.padEnd(18)} ${subject} ${formatInstant(event?.startedAtMs ?? 0)} – ${end === null ? '' : formatInstant(end)}`;
    }),
    '',
  ].join('\n');
}
