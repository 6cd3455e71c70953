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
    // Of a plain array parts can be had several times as quickly as of Node's Buffer.
    buffer.bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
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

const POOL_BYTES = 4096;
let pool = EMPTY;
let pooled = 0;

/**
 * A copy that outlives the buffer. Small ones share a pool: an array of its own for each frame costs as much as reading the frame. What
 * is kept for long keeps 4 KiB at most.
 */
export function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const length = to - from;
  if (length > POOL_BYTES / 4) return bytes.slice(from, to);
  if (pooled + length > pool.length) {
    pool = new Uint8Array(POOL_BYTES);
    pooled = 0;
  }
  pool.set(bytes.subarray(from, to), pooled);
  pooled += length;
  return pool.subarray(pooled - length, pooled);
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
