/**
 * The first sheet of an Excel workbook (ECMA-376), as values. Not a library's: a stranger's file must not unpack without a bound, and an
 * office must be told of formulas, which readers of values pass over.
 */
import { Unzip, UnzipInflate } from 'fflate';
import sax from 'sax';
import { fail, ok, type Result } from '../kernel/result.ts';
import {
  type Cell,
  type CellFault,
  columnIndex,
  columnName,
  EMPTY,
  MAX_CELL_CHARS,
  MAX_COLUMNS,
  MAX_ROWS,
  MAX_UNPACKED_BYTES,
  ofFile,
  pause,
  type Row,
  type Sheet,
  tooManyRows,
} from './sheet.ts';

/** Deflate packs a thousand to one at most: between two looks at the sum no more than sixteen megabytes come out. */
const PIECE_BYTES = 16 * 1024;
const MAX_PARTS = 2000;
const PARTS = /^xl\/(workbook\.xml|sharedStrings\.xml|_rels\/workbook\.xml\.rels|worksheets\/[^/]+\.xml)$/;

class Unreadable extends Error {
  readonly faults: CellFault[];
  constructor(faults: CellFault[]) {
    super('unreadable');
    this.faults = faults;
  }
}
const refuse = (zh: string, en: string): never => {
  throw new Unreadable(ofFile(zh, en));
};

export async function readXlsxSheet(content: Uint8Array): Promise<Result<Sheet, CellFault[]>> {
  try {
    const parts = await unpack(content);
    const { path, is1904 } = await firstSheet(parts);
    const shared = await readShared(parts.get('xl/sharedStrings.xml'));
    return ok({ rows: await readRows(parts.get(path), shared), dayOffset: is1904 ? 1462 : 0 });
  } catch (error) {
    if (error instanceof Unreadable) return fail(error.faults);
    throw error;
  }
}

