/** Where the elements of a JSON array stand in its bytes. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);
const WHITE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** `body` is the UTF-8 text of a valid JSON array. Answers the bytes of each element, without the white space around it. */
export function sliceElements(body: Uint8Array): Uint8Array[] {
  const elements: Uint8Array[] = [];
  let depth = 0;
  let isText = false;
  let from = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i] ?? 0;
    if (isText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (OPEN.has(byte)) {
      depth++;
      if (depth === 1) from = i + 1;
    } else if (CLOSE.has(byte)) {
      depth--;
      if (depth === 0) {
        const last = trim(body.subarray(from, i));
        if (last.length > 0) elements.push(last);
      }
    } else if (byte === COMMA && depth === 1) {
      elements.push(trim(body.subarray(from, i)));
      from = i + 1;
    }
  }
  return elements;
}

function trim(bytes: Uint8Array): Uint8Array {
  let from = 0;
  let to = bytes.length;
  while (from < to && WHITE.has(bytes[from] ?? 0)) from++;
  while (to > from && WHITE.has(bytes[to - 1] ?? 0)) to--;
  return bytes.subarray(from, to);
}
