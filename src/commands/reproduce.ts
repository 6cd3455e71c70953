/** `wardline reproduce ALERT`: whether an alert of the ledger comes out again of the recorded observations. */
import { reproduce } from '../insight/reproduction.ts';
import { encodeAlertEvent } from '../kernel/alert-event.ts';
import type { StoreAccess } from '../store-access.ts';
import { readArguments } from './arguments.ts';

const USAGE = 'usage: wardline reproduce ALERT [--json]';

/** Exit code 0: identical; 1: not; 2: no such alert, or a fault of the call. */
export async function runReproduce(
  argv: readonly string[],
  access: Pick<StoreAccess, 'database' | 'openLog' | 'stdout' | 'stderr'>,
): Promise<number> {
  const say = (line: string) => access.stderr.write(`wardline: ${line}\n`);
  const args = readArguments(argv, { options: [], flags: ['json'] });
  const [alert] = args.ok ? args.value.positionals : [];
  if (!args.ok || alert === undefined || args.value.positionals.length > 1) {
    for (const fault of args.ok ? [] : args.error) say(fault);
    say(USAGE);
    return 2;
  }
  const found = await reproduce({ log: await access.openLog(), database: access.database }, alert);
  if (found === undefined) {
    say(`the ledger has no alert ${alert}`);
    return 2;
  }
  if (args.value.flags.has('json')) {
    const versions = found.versions.map(({ version, result, ledger, again }) => ({
      version,
      result,
      ledger: JSON.parse(encodeAlertEvent(ledger)) as unknown,
      again: again === null ? null : (JSON.parse(encodeAlertEvent(again)) as unknown),
    }));
    access.stdout.write(`${JSON.stringify({ alert, identical: found.identical, versions })}\n`);
  } else {
    for (const { version, result, ledger } of found.versions)
      access.stdout.write(`${version} ${ledger.state.padEnd(9)} ${result}\n`);
    access.stdout.write(found.identical ? 'identical\n' : 'not identical\n');
  }
  return found.identical ? 0 : 1;
}
