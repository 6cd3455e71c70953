/** What a terminal is told: the options of its handshake, and commands (protocols.md, part E). Pure. */
import { parseInstant } from '../../kernel/instant.ts';
import type { WallClock } from '../../kernel/wall-clock.ts';
import type { DeviceCommand } from './wire.ts';
import { showTerminalTime } from './zkteco-values.ts';

export interface Stamps {
  /** Table in lower case → up to where it is durable here. */
  readonly [table: string]: string;
}

/** Seconds between a terminal's polls: how soon it gets a command, and how well its silence is known. */
export const POLL_S = 10;

/**
 * Only attendance and operations are asked for: no templates, no pictures. A stamp that is not known is `None`: send everything. The
 * terminal sets its clock by the answer's Date and this time zone.
 */
export function handshakeReply(terminal: string, stamps: Stamps, offsetMs: number): string {
  const attendance = stamps.attlog ?? 'None';
  const operations = stamps.operlog ?? 'None';
  const minutes = Math.round(offsetMs / 60_000);
  return [
    `GET OPTION FROM: ${terminal}`,
    `Stamp=${attendance}`,
    `OpStamp=${operations}`,
    'PhotoStamp=9999',
    `ATTLOGStamp=${attendance}`,
    `OPERLOGStamp=${operations}`,
    'ATTPHOTOStamp=9999',
    'ErrorDelay=30',
    `Delay=${POLL_S}`,
    'TransTimes=00:00;14:05',
    'TransInterval=1',
    'TransFlag=TransData AttLog\tOpLog',
    // Whole hours, or minutes where there is a half.
    `TimeZone=${minutes % 60 === 0 ? minutes / 60 : minutes}`,
    'Realtime=1',
    'Encrypt=None',
    'ServerVer=2.2.14',
    'PushProtVer=2.2.14',
    'PushOptionsFlag=1',
    'SupportPing=1',
    '',
  ].join('\n');
}

/** Undefined for what a terminal has no word for. Nothing here can change what it holds. */
export function terminalCommand(command: DeviceCommand, clock: WallClock): string | undefined {
  switch (command.type) {
    case 'resend': {
      const [from, until] = [command.from, command.until].map((text) => parseInstant(text));
      if (from === undefined || until === undefined) return undefined;
      const shown = (at: number) => showTerminalTime(at + clock.offsetMs(at));
      return `DATA QUERY ATTLOG StartTime=${shown(from)}\tEndTime=${shown(until)}`;
    }
    case 'check':
      return 'CHECK';
    case 'info':
      return 'INFO';
    case 'reboot':
      return 'REBOOT';
    default:
      return undefined;
  }
}

/** One line for each; the id comes back with the result. */
export function commandLines(
  commands: readonly { readonly serial: number; readonly text: string }[],
): string {
  return commands.length === 0 ? 'OK' : commands.map(({ serial, text }) => `C:${serial}:${text}\n`).join('');
}
