/**
 * Whose device is it: the roster's assignments in memory, so that no ping costs a query. Kept fresh by NOTIFY `roster`, by a
 * look after each lost connection, and by a slow poll beside both.
 */
import type { Logger } from 'pino';
import type { Instant } from '../kernel/instant.ts';
import { ok, type Refusal, type Result, refuse } from '../kernel/result.ts';
import type { Protocol } from '../kernel/roster.ts';
import type { Database } from '../ports/database.ts';
import { listAssignments, listSubjectIds } from '../store/roster.ts';

export interface Assignment {
  readonly device: string;
  readonly subject: string;
  readonly feed: string | null;
  readonly protocol: Protocol | null;
  readonly fromMs: Instant;
  readonly untilMs: Instant | null;
}

export interface Devices {
  /** The assignment that holds at `atMs` for an id on the wire; a device is also found by its own id. */
  resolve(address: string, atMs: Instant, protocol?: Protocol): Result<Assignment, Refusal>;
  hasSubject(id: string): boolean;
}

export interface RosterCache extends Devices {
  stop(): Promise<void>;
}

const POLL_MS = 60_000;

export async function openRosterCache(deps: { database: Database; logger: Logger }): Promise<RosterCache> {
  let byAddress = new Map<string, Assignment[]>();
  let subjects = new Set<string>();
  let loading: Promise<void> | undefined;
  let isStale = false;

  async function load(): Promise<void> {
    const [assignments, ids] = await Promise.all([
      listAssignments(deps.database),
      listSubjectIds(deps.database),
    ]);
    const found = new Map<string, Assignment[]>();
    const put = (key: string, assignment: Assignment) =>
      found.set(key, [...(found.get(key) ?? []), assignment]);
    for (const row of assignments) {
      const assignment: Assignment = {
        device: row.id,
        subject: row.subject,
        feed: row.feed,
        protocol: row.protocol as Protocol | null,
        fromMs: row.valid_from.getTime(),
        untilMs: row.valid_until?.getTime() ?? null,
      };
      put(row.address, assignment);
      if (row.id !== row.address) put(row.id, assignment);
    }
    byAddress = found;
    subjects = new Set(ids.map((row) => row.id));
  }

  /** One load at a time; a change during a load asks for another. */
  function refresh(): void {
    isStale = true;
    loading ??= (async () => {
      while (isStale) {
        isStale = false;
        await load().catch((error: unknown) =>
          deps.logger.warn({ event: 'roster.load-failed', error: String(error) }, 'roster not read'),
        );
      }
      loading = undefined;
    })();
  }

  await load();
  const stopListening = await deps.database.listen('roster', refresh, refresh);
  const timer = setInterval(refresh, POLL_MS);
  return {
    resolve: (address, atMs, protocol) =>
      resolveAssignment(byAddress.get(address) ?? [], address, atMs, protocol),
    hasSubject: (id) => subjects.has(id),
    stop: async () => {
      clearInterval(timer);
      await stopListening();
      await loading;
    },
  };
}

function resolveAssignment(
  known: readonly Assignment[],
  address: string,
  atMs: Instant,
  protocol: Protocol | undefined,
): Result<Assignment, Refusal> {
  let isKnown = false;
  for (const assignment of known) {
    if (protocol !== undefined && assignment.protocol !== null && assignment.protocol !== protocol) continue;
    isKnown = true;
    if (assignment.fromMs <= atMs && (assignment.untilMs === null || atMs < assignment.untilMs))
      return ok(assignment);
  }
  return isKnown
    ? refuse(
        'device-not-assigned',
        'device',
        `${JSON.stringify(address)} belongs to nobody at that time: mend its assignment, then replay`,
      )
    : refuse(
        'unknown-device',
        'device',
        `${JSON.stringify(address)} is not on the roster: add it, then replay`,
      );
}