async function unpack(content: Uint8Array): Promise<ReadonlyMap<string, readonly Uint8Array[]>> {
  const parts = new Map<string, Uint8Array[]>();
  let size = 0;
  let count = 0;
  let fault: (() => never) | undefined;
  const notOne = () =>
    refuse('不是Excel工作簿（.xlsx），或已损坏', 'is no Excel workbook (.xlsx), or a broken one');
  const unzip = new Unzip((file) => {
    count++;
    if (count > MAX_PARTS) fault ??= notOne;
    if (/vbaProject\.bin$/i.test(file.name))
      fault ??= () => refuse('含有宏，请另存为不含宏的.xlsx', 'has macros: save it as .xlsx without');
    if (!PARTS.test(file.name) || fault !== undefined) return;
    const pieces: Uint8Array[] = [];
    parts.set(file.name, pieces);
    file.ondata = (error, piece) => {
      if (error !== null) fault ??= notOne;
      else if (fault === undefined) {
        size += piece.length;
        pieces.push(piece);
        if (size > MAX_UNPACKED_BYTES) fault ??= () => refuse('展开后过大', 'unpacks to more than is read');
      }
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  for (let at = 0; at < content.length; at += PIECE_BYTES) {
    try {
      unzip.push(content.subarray(at, at + PIECE_BYTES), at + PIECE_BYTES >= content.length);
    } catch {
      fault ??= notOne;
    }
    fault?.();
    await pause();
  }
  if (!parts.has('xl/workbook.xml')) notOne();
  return parts;
}

async function firstSheet(
  parts: ReadonlyMap<string, readonly Uint8Array[]>,
): Promise<{ path: string; is1904: boolean }> {
  let relation = '';
  let is1904 = false;
  await parse(parts.get('xl/workbook.xml'), {
    open(name, attributes) {
      if (name === 'sheet' && relation === '') relation = attributes['r:id'] ?? '';
      if (name === 'workbookPr') is1904 = ['1', 'true'].includes(attributes.date1904 ?? '');
    },
  });
  let path = 'xl/worksheets/sheet1.xml';
  await parse(parts.get('xl/_rels/workbook.xml.rels'), {
    open(name, { Id, Target }) {
      if (name !== 'Relationship' || Id !== relation || Target === undefined) return;
      path = Target.startsWith('/') ? Target.slice(1) : `xl/${Target}`;
    },
  });
  if (!parts.has(path)) refuse('工作簿里没有工作表', 'the workbook has no sheet');
  return { path, is1904 };
}

async function readShared(part: readonly Uint8Array[] | undefined): Promise<readonly string[]> {
  const shared: string[] = [];
  const text = textCollector();
  await parse(part, {
    open: text.open,
    text: text.add,
    close(name) {
      text.close(name);
      if (name === 'si') shared.push(text.take());
    },
  });
  return shared;
}

/** The `t` of a string, plain or in runs; not those that say how it is spoken. */
function textCollector() {
  let collected = '';
  let isText = false;
  let isPhonetic = false;
  return {
    open(name: string) {
      if (name === 'rPh') isPhonetic = true;
      if (name === 't' && !isPhonetic) isText = true;
    },
    add(piece: string) {
      if (isText && collected.length <= MAX_CELL_CHARS) collected += piece;
    },
    close(name: string) {
      if (name === 'rPh') isPhonetic = false;
      if (name === 't') isText = false;
    },
    take() {
      const text = collected;
      collected = '';
      return text;
    },
  };
}

async function readRows(part: readonly Uint8Array[] | undefined, shared: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  const inline = textCollector();
  let row = 0;
  let cells: Cell[] = [];
  let column = -1;
  let type = 'n';
  let value = '';
  let isValue = false;
  let isFormula = false;
  await parse(part, {
    open(name, attributes) {
      inline.open(name);
      if (name === 'row') {
        const said = Number(attributes.r ?? row + 1);
        row = Number.isInteger(said) && said > row ? said : row + 1;
        cells = [];
        column = -1;
      } else if (name === 'c') {
        const said = attributes.r === undefined ? column + 1 : columnIndex(attributes.r);
        column = said === undefined || said <= column ? column + 1 : said;
        type = attributes.t ?? 'n';
        value = '';
        isFormula = false;
      } else if (name === 'v') isValue = true;
      else if (name === 'f') isFormula = true;
    },
    text(piece) {
      inline.add(piece);
      if (isValue && value.length <= MAX_CELL_CHARS) value += piece;
    },
    close(name) {
      inline.close(name);
      if (name === 'v') isValue = false;
      if (name === 'c') {
        const cell = isFormula ? ({ kind: 'formula' } as const) : cellOf(type, value, inline.take(), shared);
        if (column >= MAX_COLUMNS) {
          if (cell.kind !== 'empty')
            refuse(
              `第${row}行有内容超过${columnName(MAX_COLUMNS - 1)}列`,
              `row ${row} goes beyond column ${columnName(MAX_COLUMNS - 1)}`,
            );
          return;
        }
        while (cells.length < column) cells.push(EMPTY);
        cells.push(cell);
      }
      if (name === 'row' && cells.some(({ kind }) => kind !== 'empty')) {
        if (rows.length > MAX_ROWS) throw new Unreadable(tooManyRows());
        rows.push({ row, cells });
      }
    },
  });
  return rows;
}

function cellOf(type: string, value: string, inline: string, shared: readonly string[]): Cell {
  const text = type === 's' ? (shared[Number(value)] ?? '') : type === 'inlineStr' ? inline : value;
  if (type === 'e') return { kind: 'error' };
  if (type === 'b') return { kind: 'text', text: value === '1' ? '是' : '否' };
  if (type === 'n') {
    const number = Number(value);
    return value === '' || !Number.isFinite(number) ? EMPTY : { kind: 'number', value: number };
  }
  const trimmed = text.trim();
  return trimmed === '' ? EMPTY : { kind: 'text', text: trimmed };
}

interface Handlers {
  open(name: string, attributes: Readonly<Record<string, string | undefined>>): void;
  text?(piece: string): void;
  close?(name: string): void;
}

async function parse(part: readonly Uint8Array[] | undefined, on: Handlers): Promise<void> {
  if (part === undefined) return;
  const parser = sax.parser(true, { xmlns: false, position: false });
  const broken = () => refuse('工作簿的内容已损坏', 'the workbook is broken inside');
  parser.onerror = broken;
  // Entities of its own are what makes XML grow.
  parser.ondoctype = broken;
  parser.onopentag = ({ name, attributes }) => on.open(localName(name), attributes as Record<string, string>);
  parser.ontext = (piece) => on.text?.(piece);
  parser.onclosetag = (name) => on.close?.(localName(name));
  const write = (text: string) => {
    try {
      return parser.write(text);
    } catch (error) {
      if (error instanceof Unreadable) throw error;
      // `sax` itself throws at an attribute `hasOwnProperty` that has another behind it.
      return broken();
    }
  };
  const decoder = new TextDecoder('utf-8');
  for (const piece of part)
    for (let at = 0; at < piece.length; at += 4 * PIECE_BYTES) {
      write(decoder.decode(piece.subarray(at, at + 4 * PIECE_BYTES), { stream: true }));
      await pause();
    }
  write(decoder.decode()).close();
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(colon + 1);
}
