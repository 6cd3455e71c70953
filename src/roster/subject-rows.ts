/** A table of subjects, read by its columns: what each row asks for, or every fault with its cell. Pure. */
import type { Json } from '../kernel/field.ts';
import { type Read, readDay, readList, readOptional, readText, readWhole } from './cell-values.ts';
import type { Known } from './references.ts';
import { type CellFault, columnName, EMPTY, isEmptyRow, ofFile, type Row, type Sheet } from './sheet.ts';
import {
  COLUMNS,
  type ColumnKey,
  findWord,
  GRADE_WORDS,
  KIND_WORDS,
  LEGAL_TYPE_WORDS,
  PROTOCOLS,
  YES_WORDS,
} from './subject-columns.ts';
import type { SubjectEdit } from './subject-edit.ts';

export interface Draft {
  readonly row: number;
  readonly id: string;
  readonly edit: SubjectEdit;
  /** Zones to stay in, instead of those before; absent: as they are. */
  readonly stayIn?: readonly string[];
  /** As `roster.json` has one, its `from` a day; absent: none is given. */
  readonly device?: Json & { readonly id: string };
}

export interface Drafts {
  readonly drafts: readonly Draft[];
  readonly faults: readonly CellFault[];
  /** Rows with something in them, below the header. */
  readonly rows: number;
  /** Letter of the column. */
  readonly columns: ReadonlyMap<ColumnKey, string>;
}

export function readSubjectRows(sheet: Sheet, known: Known): Drafts {
  const [header, ...rest] = sheet.rows.filter((row) => !isEmptyRow(row));
  const at = new Map<ColumnKey, number>();
  const faults = readHeader(header, at);
  const columns = new Map([...at].map(([key, index]) => [key, columnName(index)]));
  // Under wrong names every cell would be wrong.
  if (faults.length > 0) return { drafts: [], faults, rows: rest.length, columns };
  const offices = officesByWord(known);
  const categories = new Map(
    [...known.categories].flatMap(([code, name]) => [
      [code, code],
      [name, code],
    ]),
  );
  const seen = { id: new Map<string, number>(), device: new Map<string, number>() };
  const drafts: Draft[] = [];
  for (const row of rest) {
    const before = faults.length;
    const draft = readRow(row, at, sheet.dayOffset, { offices, categories, feeds: known.feeds }, faults);
    for (const key of ['id', 'device'] as const) {
      const value = key === 'id' ? draft.id : draft.device?.id;
      if (value === undefined || value === '') continue;
      const first = seen[key].get(value);
      if (first === undefined) seen[key].set(value, row.row);
      else
        faults.push(fault(row.row, columns.get(key), `与第${first}行重复`, `stands in row ${first} already`));
    }
    if (faults.length === before) drafts.push(draft);
  }
  if (rest.length === 0) faults.push(fault(null, null, '没有数据行', 'has no rows below the header'));
  return { drafts, faults, rows: rest.length, columns };
}

export function fault(
  row: number | null,
  column: string | null | undefined,
  zh: string,
  en: string,
): CellFault {
  return { row, column: column ?? null, zh, en };
}

function readHeader(header: Row | undefined, at: Map<ColumnKey, number>): CellFault[] {
  if (header === undefined) return ofFile('文件里没有内容', 'has nothing in it');
  const faults: CellFault[] = [];
  const { row } = header;
  header.cells.forEach((cell, index) => {
    if (cell.kind === 'empty') return;
    const read = readText(cell);
    const name = 'value' in read ? (read.value ?? '').replaceAll(/[\s*＊]/g, '').toLowerCase() : '';
    const column = COLUMNS.find(({ zh, en, also }) =>
      [zh, en, ...(also as readonly string[])].some(
        (word) => word.replaceAll(' ', '').toLowerCase() === name,
      ),
    );
    const letter = columnName(index);
    if (column === undefined)
      faults.push(
        fault(row, letter, '不认识的列名：请更正或删除该列', 'is no column that is known: mend or remove it'),
      );
    else if (at.has(column.key))
      faults.push(fault(row, letter, `“${column.zh}”出现两次`, `${column.en} stands twice`));
    else at.set(column.key, index);
  });
  if (at.size === 0)
    return ofFile(
      '没有一个认识的列名：不是Excel工作簿（.xlsx）或CSV名单，或第一行不是列名',
      'has no column that is known: it is no Excel workbook (.xlsx) or CSV of subjects, or its first row is no header',
    );
  for (const { key, zh, en, required } of COLUMNS)
    if (required && !at.has(key))
      faults.push(fault(row, null, `缺少“${zh}”列`, `the column ${en} (${zh}) is missing`));
  return faults;
}

