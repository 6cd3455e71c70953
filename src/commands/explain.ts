/** `wardline explain`: why and why not, of one subject at one time, from files. Text in either language, or JSON. */
import { explanationText } from '../../consumers/detector/explanation-text.ts';
import { createReplay } from '../../consumers/detector/replay.ts';
import { parseInstant } from '../kernel/instant.ts';
import { receiptOf } from '../kernel/log-event.ts';
import { readArguments } from './arguments.ts';
import { findLineKinds, findUnreadable, readEvents, readRules } from './replay-files.ts';

const USAGE =
  'usage: wardline explain --subject S --at T --roster roster.json --zones zones.geojson --observations obs.ndjson[.gz] [--policy policy.json] [--language zh|en] [--json]';

export async function runExplain(
  argv: string[],
  io: { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream },
): Promise<number> {
  const faulty = (faults: readonly string[]) => {
    for (const fault of faults) io.stderr.write(`wardline: ${fault}\n`);
    return 2;
  };
  const args = readArguments(argv, {
    options: ['subject', 'at', 'roster', 'zones', 'observations', 'policy', 'language'],
    flags: ['json'],
    required: ['subject', 'at', 'roster', 'zones', 'observations'],
  });
  if (!args.ok) return faulty([...args.error, USAGE]);
  const { options, flags } = args.value;
  const { subject = '', observations = '', language = 'zh' } = options;
  const atMs = parseInstant(options.at);
  const rules = readRules({ roster: options.roster, zones: options.zones, policy: options.policy });
  const faults = [
    ...(atMs === undefined ? ['--at must be an ISO 8601 time with its zone'] : []),
    ...(language === 'zh' || language === 'en' ? [] : ['--language must be zh or en']),
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
    flags.has('json')
      ? `${JSON.stringify(explanation, null, 2)}\n`
      : explanationText(explanation, language === 'en' ? 'en' : 'zh'),
  );
  return 0;
}
