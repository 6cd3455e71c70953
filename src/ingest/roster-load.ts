/**
 * Loading a roster into the store: validated as a whole, nothing changed on a fault; an upsert by id. Zones, policy and calendar go into
 * the log before the profiles that name them.
 */
import type { Instant } from '../kernel/instant.ts';
import { noContactOf } from '../kernel/log-event.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import type { PolicyDocument } from '../kernel/policy.ts';
import { decodePolicyDocument } from '../kernel/policy-file.ts';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';
import {
  bindingZones,
  type Calendar,
  EMPTY_ROSTER,
  type Roster,
  type Terminal,
  type ZoneFeature,
} from '../kernel/roster.ts';
import { decodeSubjectProfile, findUnknownZones } from '../kernel/roster-file.ts';
import { decodeZone } from '../kernel/zone-file.ts';
import { judgedAs, setClocks } from '../legal/settle.ts';
import type { Database, Db } from '../ports/database.ts';
import {
  type Change,
  changeRoster,
  deed,
  findRepurposed,
  writeCalendar,
  writePolicy,
  writeProfiles,
  writeZones,
} from '../roster/change.ts';
import { lineOf, loadMusters, readMusters } from '../roster/musters.ts';
import { writeTerminals } from '../roster/terminals.ts';
import type { AuditActor } from '../store/audit.ts';
import { addToOutbox } from '../store/outbox.ts';
import {
  findDocument,
  listProfiles,
  listZoneFeatures,
  lockRoster,
  ROSTER_LOCK,
  upsertDocument,
} from '../store/roster.ts';
import { listTerminals } from '../store/terminals.ts';

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

/**
 * `checkZone` says what is wrong with a shape (geofences). `token` comes back on the channel `roster-taken` when a running intake goes by
 * the new roster. Answers what changed, or every fault.
 */
export async function loadRoster(
  database: Database,
  update: RosterUpdate,
  nowMs: Instant,
  checkZone: (zone: ZoneFeature) => Result<unknown, Refusal>,
  actor: AuditActor = { kind: 'command', name: 'wardline roster load', organisation: '' },
  token = '',
): Promise<Result<Changes, Refusal[]>> {
  const shapes = (update.zones ?? []).flatMap((zone) => {
    const checked = checkZone(zone);
    if (checked.ok) return [];
    const { where } = checked.error;
    return [{ ...checked.error, where: `zone ${zone.id}${where === '' ? '' : `: ${where}`}` }];
  });
  return changeRoster(database, { actor }, nowMs, (db, change) => write(db, change, update, shapes), {
    token,
  });
}

async function write(
  db: Db,
  change: Change,
  { roster, zones, policy }: RosterUpdate,
  shapes: readonly Refusal[],
): Promise<Result<Changes, Refusal[]>> {
  const faults = [...shapes];
  let documents = 0;
  if (zones !== null) faults.push(...(await findRepurposed(db, zones)));
  const changedZones = zones === null ? 0 : (await writeZones(db, change, zones)).size;
  if (policy !== null && (await writePolicy(db, change, policy)) !== undefined) documents++;
  let subjects = 0;
  if (roster !== null) {
    const standing = (await listZoneFeatures(db)).map((row) => must(decodeZone(row.feature)));
    faults.push(...findUnknownZones(roster, bindingZones(standing)));
    documents += await writeDocuments(db, change, roster);
    faults.push(...(await writeTerminals(db, roster.terminals ?? [])));
    const written = await writeProfiles(db, change, roster.subjects);
    if (written.ok) subjects = written.value.size;
    else faults.push(...written.error);
  }
  if (faults.length > 0) return fail(faults);
  const counts = { subjects, zones: changedZones, documents };
  change.deeds.unshift(deed(change, { action: 'roster.load', detail: counts }));
  return ok(counts);
}

/** Calendar and musters; answers how many of the two changed. */
async function writeDocuments(db: Db, change: Change, roster: Roster): Promise<number> {
  const calendar = await writeCalendar(db, change, await mergeCalendar(db, roster.calendar));
  const musters = await loadMusters(db, change, roster.musters);
  return (calendar === undefined ? 0 : 1) + (musters > 0 ? 1 : 0);
}

/** A roster without a calendar changes none; its days come on top of those that are known. */
async function mergeCalendar(db: Db, given: Calendar): Promise<Calendar> {
  const known = (await findDocument(db, 'calendar'))[0]?.document as Calendar | undefined;
  if (known === undefined) return given;
  if (Object.keys(given.days).length === 0) return known;
  return { days: { ...known.days, ...given.days }, timeZone: given.timeZone };
}

/** The whole roster, its zones and its policy as they stand in the store; roll calls that were over before are left out. */
export async function readRoster(
  db: Db,
  mustersSinceMs: Instant | null = null,
): Promise<{ roster: Roster; zones: ZoneFeature[]; policy: PolicyDocument }> {
  const subjects = (await listProfiles(db)).map((row) => must(decodeSubjectProfile(row.profile)));
  const zones = (await listZoneFeatures(db)).map((row) => must(decodeZone(row.feature)));
  const document = async (name: string) => (await findDocument(db, name))[0]?.document;
  const calendar = ((await document('calendar')) ?? EMPTY_ROSTER.calendar) as Roster['calendar'];
  const musters = await readMusters(db, mustersSinceMs);
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
    const { roster, zones, policy } = await readRoster(db, nowMs - MUSTERS_KEPT_MS);
    const broadcast = [
      ...zones.map((zone) => encodeLogEvent({ type: 'zone', atMs: nowMs, zone })),
      encodeLogEvent({ type: 'policy', atMs: nowMs, policy }),
      encodeLogEvent({ type: 'calendar', atMs: nowMs, calendar: roster.calendar }),
      ...roster.musters.map((muster) => lineOf(muster, nowMs)),
      ...roster.subjects
        .filter(({ noContact }) => noContact.length > 0)
        .map((profile) => encodeLogEvent(noContactOf(profile, nowMs))),
    ];
    const judged = await judgedAs(
      db,
      roster.subjects.map(({ id }) => id),
    );
    const profiles = roster.subjects.map((profile) =>
      encodeLogEvent({
        type: 'profile',
        atMs: nowMs,
        profile: judged(profile, nowMs),
      }),
    );
    await addToOutbox(
      db,
      [...broadcast.map(() => null), ...roster.subjects.map(({ id }) => id)],
      [...broadcast, ...profiles],
    );
    // What was loaded before there were clocks, or before a change of their rules, has them from here on.
    await setClocks(db, roster.subjects);
    await upsertDocument(db, RENEWAL, JSON.stringify({ at: new Date(nowMs).toISOString() }));
    return true;
  });
}

/** When the roster was last put into the log whole. */
const RENEWAL = 'renewal';
/** No detector asks about older ones. */
const MUSTERS_KEPT_MS = 30 * 86_400_000;

/** What stands in the tables was checked on its way in. */
function must<T>(result: Result<T, Refusal[]>): T {
  if (!result.ok)
    throw new Error(`the store holds what the program can't read: ${JSON.stringify(result.error[0])}`);
  return result.value;
}
