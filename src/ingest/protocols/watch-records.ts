/** What a watch's message says, as records. Voices and pictures give none: they are kept nowhere. */
import type { Instant } from '../../kernel/instant.ts';
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import type { WallClock } from '../../kernel/wall-clock.ts';
import type { DeviceRecord } from './record.ts';
import { recordTime } from './record-time.ts';
import type { WatchContent } from './watch-content.ts';
import { readWatchPosition } from './watch-position.ts';
import { countOf, numberAt, textAt, type WatchValues } from './watch-values.ts';

const NONE: Result<readonly DeviceRecord[], Refusal> = ok([]);

export function readWatchRecords(
  { type, values }: WatchContent,
  receivedMs: Instant,
  clock: WallClock | undefined,
): Result<readonly DeviceRecord[], Refusal> {
  if (isPosition(type)) {
    const position = readWatchPosition(type, values, clock);
    return position.ok ? ok([position.value]) : position;
  }
  const time = recordTime(receivedMs);
  if (type === 'LK') {
    // Two values are an older form whose second is no battery level (protocols.md B.4).
    if (countOf(values) < 3) return NONE;
    const [steps, rolls, battery] = [numberAt(values, 0), numberAt(values, 1), numberAt(values, 2)];
    return battery === undefined
      ? refuse('wrong-type', 'LK.2', 'must be the battery level in percent')
      : ok([{ kind: 'status', time, ...given({ steps, rolls }), battery_percent: battery }]);
  }
  const health = readHealth(type.toLowerCase(), values);
  if (health !== undefined)
    return Object.keys(health).length === 0 ? NONE : ok([{ kind: 'health', time, ...health }]);
  // An answer to a command is its word, with 1 or nothing after it.
  if (SILENT.has(type) || countOf(values) === 0) return NONE;
  if (countOf(values) === 1 && /^[01]?$/.test(textAt(values, 0) ?? '')) return NONE;
  return refuse(
    'unknown-value',
    type.slice(0, 20),
    'is no message that is understood: it is kept as it came',
  );
}

export function isPosition(type: string): boolean {
  return type.startsWith('UD') || type.startsWith('AL') || type.startsWith('WT');
}

/** Settings, metadata, answers to commands, voices and pictures: they say nothing of where or how somebody is. */
const SILENT: ReadonlySet<string> = new Set([
  'LK',
  'TKQ',
  'TKQ2',
  'INIT',
  'CONFIG',
  'TK',
  'TK2',
  'JXTK',
  'img',
  'ICCID',
  'RYIMEI',
  'APPCONTACTTEL',
  'VERNO',
  'TS',
  'rcapture',
  'CR',
  'UPLOAD',
  'FIND',
  'MESSAGE',
]);

type Health = Readonly<Record<string, number>>;

/** Undefined: no message about health. 0 means that nothing was measured, and is kept as it is said. */
function readHealth(type: string, values: WatchValues): Health | undefined {
  const [first, second, third] = [numberAt(values, 0), numberAt(values, 1), numberAt(values, 2)];
  switch (type) {
    case 'pulse':
    case 'heart':
      return given({ heart_rate: first });
    case 'blood':
    case 'bphrt':
      return given({ pressure_high: first, pressure_low: second, heart_rate: third });
    case 'temp':
      return given({ temperature_c: first });
    case 'btemp2':
      // The first value says whether it is of the body.
      return first !== undefined && first > 0 ? given({ temperature_c: second }) : {};
    case 'oxygen':
      return given({ spo2: second });
    default:
      return undefined;
  }
}

function given(values: Readonly<Record<string, number | undefined>>): Health {
  const found: Record<string, number> = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) found[key] = value;
  }
  return found;
}
