/** Shapes that several routes answer or ask for. Times are RFC 3339 in UTC. */
import { type TSchema, type TStringOptions, Type } from 'typebox';
import { parseDay } from '../../../compliance/periods.ts';
import { ALERT_KINDS, ALERT_STATES, SEVERITIES } from '../../../src/kernel/alert-event.ts';
import { told } from '../../../src/kernel/fault.ts';
import { formatInstant, type Instant, parseInstant } from '../../../src/kernel/instant.ts';
import { Problem } from '../problem.ts';

export const Time = Type.String({ description: 'RFC 3339 in UTC, e.g. 2026-03-01T00:00:00.000Z' });
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const AlertKind = Type.Enum(ALERT_KINDS);
export const AlertStateName = Type.Enum(ALERT_STATES);
export const SeverityName = Type.Enum(SEVERITIES);
export const Grade = Type.Enum(['strict', 'standard', 'relaxed']);

/** Errors beside the answer: RFC 9457. */
export function answers<T extends TSchema>(ok: T) {
  return { 200: ok, '4xx': problem('The request was refused'), '5xx': problem('It could not be done now') };
}

export function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: Type.Ref('Problem') } } };
}

export function Page<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    nextCursor: Nullable(
      Type.String({ description: 'Ask for the next page with this; null: there is none' }),
    ),
  });
}

export const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 }));
export const Cursor = Type.Optional(
  Type.String({ maxLength: 512, description: 'nextCursor of the page before' }),
);
export const OrganisationPath = Type.Optional(
  Type.String({ maxLength: 256, description: 'Path of an organisation: only what is in its subtree' }),
);
/** A text that the store can keep: it takes no NUL. */
export const PlainText = (options: TStringOptions = {}) =>
  Type.String({ ...options, pattern: '^[^\\u0000]*$' });
export const Id = Type.String({ minLength: 1, maxLength: 256 });

export const Evidence = Type.Array(
  Type.Object({
    at: Time,
    lat: Type.Number(),
    lon: Type.Number(),
    accuracyM: Type.Number(),
    distanceM: Type.Number({ description: 'Signed distance to the edge of the zone, positive outside' }),
  }),
);

export const timeOrNull = (at: Date | null) => (at === null ? null : at.toISOString());
export const instantOrNull = (at: Instant | null) => (at === null ? null : formatInstant(at));

/** A time in a query: the format of the schema is only a hint, this is the check. */
export function readTime(name: string, text: string): Instant {
  const at = parseInstant(text);
  if (at === undefined) throw new Problem('bad-request', told('bad-instant', { field: name }));
  return at;
}

export const Day = Type.String({
  pattern: '^[12]\\d{3}-\\d{2}-\\d{2}$',
  description: 'YYYY-MM-DD, by the roster’s calendar',
});

/** A day in a query: one that the calendar has. */
export function readDay(name: string, text: string): string {
  const day = parseDay(text);
  if (day === undefined) throw new Problem('bad-request', told('bad-day', { field: name }));
  return day;
}

/** A cursor is opaque to callers: base64url of a JSON array of texts. */
export function encodeCursor(...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

export function decodeCursor(cursor: string, parts: number): string[] {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    json = undefined;
  }
  const isWhole =
    Array.isArray(json) && json.length === parts && json.every((part) => typeof part === 'string');
  if (!isWhole) throw new Problem('bad-request', told('bad-cursor'));
  return json as string[];
}

/** As the store counts rows. */
export function isRowNumber(id: string): boolean {
  return /^\d{1,18}$/.test(id);
}

/** The row whose number a caller has named. What is no number names none; to the store it would be an error. */
export async function rowNumbered<Row>(
  id: string,
  find: (id: string) => Promise<readonly Row[]>,
): Promise<Row | undefined> {
  return isRowNumber(id) ? (await find(id))[0] : undefined;
}

/** Of a cursor: the number of a row. */
export function assertNumber(id: string | undefined): void {
  if (id !== undefined && !isRowNumber(id)) throw new Problem('bad-request', told('bad-cursor'));
}

/** The row that the page before ended with, where rows are told by their number alone; null: the first page. */
export function beforeOf(cursor: string | undefined): string | null {
  const [id] = cursor === undefined ? [] : decodeCursor(cursor, 1);
  assertNumber(id);
  return id ?? null;
}

/** A page of `limit` out of rows of which one more was asked for. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  toCursor: (last: Row) => string,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? toCursor(last) : null,
  };
}
