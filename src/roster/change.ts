/**
 * The one way into the roster: tables, the lines that the log must get, and the audit are one transaction, so that no detector judges by
 * an old roster for longer than the relay takes. Files (`ingest/roster-load.ts`), spreadsheets and the desk's forms all pass here.
 */
import type { Instant } from '../kernel/instant.ts';
import { noContactOf } from '../kernel/log-event.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import type { PolicyDocument } from '../kernel/policy.ts';
import { encodePolicyDocument } from '../kernel/policy-file.ts';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';
import type { Calendar, SubjectProfile, ZoneFeature } from '../kernel/roster.ts';
import { encodeSubjectProfile } from '../kernel/roster-file.ts';
import { isSelfTest } from '../kernel/self-test.ts';
import { encodeZone } from '../kernel/zone-file.ts';
import { decidedAbout, judgedAs, setClocks, withAll } from '../legal/settle.ts';
import type { Database, Db } from '../ports/database.ts';
import { type AuditActor, type AuditEntry, recordAudit } from '../store/audit.ts';
import { ensureFeed } from '../store/feeds.ts';
import { addToOutbox } from '../store/outbox.ts';
import {
  addZoneVersions,
  clearDevices,
  findOverlaps,
  insertDevices,
  listRepurposedZones,
  lockRoster,
  lockSubjects,
  notifyRoster,
  ROSTER_LOCK,
  upsertDocument,
  upsertSubjects,
  upsertZones,
} from '../store/roster.ts';
import { writeDates } from './dates.ts';
import { writePins } from './terminals.ts';

/** Who changes it, from where and why. */
export interface Author {
  readonly actor: AuditActor;
  readonly address?: string | null;
  readonly reason?: string | null;
}

/** What a change has to say to the log and to the audit. */
export interface Change {
  readonly by: Author;
  readonly nowMs: Instant;
  /** Lines for every partition. */
  readonly broadcast: string[];
  readonly keyed: { readonly key: string; readonly line: string }[];
  readonly deeds: AuditEntry[];
}

/** More of one kind are not told: who has so many has one mistake, repeated. */
const MAX_OVERLAPS = 10_000;

/** Ends the transaction without its effects; what it carries comes out as a value. */
class Undone<T, E> extends Error {
  readonly result: Result<T, E>;
  constructor(result: Result<T, E>) {
    super('undone');
    this.result = result;
  }
}

/** Faults undo everything; so does `isTrial`, with the same answer as if it had been meant. `token`: see `notifyRoster`. */
export async function changeRoster<T, E>(
  database: Pick<Database, 'transaction'>,
  by: Author,
  nowMs: Instant,
  work: (db: Db, change: Change) => Promise<Result<T, E>>,
  { token = '', isTrial = false }: { readonly token?: string; readonly isTrial?: boolean } = {},
): Promise<Result<T, E>> {
  try {
    return await database.transaction(async (db) => {
      // One change at a time: their lines must stand in the outbox in the order in which they are committed.
      await lockRoster(db, ROSTER_LOCK);
      const change: Change = { by, nowMs, broadcast: [], keyed: [], deeds: [] };
      const result = await work(db, change);
      if (!result.ok || isTrial) throw new Undone(result);
      await recordAudit(db, ...change.deeds);
      await addToOutbox(
        db,
        [...change.broadcast.map(() => null), ...change.keyed.map(({ key }) => key)],
        [...change.broadcast, ...change.keyed.map(({ line }) => line)],
      );
      await notifyRoster(db, token);
      return result;
    });
  } catch (error) {
    if (error instanceof Undone) return error.result;
    throw error;
  }
}

export function deed({ by }: Change, entry: Omit<AuditEntry, 'actor'>): AuditEntry {
  const { actor, address = null, reason = null } = by;
  return { actor, address, reason, ...entry };
}

/** What a zone is for stays: whoever is bound by it would be free without a word, or bound by what was dead ground. */
export async function findRepurposed(db: Db, zones: readonly ZoneFeature[]): Promise<Refusal[]> {
  const rows = await listRepurposedZones(
    db,
    zones.map(({ id }) => id),
    zones.map(({ purpose }) => purpose ?? ''),
  );
  return rows.map(({ id }) => ({
    code: 'unknown-value',
    where: `zone ${id}: properties.purpose`,
    message: 'a zone keeps its purpose: draw another one',
  }));
}

/** `office`: whose own a new zone is. Answers the versions of those that were new or differ. */
export async function writeZones(
  db: Db,
  change: Change,
  zones: readonly ZoneFeature[],
  office: string | null = null,
): Promise<ReadonlyMap<string, number>> {
  const rows = zones.map((zone) => ({ id: zone.id, feature: encodeZone(zone) }));
  const written = await upsertZones(db, JSON.stringify(rows), office);
  const versions = new Map(written.map(({ id, version }) => [id, version]));
  await addZoneVersions(db, [...versions.keys()], change.by.actor.name, change.by.reason ?? '');
  for (const zone of zones) {
    const version = versions.get(zone.id);
    if (version === undefined) continue;
    change.broadcast.push(encodeLogEvent({ type: 'zone', atMs: change.nowMs, zone }));
    change.deeds.push(deed(change, { action: 'zone.change', target: zone.id, detail: { version } }));
  }
  return versions;
}

