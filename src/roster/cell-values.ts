/** What a cell means, column by column. Answers the value, or what is wrong with it in both languages. */
import { isDay } from '../kernel/subject-record.ts';
import type { Cell } from './sheet.ts';

/** `undefined`: the cell is empty, what stood there stays. */
export type Read<T> = { readonly value: T | undefined } | { readonly zh: string; readonly en: string };

const NOTHING = { value: undefined };
/** Words that empty a field. */
const NONE = ['无', '-', '—', 'none'];
const MAX_TEXT = 256;
/** Excel keeps no more digits of a number. */
const MAX_NUMBER = 1e15;

/** As a text; a number is one when it still has all its digits. */
export function readText(cell: Cell): Read<string> {
  switch (cell.kind) {
    case 'empty':
      return NOTHING;
    case 'formula':
      return {
        zh: '是公式（或以=+-@开头）：请粘贴为数值',
        en: 'is a formula (or begins with = + - @): paste its value',
      };
    case 'error':
      return { zh: '是错误值', en: 'is an error value' };
    case 'number':
      return Number.isInteger(cell.value) && Math.abs(cell.value) < MAX_NUMBER
        ? { value: String(cell.value) }
        : {
            zh: '是数字，位数可能已丢失：请将该列设为文本',
            en: 'is a number that may have lost digits: format the column as text',
          };
    case 'text': {
      const text = cell.text.trim();
      if (text === '') return NOTHING;
      return text.length <= MAX_TEXT && !text.includes('\u0000') && text.isWellFormed()
        ? { value: text }
        : { zh: `不能超过${MAX_TEXT}个字符`, en: `must have ${MAX_TEXT} characters at most` };
    }
  }
}

/** Null: emptied on purpose. */
export function readOptional(cell: Cell): Read<string | null> {
  const read = readText(cell);
  return 'value' in read && read.value !== undefined && NONE.includes(read.value.toLowerCase())
    ? { value: null }
    : read;
}

export function readList(cell: Cell): Read<readonly string[]> {
  const read = readOptional(cell);
  if (!('value' in read) || read.value === undefined) return read as Read<never>;
  if (read.value === null) return { value: [] };
  return { value: read.value.split(/[、，,；;\n]/).flatMap((part) => part.trim() || []) };
}

const WRONG_DAY = {
  zh: '不是日期：请写成 2026-10-01',
  en: 'is no day: write it as 2026-10-01',
};

/** A day as Excel keeps it (days since 1899-12-30) or in words. */
export function readDay(cell: Cell, dayOffset: number): Read<string> {
  if (cell.kind === 'number') {
    const { value } = cell;
    // 20261001 typed as it is.
    if (value >= 19_000_101 && value <= 99_991_231) return dayOf(String(value), /^(\d{4})(\d{2})(\d{2})$/);
    const serial = Math.floor(value) + dayOffset;
    if (serial < 1 || serial > 2_958_465) return WRONG_DAY;
    return { value: new Date(Date.UTC(1899, 11, 30) + serial * 86_400_000).toISOString().slice(0, 10) };
  }
  const read = readText(cell);
  if (!('value' in read) || read.value === undefined) return read;
  return dayOf(
    read.value.replace(/[T ]0{1,2}:00(:00)?$/, ''),
    /^(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})日?$/,
  );
}

function dayOf(text: string, form: RegExp): Read<string> {
  const [, year, month = '', day = ''] = form.exec(text) ?? [];
  if (year === undefined) return WRONG_DAY;
  const value = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return isDay(value) ? { value } : { zh: '日历上没有这一天', en: 'is not in the calendar' };
}

export function readWhole(cell: Cell, min: number, max: number): Read<number> {
  const read = readText(cell);
  if (!('value' in read) || read.value === undefined) return read as Read<never>;
  const value = Number(read.value);
  return Number.isInteger(value) && value >= min && value <= max
    ? { value }
    : { zh: `应为${min}到${max}的整数`, en: `must be a whole number from ${min} to ${max}` };
}