interface Words {
  readonly offices: ReadonlyMap<string, string | null>;
  readonly categories: ReadonlyMap<string, string>;
  readonly feeds: ReadonlySet<string>;
}

/** By path, and by name where it is one office's only; null: of several. */
function officesByWord({ offices }: Known): Map<string, string | null> {
  const words = new Map<string, string | null>();
  for (const [path, name] of offices) words.set(name, words.has(name) ? null : path);
  for (const path of offices.keys()) words.set(path, path);
  return words;
}

function readRow(
  { row, cells }: Row,
  at: ReadonlyMap<ColumnKey, number>,
  dayOffset: number,
  words: Words,
  faults: CellFault[],
): Draft {
  const cellOf = (key: ColumnKey) => cells[at.get(key) ?? Number.POSITIVE_INFINITY] ?? EMPTY;
  const wrong = (key: ColumnKey, zh: string, en: string) => {
    const index = at.get(key);
    faults.push(fault(row, index === undefined ? null : columnName(index), zh, en));
    return undefined;
  };
  const take = <T>(key: ColumnKey, read: Read<T>): T | undefined => {
    if (!('value' in read)) return wrong(key, read.zh, read.en);
    if (read.value === undefined && COLUMNS.some((each) => each.key === key && each.required))
      return wrong(key, '不能为空', 'must not be empty');
    return read.value;
  };
  const text = (key: ColumnKey) => take(key, readText(cellOf(key)));
  const day = (key: ColumnKey) => take(key, readDay(cellOf(key), dayOffset));
  const word = <K extends string>(key: ColumnKey, of: Parameters<typeof findWord<K>>[0]): K | undefined => {
    const given = text(key);
    if (given === undefined) return undefined;
    const all = Object.values<readonly string[]>(of);
    return (
      findWord(of, given) ??
      wrong(
        key,
        `应为：${all.map(([zh]) => zh).join('、')}`,
        `must be one of ${all.map(([, en]) => en).join(', ')}`,
      )
    );
  };

  const id = text('id') ?? '';
  const name = text('name');
  const officeWord = text('office');
  const office = officeWord === undefined ? undefined : words.offices.get(officeWord);
  if (officeWord !== undefined && office === undefined)
    wrong(
      'office',
      '没有这个单位，或不在您的管辖内',
      'there is no such office, or it is not within your reach',
    );
  if (office === null)
    wrong('office', '有几个单位叫这个名称：请写路径', 'several offices have this name: give the path');
  const legalType = word('legalType', LEGAL_TYPE_WORDS);
  const from = day('from');
  const until = day('until');
  if (from !== undefined && until !== undefined && until < from)
    wrong('until', '早于开始日期', 'lies before the first day');
  const grade = word('grade', GRADE_WORDS);
  const minor = word('minor', YES_WORDS);
  const categories = take('categories', readList(cellOf('categories')))?.map((given) => {
    const code = words.categories.get(given);
    if (code === undefined) wrong('categories', '不在重点人员类型表内', 'is not on the list of categories');
    return code ?? '';
  });
  const officer = take('officer', readOptional(cellOf('officer')));
  const stayIn = take('stayIn', readList(cellOf('stayIn')));

  const device = text('device');
  const deviceKind = word('deviceKind', KIND_WORDS);
  const protocol = text('protocol')?.toLowerCase();
  if (protocol !== undefined && !PROTOCOLS.some((each) => each === protocol))
    wrong('protocol', `应为：${PROTOCOLS.join('、')}`, `must be one of ${PROTOCOLS.join(', ')}`);
  const address = text('address');
  const feed = text('feed');
  if (feed !== undefined && !words.feeds.has(feed)) wrong('feed', '没有这个数据源', 'there is no such feed');
  const intervalS = take('intervalS', readWhole(cellOf('intervalS'), 1, 604_800));
  const deviceFrom = day('deviceFrom');
  const about = { kind: deviceKind, protocol, address, feed, intervalS, from: deviceFrom };
  const given = Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined));
  if (device === undefined && Object.keys(given).length > 0)
    wrong('device', '填了设备信息，但没有设备编号', 'something is said of a device that has no id');

  return {
    row,
    id,
    edit: {
      ...(name === undefined ? {} : { name }),
      ...(typeof office === 'string' ? { office } : {}),
      ...(grade === undefined ? {} : { grade }),
      ...(minor === undefined ? {} : { minor: minor === 'yes' }),
      record: {
        ...(legalType === undefined ? {} : { legalType }),
        ...(from === undefined ? {} : { from }),
        ...(until === undefined ? {} : { until }),
        ...(categories === undefined ? {} : { categories }),
        ...(officer === undefined ? {} : { officer }),
      },
    },
    ...(stayIn === undefined ? {} : { stayIn }),
    ...(device === undefined ? {} : { device: { ...given, id: device } }),
  };
}
