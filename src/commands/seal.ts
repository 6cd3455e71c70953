/** `wardline seal`: seals what is new, and prints the newest seal for paper or another place. */
import { writeFileSync } from 'node:fs';
import { printSeal, sealJson } from '../seal/chain.ts';
import { sealUp } from '../seal/sealer.ts';
import { toSeal } from '../seal/verify.ts';
import { findLastSeal } from '../store/seals.ts';
import type { StoreAccess } from '../store-access.ts';
import { readArguments } from './arguments.ts';

const USAGE = 'usage: wardline seal [--json] [--output FILE]';

export async function runSeal(
  argv: readonly string[],
  access: Pick<StoreAccess, 'database' | 'stdout' | 'stderr'>,
): Promise<number> {
  const say = (line: string) => access.stderr.write(`wardline: ${line}\n`);
  const args = readArguments(argv, { options: ['output'], flags: ['json'] });
  if (!args.ok || args.value.positionals.length > 0) {
    for (const fault of args.ok ? [] : args.error) say(fault);
    say(USAGE);
    return 2;
  }
  const made = await sealUp(access.database, Date.now);
  say(`${made.length} ${made.length === 1 ? 'seal was' : 'seals were'} made`);
  const [row] = await findLastSeal(access.database);
  if (row === undefined) {
    say('there is no row to seal yet');
    return 0;
  }
  const seal = toSeal(row);
  const text = args.value.flags.has('json')
    ? `${JSON.stringify({ ...sealJson(seal), hash: seal.hash })}\n`
    : printSeal(seal);
  if (args.value.options.output === undefined) access.stdout.write(text);
  else writeFileSync(args.value.options.output, text);
  return 0;
}
