/**
 * Loading a roster into the store: validated as a whole, nothing changed on a fault; an upsert by id. The tables and the lines
 * that the log must get (zones, policy and calendar before the profiles that name them) are one transaction.
 */
import type { Instant } from '../kernel/instant.ts';
import { noContactOf } from '../kernel/log-event.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import type { PolicyDocument } from '../kernel/policy.ts';
import { decodePolicyDocument, encodePolicyDocument } from '../kernel/policy-file.ts';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';
import {
  type Calendar,
  EMPTY_ROSTER,
  type Roster,
  type Terminal,
  type ZoneFeature,
} from '../kernel/roster.ts';
import {
  decodeRoster,
  decodeSubjectProfile,
  encodeRoster,
  encodeSubjectProfile,
  findUnknownZones,
} from '../kernel/roster-file.ts';
import { decodeZone, encodeZone } from '../kernel/zone-file.ts';
import { asJudged } from '../legal/profile.ts';
import { decidedAbout, endsOf, setClocks, withAll } from '../legal/settle.ts';
import type { Database, Db } from '../ports/database.ts';
import { type AuditActor, type AuditEntry, recordAudit } from '../store/audit.ts';
import { ensureFeed } from '../store/feeds.ts';
import { addToOutbox } from '../store/outbox.ts';
import {
  clearDevices,
  findDocument,
  findOverlaps,
  insertDevices,
  listNoContact,
  listProfiles,
  listZoneFeatures,
  lockRoster,
  notifyRoster,
  ROSTER_LOCK,
  upsertDocument,
  upsertSubjects,
  upsertZones,
} from '../store/roster.ts';
import { listTerminals } from '../store/terminals.ts';
import { writePins, writeTerminals } from './terminal-load.ts';

export interface Changes {
  readonly subjects: number;
  readonly zones: number;
  readonly documents: number;
}

export interface RosterUpdate {
  readonly roster: Roster | null;
  readonly zones: readonly ZoneFeature[] | null;
  readonly policy: PolicyDocument | null;
}

class Refused extends Error {
  readonly faults: Refusal[];
  constructor(faults: Refusal[]) {
    super('refused');
    this.faults = faults;
  }
}

/**
 * `checkZone` says what is wrong with a shape (geofences). `token` comes back on the channel `roster-taken` when a running intake goes by
 * the new roster. Answers what changed, or every fault.
 */
export async function loadRoster(
  database: Database,
  update: RosterUpdate,
  nowMs: Instant,
  checkZone: (zone: ZoneFeature) => Result<unknown, Refusal>,
  by: AuditActor = { kind: 'command', name: 'wardline roster load', organisation: '' },
  token = '',
): Promise<Result<Changes, Refusal[]>> {
  const shapes = (update.zones ?? []).flatMap((zone) => {
    const checked = checkZone(zone);
    if (checked.ok) return [];
    const { where } = checked.error;
    return [{ ...checked.error, where: `zone ${zone.id}${where === '' ? '' : `: ${where}`}` }];
  });
  try {
    return ok(await database.transaction((db) => write(db, update, nowMs, shapes, by, token)));
  } catch (error) {
    // The transaction is rolled back by the throw; the faults come out of it as a value.
    if (error instanceof Refused) return fail(error.faults);
    throw error;
  }
}

