/** A table out of a file, before anything is known of its columns. */

export type Cell =
  | { readonly kind: 'empty' }
  | { readonly kind: 'text'; readonly text: string }
  /** Excel keeps 15 digits; days are numbers too. */
  | { readonly kind: 'number'; readonly value: number }
  /** A value that a formula made, in a file that we did not calculate. */
  | { readonly kind: 'formula' }
  | { readonly kind: 'error' };

export interface Row {
  /** As the program that wrote it counts: from 1. */
  readonly row: number;
  readonly cells: readonly Cell[];
}

export interface Sheet {
  readonly rows: readonly Row[];
  /** Days of a workbook that counts from 1904 (an old Mac) lie so much later. */
  readonly dayOffset: number;
}

/** What is wrong, where the office looks for it. Row and column null: the file as a whole. */
export interface CellFault {
  readonly row: number | null;
  readonly column: string | null;
  readonly zh: string;
  readonly en: string;
}

export const EMPTY: Cell = { kind: 'empty' };
export const MAX_ROWS = 20_000;
export const MAX_COLUMNS = 100;
export const MAX_CELL_CHARS = 2000;
export const MAX_FILE_BYTES = 8 * 2 ** 20;
/** Of all parts of a workbook that are read: a bomb stops here. */
export const MAX_UNPACKED_BYTES = 64 * 2 ** 20;

export function ofFile(zh: string, en: string): CellFault[] {
  return [{ row: null, column: null, zh, en }];
}

export const tooManyRows = () =>
  ofFile(`超过${MAX_ROWS}行，请分成几个文件`, `more than ${MAX_ROWS} rows: make several files of it`);

/** 0 → A, 26 → AA. */
export function columnName(index: number): string {
  return index < 26
    ? String.fromCharCode(65 + index)
    : columnName(Math.floor(index / 26) - 1) + columnName(index % 26);
}

/** Of `AB12`: 27; undefined: none. */
export function columnIndex(reference: string): number | undefined {
  const letters = /^([A-Z]{1,3})\d+$/.exec(reference)?.[1];
  if (letters === undefined) return undefined;
  let index = 0;
  for (const letter of letters) index = index * 26 + letter.charCodeAt(0) - 64;
  return index - 1;
}

export function isEmptyRow({ cells }: Row): boolean {
  return cells.every(({ kind }) => kind === 'empty');
}

/** Long work lets others have their turn now and then. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
