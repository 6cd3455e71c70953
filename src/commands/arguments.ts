/** A command's own options, by Node's parser, with every fault as one line. */
import { parseArgs } from 'node:util';
import { fail, ok, type Result } from '../kernel/result.ts';

export interface Arguments {
  readonly options: Readonly<Record<string, string | undefined>>;
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

export function readArguments(
  argv: readonly string[],
  known: {
    readonly options: readonly string[];
    readonly flags?: readonly string[];
    readonly required?: readonly string[];
  },
): Result<Arguments, string[]> {
  const config = Object.fromEntries([
    ...known.options.map((name) => [name, { type: 'string' as const }]),
    ...(known.flags ?? []).map((name) => [name, { type: 'boolean' as const }]),
  ]);
  try {
    const parsed = parseArgs({ args: [...argv], options: config, allowPositionals: true, strict: true });
    const values: Record<string, unknown> = parsed.values;
    const { positionals } = parsed;
    const missing = (known.required ?? []).filter((name) => values[name] === undefined);
    if (missing.length > 0) return fail(missing.map((name) => `--${name} is missing`));
    const texts = Object.entries(values).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    const flags = Object.keys(values).filter((name) => values[name] === true);
    return ok({ options: Object.fromEntries(texts), flags: new Set(flags), positionals });
  } catch (error) {
    return fail([error instanceof Error ? error.message : String(error)]);
  }
}
