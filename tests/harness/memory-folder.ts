/**
 * Temporary files of a run in memory where the machine has a folder for that and room enough: a test database is eight hundred files, made
 * and dropped hundreds of times, and that was a fifth of a run's processor time. Nothing here has to survive the machine: processes are
 * killed by tests, machines are not.
 */
import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { availableMemory } from 'node:process';

const FOLDER = '/dev/shm';
/** Many times what a run has at once; a container's own folder is often of 64 MB. */
const ENOUGH_BYTES = 4 * 1024 ** 3;

/** Global set-up, before any other. A `TMPDIR` that is set stays. */
export function setup(): (() => void) | undefined {
  if (process.env.TMPDIR !== undefined || !hasRoom()) return undefined;
  const folder = mkdtempSync(`${FOLDER}/wardline-`);
  // Other users must be able to pass through: as root the database server runs as another user.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return () => {
    delete process.env.TMPDIR;
    rmSync(folder, { recursive: true, force: true });
  };
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(FOLDER);
    return Math.min(bavail * bsize, availableMemory()) > ENOUGH_BYTES;
  } catch {
    return false;
  }
}
