/**
 * The data folder belongs to one running Wardline: a lock file with its process id. A lock whose owner is dead (power cut,
 * `kill -9`) is taken over.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail, ok, type Result } from '../kernel/result.ts';

export interface DataDir {
  readonly path: string;
  release(): void;
}

/** Answers the folder, locked, or one line that says what to do. */
export function lockDataDir(dataDir: string): Result<DataDir, string> {
  const path = resolve(dataDir);
  const lock = join(path, 'wardline.pid');
  try {
    mkdirSync(path, { recursive: true });
    const owner = ownerOf(path);
    if (owner !== undefined && owner !== process.pid) {
      return fail(
        `${path} is in use by the Wardline that runs as process ${owner}: stop it, or choose another DATA_DIR`,
      );
    }
    rmSync(lock, { force: true });
    writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' });
  } catch (error) {
    return fail(
      `${path} can't be used as data folder (${message(error)}): check its rights, or choose another DATA_DIR`,
    );
  }
  return ok({ path, release: () => rmSync(lock, { force: true }) });
}

/** Process id of the Wardline that runs on this folder; `undefined` when none does. */
export function ownerOf(dataDir: string): number | undefined {
  const lock = join(resolve(dataDir), 'wardline.pid');
  if (!existsSync(lock)) return undefined;
  const pid = Number(readFileSync(lock, 'utf8'));
  return Number.isInteger(pid) && pid > 0 && isWardline(pid) ? pid : undefined;
}

/** Ids are given again after a restart of the machine: where /proc tells, the process must be a Node program. */
function isWardline(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const commandLine = `/proc/${pid}/cmdline`;
  return !existsSync(commandLine) || /node|vitest/.test(readFileSync(commandLine, 'utf8'));
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
