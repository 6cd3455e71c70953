import { valuesOf, type WatchValues } from './watch-values.ts';

/** A whole watch frame, taken apart: `[MM*ID*LEN*CONTENT]` or `[MM*ID*INDEX*LEN*CONTENT]`. */
export interface WatchContent {
  readonly maker: string;
  readonly device: string;
  /** Four hexadecimal digits, on some models (ZJ) only. */
  readonly index: string | undefined;
  /** The word before the first comma: `LK`, `UD_LTE`, `heart`. */
  readonly type: string;
  /** What is between the commas after it. */
  readonly values: WatchValues;
}

const HEADER = /^\[([^*]{2})\*([^*]+)\*(?:([0-9A-Fa-f]{4})\*(?=[0-9A-Fa-f]{4}\*))?[0-9A-Fa-f]{4}\*/;
const decoder = new TextDecoder();

/** Undefined when it has no header; the framing gives no such frame. */
export function readWatchContent(frame: Uint8Array): WatchContent | undefined {
  const decoded = decoder.decode(frame);
  // No store keeps a NUL within a text.
  const text = decoded.includes('\0') ? decoded.replaceAll('\0', '\ufffd') : decoded;
  const header = HEADER.exec(text);
  if (header === null) return undefined;
  const [{ length }, maker = '', device = '', index] = header;
  const comma = text.indexOf(',', length);
  const end = text.length - 1;
  const typeEnd = comma < 0 ? end : comma;
  return {
    maker,
    device,
    index,
    type: text.slice(length, typeEnd),
    values: valuesOf(text, typeEnd + 1, end),
  };
}

/** A frame for the device: LEN counts the content's bytes. All content is ASCII. */
export function writeWatchFrame(
  { maker, device, index }: Pick<WatchContent, 'maker' | 'device' | 'index'>,
  content: string,
): Uint8Array {
  const length = content.length.toString(16).toUpperCase().padStart(4, '0');
  const middle = index === undefined ? '' : `${index}*`;
  return encoder.encode(`[${maker}*${device}*${middle}${length}*${content}]`);
}

const encoder = new TextEncoder();
