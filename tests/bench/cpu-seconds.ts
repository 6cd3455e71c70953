/**
 * CPU seconds of processes of this machine, from /proc (Linux only: elsewhere nothing). A rate tells what else the machine did
 * meanwhile; what an observation costs tells much less of it, and says of each process which to look at.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The kernel's unit in /proc (USER_HZ), the same on every platform that Node is built for. */
const TICKS_A_SECOND = 100;

export interface Watched {
  readonly name: string;
  readonly pid: number;
  /** Each thread by its name, instead of the process with its children. */
  readonly byThread?: boolean;
}

/** Since it was called: seconds by name. */
export function watchCpu(watched: readonly (Watched | undefined)[]): () => Map<string, number> {
  const before = read(watched);
  return () => {
    const sums = new Map<string, number>();
    for (const [name, seconds] of read(watched)) sums.set(name, seconds - (before.get(name) ?? 0));
    return sums;
  };
}

/** The server on a port of this machine. */
export function listenerAt(name: string, port: number): Watched | undefined {
  const inode = /\n +\d+: [0-9A-F]+:PORT [0-9A-F]+:0000 0A (?:\S+ +){5}(\d+)/.source.replace(
    'PORT',
    hex(port),
  );
  const socket = ['/proc/net/tcp', '/proc/net/tcp6']
    .map((table) => new RegExp(inode).exec(readText(table))?.[1])
    .find((found) => found !== undefined);
  if (socket === undefined) return undefined;
  const pid = numbersIn('/proc').find((id) =>
    numbersIn(`/proc/${id}/fd`).some((fd) => readLink(`/proc/${id}/fd/${fd}`) === `socket:[${socket}]`),
  );
  return pid === undefined ? undefined : { name, pid };
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

function read(watched: readonly (Watched | undefined)[]): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (name: string, seconds: number) => sums.set(name, (sums.get(name) ?? 0) + seconds);
  for (const one of watched) {
    if (one === undefined) continue;
    const { name, pid, byThread } = one;
    if (byThread === true)
      for (const id of numbersIn(`/proc/${pid}/task`)) {
        const thread = statOf(`/proc/${pid}/task/${id}`);
        if (thread !== undefined) add(`${name} ${thread.name}`, thread.seconds);
      }
    else {
      add(name, (statOf(`/proc/${pid}`)?.seconds ?? 0) + (statOf(`/proc/${pid}`)?.endedChildren ?? 0));
      for (const id of numbersIn('/proc')) {
        const other = statOf(`/proc/${id}`);
        if (other?.parent === pid) add(name, other.seconds);
      }
    }
  }
  return sums;
}

function statOf(folder: string) {
  const [, name, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(readText(`${folder}/stat`)) ?? [];
  if (name === undefined) return undefined;
  const fields = rest.split(' ').map(Number);
  const seconds = (from: number) => ((fields[from] ?? 0) + (fields[from + 1] ?? 0)) / TICKS_A_SECOND;
  return { name, parent: fields[1], seconds: seconds(11), endedChildren: seconds(13) };
}

/** What has ended meanwhile, or is another user's, has nothing to say. */
function readText(path: string): string {
  return tried(() => readFileSync(path, 'utf8')) ?? '';
}

function readLink(path: string): string {
  return tried(() => readlinkSync(path)) ?? '';
}

function numbersIn(folder: string): number[] {
  return (tried(() => readdirSync(folder)) ?? []).map(Number).filter(Number.isInteger);
}

function tried<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
