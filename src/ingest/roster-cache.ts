/**
 * Whose device is it: the roster's assignments in memory, so that no ping costs a query. Kept fresh by NOTIFY `roster`, by a
 * look after each lost connection, and by a slow poll beside both.
 */
import type { Logger } from 'pino';
import type { Instant } from '../kernel/instant.ts';
import { decodePolicyDocument } from '../kernel/policy-file.ts';
import { ok, type Refusal, type Result, refuse } from '../kernel/result.ts';
import type { Protocol } from '../kernel/roster.ts';
import { createWallClock, type WallClock } from '../kernel/wall-clock.ts';
import type { Database } from '../ports/database.ts';
import { listDeviceSecrets } from '../store/device-secrets.ts';
import { listFeedCrs } from '../store/feeds.ts';
import { confirmRoster, findDocument, listAssignments, listSubjectEnds } from '../store/roster.ts';
import { listPins, listTerminals } from '../store/terminals.ts';
import type { Term } from './collection.ts';
import { CRS, type Crs } from './coordinates.ts';
import { createTerminalRoster, type TerminalRoster } from './terminal-roster.ts';

export interface Assignment {
  readonly device: string;
  readonly subject: string;
  readonly feed: string | null;
  readonly protocol: Protocol | null;
  readonly fromMs: Instant;
  readonly untilMs: Instant | null;
  /** What the law lets be collected by it. */
  readonly terms: readonly Term[] | null;
  readonly endsMs: Instant | null;
  /** Of a device whose clock shows another zone than its protocol says. */
  readonly clock?: WallClock | undefined;
}

export interface Devices {
  /** The assignment that holds at `atMs` for an id on the wire; a device is also found by its own id. */
  resolve(address: string, atMs: Instant, protocol?: Protocol): Result<Assignment, Refusal>;
  hasSubject(id: string): boolean;
  /** From when on nothing of the subject may be collected; null or absent: no end is known. */
  endOf?(subject: string): Instant | null;
  /** What a feed's coordinates are in; absent: WGS-84. */
  crsOf?(feed: string): Crs;
  /** What the clock of the device behind an id on the wire shows, where the roster says so. */
  clockOf?(address: string, protocol: Protocol): WallClock | undefined;
  /** `clockSkewS` of the policy as it stands; undefined where it says nothing. */
  clockSkewS?(): number | undefined;
}

export interface RosterCache extends Devices {
  /** The secret that is set for the device behind an id on the wire; undefined where there is none. */
  secretOf(address: string, protocol: Protocol): string | undefined;
  /** The device that a subject has at `atMs`; undefined when there is none, or more than one. */
  onlyDeviceOf(subject: string, atMs: Instant): string | undefined;
  /** As it stands: ask for it anew each time. */
  terminals(): TerminalRoster;
  stop(): Promise<void>;
}

const DEFAULT_ZONE = 'Asia/Shanghai';
const POLL_MS = 60_000;
const RETRY_MS = 1000;

