/** A JSON file and its decoder, for commands. */
import { readFileSync } from 'node:fs';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';

/** Decodes a JSON file; every fault with the file's name before it. No file is no value. */
export function readFile<T>(
  path: string | undefined,
  decode: (json: unknown) => Result<T, Refusal[]>,
): Result<T | null, string[]> {
  if (path === undefined) return ok(null);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return fail([`${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const decoded = decode(json);
  return decoded.ok
    ? decoded
    : fail(
        decoded.error.map(({ where, message }) => `${path}: ${where}${where === '' ? '' : ': '}${message}`),
      );
}
