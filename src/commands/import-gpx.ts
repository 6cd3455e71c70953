/** GPX (1.0, 1.1): track, route and way points as positions. Streamed; nothing outside the file is ever read. */
import sax from 'sax';
import type { Json } from '../kernel/field.ts';

export interface GpxPoint {
  readonly json: Json;
  /** Line of the file, from 1, at which the point ended. */
  readonly line: number;
}

const POINTS = new Set(['trkpt', 'rtept', 'wpt']);
/** Element inside a point → field of the observation. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ['time', 'at'],
  ['ele', 'altitudeM'],
  ['speed', 'speedMps'],
  ['course', 'headingDeg'],
]);
/** Longer texts (comments, pictures) are not for us. */
const MAX_TEXT = 100;

/** Throws an error that names the line when the file is no XML. */
export async function* readGpx(input: AsyncIterable<Uint8Array>): AsyncGenerator<GpxPoint> {
  const points: GpxPoint[] = [];
  const parser = parserOf((point) => points.push(point));
  const decoder = new TextDecoder();
  for await (const chunk of input) {
    write(parser, decoder.decode(chunk, { stream: true }));
    yield* points.splice(0);
  }
  write(parser, decoder.decode());
  parser.close();
  yield* points.splice(0);
}

class NoGpx extends Error {
  constructor(what: string, parser: sax.SAXParser) {
    super(`is no GPX: ${what} at line ${parser.line + 1}`);
  }
}

function write(parser: sax.SAXParser, text: string): void {
  try {
    parser.write(text);
  } catch (error) {
    if (error instanceof NoGpx) throw error;
    // `sax` itself throws at an attribute `hasOwnProperty` that has another behind it.
    throw new NoGpx('an attribute that can’t be read', parser);
  }
}

function parserOf(onPoint: (point: GpxPoint) => void): sax.SAXParser {
  const parser = sax.parser(true, { xmlns: false, position: true });
  let point: Record<string, unknown> | undefined;
  let text = '';
  parser.onopentag = ({ name, attributes }) => {
    text = '';
    if (!POINTS.has(localName(name))) return;
    point = { type: 'position', lat: numberOf(attributes.lat), lon: numberOf(attributes.lon) };
  };
  parser.ontext = (piece) => {
    if (text.length < MAX_TEXT) text += piece.slice(0, MAX_TEXT);
  };
  parser.onclosetag = (name) => {
    const local = localName(name);
    const field = FIELDS.get(local);
    if (point === undefined) return;
    if (field !== undefined) point[field] = field === 'at' ? text.trim() : numberOf(text);
    if (POINTS.has(local)) {
      onPoint({ json: point, line: parser.line + 1 });
      point = undefined;
    }
  };
  parser.onerror = (error) => {
    throw new NoGpx(error.message.split('\n')[0] ?? '', parser);
  };
  return parser;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** A text that is no number stays a text: the intake then refuses it under the name of its field. */
function numberOf(text: unknown): unknown {
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}
