/**
 * Where a watch's frames begin and end: `[MM*ID*LEN*CONTENT]` or `[MM*ID*INDEX*LEN*CONTENT]`. The end is where the brackets balance,
 * or at LEN when a bracket stands there: SSIDs hold brackets, and many devices send a wrong LEN. The header of another frame
 * ends one that was cut off. Bytes outside frames are garbage and told, a bounded part of them.
 */
import { hexDigit } from './watch-values.ts';
import { addChunk, copyOf, createWireBuffer, keepRest } from './wire-buffer.ts';

export interface WatchPiece {
  /** A whole frame with its brackets; of a fault its first bytes. */
  readonly bytes: Uint8Array;
  readonly fault: 'garbage' | 'cut-off' | 'too-large' | null;
}

/** A voice message or a picture may be longer: it is let go as it comes, and what follows it is read. */
export const MAX_WATCH_FRAME_BYTES = 16_384;
/** LEN has four hexadecimal digits, and escaped each byte may be two. */
const MAX_DISCARDED_BYTES = 140_000;
const SHOWN_BYTES = 256;
const GARBAGE_SHOWN_BYTES = 64;
/** Garbage without an end is told again after each so many bytes. */
const GARBAGE_AGAIN_BYTES = 4096;

const OPEN = 0x5b;
const CLOSE = 0x5d;

export interface WatchFraming {
  /** The same pieces whatever the cut. */
  push(chunk: Uint8Array): readonly WatchPiece[];
}

export function createWatchFraming(): WatchFraming {
  const buffer = createWireBuffer();
  /** Next byte to look at in the frame that begins at `buffer.from`, relative to it; -1: between frames. */
  let scan = -1;
  let depth = 0;
  let lengthEnd = -1;
  /** Bytes let go of a frame that is too long; -1: it is kept whole. */
  let discarded = -1;
  /** Where the next brackets stand in the buffer, so that no byte is searched twice for many small frames; -1: not known. */
  let close = -1;
  let open = -1;
  let garbage = 0;
  let shown: number[] = [];

  function begin(at: number, end: number): void {
    buffer.from = at;
    scan = 1;
    depth = 1;
    lengthEnd = end - at;
    discarded = -1;
  }

  function addGarbage(byte: number, pieces: WatchPiece[]): void {
    // Line ends between frames are harmless (protocols.md B.1).
    if (garbage === 0 && (byte === 13 || byte === 10 || byte === 32 || byte === 0)) return;
    garbage++;
    if (garbage <= GARBAGE_SHOWN_BYTES) shown.push(byte);
    if (garbage === GARBAGE_SHOWN_BYTES) tellGarbage(pieces);
    else if (garbage % GARBAGE_AGAIN_BYTES === 0)
      pieces.push({ bytes: Uint8Array.of(byte), fault: 'garbage' });
  }

  function tellGarbage(pieces: WatchPiece[]): void {
    if (shown.length > 0) pieces.push({ bytes: Uint8Array.from(shown), fault: 'garbage' });
    shown = [];
  }

  /** To the next frame's begin. False: more bytes are needed. */
  function seek(pieces: WatchPiece[]): boolean {
    const { bytes, to } = buffer;
    for (let at = buffer.from; at < to; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === OPEN) {
        const end = contentEnd(bytes, at, to);
        if (end === UNDECIDED) {
          buffer.from = at;
          return false;
        }
        if (end !== NO_HEADER) {
          tellGarbage(pieces);
          garbage = 0;
          begin(at, end);
          return true;
        }
      }
      addGarbage(byte, pieces);
    }
    buffer.from = to;
    return false;
  }

  /** Where the next of these brackets stands from `at` on: `known`, if it is not behind us; the buffer's end when there is none. */
  function nextOf(bracket: number, known: number, at: number): number {
    if (known >= at) return known;
    const next = buffer.bytes.indexOf(bracket, at);
    return next < 0 ? buffer.to : Math.min(next, buffer.to);
  }

  /** To the frame's end. False: more bytes are needed. */
  function finish(pieces: WatchPiece[]): boolean {
    const { bytes, from, to } = buffer;
    let at = from + scan;
    for (;;) {
      close = nextOf(CLOSE, close, at);
      open = nextOf(OPEN, open, at);
      const next = Math.min(close, open);
      // The last byte that a frame may have, and that is let go of one that is longer.
      const edge = from + (discarded < 0 ? MAX_WATCH_FRAME_BYTES - 1 : MAX_DISCARDED_BYTES - discarded);
      if (next <= edge && next < to) {
        if (next === close) {
          depth--;
          if (depth === 0 || next - from === lengthEnd) {
            if (discarded < 0) pieces.push({ bytes: copyOf(bytes, from, next + 1), fault: null });
            buffer.from = next + 1;
            scan = -1;
            return true;
          }
        } else {
          const end = contentEnd(bytes, next, to);
          if (end === UNDECIDED) {
            wait(next);
            return false;
          }
          if (end !== NO_HEADER) {
            if (discarded < 0) pieces.push({ bytes: firstOf(bytes, from, next), fault: 'cut-off' });
            begin(next, end);
            return true;
          }
          depth++;
        }
        at = next + 1;
        if (next < edge) continue;
      } else if (edge >= to) {
        wait(to);
        return false;
      }
      if (discarded >= 0) {
        buffer.from = edge + 1;
        scan = -1;
        return true;
      }
      pieces.push({ bytes: firstOf(bytes, from, edge), fault: 'too-large' });
      discarded = 0;
    }
  }

  function wait(at: number): void {
    const read = at - buffer.from;
    scan = read;
    if (discarded < 0) return;
    discarded += read;
    lengthEnd -= read;
    buffer.from = at;
    scan = 0;
  }

  return {
    push: (chunk) => {
      const pieces: WatchPiece[] = [];
      addChunk(buffer, chunk);
      close = -1;
      open = -1;
      while (scan < 0 ? seek(pieces) : finish(pieces));
      keepRest(buffer);
      return pieces;
    },
  };
}

function firstOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return copyOf(bytes, from, Math.min(to, from + SHOWN_BYTES));
}

const NO_HEADER = -1;
const UNDECIDED = -2;
const MAX_ID_BYTES = 20;
const STAR = 0x2a;

/** Where by LEN the closing bracket of the frame that opens at `at` stands. */
function contentEnd(bytes: Uint8Array, at: number, to: number): number {
  let next = at + 1;
  for (const last = next + 2; next < last; next++) {
    if (next >= to) return UNDECIDED;
    if (!isLetterOrDigit(bytes[next])) return NO_HEADER;
  }
  if (next >= to) return UNDECIDED;
  if (bytes[next] !== STAR) return NO_HEADER;
  const id = ++next;
  while (next < to && isLetterOrDigit(bytes[next]) && next - id <= MAX_ID_BYTES) next++;
  if (next >= to && next - id <= MAX_ID_BYTES) return UNDECIDED;
  if (next === id || next - id > MAX_ID_BYTES || bytes[next] !== STAR) return NO_HEADER;
  const first = readHex4(bytes, next + 1, to);
  if (first < 0) return first;
  // With an INDEX the LEN is the second number.
  const second = readHex4(bytes, next + 6, to);
  if (second === UNDECIDED) return UNDECIDED;
  return second === NO_HEADER ? next + 6 + first : next + 11 + second;
}

/** Four hexadecimal digits and an asterisk. */
function readHex4(bytes: Uint8Array, at: number, to: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    if (i >= to) return UNDECIDED;
    const digit = hexDigit(bytes[i] ?? 0);
    if (digit < 0) return NO_HEADER;
    value = value * 16 + digit;
  }
  if (at + 4 >= to) return UNDECIDED;
  return bytes[at + 4] === STAR ? value : NO_HEADER;
}

function isLetterOrDigit(byte = 0): boolean {
  const letter = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}
