/** `wardline verify`: whether what was sealed is still what stands in the tables, and what is kept still what was hashed. */
import { verifySeals } from '../seal/verify.ts';
import type { StoreAccess } from '../store-access.ts';
import { readArguments } from './arguments.ts';

const USAGE = `usage: wardline verify [--seal N:HASH] [--json]
       wardline verify --pack FILE [--json]      (needs no database)
  --seal   a seal that was printed or sent outside: it must be in the chain`;

/** Exit code 0: unchanged; 1: not; 2: a fault of the call. */
export async function runVerify(
  argv: readonly string[],
  access: Pick<StoreAccess, 'database' | 'stdout' | 'stderr'>,
): Promise<number> {
  const say = (line: string) => access.stderr.write(`wardline: ${line}\n`);
  const args = readArguments(argv, { options: ['seal'], flags: ['json'] });
  const known = args.ok ? readKnown(args.value.options.seal) : undefined;
  if (!args.ok || known === undefined || args.value.positionals.length > 0) {
    for (const fault of args.ok ? [] : args.error) say(fault);
    say(USAGE);
    return 2;
  }
  const found = await verifySeals(access.database, known);
  if (args.value.flags.has('json')) access.stdout.write(`${JSON.stringify(found)}\n`);
  else {
    for (const { message } of found.faults) access.stdout.write(`${message}\n`);
    if (found.faultCount > found.faults.length)
      access.stdout.write(`and ${found.faultCount - found.faults.length} more\n`);
    const open = Object.values(found.unsealed).reduce((sum, n) => sum + n, 0);
    const last = found.last === null ? '' : `; last seal ${found.last.seal}:${found.last.hash}`;
    access.stdout.write(
      `${found.faultCount === 0 ? 'unchanged' : 'NOT unchanged'}: ${found.rows} rows under ${found.seals} seals, ${found.kept} files, reports, sheets and draws by their hashes, ${open} rows not sealed yet${last}\n`,
    );
  }
  return found.faultCount === 0 ? 0 : 1;
}

/** Undefined: not readable. */
function readKnown(text: string | undefined): { seal: number; hash: string }[] | undefined {
  if (text === undefined) return [];
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.toLowerCase().replaceAll(' ', ''));
  return match === null ? undefined : [{ seal: Number(match[1]), hash: match[2] ?? '' }];
}
