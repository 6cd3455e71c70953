/**
 * `wardline calendar --year Y`: the State Council's holidays and make-up workdays of a year, as the roster's `calendar` and as the
 * policy's `keyPeriods` (重点时段). By the chinese-days library, or from a file in the form of holiday-cn for a year that it does not
 * know yet: the arrangement of the next year is published in November.
 */
import { isObject, isText } from '../kernel/field.ts';
import { formatInstant } from '../kernel/instant.ts';
import type { PolicyPart } from '../kernel/policy.ts';
import { decodePolicyDocument } from '../kernel/policy-file.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import { daysOfLibrary, type SpecialDay } from '../roster/public-holidays.ts';
import { readArguments } from './arguments.ts';
import { readFile } from './read-file.ts';

const USAGE = `usage: wardline calendar --year 2026 [--import holiday-cn.json] [--policy part.json]
  --import   the year's days in the form of holiday-cn: {"days":[{"name","date","isOffDay"}]}
  --policy   a policy.json; its "default" is what tightens each holiday's key period`;

const DAY_MS = 86_400_000;
/** Beijing time; China has one, without summer time since 1992. */
const OFFSET = '+08:00';

export async function runCalendar(
  argv: string[],
  io: { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream },
): Promise<number> {
  const faulty = (faults: readonly string[]) => {
    for (const fault of faults) io.stderr.write(`wardline: ${fault}\n`);
    return 2;
  };
  const args = readArguments(argv, { options: ['year', 'import', 'policy'], required: ['year'] });
  if (!args.ok) return faulty([...args.error, USAGE]);
  const { options } = args.value;
  const year = Number(options.year);
  if (!Number.isInteger(year) || year < 2000 || year > 2100)
    return faulty(['--year must be a year such as 2026']);
  const given = readFile(options.import, decodeDays);
  const policy = readFile(options.policy, decodePolicyDocument);
  const faults = [given, policy].flatMap((file) => (file.ok ? [] : file.error));
  if (!given.ok || !policy.ok) return faulty(faults);
  const days = (given.value ?? daysOfLibrary(year)).filter(({ date }) => date.startsWith(`${year}-`));
  if (days.length === 0)
    return faulty([
      `the holidays of ${year} are not known${options.import === undefined ? ' to this version: give the published ones with --import' : ` in ${options.import}`}`,
    ]);
  io.stdout.write(`${JSON.stringify(toFiles(days, policy.value?.default ?? {}), null, 2)}\n`);
  return 0;
}

function decodeDays(
  json: unknown,
): Result<SpecialDay[], { code: 'wrong-type'; where: string; message: string }[]> {
  const list = isObject(json) ? json.days : undefined;
  if (!Array.isArray(list)) return fail([{ code: 'wrong-type', where: 'days', message: 'must be a list' }]);
  const days: SpecialDay[] = [];
  for (const [i, day] of list.entries()) {
    if (!isObject(day) || !isText(day.name) || !isText(day.date) || typeof day.isOffDay !== 'boolean')
      return fail([
        { code: 'wrong-type', where: `days[${i}]`, message: 'must have name, date and isOffDay' },
      ]);
    days.push({ date: day.date, name: day.name, isOff: day.isOffDay });
  }
  return ok(days);
}

/** The roster's `calendar`, and a key period for each holiday, its days in a row. */
export function toFiles(days: readonly SpecialDay[], policy: PolicyPart): object {
  const sorted = [...days].sort((a, b) => (a.date < b.date ? -1 : 1));
  const periods: { name: string; fromMs: number; untilMs: number }[] = [];
  for (const { date, name, isOff } of sorted) {
    if (!isOff) continue;
    const fromMs = Date.parse(`${date}T00:00:00${OFFSET}`);
    const last = periods.at(-1);
    if (last !== undefined && last.name === name && last.untilMs === fromMs) last.untilMs = fromMs + DAY_MS;
    else periods.push({ name, fromMs, untilMs: fromMs + DAY_MS });
  }
  return {
    calendar: Object.fromEntries(sorted.map(({ date, isOff }) => [date, isOff ? 'holiday' : 'workday'])),
    keyPeriods: periods.map(({ name, fromMs, untilMs }) => ({
      name,
      from: formatInstant(fromMs),
      until: formatInstant(untilMs),
      policy,
    })),
  };
}
