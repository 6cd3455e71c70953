/** One text for one value, so that a hash of it says whether the value is the same. */
import { hash } from 'node:crypto';

/** RFC 8785 (JSON Canonicalization Scheme) of a value that JSON can hold: keys in the order of their UTF-16 units, no white space. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** A row as the database writes it: each column as text, in the form that `fixTextForm` (src/store/seal-rows.ts) sets. */
export type RowText = Readonly<Record<string, string | null>>;

/**
 * `{"row":{…},"table":"…"}` as RFC 8785, without the columns that are null. `columns` sorted by code units. Made by hand because a
 * million rows are to be checked within a minute; SL2's test compares it with `canonicalJson`.
 */
export function rowText(table: string, columns: readonly string[], row: RowText): string {
  let text = '';
  for (const column of columns) {
    const value = row[column];
    if (value == null) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(column)}:${JSON.stringify(value)}`;
  }
  return `{"row":{${text}},"table":${JSON.stringify(table)}}`;
}

export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}
