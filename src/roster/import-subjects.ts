/**
 * A table of subjects into the roster: an upsert by id, all rows or none. What a column does not say, or a cell leaves empty, stays as it
 * was. A trial does everything and undoes it, so that it finds what a real one would.
 */
import { formatInstant, type Instant } from '../kernel/instant.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import type { SubjectProfile } from '../kernel/roster.ts';
import { decodeSubjectProfile, encodeSubjectProfile } from '../kernel/roster-file.ts';
import { createWallClock, type WallClock } from '../kernel/wall-clock.ts';
import type { Database, Db } from '../ports/database.ts';
import { findDocument, listKnownZones, listTaken, lockSubjects } from '../store/roster.ts';
import { type Author, type Change, changeRoster, deed, writeProfiles } from './change.ts';
import { readCsvSheet } from './read-csv.ts';
import { readXlsxSheet } from './read-xlsx.ts';
import { readKnown } from './references.ts';
import { type CellFault, MAX_FILE_BYTES, ofFile, pause, type Sheet } from './sheet.ts';
import type { ColumnKey } from './subject-columns.ts';
import { edited, NOBODY } from './subject-edit.ts';
import { type Draft, type Drafts, fault, readSubjectRows } from './subject-rows.ts';

export interface Imported {
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly same: number;
}

export interface ImportAsked {
  readonly content: Uint8Array;
  /** Nothing is changed: to find every fault first. */
  readonly isTrial: boolean;
  /** May those be made who are minors: who is not cleared could not see them. */
  readonly mayMinors: boolean;
}

const PAUSE_EVERY = 500;
const DAY_MS = 86_400_000;

/** Every fault by row and column, or what was done (of a trial: what would be). */
export async function importSubjects(
  database: Pick<Database, 'transaction'>,
  by: Author,
  nowMs: Instant,
  { content, isTrial, mayMinors }: ImportAsked,
  token = '',
): Promise<Result<Imported, readonly CellFault[]>> {
  const sheet = await readSheet(content);
  if (!sheet.ok) return sheet;
  return changeRoster<Imported, readonly CellFault[]>(
    database,
    by,
    nowMs,
    (db, change) => write(db, change, sheet.value, mayMinors),
    { isTrial, token },
  );
}

/** By what the file is, not by what it is called. */
export async function readSheet(content: Uint8Array): Promise<Result<Sheet, CellFault[]>> {
  if (content.length > MAX_FILE_BYTES) return fail(ofFile('文件过大', 'the file is too large'));
  if (content[0] === 0x50 && content[1] === 0x4b) return readXlsxSheet(content);
  if (content[0] === 0xd0 && content[1] === 0xcf)
    return fail(
      ofFile(
        '是旧版.xls或加了密码的工作簿：请另存为不加密的.xlsx',
        'is an old .xls or has a password: save it as .xlsx without one',
      ),
    );
  return readCsvSheet(content);
}

async function write(
  db: Db,
  change: Change,
  sheet: Sheet,
  mayMinors: boolean,
): Promise<Result<Imported, readonly CellFault[]>> {
  const read = readSubjectRows(sheet, await readKnown(db));
  const { drafts, columns } = read;
  const faults = [...read.faults];
  const at = (row: number | null, key: ColumnKey, zh: string, en: string) =>
    faults.push(fault(row, columns.get(key), zh, en));

  const ids = drafts.map(({ id }) => id);
  const rowOf = new Map(drafts.map(({ id, row }) => [id, row]));
  const before = new Map<string, SubjectProfile>();
  for (const { id, profile } of await lockSubjects(db, ids)) {
    const decoded = decodeSubjectProfile(profile);
    if (!decoded.ok)
      throw new Error(`the store holds what the program can't read: ${decoded.error[0]?.where}`);
    before.set(id, decoded.value);
    if (decoded.value.record?.ended !== undefined)
      at(rowOf.get(id) ?? null, 'id', '矫正已经结束', 'correction has ended');
  }
  for (const { id } of await listTaken(db, ids))
    if (!before.has(id))
      at(rowOf.get(id) ?? null, 'id', '该编号已被其他单位使用', 'the id is taken in another organisation');
  const zones = await findZones(db, drafts);
  const wall = await wallOf(db);
  const profiles: SubjectProfile[] = [];
  for (const [i, draft] of drafts.entries()) {
    if (i % PAUSE_EVERY === 0) await pause();
    const old = before.get(draft.id);
    const soFar = faults.length;
    if (draft.edit.minor === true && !mayMinors)
      at(draft.row, 'minor', '您的账号未获准查看未成年人', 'your account is not cleared for minors');
    for (const zone of draft.stayIn ?? [])
      if (!zones.has(zone)) at(draft.row, 'stayIn', '没有这个区域', 'there is no such zone');
    const isNewDevice = old?.devices.some(({ id }) => id === draft.device?.id) !== true;
    if (draft.device !== undefined && isNewDevice && draft.device.kind === undefined)
      at(
        draft.row,
        columns.has('deviceKind') ? 'deviceKind' : 'device',
        '新设备要填类型',
        'a new device needs its kind',
      );
    if (faults.length > soFar) continue;
    const profile = composed(draft, old, wall, change.nowMs);
    if (profile.ok) profiles.push(profile.value);
    else
      for (const { message } of profile.error)
        at(draft.row, 'id', `与现有数据不符：${message}`, `does not fit what stands: ${message}`);
  }
  if (faults.length > 0) return fail(sorted(faults));

  const written = await writeProfiles(db, change, profiles);
  if (!written.ok) return fail(sorted(written.error.map((each) => clashOf(each, read, rowOf))));
  const added = profiles.filter(({ id }) => !before.has(id)).length;
  const counts = {
    rows: read.rows,
    added,
    changed: written.value.size - added,
    same: read.rows - written.value.size,
  };
  change.deeds.unshift(deed(change, { action: 'roster.import', detail: counts }));
  return ok(counts);
}