/** Answers its version; undefined: it is what it was. */
export async function writePolicy(
  db: Db,
  change: Change,
  policy: PolicyDocument,
): Promise<number | undefined> {
  const document = encodePolicyDocument(policy);
  const [written] = await upsertDocument(db, 'policy', JSON.stringify(document));
  if (written === undefined) return undefined;
  change.broadcast.push(encodeLogEvent({ type: 'policy', atMs: change.nowMs, policy }));
  change.deeds.push(deed(change, { action: 'policy.change', detail: { policy: document } }));
  return written.version;
}

/** Answers its version; undefined: it is what it was. */
export async function writeCalendar(db: Db, change: Change, calendar: Calendar): Promise<number | undefined> {
  const [written] = await upsertDocument(db, 'calendar', JSON.stringify(calendar));
  if (written === undefined) return undefined;
  change.broadcast.push(encodeLogEvent({ type: 'calendar', atMs: change.nowMs, calendar }));
  change.deeds.push(deed(change, { action: 'calendar.change', detail: { version: written.version } }));
  return written.version;
}

interface Before {
  readonly [key: string]: unknown;
  readonly noContact?: readonly unknown[];
  readonly pins?: unknown;
}

export interface ProfileFault extends Refusal {
  /** Whose profile it is in. */
  readonly subject?: string;
}

/**
 * Upsert by id. Answers the versions of those that were new or differ, or every fault. `pinsAreWritten`: the caller has seen to the table
 * of pins.
 */
export async function writeProfiles(
  db: Db,
  change: Change,
  given: readonly SubjectProfile[],
  pinsAreWritten = false,
): Promise<Result<ReadonlyMap<string, number>, ProfileFault[]>> {
  const ids = given.map(({ id }) => id);
  const reserved = ids.filter(isSelfTest);
  if (reserved.length > 0)
    return fail(
      reserved.map((id) => ({
        code: 'unknown-value',
        subject: id,
        where: `subject ${id}`,
        message: 'the self-test has ids that begin so: choose another',
      })),
    );
  // What was decided here stands, whatever a file says that was saved before.
  const profiles = withAll(given, await decidedAbout(db, ids), change.nowMs);
  const before = new Map((await lockSubjects(db, ids)).map(({ id, profile }) => [id, profile as Before]));
  const rows = profiles.map((profile) => ({
    id: profile.id,
    name: profile.name,
    office: profile.office,
    grade: profile.grade,
    profile: encodeSubjectProfile(profile),
  }));
  const written = await upsertSubjects(db, JSON.stringify(rows));
  const versions = new Map(written.map(({ id, version }) => [id, version]));
  const changed = [...versions.keys()];
  await clearDevices(db, changed);
  await insertDevices(db, changed);
  const feeds = new Set(profiles.flatMap(({ devices }) => devices.flatMap(({ feed }) => feed ?? [])));
  for (const feed of feeds) await ensureFeed(db, feed, feed);
  // Untouched ones stay as they are: who changes the rest may not see the terminal.
  const withPins = pinsAreWritten
    ? []
    : rows
        .filter(({ id, profile }) => versions.has(id) && !isSame(profile.pins, before.get(id)?.pins))
        .map(({ id }) => id);
  const faults = [...(await overlapsOf(db, changed)), ...(await writePins(db, withPins))];
  if (faults.length > 0) return fail(faults);
  const anew = profiles.filter(({ id }) => versions.has(id));
  await writeDates(db, anew, change.by.actor.name, change.nowMs);
  await setClocks(db, anew);
  const judged = await judgedAs(db, changed);

  for (const [i, profile] of profiles.entries()) {
    const { id, office, noContact } = profile;
    const version = versions.get(id);
    if (version === undefined) continue;
    const old = before.get(id);
    change.keyed.push({
      key: id,
      line: encodeLogEvent({
        type: 'profile',
        atMs: change.nowMs,
        profile: judged(profile, change.nowMs),
      }),
    });
    const fields = Object.entries(rows[i]?.profile ?? {}).flatMap(([key, value]) =>
      isSame(value, old?.[key]) ? [] : [key],
    );
    change.deeds.push(
      deed(change, {
        action: 'subject.change',
        subject: id,
        office,
        detail: { version, ...(old === undefined ? { isNew: true } : { fields }) },
      }),
    );
    if (noContact.length > 0 || (old?.noContact ?? []).length > 0)
      change.broadcast.push(encodeLogEvent(noContactOf(profile, change.nowMs)));
  }
  return ok(versions);
}

async function overlapsOf(db: Db, changed: string[]): Promise<ProfileFault[]> {
  return (await findOverlaps(db, changed, MAX_OVERLAPS)).map(({ id, subject, other, other_id }) => {
    const whom = other ?? 'somebody of another organisation';
    const theirs = other_id === id ? whom : `${whom} (device ${other_id}, same id on the wire)`;
    return {
      code: 'duplicate-id' as const,
      subject,
      where: `subject ${subject}: device ${id}`,
      message: `is assigned to ${theirs} at the same time: end the one before the other begins`,
    };
  });
}

/** jsonb keeps no order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`)
      .join()}}`;
  return JSON.stringify(value ?? null);
}
