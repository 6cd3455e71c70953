/** The roster as a table that `import-subjects.ts` reads again. */
import writeExcelFile from 'write-excel-file/node';
import type { SubjectProfile } from '../kernel/roster.ts';
import { decodeSubjectProfile } from '../kernel/roster-file.ts';
import type { Db } from '../ports/database.ts';
import { findDocument } from '../store/roster.ts';
import { listSubjectTable } from '../store/roster-views.ts';
import { MAX_ROWS, pause } from './sheet.ts';
import {
  COLUMNS,
  type ColumnKey,
  ENDING_WORDS,
  GRADE_WORDS,
  KIND_WORDS,
  LEGAL_TYPE_WORDS,
} from './subject-columns.ts';

export const EXPORT_FORMATS = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
} as const;
export type ExportFormat = keyof typeof EXPORT_FORMATS;

/** Says how it ended; reading it again passes over who has ended. */
const ENDED = '结束情况';

export interface ExportAsked {
  readonly scope: string;
  readonly organisation: string;
  readonly minors: boolean;
  /** Null: also those whose correction has ended. */
  readonly isEnded: boolean | null;
  readonly format: ExportFormat;
}

/** Undefined: more than one file holds. */
export async function exportSubjects(
  db: Db,
  { scope, organisation, minors, isEnded, format }: ExportAsked,
): Promise<{ readonly file: Buffer; readonly rows: number } | undefined> {
  const found = await listSubjectTable(db, scope, organisation, minors, isEnded, MAX_ROWS + 1);
  if (found.length > MAX_ROWS) return undefined;
  const dayOf = await dayFormat(db);
  const hasEnded = isEnded !== false;
  const header = [...COLUMNS.map(({ zh }) => zh), ...(hasEnded ? [ENDED] : [])];
  const rows: string[][] = [];
  for (const [i, { profile }] of found.entries()) {
    if (i % 1000 === 0) await pause();
    const decoded = decodeSubjectProfile(profile);
    // What was put there by hand is shown as far as it can be read.
    if (!decoded.ok) continue;
    const values = valuesOf(decoded.value, dayOf);
    const { ended } = decoded.value.record ?? {};
    rows.push([
      ...COLUMNS.map(({ key }) => values[key]),
      ...(hasEnded ? [ended === undefined ? '' : `${ENDING_WORDS[ended.how][0]} ${dayOf(ended.atMs)}`] : []),
    ]);
  }
  const file = format === 'csv' ? toCsv([header, ...rows]) : await toXlsx(header, rows);
  return { file, rows: rows.length };
}

function valuesOf(profile: SubjectProfile, dayOf: (atMs: number) => string): Record<ColumnKey, string> {
  const { record } = profile;
  const device = profile.devices.at(-1);
  return {
    id: profile.id,
    name: profile.name,
    office: profile.office,
    legalType: record === undefined ? '' : LEGAL_TYPE_WORDS[record.legalType][0],
    from: record?.from ?? '',
    until: record?.until ?? '',
    grade: GRADE_WORDS[profile.grade][0],
    minor: profile.minor === true ? '是' : '否',
    categories: record?.categories.join('、') ?? '',
    officer: record?.officer ?? '',
    stayIn: profile.zones.flatMap(({ rule, zone }) => (rule === 'stay-in' ? zone : [])).join('、'),
    device: device?.id ?? '',
    deviceKind: device === undefined ? '' : KIND_WORDS[device.kind][0],
    protocol: device?.protocol ?? '',
    address: device?.address ?? '',
    feed: device?.feed ?? '',
    intervalS: device === undefined ? '' : String(device.intervalS),
    deviceFrom: device === undefined ? '' : dayOf(device.fromMs),
  };
}

async function dayFormat(db: Db): Promise<(atMs: number) => string> {
  const [row] = await findDocument(db, 'calendar');
  const timeZone = (row?.document as { timeZone?: string } | undefined)?.timeZone ?? 'Asia/Shanghai';
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
  return (atMs) => format.format(atMs);
}

/** With a mark for the byte order, by which Excel knows UTF-8. */
function toCsv(table: readonly (readonly string[])[]): Buffer {
  return Buffer.from(`\uFEFF${table.map((row) => row.map(csvCell).join()).join('\r\n')}\r\n`);
}

/** A program that opens it must not take somebody's name for a formula. */
function csvCell(text: string): string {
  const guarded = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** Every cell a text: no lost digits, no formula. */
function toXlsx(header: readonly string[], rows: readonly (readonly string[])[]): Promise<Buffer> {
  const sheet = {
    sheet: '社区矫正对象',
    data: [
      header.map((value) => ({ value, fontWeight: 'bold' as const })),
      ...rows.map((row) => row.map((value) => (value === '' ? null : { value, type: String, format: '@' }))),
    ],
    columns: header.map(() => ({ width: 16 })),
    stickyRowsCount: 1,
  };
  return writeExcelFile([sheet]).toBuffer();
}
