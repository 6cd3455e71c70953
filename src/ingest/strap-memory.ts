/**
 * When a strap is closed again. A device says at each report whether its strap is open; the log hears of `strap-cut` each time, and of
 * `strap-closed` once, by the first report that no longer says so. What a connection has not heard yet is unknown, so it is said once
 * again after each reconnect: whoever judges it takes it as often as it comes. Pure but for its memory.
 */
import type { Json } from '../kernel/field.ts';
import { formatInstant, type Instant, parseInstant } from '../kernel/instant.ts';
import type { Protocol } from '../kernel/roster.ts';
import { isReset } from './observations-of.ts';
import type { WireFrame } from './protocols/wire.ts';

export interface StrapMemory {
  /** The statuses that `frame` of `address` (its id on the wire) adds to what its records say. */
  heard(frame: WireFrame, address: string, receivedMs: Instant): readonly Json[];
}

interface Known {
  readonly isCut: boolean;
  readonly byItem: boolean;
  readonly atMs: Instant;
}

/** A report from further back may be older than a cut that this connection has not heard of. */
const LIVE_MS = 10 * 60_000;
const NONE: readonly Json[] = [];

/** Remembers `maxDevices` of a gateway; beyond that it begins anew. */
export function createStrapMemory(maxDevices: number, protocol: Protocol): StrapMemory {
  const known = new Map<string, Known>();

  function remember(address: string, said: Known): void {
    if (known.size >= maxDevices && !known.has(address)) known.clear();
    known.set(address, said);
  }

  return {
    heard: ({ records, straps }, address, receivedMs) => {
      if (straps === undefined) return NONE;
      let told: Json[] | undefined;
      for (const [nth, strap] of straps.entries()) {
        const record = records[nth];
        if (record === undefined || strap === null) continue;
        // As for the strap-cut of such a record.
        const saidMs = isReset(record, receivedMs, protocol) ? undefined : parseInstant(record.time);
        const atMs = saidMs ?? receivedMs;
        const byItem = strap === 'cut-by-item' || strap === 'closed-by-item';
        const before = known.get(address);
        if (strap === 'cut' || strap === 'cut-by-item') {
          remember(address, { isCut: true, byItem, atMs });
          continue;
        }
        // Out of the device's store: how it was then.
        if (record.archived === true) continue;
        if (before?.isCut === false) continue;
        // Who tells it by an item tells nothing by a frame without it.
        if (before !== undefined && (atMs < before.atMs || (before.byItem && !byItem))) continue;
        if (before !== undefined || receivedMs - atMs <= LIVE_MS)
          remember(address, { isCut: false, byItem, atMs });
        told ??= [];
        told.push({ type: 'status', device: address, at: formatInstant(atMs), status: 'strap-closed' });
      }
      return told ?? NONE;
    },
  };
}
