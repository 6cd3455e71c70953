/** `wardline zones lint`: what is wrong with a zone of the store, or with one as it is meant, and what it would have raised last week. */
import type { Draft, DraftUse } from '../../consumers/detector/lint/draft.ts';
import { createZoneLinter, type ZoneLint } from '../insight/zone-lint.ts';
import { encodeAlertEvent } from '../kernel/alert-event.ts';
import { formatInstant, type Instant } from '../kernel/instant.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import { decodeZones } from '../kernel/zone-file.ts';
import type { StoreAccess } from '../store-access.ts';
import { readArguments } from './arguments.ts';
import { readFile } from './read-file.ts';

const USAGE =
  'usage: wardline zones lint ID [--draft zones.geojson [--rule stay-in|keep-out] [--buffer M] [--subjects S1,S2]] [--organisation PATH] [--json]';
const OPTIONS = ['draft', 'rule', 'buffer', 'subjects', 'organisation'];

/** Exit code 0: nothing found; 1: something; 2: a fault of the call, or no such zone. */
export async function runZonesLint(
  argv: readonly string[],
  access: Pick<StoreAccess, 'database' | 'openLog' | 'stdout' | 'stderr'>,
  nowMs: Instant = Date.now(),
): Promise<number> {
  const faulty = (faults: readonly string[]) => {
    for (const fault of faults) access.stderr.write(`wardline: ${fault}\n`);
    return 2;
  };
  const args = readArguments(argv, { options: OPTIONS, flags: ['json'] });
  if (!args.ok) return faulty([...args.error, USAGE]);
  const { options, flags, positionals } = args.value;
  const [id] = positionals;
  if (id === undefined || positionals.length > 1) return faulty([USAGE]);
  const linter = createZoneLinter({ database: access.database, log: await access.openLog() });
  // Who has the machine has the whole store.
  const reach = { organisation: options.organisation ?? '', minors: true };
  let found: ZoneLint | undefined;
  if (options.draft === undefined) found = await linter.lintZone(reach, id, nowMs);
  else {
    const draft = readDraft(id, options.draft, options.rule, options.buffer);
    if (!draft.ok) return faulty(draft.error);
    const subjects = options.subjects?.split(',').filter((subject) => subject !== '') ?? [];
    found = await linter.lintDraft(reach, draft.value, subjects, nowMs);
  }
  if (found === undefined) return faulty([`there is no zone ${id}, or nobody there has it`]);
  access.stdout.write(flags.has('json') ? `${JSON.stringify(toJson(found))}\n` : textOf(found));
  return found.findings.length === 0 ? 0 : 1;
}

function readDraft(
  id: string,
  path: string,
  rule: string | undefined,
  buffer: string | undefined,
): Result<Draft, string[]> {
  const file = readFile(path, decodeZones);
  if (!file.ok) return file;
  const zone = file.value?.find((item) => item.id === id);
  if (zone === undefined) return fail([`${path}: has no zone ${id}`]);
  const bufferM = Number(buffer ?? 0);
  if (!(bufferM >= 0)) return fail(['--buffer must be metres, 0 or more']);
  let use: DraftUse | null = null;
  if (rule === 'stay-in' || rule === 'keep-out') use = { rule, bufferM, schedule: null };
  else if (rule !== undefined) return fail(['--rule must be stay-in or keep-out']);
  return ok({ zone, use });
}

function toJson({ week, ...rest }: ZoneLint): object {
  const alert = (event: Parameters<typeof encodeAlertEvent>[0] | null): unknown =>
    event === null ? null : JSON.parse(encodeAlertEvent(event));
  return {
    ...rest,
    week:
      week === null
        ? null
        : {
            from: formatInstant(week.fromMs),
            until: formatInstant(week.untilMs),
            raised: week.raised.map((item) => ({
              ...(alert(item.alert) as object),
              doubtful: item.doubtful,
            })),
            differences: week.differences.map(({ before, after, ...item }) => ({
              ...item,
              before: alert(before),
              after: alert(after),
            })),
          },
  };
}

function textOf({ zone, depthM, accuracy, findings, looked, subjects, week }: ZoneLint): string {
  const usual =
    accuracy === null
      ? 'no fixes there last week'
      : `fixes there last week: ${accuracy.fixes}, half of them good to ${Math.round(accuracy.medianM)} m, nine of ten to ${Math.round(accuracy.p90M)} m`;
  const lines = [
    `${zone}: ${depthM === null ? 'can’t be judged' : `${Math.round(depthM)} m deep`}; ${usual}`,
    `looked at ${looked.length} of ${subjects} subjects`,
    '',
    ...(findings.length === 0 ? ['nothing found'] : []),
    ...findings.flatMap(({ code, weight, words }) => [
      `${weight.padEnd(7)} ${code}`,
      `        ${words.zh}`,
      `        ${words.en}`,
    ]),
  ];
  if (week !== null) {
    const doubtful = week.raised.filter((item) => item.doubtful).length;
    lines.push(
      '',
      `${formatInstant(week.fromMs)} – ${formatInstant(week.untilMs)}: it would have raised ${week.raised.length} alerts, ${doubtful} of them brief or within the error of the fixes`,
      ...week.raised.map(({ alert, doubtful: isDoubtful }) => {
        const end = alert.clearedAtMs === null ? '' : formatInstant(alert.clearedAtMs);
        return `${isDoubtful ? '?' : ' '} ${alert.kind.padEnd(16)} ${alert.subject} ${formatInstant(alert.startedAtMs)} – ${end}`;
      }),
      `against what was raised: ${week.differences.length} differences`,
    );
  }
  return `${lines.join('\n')}\n`;
}
