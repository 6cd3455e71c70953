/** `wardline verify --pack FILE`: an evidence pack by itself, on any machine, without a database. */
import { readFileSync } from 'node:fs';
import { checkPack } from '../evidence/check-pack.ts';
import { readArguments } from './arguments.ts';

interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/**
 * Exit code 0: the pack is whole, and each alert comes out again (or is the night's); 1: not; 2: a fault of the call.
 * `--key`: the fingerprint that the office publishes.
 */
export async function runVerifyPack(argv: readonly string[], { stdout, stderr }: Streams): Promise<number> {
  const args = readArguments(argv, { options: ['pack', 'key'], flags: ['json'], required: ['pack'] });
  if (!args.ok || args.value.positionals.length > 0) {
    for (const fault of args.ok ? [] : args.error) stderr.write(`wardline: ${fault}\n`);
    stderr.write('usage: wardline verify --pack FILE [--key FINGERPRINT] [--json]\n');
    return 2;
  }
  const { pack = '', key } = args.value.options;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(pack);
  } catch (error) {
    stderr.write(`wardline: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  const found = checkPack(bytes);
  const faults = [...found.faults];
  if (key !== undefined && key.toLowerCase() !== found.key) faults.push(`it is not signed by the key ${key}`);
  const differing = found.judged.filter(({ result }) => result === 'different' || result === 'absent');
  if (args.value.flags.has('json')) stdout.write(`${JSON.stringify({ ...found, faults })}\n`);
  else {
    for (const fault of faults) stdout.write(`${fault}\n`);
    for (const { alert, version, result } of found.judged) stdout.write(`${alert} ${version} ${result}\n`);
    stdout.write(`signed by ${found.key ?? 'nobody'}\n`);
    if (found.lastSeal !== null) stdout.write(`newest seal ${found.lastSeal.seal}:${found.lastSeal.hash}\n`);
    stdout.write(
      `${faults.length === 0 ? 'the pack is whole' : 'the pack is NOT whole'}: ${found.files} files, ${found.rows} sealed rows\n`,
    );
    if (found.judged.length > 0)
      stdout.write(differing.length === 0 ? 'reproduction: identical\n' : 'reproduction: NOT identical\n');
  }
  return faults.length === 0 && differing.length === 0 ? 0 : 1;
}