/** The store speaks of subjects; the office looks for rows. */
function clashOf(
  { subject, message }: { readonly subject?: string; readonly message: string },
  { columns }: Drafts,
  rowOf: ReadonlyMap<string, number>,
): CellFault {
  const row = subject === undefined ? undefined : rowOf.get(subject);
  return fault(row ?? null, columns.get('device'), '该设备或终端号同时属于他人', message);
}

function sorted(faults: readonly CellFault[]): CellFault[] {
  return faults.toSorted(
    (a, b) =>
      (a.row ?? 0) - (b.row ?? 0) ||
      (a.column ?? '').length - (b.column ?? '').length ||
      (a.column ?? '').localeCompare(b.column ?? ''),
  );
}

async function findZones(db: Db, drafts: readonly Draft[]): Promise<ReadonlySet<string>> {
  const named = [...new Set(drafts.flatMap(({ stayIn }) => stayIn ?? []))];
  return new Set((await listKnownZones(db, named)).map(({ id }) => id));
}

async function wallOf(db: Db): Promise<WallClock> {
  const [row] = await findDocument(db, 'calendar');
  return createWallClock((row?.document as { timeZone?: string } | undefined)?.timeZone ?? 'Asia/Shanghai');
}

function composed(draft: Draft, old: SubjectProfile | undefined, wall: WallClock, nowMs: Instant) {
  const base = old ?? { ...NOBODY, id: draft.id };
  const { devices, zones } = encodeSubjectProfile(base);
  return edited(base, {
    ...draft.edit,
    ...(draft.device === undefined
      ? {}
      : { devices: withDevice(devices as readonly DeviceJson[], draft.device, wall, nowMs) }),
    ...(draft.stayIn === undefined ? {} : { zones: withZones(zones as readonly ZoneJson[], draft.stayIn) }),
  });
}

type DeviceJson = Readonly<Record<string, unknown>> & { readonly id: string };
interface ZoneJson {
  readonly zone: string;
  readonly rule: string;
}

/** The newest assignment of it is changed; one that the subject does not have begins. */
function withDevice(
  devices: readonly DeviceJson[],
  given: NonNullable<Draft['device']>,
  wall: WallClock,
  nowMs: Instant,
): readonly DeviceJson[] {
  const at = devices.findLastIndex(({ id }) => id === given.id);
  const from = typeof given.from === 'string' ? { from: startOn(given.from, devices[at]?.from, wall) } : {};
  return at === -1
    ? [...devices, { from: formatInstant(nowMs), ...given, ...from }]
    : devices.map((device, i) => (i === at ? { ...device, ...given, ...from } : device));
}

/** Within the day on which it began it stays what it was, to the second. */
function startOn(day: string, stands: unknown, wall: WallClock): string {
  const startMs = wall.toInstant(Date.parse(`${day}T00:00:00Z`));
  const standsMs = typeof stands === 'string' ? Date.parse(stands) : Number.NaN;
  return standsMs >= startMs && standsMs < startMs + DAY_MS ? String(stands) : formatInstant(startMs);
}

function withZones(zones: readonly ZoneJson[], stayIn: readonly string[]): readonly ZoneJson[] {
  const kept = zones.filter(({ rule, zone }) => rule !== 'stay-in' || stayIn.includes(zone));
  const has = new Set(kept.flatMap(({ rule, zone }) => (rule === 'stay-in' ? zone : [])));
  return [...kept, ...stayIn.filter((zone) => !has.has(zone)).map((zone) => ({ zone, rule: 'stay-in' }))];
}