export async function openRosterCache(deps: { database: Database; logger: Logger }): Promise<RosterCache> {
  let areClocksDeclared = false;
  /** Each zone once: a clock keeps a table. */
  const clocks = new Map<string, WallClock>();
  function clockIn(timeZone: string): WallClock {
    const clock = clocks.get(timeZone) ?? createWallClock(timeZone);
    clocks.set(timeZone, clock);
    return clock;
  }
  let byAddress = new Map<string, Assignment[]>();
  let bySubject = new Map<string, Assignment[]>();
  let ends = new Map<string, Instant>();
  let crsByFeed = new Map<string, Crs>();
  let secrets = new Map<string, string>();
  let terminals = createTerminalRoster({ terminals: [], pins: [], devices: [], timeZone: DEFAULT_ZONE });
  let clockSkewS: number | undefined;
  let loading: Promise<void> | undefined;
  let isStale = false;
  /** Who waits to hear that their change is taken. */
  let asked: string[] = [];
  let again: NodeJS.Timeout | undefined;

  async function load(): Promise<void> {
    const [assignments, subjects, documents, feeds, secretRows, calendars, terminalRows, pins] =
      await Promise.all([
        listAssignments(deps.database),
        listSubjectEnds(deps.database),
        findDocument(deps.database, 'policy'),
        listFeedCrs(deps.database),
        listDeviceSecrets(deps.database),
        findDocument(deps.database, 'calendar'),
        listTerminals(deps.database),
        listPins(deps.database),
      ]);
    const policy = decodePolicyDocument(documents[0]?.document ?? {});
    let hasClocks = false;
    const found = new Map<string, Assignment[]>();
    const own = new Map<string, Assignment[]>(subjects.map((row) => [row.id, []]));
    const put = (key: string, assignment: Assignment) => {
      const others = found.get(key);
      if (others === undefined) found.set(key, [assignment]);
      else others.push(assignment);
    };
    for (const row of assignments) {
      const assignment: Assignment = {
        device: row.id,
        subject: row.subject,
        feed: row.feed,
        protocol: row.protocol as Protocol | null,
        fromMs: row.valid_from.getTime(),
        untilMs: row.valid_until?.getTime() ?? null,
        terms: termsOf(row),
        endsMs: row.collects_until?.getTime() ?? null,
        clock: row.time_zone === null ? undefined : clockIn(row.time_zone),
      };
      hasClocks ||= assignment.clock !== undefined;
      own.get(row.subject)?.push(assignment);
      put(row.address, assignment);
      // JT/T 808 pads the terminal's number with zeros to the field's length, and its decoder takes them off.
      const bare = row.protocol === 'jt808' ? row.address.replace(/^0+(?=.)/, '') : row.address;
      if (bare !== row.address) put(bare, assignment);
    }
    // After all addresses: an id that is another device's id on the wire means that other device.
    for (const assignments of own.values())
      for (const assignment of assignments)
        if (!(found.get(assignment.device) ?? []).includes(assignment)) put(assignment.device, assignment);
    const calendar = calendars[0]?.document as { timeZone?: string } | undefined;
    terminals = createTerminalRoster({
      timeZone: calendar?.timeZone ?? DEFAULT_ZONE,
      terminals: terminalRows.map(({ time_zone, ...row }) => ({ ...row, timeZone: time_zone })),
      pins: pins.map(({ valid_from, valid_until, ...row }) => ({
        ...row,
        fromMs: valid_from.getTime(),
        untilMs: valid_until?.getTime() ?? null,
      })),
      devices: assignments
        .filter(({ protocol }) => protocol === 'zkteco')
        .map((row) => ({
          id: row.id,
          subject: row.subject,
          address: row.address,
          timeZone: row.time_zone,
          fromMs: row.valid_from.getTime(),
          untilMs: row.valid_until?.getTime() ?? null,
        })),
    });
    byAddress = found;
    areClocksDeclared = hasClocks;
    bySubject = own;
    ends = new Map(
      subjects.flatMap(({ id, collects_until: end }) => (end === null ? [] : [[id, end.getTime()] as const])),
    );
    secrets = new Map(secretRows.map(({ device, secret }) => [device, secret]));
    crsByFeed = new Map(feeds.map(({ id, crs }) => [id, CRS.find((known) => known === crs) ?? 'wgs84']));
    clockSkewS = policy.ok ? policy.value.default.clockSkewS : undefined;
  }

  function knownBy(address: string, protocol: Protocol): Assignment | undefined {
    return byAddress.get(address)?.find((one) => one.protocol === null || one.protocol === protocol);
  }

  /** One load at a time; a change during a load asks for another. */
  function refresh(): void {
    isStale = true;
    loading ??= (async () => {
      while (isStale) {
        isStale = false;
        const tokens = asked;
        asked = [];
        try {
          await load();
          for (const token of tokens) await confirmRoster(deps.database, token);
        } catch (error) {
          asked.push(...tokens);
          deps.logger.warn({ event: 'roster.load-failed', error: String(error) }, 'roster not read');
          again = setTimeout(refresh, RETRY_MS);
        }
      }
      loading = undefined;
    })();
  }

  function onChange(token: string): void {
    if (token !== '') asked.push(token);
    refresh();
  }

  await load();
  const stopListening = await deps.database.listen('roster', onChange, refresh);
  const timer = setInterval(refresh, POLL_MS);
  return {
    resolve: (address, atMs, protocol) =>
      resolveAssignment(byAddress.get(address) ?? [], address, atMs, protocol),
    hasSubject: (id) => bySubject.has(id),
    endOf: (subject) => ends.get(subject) ?? null,
    crsOf: (feed) => crsByFeed.get(feed) ?? 'wgs84',
    clockSkewS: () => clockSkewS,
    clockOf: (address, protocol) => {
      // Asked for each frame, and hardly any device has one.
      if (!areClocksDeclared) return undefined;
      return knownBy(address, protocol)?.clock;
    },
    secretOf: (address, protocol) => {
      if (secrets.size === 0) return undefined;
      // Whoever has the device today or had it: the secret is the device's own.
      const known = knownBy(address, protocol);
      return known === undefined ? undefined : secrets.get(known.device);
    },
    onlyDeviceOf: (subject, atMs) => {
      const [first, second] = (bySubject.get(subject) ?? []).filter((assignment) => holds(assignment, atMs));
      return second === undefined ? first?.device : undefined;
    },
    terminals: () => terminals,
    stop: async () => {
      clearInterval(timer);
      await stopListening();
      await loading;
      clearTimeout(again);
    },
  };
}

/** A wristband's: of the profile, and those before it. A phone has none and needs none. */
function termsOf(row: Awaited<ReturnType<typeof listAssignments>>[number]): readonly Term[] | null {
  if (row.kind !== 'wristband') return null;
  const before = row.terms as readonly { from: string; until: string }[];
  const terms = before.map(({ from, until }) => ({ fromMs: Date.parse(from), untilMs: Date.parse(until) }));
  if (row.order_from === null || row.order_until === null) return terms;
  return [...terms, { fromMs: row.order_from.getTime(), untilMs: row.order_until.getTime() }];
}

function holds({ fromMs, untilMs }: Assignment, atMs: Instant): boolean {
  return fromMs <= atMs && (untilMs === null || atMs < untilMs);
}

function resolveAssignment(
  known: readonly Assignment[],
  address: string,
  atMs: Instant,
  protocol: Protocol | undefined,
): Result<Assignment, Refusal> {
  let isKnown = false;
  let found: Assignment | undefined;
  for (const assignment of known) {
    if (protocol !== undefined && assignment.protocol !== null && assignment.protocol !== protocol) continue;
    isKnown = true;
    if (!holds(assignment, atMs)) continue;
    // On the wire an address comes first; the native form speaks of the device's own id.
    if (found === undefined || (protocol === undefined && assignment.device === address)) found = assignment;
  }
  if (found !== undefined) return ok(found);
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
