/** Values of MLP documents: times with their offset, coordinates in degrees or in degrees, minutes and seconds, lengths (OMA-TS-MLP-V3_5, 5.3). */
import type { Instant } from '../../kernel/instant.ts';

/** `yyyyMMddHHmmss`, local by `utc_off` (±HHMM, the sign optional, 0000 where there is none). Undefined: no time. */
export function readMlpTime(text: string | undefined, offset: string | undefined): Instant | undefined {
  const offsetMs = readOffset(offset);
  if (text === undefined || !/^\d{14}$/.test(text) || offsetMs === undefined) return undefined;
  const date = Number(text.slice(0, 8));
  const clock = Number(text.slice(8));
  const year = Math.floor(date / 10_000);
  const month = Math.floor(date / 100) % 100;
  const day = date % 100;
  const hour = Math.floor(clock / 10_000);
  const minute = Math.floor(clock / 100) % 100;
  const second = clock % 100;
  // Date.UTC makes the 3rd of March of the 31st of February.
  const isReal =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    Date.UTC(year, month - 1, day) <= Date.UTC(year, month, 0) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 60;
  return isReal && year >= 1000 ? Date.UTC(year, month - 1, day, hour, minute, second) - offsetMs : undefined;
}

function readOffset(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return 0;
  const found = /^([+-]?)(\d{2}):?(\d{2})$/.exec(text.trim());
  if (found === null) return undefined;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  // Twenty-six hours lie between the first and the last time zone.
  if (minutes > 14 * 60) return undefined;
  return (found[1] === '-' ? -1 : 1) * minutes * 60_000;
}

export interface Angle {
  readonly degrees: number;
  /** By its letter; undefined where it has none. */
  readonly axis: 'lat' | 'lon' | undefined;
}

/**
 * `30 16 28.308N`, `N30 16 28.308`, `30°16'28.308"N`, `301628.308N`, `31.2395833`, `31.2395833N`, `-31.24`. South and west are
 * negative. Undefined: none of them.
 */
export function readAngle(text: string | undefined): Angle | undefined {
  if (text === undefined || text.length > 40) return undefined;
  const found = ANGLE.exec(text);
  if (found === null) return undefined;
  const [, before, sign, first, second, last = '', behind] = found;
  const letter = (before ?? behind)?.toUpperCase();
  // A letter says the side by itself.
  if (letter !== undefined && (sign !== undefined || (before !== undefined && behind !== undefined)))
    return undefined;
  const packed = first === undefined ? PACKED.exec(last) : null;
  const degrees =
    packed !== null
      ? sexagesimal(Number(packed[1]), Number(packed[2]), Number(packed[3]))
      : first === undefined
        ? sexagesimal(Number(last), 0, 0)
        : second === undefined
          ? sexagesimal(Number(first), Number(last), 0)
          : sexagesimal(Number(first), Number(second), Number(last));
  if (degrees === undefined) return undefined;
  const axis =
    letter === undefined ? undefined : letter === 'N' || letter === 'S' ? ('lat' as const) : ('lon' as const);
  return { degrees: letter === 'S' || letter === 'W' || sign === '-' ? -degrees : degrees, axis };
}

/** One to three numbers, of which only the last may be broken. */
const ANGLE =
  /^([NSEW])?\s*([+-])?[\s°'"′″:]*(?:(\d{1,10})[\s°'"′″:]+(?:(\d{1,10})[\s°'"′″:]+)?)?(\d{1,10}(?:\.\d{1,20})?)[\s°'"′″:]*([NSEW])?$/i;
const PACKED = /^(\d{2,3})([0-5]\d)([0-5]\d(?:\.\d+)?)$/;

function sexagesimal(degrees: number, minutes: number, seconds: number): number | undefined {
  if (!(degrees <= 180) || minutes >= 60 || seconds > 60) return undefined;
  return degrees + minutes / 60 + seconds / 3600;
}

/** Metres of a unit as MLP's texts have it; undefined: one that is not known. None is the metre. */
export function metresOf(unit: string | undefined): number | undefined {
  return unit === undefined ? 1 : UNITS.get(unit.toLowerCase().replace(/[\s_-]/g, ''));
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ...['m', 'meter', 'meters', 'metre', 'metres', 'epsg:9001', '9001'].map((name) => [name, 1] as const),
  ...['km', 'kilometer', 'kilometers', 'kilometre', 'kilometres', '9036'].map(
    (name) => [name, 1000] as const,
  ),
  ...['ft', 'foot', 'feet', '9002'].map((name) => [name, 0.3048] as const),
  ...['surveyfoot', 'surveyfeet', 'ussurveyfoot', '9003'].map((name) => [name, 1200 / 3937] as const),
  ...['mile', 'miles', 'mi', '9093'].map((name) => [name, 1609.344] as const),
  ...['nauticalmile', 'nauticalmiles', 'nm', '9030'].map((name) => [name, 1852] as const),
]);

/** A number that is one; undefined else. */
export function numberIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(text)) return undefined;
  return Number(text);
}
