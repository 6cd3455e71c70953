/** The rows of the queue: one for each incident, else one for each alert. Pure. */
import type { AlertCard } from '../../protocol.ts';
import { isOpen, isUnowned } from './queue-order.ts';

export interface QueueRow {
  /** The most urgent of its parts: the row shows it, and stands where it stands. */
  readonly lead: AlertCard;
  /** The lead among them, in the queue's order. */
  readonly parts: readonly AlertCard[];
}

export function rowsOf(sorted: readonly AlertCard[]): QueueRow[] {
  const rows = new Map<string, AlertCard[]>();
  for (const alert of sorted) {
    const { incident } = alert.work;
    const key = incident === null ? `alert ${alert.alert}` : `incident ${incident}`;
    const parts = rows.get(key);
    if (parts === undefined) rows.set(key, [alert]);
    else parts.push(alert);
  }
  return [...rows.values()].flatMap((parts) => {
    const [lead] = parts;
    return lead === undefined ? [] : [{ lead, parts }];
  });
}

/** What the head of the queue says of its rows; `alerts`: how many open ones there are in all. `sorted`: in the queue's order. */
export function countRows(sorted: readonly AlertCard[]): {
  readonly unowned: number;
  readonly open: number;
  readonly alerts: number;
} {
  const open = sorted.filter(isOpen);
  const rows = rowsOf(open);
  return {
    // What is unowned stands before what is owned: one part is enough.
    unowned: rows.filter(({ lead }) => isUnowned(lead)).length,
    open: rows.length,
    alerts: open.length,
  };
}

export const hasPart = ({ parts }: QueueRow, alert: string | null): boolean =>
  parts.some((part) => part.alert === alert);

/**
 * The rows keep the places that they had in `held`, which has for each row the ids of its alerts; new ones follow in their own order.
 * A row that several became stands where the first of them stood; of one that fell apart the parts stay together.
 */
export function keepPlaces(rows: readonly QueueRow[], held: readonly (readonly string[])[]): QueueRow[] {
  const places = new Map(held.flatMap((ids, place) => ids.map((id) => [id, place] as const)));
  const placeOf = ({ parts }: QueueRow) =>
    Math.min(...parts.map(({ alert }) => places.get(alert) ?? held.length));
  return [...rows].sort((a, b) => placeOf(a) - placeOf(b));
}
