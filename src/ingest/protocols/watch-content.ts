/** A whole watch frame, taken apart: `[MM*ID*LEN*CONTENT]` or `[MM*ID*INDEX*LEN*CONTENT]`. */
export interface WatchContent {
  readonly maker: string;
  readonly device: string;
  /** Four hexadecimal digits, on some models (ZJ) only. */
  readonly index: string | undefined;
  /** The word before the first comma: `LK`, `UD_LTE`, `heart`. */
  readonly type: string;
  /** What is between the commas after it. */
  readonly values: readonly string[];
}

const HEADER = /^\[([^*]{2})\*([^*]+)\*(?:([0-9A-Fa-f]{4})\*(?=[0-9A-Fa-f]{4}\*))?[0-9A-Fa-f]{4}\*/;
const ESCAPES = '}[],*';
const decoder = new TextDecoder();

/** Undefined when it has no header; the framing gives no such frame. */
export function readWatchContent(frame: Uint8Array): WatchContent | undefined {
  const decoded = decoder.decode(frame);
  // No store keeps a NUL within a text.
  const text = decoded.includes('\0') ? decoded.replaceAll('\0', '\ufffd') : decoded;
  const header = HEADER.exec(text);
  if (header === null) return undefined;
  const [{ length }, maker = '', device = '', index] = header;
  const content = text.slice(length, -1);
  const values = content.split(',');
  const type = values.shift() ?? '';
  return { maker, device, index, type, values: content.includes('}') ? values.map(unescapeValue) : values };
}

/** `}` and a byte from 1 to 5 stand for one of `}[],*`. */
function unescapeValue(value: string): string {
  let plain = '';
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at + 1);
    const isEscape = value.charAt(at) === '}' && code >= 1 && code <= ESCAPES.length;
    plain += isEscape ? ESCAPES.charAt(code - 1) : value.charAt(at);
    if (isEscape) at++;
  }
  return plain;
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
