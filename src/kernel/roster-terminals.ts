/** The parts of `roster.json` that are about terminals: `terminals`, and a subject's `pins`. */
import {
  type Faults,
  type Json,
  join,
  readInstant,
  readObject,
  readOptionalInstant,
  readOptionalText,
  readText,
  show,
} from './field.ts';
import { formatInstant } from './instant.ts';
import type { Terminal, TerminalPin } from './roster.ts';
import { isTimeZone } from './wall-clock.ts';

export function readTerminal(json: unknown, at: string, faults: Faults): Terminal {
  const item = readObject(json, at, faults) ?? {};
  const id = readText(item, 'id', at, faults);
  return {
    id,
    name: readOptionalText(item, 'name', at, faults) ?? id,
    office: readOptionalText(item, 'office', at, faults) ?? '',
    address: readOptionalText(item, 'address', at, faults),
    timeZone: readTimeZone(item, at, faults).timeZone ?? null,
  };
}

/** Absent where there is none. */
export function readTimeZone(item: Json, at: string, faults: Faults): { timeZone?: string } {
  const timeZone = readOptionalText(item, 'timeZone', at, faults);
  if (timeZone === null) return {};
  if (!isTimeZone(timeZone))
    faults.add(
      'unknown-value',
      join(at, 'timeZone'),
      `must be an IANA time zone or an offset such as +08:00, not ${show(timeZone)}`,
    );
  return { timeZone };
}

export function readPin(item: Json, at: string, faults: Faults): TerminalPin {
  const fromMs = readInstant(item, 'from', at, faults, 0);
  const untilMs = readOptionalInstant(item, 'until', at, faults);
  if (untilMs !== null && untilMs < fromMs) faults.add('out-of-range', join(at, 'until'), 'lies before from');
  return {
    terminal: readText(item, 'terminal', at, faults),
    pin: readText(item, 'pin', at, faults),
    fromMs,
    untilMs,
  };
}

export function encodePin({ terminal, pin, fromMs, untilMs }: TerminalPin): Json {
  return {
    terminal,
    pin,
    from: formatInstant(fromMs),
    until: untilMs === null ? null : formatInstant(untilMs),
  };
}

/** A terminal stands once, and a serial number is one terminal's. That a PIN is one person's is checked in the store, against all. */
export function findDuplicateTerminals(terminals: readonly Terminal[], faults: Faults): void {
  const ids = new Set<string>();
  const addresses = new Set<string>();
  terminals.forEach(({ id, address }, i) => {
    const onWire = address ?? id;
    if (ids.has(id)) faults.add('duplicate-id', `terminals[${i}].id`, `${show(id)} stands twice`);
    else if (addresses.has(onWire))
      faults.add('duplicate-id', `terminals[${i}].address`, `${show(onWire)} is another terminal's`);
    ids.add(id);
    addresses.add(onWire);
  });
}
