/**
 * The few elements of an MLP document as a tree, by `sax`. Nothing outside the text is ever read: a DOCTYPE is passed over, an entity
 * that the text itself declares is unknown, which is a fault. Bounded in depth, elements and the length of each text.
 */
import sax from 'sax';
import { fail, ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import { readPlainXml, type XmlLimits } from './mlp-plain-xml.ts';

/** Not a record: a stranger's name may be one that every object has. */
export interface XmlAttribute {
  /** Without its prefix. */
  readonly name: string;
  readonly value: string;
}

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  /** Its own text, without the white space around it. */
  readonly text: string;
  readonly children: readonly XmlElement[];
  /** Where it stands in the text: index of its `<` and behind its end. */
  readonly from: number;
  readonly to: number;
}

interface Open {
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  text: string;
  readonly children: XmlElement[];
  readonly from: number;
}

/** A request asks for some tens of phones; each answer has some twenty elements. */
export const XML_LIMITS: XmlLimits = { depth: 24, elements: 50_000, text: 1000 };
/** Characters of a whole answer. */
export const MAX_XML_LENGTH = 4 * 1024 * 1024;

/** The root element, or why it is no document that we read. Never throws. */
export function readXml(text: string): Result<XmlElement, Refusal> {
  if (text.length > MAX_XML_LENGTH) return refuse('too-large', '', 'is longer than any answer is');
  const plain = readPlainXml(text, XML_LIMITS);
  return plain === undefined ? parseXml(text) : ok(plain);
}

/** As `readXml`, by the parser alone. */
export function parseXml(text: string): Result<XmlElement, Refusal> {
  const parser = sax.parser(true, { xmlns: false, position: true, trim: false });
  const open: Open[] = [];
  let elements = 0;
  let root: XmlElement | undefined;
  let fault: Refusal | undefined;
  // `sax` goes on after a fault only when it is told to: what comes behind one is not read.
  const stop = (refusal: Refusal) => {
    fault ??= refusal;
    throw STOP;
  };
  parser.onopentag = ({ name, attributes }) => {
    elements++;
    if (open.length >= XML_LIMITS.depth || elements > XML_LIMITS.elements)
      stop({ code: 'too-large', where: '', message: 'has more elements, or deeper ones, than any answer' });
    const own = Object.entries(attributes).map(([key, value]) => ({
      name: localName(key),
      value: String(value).slice(0, XML_LIMITS.text),
    }));
    open.push({
      name: localName(name),
      attributes: own,
      text: '',
      children: [],
      from: parser.startTagPosition - 1,
    });
  };
  const addText = (piece: string) => {
    const inner = open.at(-1);
    if (inner !== undefined && inner.text.length < XML_LIMITS.text)
      inner.text += piece.slice(0, XML_LIMITS.text);
  };
  parser.ontext = addText;
  parser.oncdata = addText;
  parser.onclosetag = () => {
    const inner = open.pop();
    if (inner === undefined) return;
    const { name, attributes, children, from } = inner;
    const made = { name, attributes, text: inner.text.trim(), children, from, to: parser.position };
    const outer = open.at(-1);
    if (outer !== undefined) outer.children.push(made);
    else root ??= made;
  };
  parser.onerror = (error) =>
    stop({
      code: 'bad-shape',
      where: `line ${parser.line + 1}`,
      message: `is no XML: ${error.message.split('\n')[0] ?? ''}`,
    });
  try {
    parser.write(text).close();
  } catch {
    // Without a fault: `sax` throws at an attribute `hasOwnProperty` that has another behind it.
    return fail(fault ?? UNREADABLE);
  }
  return root === undefined ? fail(NO_XML) : ok(root);
}

const STOP = new Error('stop reading');
const UNREADABLE: Refusal = { code: 'bad-shape', where: '', message: 'is no XML that can be read' };
const NO_XML: Refusal = { code: 'bad-shape', where: '', message: 'is no XML: it has no element' };

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  if (element !== undefined) for (const child of element.children) if (child.name === name) return child;
  return undefined;
}

export function attributeOf(element: XmlElement | undefined, name: string): string | undefined {
  if (element !== undefined)
    for (const attribute of element.attributes) if (attribute.name === name) return attribute.value;
  return undefined;
}

/** Text of a child; undefined where there is none, or an empty one. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  const text = childOf(element, name)?.text;
  return text === '' ? undefined : text;
}

/** For text and for attribute values in double quotes. Characters that XML 1.0 can't carry are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(UNSPEAKABLE, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const UNSPEAKABLE = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;
