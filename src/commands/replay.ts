/** `wardline replay`: the detector on files (design.md, "wardline replay"). No service is needed. */
import { netOf, reconcile } from '../../consumers/detector/reconcile.ts';
import { createReplay, type LineKinds, type Rules } from '../../consumers/detector/replay.ts';
import { inTrueOrder } from '../../consumers/detector/true-order.ts';
import { type AlertEvent, encodeAlertEvent } from '../kernel/alert-event.ts';
import { type Instant, parseInstant } from '../kernel/instant.ts';
import { type LogEvent, receiptOf } from '../kernel/log-event.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import { readArguments } from './arguments.ts';
import { createLineOutput } from './line-output.ts';
import { findLineKinds, findUnreadable, readEvents, readRules } from './replay-files.ts';

interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

interface Inputs extends Rules {
  readonly observations: string;
  readonly untilMs: Instant | null;
  readonly skipsBad: boolean;
  /** At the end all is judged again in the order in which it happened, and the differences are told, as the service does at night. */
  readonly reconciles: boolean;
}

const USAGE =
  'usage: wardline replay --roster roster.json --zones zones.geojson --observations obs.ndjson[.gz] [--policy policy.json] [--until ISO] [--skip-bad] [--reconcile]';

export async function runReplay(argv: string[], io: Streams): Promise<number> {
  const say = (line: string) => io.stderr.write(`wardline: ${line}\n`);
  const inputs = readInputs(argv);
  if (!inputs.ok) {
    for (const fault of inputs.error) say(fault);
    return 2;
  }
  const result = await replay(inputs.value, io);
  if (!result.ok) {
    say(result.error);
    return 2;
  }
  io.stderr.write(summary(result.value));
  return 0;
}

function readInputs(argv: string[]): Result<Inputs, string[]> {
  const args = readArguments(argv, {
    options: ['roster', 'zones', 'observations', 'policy', 'until'],
    flags: ['skip-bad', 'reconcile'],
    required: ['roster', 'zones', 'observations'],
  });
  if (!args.ok) return fail([...args.error, USAGE]);
  const { options, flags, positionals } = args.value;
  const faults = positionals.map((word) => `"${word}" is no option: ${USAGE}`);
  const untilMs = parseInstant(options.until);
  if (options.until !== undefined && untilMs === undefined)
    faults.push('--until must be an ISO 8601 time with its zone');
  const observations = options.observations ?? '';
  faults.push(...findUnreadable(observations));
  const rules = readRules({ roster: options.roster, zones: options.zones, policy: options.policy });
  if (!rules.ok) faults.push(...rules.error);
  if (!rules.ok || faults.length > 0) return fail(faults);
  return ok({
    ...rules.value,
    observations,
    untilMs: untilMs ?? null,
    skipsBad: flags.has('skip-bad'),
    reconciles: flags.has('reconcile'),
  });
}

interface Totals {
  observations: number;
  skipped: number;
  seconds: number;
  readonly opened: Map<string, number>;
}

async function replay(inputs: Inputs, io: Streams): Promise<Result<Totals, string>> {
  const { observations: path, untilMs, skipsBad } = inputs;
  const totals: Totals = { observations: 0, skipped: 0, seconds: 0, opened: new Map() };
  const startedMs = performance.now();
  const output = createLineOutput(io.stdout);
  const emit = (alert: AlertEvent) => {
    if (alert.state === 'opened') totals.opened.set(alert.kind, (totals.opened.get(alert.kind) ?? 0) + 1);
    output.write(encodeAlertEvent(alert));
  };
  const kinds = await findLineKinds(path);
  const lines: LogEvent[] = [];
  const concluded: AlertEvent[] = [];
  const past = createReplay(inputs, kinds, (alert) => {
    if (inputs.reconciles) concluded.push(alert);
    emit(alert);
  });
  const read = await readEvents(path, {
    skipsBad,
    onEvent: (event) => {
      if (isObservation(event)) totals.observations++;
      if (inputs.reconciles) lines.push(event);
      past.take(event);
    },
    onPiece: async () => {
      await output.settle();
      return !output.isClosed();
    },
  });
  if (read.ok && untilMs !== null && !output.isClosed()) past.until(untilMs);
  if (read.ok && inputs.reconciles) {
    const endMs = lines.reduce(
      (end, line) => Math.max(end, receiptOf(line)),
      Math.max(untilMs ?? 0, past.tickMs() ?? 0),
    );
    for (const alert of reconcileLines(inputs, kinds, lines, concluded, endMs)) emit(alert);
  }
  await output.end();
  if (!read.ok) return read;
  totals.skipped = read.value;
  totals.seconds = (performance.now() - startedMs) / 1000;
  return ok(totals);
}

function reconcileLines(
  rules: Rules,
  kinds: LineKinds,
  lines: readonly LogEvent[],
  concluded: readonly AlertEvent[],
  endMs: Instant,
): AlertEvent[] {
  const truth: AlertEvent[] = [];
  const again = createReplay(rules, kinds, (alert) => truth.push(alert));
  for (const event of inTrueOrder(lines, rules.policy)) again.take(event);
  again.until(endMs);
  const first = new Map(
    truth.flatMap((alert) => (alert.state === 'opened' ? [[alert.alert, alert] as const] : [])),
  );
  return reconcile(netOf(concluded), netOf(truth), first, endMs + 1);
}

function isObservation(event: LogEvent): boolean {
  return event.type === 'position' || event.type === 'status' || event.type === 'checkin';
}

function summary({ observations, skipped, seconds, opened }: Totals): string {
  const kinds = [...opened]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, n]) => `  ${kind.padEnd(18)} ${n}`);
  const rate = seconds > 0 ? Math.round(observations / seconds) : 0;
  return [
    `observations ${observations}${skipped > 0 ? ` (${skipped} bad lines skipped)` : ''}`,
    `seconds ${seconds.toFixed(2)}`,
    `observations per second ${rate}`,
    `alerts ${[...opened.values()].reduce((sum, n) => sum + n, 0)}`,
    ...kinds,
    '',
  ].join('\n');
}
