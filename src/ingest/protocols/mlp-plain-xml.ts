/**
 * XML as location servers write it, read at a stroke: elements, attributes, text; no reference, comment, CDATA, instruction or declaration
 * of its own within. Undefined where there is anything else, or a fault: then the XML parser reads it, and says what is wrong. Nothing is
 * refused here, and what is read is the parser's own tree (ML14): a full parser takes longer than a frame may (decision 076).
 */
import type { XmlAttribute, XmlElement } from './mlp-xml.ts';

export interface XmlLimits {
  readonly depth: number;
  readonly elements: number;
  /** Characters of an element's own text, or of an attribute. */
  readonly text: number;
}

interface Cursor {
  readonly text: string;
  readonly limits: XmlLimits;
  at: number;
  elements: number;
}

/** A character that XML does not have or that is two units, a carriage return, a reference, or the end of a CDATA section. */
const NOT_PLAIN = /[^\t\n -%'-~\xA0-\uD7FF\uE000-\uFFFD]|\]\]>/;
/** The declaration, and a DOCTYPE that only names one. */
const PROLOG =
  /^(?:<\?xml [^<>?]*\?>)?[ \t\n]*(?:<!DOCTYPE [A-Za-z_](?:[^<>[\]"']|"[^<>[\]"]*"|'[^<>[\]']*')*>[ \t\n]*)?/;
const NO_ATTRIBUTES: XmlAttribute[] = [];
const NO_CHILDREN: XmlElement[] = [];

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const SLASH = 0x2f;
const COLON = 0x3a;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;

export function readPlainXml(text: string, limits: XmlLimits): XmlElement | undefined {
  if (NOT_PLAIN.test(text)) return undefined;
  const cursor = { text, limits, at: PROLOG.exec(text)?.[0].length ?? 0, elements: 0 };
  const root = text.charCodeAt(cursor.at) === LESS ? readElement(cursor, 1) : undefined;
  while (isBlank(text.charCodeAt(cursor.at))) cursor.at++;
  return cursor.at === text.length ? root : undefined;
}

/** From its `<`; afterwards the cursor is behind it. */
function readElement(cursor: Cursor, depth: number): XmlElement | undefined {
  const { text, limits, at: from } = cursor;
  if (depth > limits.depth || ++cursor.elements > limits.elements) return undefined;
  const nameEnd = endOfName(text, from + 1);
  if (nameEnd < 0) return undefined;
  const written = text.slice(from + 1, nameEnd);
  const name = localName(written);
  cursor.at = nameEnd;
  const attributes = readAttributes(cursor);
  if (attributes === undefined) return undefined;
  const isEmpty = text.charCodeAt(cursor.at) === SLASH;
  if (isEmpty) cursor.at++;
  if (text.charCodeAt(cursor.at) !== GREATER) return undefined;
  cursor.at++;
  if (isEmpty) return { name, attributes, text: '', children: NO_CHILDREN, from, to: cursor.at };
  let own = '';
  let children = NO_CHILDREN;
  for (;;) {
    const start = cursor.at;
    const next = text.indexOf('<', start);
    if (next < 0 || own.length + next - start > limits.text) return undefined;
    if (next > start) own += text.slice(start, next);
    cursor.at = next;
    if (text.charCodeAt(next + 1) === SLASH) {
      const end = next + 2 + written.length;
      if (text.charCodeAt(end) !== GREATER || !isNameAt(text, next + 2, written)) return undefined;
      cursor.at = end + 1;
      return { name, attributes, text: own === '' ? own : own.trim(), children, from, to: cursor.at };
    }
    const child = readElement(cursor, depth + 1);
    if (child === undefined) return undefined;
    if (children === NO_CHILDREN) children = [child];
    else children.push(child);
  }
}

function isNameAt(text: string, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (text.charCodeAt(at + i) !== name.charCodeAt(i)) return false;
  return true;
}

/** Up to the end of the tag. */
function readAttributes(cursor: Cursor): readonly XmlAttribute[] | undefined {
  const { text, limits } = cursor;
  let attributes = NO_ATTRIBUTES;
  while (isBlank(text.charCodeAt(cursor.at))) {
    while (isBlank(text.charCodeAt(cursor.at))) cursor.at++;
    const start = cursor.at;
    const end = endOfName(text, start);
    // Nothing but the blank: the tag ends.
    if (end < 0) break;
    const quote = text.charCodeAt(end + 1);
    if (text.charCodeAt(end) !== EQUALS || (quote !== QUOTE && quote !== APOSTROPHE)) return undefined;
    const close = text.indexOf(quote === QUOTE ? '"' : "'", end + 2);
    if (close < 0 || close - end - 2 > limits.text) return undefined;
    const name = localName(text.slice(start, end));
    // A fault, or of two namespaces.
    for (const other of attributes) if (other.name === name) return undefined;
    const attribute = { name, value: text.slice(end + 2, close) };
    if (attributes === NO_ATTRIBUTES) attributes = [attribute];
    else attributes.push(attribute);
    cursor.at = close + 1;
  }
  return attributes;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09;
}

/** Index behind a name; −1: none begins there. MLP's names are of these letters. */
function endOfName(text: string, from: number): number {
  let at = from;
  while (isNameCode(text.charCodeAt(at), at > from)) at++;
  return at === from ? -1 : at;
}

function isNameCode(code: number, isInside: boolean): boolean {
  if ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f) return true;
  // Digits and the colon, `-`, `.`.
  return isInside && ((code >= 0x30 && code <= COLON) || code === 0x2d || code === 0x2e);
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}
