/**
 * Whose is what a terminal says: serial number → terminal and office, PIN → subject. Three ways of the roster come together here: a
 * registered terminal with subjects' `pins`; a subject's device with the address `SN/PIN`; a subject's device with the address `SN`,
 * which takes every PIN as long as no PIN of that terminal is anybody's. Pure.
 */
import type { Instant } from '../kernel/instant.ts';
import { ok, type Refusal, type Result, refuse } from '../kernel/result.ts';
import { createWallClock, isTimeZone } from '../kernel/wall-clock.ts';
import type { TerminalZone } from './protocols/zkteco-lines.ts';

interface Term {
  readonly fromMs: Instant;
  readonly untilMs: Instant | null;
}

export interface TerminalRow {
  readonly id: string;
  readonly office: string;
  readonly address: string;
  readonly timeZone: string | null;
}
export interface PinRow extends Term {
  readonly terminal: string;
  readonly pin: string;
  readonly subject: string;
}
/** A subject's device with the protocol zkteco. */
export interface TerminalDeviceRow extends Term {
  readonly id: string;
  readonly subject: string;
  readonly address: string;
  readonly timeZone: string | null;
}

/** Whose a punch is, and as whose word it is kept. */
export interface Punched {
  readonly subject: string;
  /** As the check-in names it. */
  readonly terminal: string;
  /** Device or terminal of the roster under which its message is kept. */
  readonly keptFor: string;
}

/** Under what the messages of a terminal are kept that are of nobody. */
export interface TerminalOwner {
  readonly keptFor: string;
  readonly subject: string | null;
  readonly office: string | null;
}

export interface TerminalRoster {
  isKnown(serial: string): boolean;
  whose(serial: string, pin: string, at: Instant): Result<Punched, Refusal>;
  ownerOf(serial: string, at: Instant): TerminalOwner | undefined;
  zoneOf(serial: string): TerminalZone;
  /** Roster's ids by which somebody may ask something of it. */
  idsOf(serial: string): readonly string[];
}

export function createTerminalRoster(rows: {
  readonly terminals: readonly TerminalRow[];
  readonly pins: readonly PinRow[];
  readonly devices: readonly TerminalDeviceRow[];
  readonly timeZone: string;
}): TerminalRoster {
  const terminals = new Map(rows.terminals.map((terminal) => [terminal.address, terminal]));
  const serialOf = new Map(rows.terminals.map(({ id, address }) => [id, address]));
  /** Serial number → PIN → whose. */
  const people = new Map<string, Map<string, (Term & { subject: string; device: string | null })[]>>();
  const put = (serial: string, pin: string, whose: Term & { subject: string; device: string | null }) => {
    const pins =
      people.get(serial) ?? new Map<string, (Term & { subject: string; device: string | null })[]>();
    people.set(serial, pins);
    pins.set(pin, [...(pins.get(pin) ?? []), whose]);
  };
  for (const { terminal, pin, ...whose } of rows.pins) {
    const serial = serialOf.get(terminal);
    if (serial !== undefined) put(serial, pin, { ...whose, device: null });
  }
  const own = new Map<string, TerminalDeviceRow[]>();
  for (const device of rows.devices) {
    const at = device.address.indexOf('/');
    if (at > 0)
      put(device.address.slice(0, at), device.address.slice(at + 1), { ...device, device: device.id });
    else if (at < 0) own.set(device.address, [...(own.get(device.address) ?? []), device]);
  }
  const zones = new Map<string, TerminalZone>();
  const clocks = new Map<string, ReturnType<typeof createWallClock>>();
  const clockOf = (timeZone: string) => {
    const known = isTimeZone(timeZone) ? timeZone : 'UTC';
    const clock = clocks.get(known) ?? createWallClock(known);
    clocks.set(known, clock);
    return clock;
  };
  const anyones: TerminalZone = { clock: clockOf(rows.timeZone), isDeclared: false };
  const shownIn = (serial: string): TerminalZone => {
    const declared =
      terminals.get(serial)?.timeZone ?? own.get(serial)?.find(({ timeZone }) => timeZone !== null)?.timeZone;
    return declared === undefined || declared === null
      ? anyones
      : { clock: clockOf(declared), isDeclared: true };
  };
  const isKnown = (serial: string) => terminals.has(serial) || own.has(serial) || people.has(serial);
  const name = (serial: string) => JSON.stringify(serial);

  return {
    isKnown,
    whose: (serial, pin, at) => {
      const registered = terminals.get(serial);
      const known = people.get(serial);
      const claims = known?.get(pin);
      const found = claims?.find((claim) => holds(claim, at));
      const terminal = registered?.id ?? own.get(serial)?.find((device) => holds(device, at))?.id ?? serial;
      if (found !== undefined)
        return ok({ subject: found.subject, terminal, keptFor: found.device ?? registered?.id ?? serial });
      const single = own.get(serial);
      const holder = known === undefined ? single?.find((device) => holds(device, at)) : undefined;
      if (holder !== undefined) return ok({ subject: holder.subject, terminal, keptFor: holder.id });
      if (claims !== undefined || (known === undefined && single !== undefined))
        return refuse(
          'device-not-assigned',
          'pin',
          `PIN ${name(pin)} of terminal ${name(serial)} is nobody's at that time: mend its assignment, then replay`,
        );
      return isKnown(serial)
        ? refuse(
            'unknown-pin',
            'pin',
            `PIN ${name(pin)} of terminal ${name(serial)} is nobody's: give it to a subject, then replay`,
          )
        : refuse(
            'unknown-terminal',
            'terminal',
            `${name(serial)} is not on the roster: add the terminal, then replay`,
          );
    },
    ownerOf: (serial, at) => {
      const devices = own.get(serial) ?? [];
      const device = devices.find((each) => holds(each, at));
      const registered = terminals.get(serial);
      if (registered !== undefined)
        return { keptFor: registered.id, subject: null, office: registered.office };
      return device === undefined ? undefined : { keptFor: device.id, subject: device.subject, office: null };
    },
    zoneOf: (serial) => {
      const zone = zones.get(serial) ?? shownIn(serial);
      // Only of those that are known: a stranger can invent serial numbers.
      if (isKnown(serial)) zones.set(serial, zone);
      return zone;
    },
    idsOf: (serial) => [
      ...(terminals.has(serial) ? [terminals.get(serial)?.id ?? serial] : []),
      ...new Set((own.get(serial) ?? []).map(({ id }) => id)),
    ],
  };
}

function holds({ fromMs, untilMs }: Term, at: Instant): boolean {
  return fromMs <= at && (untilMs === null || at < untilMs);
}
