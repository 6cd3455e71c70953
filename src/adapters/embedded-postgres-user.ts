/**
 * As whom the embedded PostgreSQL runs. It refuses to run as root, and its data folder must belong to the user that it runs
 * as; so a start as root, and a folder that another user made, each need an answer.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, ok, type Result } from '../kernel/result.ts';

export interface RunAs {
  /** What stands before a command. */
  readonly command: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * As an ordinary user: as we are. As root: as the owner of a folder that stands already; for a new one as the user `postgres`,
 * made where it is missing. Where others may not enter (a clone under /root) a user namespace shows root to the server
 * as user 1000, and files stay root's.
 */
export function chooseUser(folder: string, program: string): Result<RunAs, string> {
  const self = process.getuid?.();
  if (self === undefined) return ok({ command: [] });
  const owner = existsSync(folder) ? statSync(folder) : undefined;
  if (self !== 0) {
    return owner === undefined || owner.uid === self
      ? ok({ command: [] })
      : fail(
          `${folder} belongs to another user (id ${owner.uid}): run as that user, or choose another DATA_DIR`,
        );
  }
  const isOpen = isOpenToAll(dirname(folder)) && isOpenToAll(program);
  if (owner !== undefined && owner.uid !== 0) {
    return isOpen
      ? ok({ command: [], uid: owner.uid, gid: owner.gid })
      : fail(
          `${folder} belongs to user ${owner.uid}, who may not enter the folders above it: open them, or choose another DATA_DIR`,
        );
  }
  const user = owner === undefined && isOpen ? (lookUpUser('postgres') ?? makeUser('postgres')) : undefined;
  return user === undefined ? namespaced() : ok({ command: [], ...user });
}

function namespaced(): Result<RunAs, string> {
  const command = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
  try {
    execFileSync('unshare', [...command.slice(1), 'true'], { stdio: 'ignore' });
    return ok({ command });
  } catch {
    return fail(
      'PostgreSQL refuses to run as root and this folder is closed to other users: run as an ordinary user, put the clone and DATA_DIR where others may enter, or set DATABASE_URL',
    );
  }
}

function lookUpUser(name: string): { uid: number; gid: number } | undefined {
  if (!existsSync('/etc/passwd')) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function makeUser(name: string): { uid: number; gid: number } | undefined {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', name], { stdio: 'ignore' });
    return lookUpUser(name);
  } catch {
    // No useradd here (Alpine, for one): the namespace is next.
    return undefined;
  }
}

/** Whether every user may pass through the folders above and into the path. */
function isOpenToAll(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (dirname(at) === at) return true;
  }
}
