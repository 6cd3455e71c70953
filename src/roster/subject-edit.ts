/** One subject of the roster made, changed, moved or ended. */
import { randomBytes } from 'node:crypto';
import { type Told, told } from '../kernel/fault.ts';
import type { Json } from '../kernel/field.ts';
import type { Instant } from '../kernel/instant.ts';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';
import type { SubjectProfile } from '../kernel/roster.ts';
import { decodeSubjectProfile, encodeSubjectProfile } from '../kernel/roster-file.ts';
import { type Ending, encodeRecord, type SubjectRecord } from '../kernel/subject-record.ts';
import type { Database, Db } from '../ports/database.ts';
import { listTaken, lockSubjects } from '../store/roster.ts';
import { endPins } from '../store/terminals.ts';
import { type Author, type Change, changeRoster, writeProfiles } from './change.ts';
import { findStrays, readKnown } from './references.ts';

/** Why nothing was changed. `stale`: somebody changed it since it was read. */
export type Refused =
  | { readonly code: 'not-found' }
  | { readonly code: 'stale'; readonly version: number }
  | ({ readonly code: 'conflict' } & Told)
  | { readonly code: 'faults'; readonly faults: readonly Refusal[] };

export interface Written {
  readonly id: string;
  readonly version: number;
}

/** As `roster.json` has it; what is absent stays. */
export interface SubjectEdit {
  readonly name?: string;
  readonly office?: string;
  readonly grade?: string;
  readonly minor?: boolean;
  readonly record?: Partial<Omit<SubjectRecord, 'ended'>>;
  readonly zones?: readonly unknown[];
  readonly curfews?: readonly unknown[];
  readonly checkins?: readonly unknown[];
  readonly noContact?: readonly string[];
  readonly contacts?: readonly unknown[];
  readonly devices?: readonly unknown[];
  readonly pins?: readonly unknown[];
}

/** With `edit` on top of it; every fault by its field. Pure. */
export function edited(profile: SubjectProfile, edit: SubjectEdit): Result<SubjectProfile, Refusal[]> {
  const { record, ...rest } = edit;
  const before: Json = encodeSubjectProfile(profile);
  return decodeSubjectProfile({
    ...before,
    ...rest,
    ...(record === undefined
      ? {}
      : { record: { ...(profile.record === undefined ? {} : encodeRecord(profile.record)), ...record } }),
  });
}

/** Without an id one is given: it says nothing of the person. */
export function addSubject(
  database: Pick<Database, 'transaction'>,
  by: Author,
  nowMs: Instant,
  { id = `S${randomBytes(6).toString('hex')}`, ...edit }: SubjectEdit & { readonly id?: string },
): Promise<Result<Written, Refused>> {
  return changeRoster<Written, Refused>(database, by, nowMs, async (db, change) => {
    const taken = await listTaken(db, [id]);
    if (taken.length > 0) return fail({ code: 'conflict', ...told('id-taken', { id }) });
    return put(db, change, { ...NOBODY, id }, undefined, edit);
  });
}

/** Of somebody who is new. */
export const NOBODY: Omit<SubjectProfile, 'id'> = {
  name: '',
  office: '',
  grade: 'standard',
  devices: [],
  zones: [],
  curfews: [],
  checkins: [],
  permits: [],
  noContact: [],
};

/** `edit`: of the profile as it stands under its lock. */
export function changeSubject(
  database: Pick<Database, 'transaction'>,
  by: Author,
  nowMs: Instant,
  { id, version }: Written,
  edit: (profile: SubjectProfile) => Result<SubjectEdit, Refused> | Promise<Result<SubjectEdit, Refused>>,
): Promise<Result<Written, Refused>> {
  return changeRoster<Written, Refused>(database, by, nowMs, async (db, change) => {
    const found = await lockedProfile(db, id, version);
    if (!found.ok) return found;
    const asked = await edit(found.value);
    return asked.ok ? put(db, change, found.value, version, asked.value) : asked;
  });
}

/**
 * Correction ends now: devices and pins belong to nobody any more, and no zone, curfew, check-in, leave or no-contact order holds. The row
 * stays for what was recorded.
 */
export function endSubject(
  database: Pick<Database, 'transaction'>,
  by: Author,
  nowMs: Instant,
  { id, version }: Written,
  how: Ending,
): Promise<Result<Written, Refused>> {
  return changeRoster<Written, Refused>(database, by, nowMs, async (db, change) => {
    const found = await lockedProfile(db, id, version);
    if (!found.ok) return found;
    const profile = found.value;
    if (profile.record === undefined) return fail({ code: 'conflict', ...told('record-first') });
    if (profile.record.ended !== undefined) return fail({ code: 'conflict', ...told('ended-already') });
    const cut = <T extends { readonly fromMs: Instant; readonly untilMs: Instant | null }>(
      list: readonly T[],
    ) =>
      list
        .filter(({ fromMs }) => fromMs < nowMs)
        .map((item) => ({ ...item, untilMs: Math.min(item.untilMs ?? nowMs, nowMs) }));
    await endPins(db, id, new Date(nowMs));
    const ended: SubjectProfile = {
      ...profile,
      devices: cut(profile.devices),
      ...(profile.pins === undefined ? {} : { pins: cut(profile.pins) }),
      zones: [],
      curfews: [],
      checkins: [],
      permits: [],
      noContact: [],
      record: { ...profile.record, ended: { atMs: nowMs, how } },
    };
    return write(db, change, ended, true);
  });
}

async function lockedProfile(db: Db, id: string, version: number): Promise<Result<SubjectProfile, Refused>> {
  const [row] = await lockSubjects(db, [id]);
  if (row === undefined) return fail({ code: 'not-found' });
  if (row.version !== version) return fail({ code: 'stale', version: row.version });
  const profile = decodeSubjectProfile(row.profile);
  if (!profile.ok) throw new Error(`the store holds what the program can't read: ${profile.error[0]?.where}`);
  return profile;
}

async function put(
  db: Db,
  change: Change,
  before: SubjectProfile,
  version: number | undefined,
  edit: SubjectEdit,
): Promise<Result<Written, Refused>> {
  if (before.record?.ended !== undefined) return fail({ code: 'conflict', ...told('correction-over') });
  const after = edited(before, edit);
  if (!after.ok) return fail({ code: 'faults', faults: after.error });
  const known = await readKnown(db);
  const faults = await findStrays(db, known, after.value, version === undefined ? undefined : before);
  if (faults.length > 0) return fail({ code: 'faults', faults });
  const written = await write(db, change, after.value);
  return written.ok && version !== undefined && written.value.version === 0
    ? ok({ id: before.id, version })
    : written;
}

/** Version 0: it is what it was. */
async function write(
  db: Db,
  change: Change,
  profile: SubjectProfile,
  pinsAreWritten = false,
): Promise<Result<Written, Refused>> {
  const written = await writeProfiles(db, change, [profile], pinsAreWritten);
  return written.ok
    ? ok({ id: profile.id, version: written.value.get(profile.id) ?? 0 })
    : fail({ code: 'faults', faults: written.error });
}
