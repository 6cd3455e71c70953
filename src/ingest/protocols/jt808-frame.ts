/**
 * Where frames of JT/T 808 begin and end on the wire, and their escapes: `7E`, content with `7D 01` for `7D` and `7D 02` for `7E`, `7E`
 * (protocols.md A.1). Two frames may share a delimiter; nothing stands for nothing.
 */
import { addChunk, copyOf, createWireBuffer, keepRest } from './wire-buffer.ts';

export interface Jt808Piece {
  /** A frame with both delimiters; of a fault its first bytes. */
  readonly bytes: Uint8Array;
  readonly fault: 'garbage' | 'too-large' | null;
}

/** The longest body has 1023 bytes; escaped, with its header and room for what vendors do. */
export const MAX_JT808_FRAME_BYTES = 4096;
const SHOWN_BYTES = 64;
const DELIMITER = 0x7e;
const ESCAPE = 0x7d;

export interface Jt808Framing {
  /** The same pieces whatever the cut. */
  push(chunk: Uint8Array): readonly Jt808Piece[];
}

export function createJt808Framing(): Jt808Framing {
  const buffer = createWireBuffer();
  let scan = 0;
  /** Before the first delimiter everything is garbage. */
  let isInside = false;
  /** What comes up to the next delimiter is told already. */
  let isTold = false;

  function tell(pieces: Jt808Piece[], to: number): void {
    const end = Math.min(to, buffer.from + SHOWN_BYTES);
    pieces.push({
      bytes: copyOf(buffer.bytes, buffer.from, end),
      fault: isInside ? 'too-large' : 'garbage',
    });
  }

  /** Takes what stands before the delimiter at `at`. */
  function take(at: number, pieces: Jt808Piece[]): void {
    const length = at - buffer.from;
    if (length > 0 && !isTold) {
      if (!isInside || length > MAX_JT808_FRAME_BYTES) tell(pieces, at);
      else pieces.push({ bytes: delimited(buffer.bytes, buffer.from, at), fault: null });
    }
    buffer.from = at + 1;
    scan = 0;
    isInside = true;
    isTold = false;
  }

  function keepOrTell(pieces: Jt808Piece[]): void {
    const length = buffer.to - buffer.from;
    const isOver = length > (isInside ? MAX_JT808_FRAME_BYTES : SHOWN_BYTES);
    if (isOver && !isTold) {
      tell(pieces, buffer.to);
      isTold = true;
    }
    if (isTold) buffer.from = buffer.to;
    scan = buffer.to - buffer.from;
  }

  return {
    push: (chunk) => {
      const pieces: Jt808Piece[] = [];
      addChunk(buffer, chunk);
      for (;;) {
        const at = buffer.bytes.indexOf(DELIMITER, buffer.from + scan);
        // Behind `to` stand bytes of former frames.
        if (at < 0 || at >= buffer.to) break;
        take(at, pieces);
      }
      keepOrTell(pieces);
      keepRest(buffer);
      return pieces;
    },
  };
}

function delimited(bytes: Uint8Array, from: number, to: number): Uint8Array {
  if (from > 0 && bytes[from - 1] === DELIMITER) return copyOf(bytes, from - 1, to + 1);
  const frame = new Uint8Array(to - from + 2);
  frame[0] = DELIMITER;
  frame.set(bytes.subarray(from, to + 1), 1);
  return frame;
}

/** The content of a frame with its delimiters. An escape that stands for nothing is left as it is: the check decides. */
export function unescapeFrame(frame: Uint8Array): Uint8Array {
  const content = frame.subarray(1, frame.length - 1);
  let from = content.indexOf(ESCAPE);
  if (from < 0) return content;
  const plain = new Uint8Array(content.length);
  plain.set(content.subarray(0, from));
  let to = from;
  for (; from < content.length; from++) {
    const byte = content[from] ?? 0;
    const next = content[from + 1];
    const isEscape = byte === ESCAPE && (next === 1 || next === 2);
    plain[to++] = isEscape && next === 2 ? DELIMITER : byte;
    if (isEscape) from++;
  }
  return plain.subarray(0, to);
}

/** A frame for the wire: check, escapes, delimiters. */
export function frameOf(content: readonly number[]): Uint8Array {
  let check = 0;
  const bytes = [DELIMITER];
  for (const byte of content) {
    check ^= byte;
    pushEscaped(bytes, byte);
  }
  pushEscaped(bytes, check);
  bytes.push(DELIMITER);
  return Uint8Array.from(bytes);
}

function pushEscaped(bytes: number[], byte: number): void {
  if (byte === DELIMITER) bytes.push(ESCAPE, 2);
  else if (byte === ESCAPE) bytes.push(ESCAPE, 1);
  else bytes.push(byte);
}
