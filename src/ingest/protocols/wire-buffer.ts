/**
 * Bytes of a connection that await the rest of their frame. A chunk that holds whole frames is read where it lies; only what is left
 * of it is copied, so that a few bytes never keep a socket's whole read buffer alive.
 */
export interface WireBuffer {
  /** What waits stands from `from` (inclusive) to `to` (exclusive). */
  bytes: Uint8Array;
  from: number;
  to: number;
  isOwn: boolean;
}

const EMPTY = new Uint8Array();
const SMALLEST_BYTES = 64;

export function createWireBuffer(): WireBuffer {
  return { bytes: EMPTY, from: 0, to: 0, isOwn: false };
}

/** Positions that the caller keeps must be relative to `from`. */
export function addChunk(buffer: WireBuffer, chunk: Uint8Array): void {
  const rest = buffer.to - buffer.from;
  if (rest === 0) {
    buffer.bytes = chunk;
    buffer.from = 0;
    buffer.to = chunk.length;
    buffer.isOwn = false;
    return;
  }
  if (!buffer.isOwn || buffer.to + chunk.length > buffer.bytes.length) own(buffer, rest + chunk.length);
  buffer.bytes.set(chunk, buffer.to);
  buffer.to += chunk.length;
}

/** To be called when all whole frames are taken: the chunk is the sender's again. */
export function keepRest(buffer: WireBuffer): void {
  const rest = buffer.to - buffer.from;
  if (rest === 0) {
    buffer.bytes = EMPTY;
    buffer.from = 0;
    buffer.to = 0;
    buffer.isOwn = false;
  } else if (!buffer.isOwn) own(buffer, rest);
}

/** A copy: what is taken lives longer than the buffer's content. */
export function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  // A Node Buffer's own `slice` would be a view.
  return new Uint8Array(bytes.subarray(from, to));
}

/** Twice the room, so that bytes that come one by one are copied a bounded number of times. */
function own(buffer: WireBuffer, needed: number): void {
  const bytes = new Uint8Array(Math.max(SMALLEST_BYTES, needed * 2));
  bytes.set(buffer.bytes.subarray(buffer.from, buffer.to));
  buffer.to -= buffer.from;
  buffer.from = 0;
  buffer.bytes = bytes;
  buffer.isOwn = true;
}