async function write(
  db: Db,
  { roster, zones, policy }: RosterUpdate,
  nowMs: Instant,
  shapes: readonly Refusal[],
  by: AuditActor,
  token: string,
): Promise<Changes> {
  // One load at a time: their lines must stand in the outbox in the order in which they are committed.
  await lockRoster(db, ROSTER_LOCK);
  const faults = [...shapes];
  const broadcast: string[] = [];
  const keyed: { key: string; line: string }[] = [];
  const deeds: AuditEntry[] = [];
  let documents = 0;

  const changedZones = new Set(
    zones === null
      ? []
      : (
          await upsertZones(
            db,
            JSON.stringify(zones.map((zone) => ({ id: zone.id, feature: encodeZone(zone) }))),
          )
        ).map((row) => row.id),
  );
  for (const zone of zones ?? [])
    if (changedZones.has(zone.id)) {
      broadcast.push(encodeLogEvent({ type: 'zone', atMs: nowMs, zone }));
      deeds.push({ actor: by, action: 'zone.change', target: zone.id });
    }
  if (
    policy !== null &&
    (await upsertDocument(db, 'policy', JSON.stringify(encodePolicyDocument(policy)))).length > 0
  ) {
    documents++;
    broadcast.push(encodeLogEvent({ type: 'policy', atMs: nowMs, policy }));
    deeds.push({ actor: by, action: 'policy.change', detail: { policy: encodePolicyDocument(policy) } });
  }
  let changedSubjects = new Set<string>();
  if (roster !== null) {
    const known = new Set((await listZoneFeatures(db)).map((row) => row.id));
    faults.push(...findUnknownZones(roster, known));
    const ids = roster.subjects.map(({ id }) => id);
    // What was decided here stands, whatever a file says that was saved before.
    const subjects = withAll(roster.subjects, await decidedAbout(db, ids), nowMs);
    const calendar = await mergeCalendar(db, roster.calendar);
    if ((await upsertDocument(db, 'calendar', JSON.stringify(calendar))).length > 0) {
      documents++;
      broadcast.push(encodeLogEvent({ type: 'calendar', atMs: nowMs, calendar }));
    }
    const musters = await mergeMusters(db, roster);
    if ((await upsertDocument(db, 'musters', JSON.stringify(musters))).length > 0) {
      documents++;
      for (const muster of roster.musters)
        broadcast.push(encodeLogEvent({ type: 'muster', atMs: nowMs, muster }));
    }
    faults.push(...(await writeTerminals(db, roster.terminals ?? [])));
    const hadOrder = new Set((await listNoContact(db)).map(({ id }) => id));
    const written = await writeSubjects(db, { ...roster, subjects });
    faults.push(...written.faults);
    changedSubjects = written.changed;
    await setClocks(
      db,
      subjects.filter(({ id }) => changedSubjects.has(id)),
    );
    const ends = await endsOf(db, ids);
    for (const profile of subjects) {
      if (!changedSubjects.has(profile.id)) continue;
      const judged = asJudged(profile, ends.get(profile.id) ?? null, nowMs);
      keyed.push({
        key: profile.id,
        line: encodeLogEvent({ type: 'profile', atMs: nowMs, profile: judged }),
      });
      deeds.push({ actor: by, action: 'subject.change', subject: profile.id, office: profile.office });
      if (profile.noContact.length > 0 || hadOrder.has(profile.id))
        broadcast.push(encodeLogEvent(noContactOf(profile, nowMs)));
    }
  }
  if (faults.length > 0) throw new Refused(faults);
  const counts = { subjects: changedSubjects.size, zones: changedZones.size, documents };
  await recordAudit(db, { actor: by, action: 'roster.load', detail: counts }, ...deeds);
  await addToOutbox(
    db,
    [...broadcast.map(() => null), ...keyed.map((entry) => entry.key)],
    [...broadcast, ...keyed.map((entry) => entry.line)],
  );
  await notifyRoster(db, token);
  return counts;
}

async function writeSubjects(db: Db, roster: Roster): Promise<{ changed: Set<string>; faults: Refusal[] }> {
  const rows = roster.subjects.map((profile) => ({
    id: profile.id,
    name: profile.name,
    office: profile.office,
    grade: profile.grade,
    profile: encodeSubjectProfile(profile),
  }));
  const changed = (await upsertSubjects(db, JSON.stringify(rows))).map((row) => row.id);
  await clearDevices(db, changed);
  await insertDevices(db, changed);
  const pinFaults = await writePins(db, changed);
  const overlaps = await findOverlaps(db, changed);
  const faults = overlaps.map(({ id, subject, other, other_id }): Refusal => {
    const theirs = other_id === id ? other : `${other} (device ${other_id}, same id on the wire)`;
    return {
      code: 'duplicate-id',
      where: `subject ${subject}: device ${id}`,
      message: `is assigned to ${theirs} at the same time: end the one before the other begins`,
    };
  });
  const feeds = new Set(
    roster.subjects.flatMap((profile) => profile.devices.flatMap((device) => device.feed ?? [])),
  );
  for (const feed of feeds) await ensureFeed(db, feed, feed);
  return { changed: new Set(changed), faults: [...faults, ...pinFaults] };
}

