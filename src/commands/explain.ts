/** `wardline explain`: why and why not, of one subject at one time, from files. Text in both languages, or JSON. */
import type { Explanation } from '../../consumers/detector/explanation.ts';
import { createReplay } from '../../consumers/detector/replay.ts';
import { formatInstant, type Instant, parseInstant } from '../kernel/instant.ts';
import { receiptOf } from '../kernel/log-event.ts';
import { readArguments } from './arguments.ts';
import { findLineKinds, findUnreadable, readEvents, readRules } from './replay-files.ts';

const USAGE =
  'usage: wardline explain --subject S --at T --roster roster.json --zones zones.geojson --observations obs.ndjson[.gz] [--policy policy.json] [--json]';

export async function runExplain(
  argv: string[],
  io: { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream },
): Promise<number> {
  const faulty = (faults: readonly string[]) => {
    for (const fault of faults) io.stderr.write(`wardline: ${fault}\n`);
    return 2;
  };
  const args = readArguments(argv, {
    options: ['subject', 'at', 'roster', 'zones', 'observations', 'policy'],
    flags: ['json'],
    required: ['subject', 'at', 'roster', 'zones', 'observations'],
  });
  if (!args.ok) return faulty([...args.error, USAGE]);
  const { options, flags } = args.value;
  const { subject = '', observations = '' } = options;
  const atMs = parseInstant(options.at);
  const rules = readRules({ roster: options.roster, zones: options.zones, policy: options.policy });
  const faults = [
    ...(atMs === undefined ? ['--at must be an ISO 8601 time with its zone'] : []),
    ...findUnreadable(observations),
    ...(rules.ok ? [] : rules.error),
  ];
  if (!rules.ok || atMs === undefined || faults.length > 0) return faulty(faults);
  const past = createReplay(rules.value, await findLineKinds(observations), () => {});
  let isPast = false;
  const read = await readEvents(observations, {
    skipsBad: true,
    onEvent: (event) => {
      isPast ||= receiptOf(event) > atMs;
      if (!isPast) past.take(event);
    },
    onPiece: async () => !isPast,
  });
  if (!read.ok) return faulty([read.error]);
  past.until(atMs);
  const explanation = past.detector.explain(subject);
  if (explanation === undefined) return faulty([`there is no subject ${subject} on the roster at that time`]);
  io.stdout.write(
    flags.has('json') ? `${JSON.stringify(explanation, null, 2)}\n` : textOf(explanation, atMs),
  );
  return 0;
}

/** A page for people: what was in force, what was seen, what was concluded. */
export function textOf(explanation: Explanation, atMs: Instant): string {
  const { position, devices, zones, permits, curfews, conclusions } = explanation;
  const time = (at: Instant | null) => (at === null ? 'never' : formatInstant(at));
  const lines = [
    `${explanation.subject} at ${formatInstant(atMs)}, ${explanation.grade}, ${explanation.office}`,
    `rules as they are since ${time(explanation.rulesFromMs)}, policy ${explanation.policyVersion}`,
    '',
    'Seen',
    position === null
      ? '  no trustworthy position'
      : `  ${position.lat}, ${position.lon} ± ${position.accuracyM} m by ${position.device} at ${time(position.atMs)}${position.isStale ? ', too old to judge by' : ''}`,
    ...devices.map(
      (device) =>
        `  ${device.kind} ${device.id}: heard ${time(device.heardMs)}, silent from ${time(device.silentFromMs)}, battery ${device.batteryPct ?? '?'} %${device.off === null ? '' : `, ${device.off}`}${device.strapCutMs === null ? '' : `, strap cut ${time(device.strapCutMs)}`}${device.isFeedDown ? ', feed down' : ''}${device.noFix === null ? '' : `, ${device.noFix}`}`,
    ),
    '',
    'In force',
    ...zones.map(
      (zone) =>
        `  ${zone.inForce ? '+' : '-'} ${zone.rule} ${zone.name ?? zone.zone} (${zone.version ?? 'no shape'})${zone.distanceM === null ? '' : `: ${zone.distanceM} m from its edge, P(outside) ${zone.probabilityOutside}`}`,
    ),
    ...permits.map(
      (permit) => `  ${permit.holds ? '+' : '-'} permit ${permit.id} until ${time(permit.endMs)}`,
    ),
    ...curfews.map(
      (curfew) => `  ${curfew.holds ? '+' : '-'} curfew ${curfew.zone} ${curfew.from}–${curfew.to}`,
    ),
    '',
    'Concluded',
    ...conclusions.flatMap(({ kind, about, says, words, alert }) => [
      `  ${says.padEnd(9)} ${kind}${about === '' ? '' : ` (${about})`}${alert === null ? '' : ` alert ${alert}`}`,
      ...(says === 'nothing' ? [] : [`            ${words.zh}`, `            ${words.en}`]),
    ]),
    '',
  ];
  return lines.join('\n');
}
