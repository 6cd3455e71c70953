/**
 * Loading a roster into the store: validated as a whole, nothing changed on a fault; an upsert by id. The tables and the lines
 * that the log must get (zones, policy and calendar before the profiles that name them) are one transaction.
 */
import type { Instant } from '../kernel/instant.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import type { PolicyDocument } from '../kernel/policy.ts';
import { decodePolicyDocument, encodePolicyDocument } from '../kernel/policy-file.ts';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';
import { EMPTY_ROSTER, type Roster, type ZoneFeature } from '../kernel/roster.ts';
import {
  decodeRoster,
  decodeSubjectProfile,
  encodeRoster,
  encodeSubjectProfile,
  findUnknownZones,
} from '../kernel/roster-file.ts';
import { decodeZone, encodeZone } from '../kernel/zone-file.ts';
import type { Database, Db } from '../ports/database.ts';
import { ensureFeed } from '../store/feeds.ts';
import { addToOutbox } from '../store/outbox.ts';
import {
  clearDevices,
  findDocument,
  findOverlaps,
  insertDevices,
  listProfiles,
  listZoneFeatures,
  notifyRoster,
  upsertDocument,
  upsertSubjects,
  upsertZones,
} from '../store/roster.ts';

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

/** `checkZone` says what is wrong with a shape (geofences). Answers what changed, or every fault. */
export async function loadRoster(
  database: Database,
  update: RosterUpdate,
  nowMs: Instant,
  checkZone: (zone: ZoneFeature) => Result<unknown, Refusal>,
): Promise<Result<Changes, Refusal[]>> {
  const faults = (update.zones ?? []).flatMap((zone) => {
    const checked = checkZone(zone);
    return checked.ok
      ? []
      : [
          {
            ...checked.error,
            where: `zone ${zone.id}${checked.error.where === '' ? '' : `: ${checked.error.where}`}`,
          },
        ];
  });
  if (faults.length > 0) return fail(faults);
  try {
    return ok(await database.transaction((db) => write(db, update, nowMs)));
  } catch (error) {
    // The transaction is rolled back by the throw; the faults come out of it as a value.
    if (error instanceof Refused) return fail(error.faults);
    throw error;
  }
}

async function write(db: Db, { roster, zones, policy }: RosterUpdate, nowMs: Instant): Promise<Changes> {
  const broadcast: string[] = [];
  const keyed: { key: string; line: string }[] = [];
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
    if (changedZones.has(zone.id)) broadcast.push(encodeLogEvent({ type: 'zone', atMs: nowMs, zone }));
  if (
    policy !== null &&
    (await upsertDocument(db, 'policy', JSON.stringify(encodePolicyDocument(policy)))).length > 0
  ) {
    documents++;
    broadcast.push(encodeLogEvent({ type: 'policy', atMs: nowMs, policy }));
  }
  let changedSubjects = new Set<string>();
  if (roster !== null) {
    const known = new Set((await listZoneFeatures(db)).map((row) => row.id));
    const unknown = findUnknownZones(roster, known);
    if (unknown.length > 0) throw new Refused(unknown);
    if ((await upsertDocument(db, 'calendar', JSON.stringify(roster.calendar))).length > 0) {
      documents++;
      broadcast.push(encodeLogEvent({ type: 'calendar', atMs: nowMs, calendar: roster.calendar }));
    }
    const { musters } = encodeRoster({ ...roster, subjects: [] });
    if ((await upsertDocument(db, 'musters', JSON.stringify(musters))).length > 0) documents++;
    changedSubjects = await writeSubjects(db, roster);
    for (const profile of roster.subjects) {
      if (changedSubjects.has(profile.id))
        keyed.push({ key: profile.id, line: encodeLogEvent({ type: 'profile', atMs: nowMs, profile }) });
    }
  }
  await addToOutbox(
    db,
    [...broadcast.map(() => null), ...keyed.map((entry) => entry.key)],
    [...broadcast, ...keyed.map((entry) => entry.line)],
  );
  await notifyRoster(db);
  return { subjects: changedSubjects.size, zones: changedZones.size, documents };
}

async function writeSubjects(db: Db, roster: Roster): Promise<Set<string>> {
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
  const overlaps = await findOverlaps(db, changed);
  if (overlaps.length > 0) {
    throw new Refused(
      overlaps.map(({ id, subject, other }) => ({
        code: 'duplicate-id',
        where: `subject ${subject}: device ${id}`,
        message: `is assigned to ${other} at the same time: end the one before the other begins`,
      })),
    );
  }
  const feeds = new Set(
    roster.subjects.flatMap((profile) => profile.devices.flatMap((device) => device.feed ?? [])),
  );
  for (const feed of feeds) await ensureFeed(db, feed, feed);
  return new Set(changed);
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
  return { roster: { subjects, musters, calendar }, zones, policy };
}

/** What stands in the tables was checked on its way in. */
function must<T>(result: Result<T, Refusal[]>): T {
  if (!result.ok)
    throw new Error(`the store holds what the program can't read: ${JSON.stringify(result.error[0])}`);
  return result.value;
}