/** A roster without a calendar changes none; its days come on top of those that are known. */
async function mergeCalendar(db: Db, given: Calendar): Promise<Calendar> {
  const known = (await findDocument(db, 'calendar'))[0]?.document as Calendar | undefined;
  if (known === undefined) return given;
  if (Object.keys(given.days).length === 0) return known;
  return { days: { ...known.days, ...given.days }, timeZone: given.timeZone };
}

/** In the form of roster.json, by id. */
async function mergeMusters(db: Db, roster: Roster): Promise<readonly unknown[]> {
  const known = (await findDocument(db, 'musters'))[0]?.document as readonly { id: string }[] | undefined;
  const given = encodeRoster({ ...roster, subjects: [] }).musters as readonly { id: string }[];
  const named = new Set(given.map(({ id }) => id));
  return [...(known ?? []).filter(({ id }) => !named.has(id)), ...given];
}

/** The whole roster, its zones and its policy as they stand in the store. */
export async function readRoster(
  db: Db,
): Promise<{ roster: Roster; zones: ZoneFeature[]; policy: PolicyDocument }> {
  const subjects = (await listProfiles(db)).map((row) => must(decodeSubjectProfile(row.profile)));
  const zones = (await listZoneFeatures(db)).map((row) => must(decodeZone(row.feature)));
  const document = async (name: string) => (await findDocument(db, name))[0]?.document;
  const calendar = ((await document('calendar')) ?? EMPTY_ROSTER.calendar) as Roster['calendar'];
  const musters = must(decodeRoster({ subjects: [], musters: (await document('musters')) ?? [] })).musters;
  const policy = must(decodePolicyDocument((await document('policy')) ?? {}));
  const terminals = (await listTerminals(db)).map(
    ({ time_zone, ...row }): Terminal => ({ ...row, timeZone: time_zone }),
  );
  const roster = { subjects, musters, calendar };
  return { roster: terminals.length === 0 ? roster : { ...roster, terminals }, zones, policy };
}

/**
 * Puts the whole roster into the log again when that was not done for `everyMs`: the log forgets by its retention, and a detector
 * that must begin anew (a lost checkpoint, a program of another state) would otherwise watch nobody without a word. Who knows it
 * all already takes nothing from it. Answers whether it was time.
 */
export async function renewRoster(database: Database, nowMs: Instant, everyMs: number): Promise<boolean> {
  return database.transaction(async (db) => {
    await lockRoster(db, ROSTER_LOCK);
    const last = (await findDocument(db, RENEWAL))[0]?.document as { at: string } | undefined;
    if (last !== undefined && nowMs - Date.parse(last.at) < everyMs) return false;
    const { roster, zones, policy } = await readRoster(db);
    const broadcast = [
      ...zones.map((zone) => encodeLogEvent({ type: 'zone', atMs: nowMs, zone })),
      encodeLogEvent({ type: 'policy', atMs: nowMs, policy }),
      encodeLogEvent({ type: 'calendar', atMs: nowMs, calendar: roster.calendar }),
      ...roster.musters.map((muster) => encodeLogEvent({ type: 'muster', atMs: nowMs, muster })),
      ...roster.subjects
        .filter(({ noContact }) => noContact.length > 0)
        .map((profile) => encodeLogEvent(noContactOf(profile, nowMs))),
    ];
    const ends = await endsOf(
      db,
      roster.subjects.map(({ id }) => id),
    );
    const profiles = roster.subjects.map((profile) =>
      encodeLogEvent({
        type: 'profile',
        atMs: nowMs,
        profile: asJudged(profile, ends.get(profile.id) ?? null, nowMs),
      }),
    );
    await addToOutbox(
      db,
      [...broadcast.map(() => null), ...roster.subjects.map(({ id }) => id)],
      [...broadcast, ...profiles],
    );
    await setClocks(db, roster.subjects);
    await upsertDocument(db, RENEWAL, JSON.stringify({ at: new Date(nowMs).toISOString() }));
    return true;
  });
}

/** When the roster was last put into the log whole. */
const RENEWAL = 'renewal';

/** What stands in the tables was checked on its way in. */
function must<T>(result: Result<T, Refusal[]>): T {
  if (!result.ok)
    throw new Error(`the store holds what the program can't read: ${JSON.stringify(result.error[0])}`);
  return result.value;
}
