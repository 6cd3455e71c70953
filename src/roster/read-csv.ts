/** CSV as an office's programs write it: UTF-8, or GB 18030 as Excel in Chinese does; comma, semicolon or tab. */
import { parse } from 'csv-parse/sync';
import { fail, ok, type Result } from '../kernel/result.ts';
import {
  type Cell,
  type CellFault,
  EMPTY,
  MAX_ROWS,
  ofFile,
  type Row,
  type Sheet,
  tooManyRows,
} from './sheet.ts';

/** A row longer than this is a quote that was never closed. */
const MAX_ROW_CHARS = 256 * 1024;

export function readCsvSheet(content: Uint8Array): Result<Sheet, CellFault[]> {
  const text = decode(content);
  if (text === undefined)
    return fail(
      ofFile(
        '不是Excel工作簿（.xlsx），也不是UTF-8或GB18030编码的文本',
        'is neither an Excel workbook (.xlsx) nor text in UTF-8 or GB 18030',
      ),
    );
  try {
    const records = parse(text, {
      bom: true,
      info: true,
      delimiter: delimiterOf(text),
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: MAX_ROW_CHARS,
      to: MAX_ROWS + 2,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    if (records.length > MAX_ROWS + 1) return fail(tooManyRows());
    return ok({
      dayOffset: 0,
      rows: records.map(({ record, info }): Row => ({ row: info.lines, cells: record.map(cellOf) })),
    });
  } catch (error) {
    const { lines } = error as { lines?: number };
    const at = typeof lines === 'number' ? lines : null;
    return fail([
      { row: at, column: null, zh: '引号不成对，无法读取', en: 'can not be read: a quote is not closed' },
    ]);
  }
}

function decode(content: Uint8Array): string | undefined {
  for (const encoding of ['utf-8', 'gb18030'])
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(content);
      if (!text.includes('\u0000')) return text;
    } catch {
      // Not in this one: the next, or none.
    }
  return undefined;
}

function delimiterOf(text: string): string {
  const [line = ''] = text.split('\n', 1);
  const count = (mark: string) => line.split(mark).length;
  return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

function cellOf(text: string): Cell {
  if (text === '') return EMPTY;
  if (/^[=+\-@]/.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text)) return { kind: 'formula' };
  // What our own export guards against formulas.
  return { kind: 'text', text: /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text };
}
