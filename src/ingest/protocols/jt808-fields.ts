/** What a location adds up to while its items are read. */
import type { RecordValue } from './record.ts';

export type Fields = Record<string, RecordValue>;

/** What a location's parts add up to. */
export interface Told {
  readonly alarms: string[];
  readonly states: string[];
  /** By item 0089 within EB; undefined: it was not there. */
  isStrapOpen?: boolean;
}

export function put(fields: Fields, key: string, value: RecordValue): true {
  fields[key] ??= value;
  return true;
}

/** A list that several items may add to. */
export function append(fields: Fields, key: string, values: readonly RecordValue[]): true {
  const before = fields[key];
  if (values.length > 0) fields[key] = Array.isArray(before) ? [...before, ...values] : values;
  return true;
}
