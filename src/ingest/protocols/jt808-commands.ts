/** What is asked of a terminal: message id and body (protocols.md A.4). */

import { toGbk } from './jt808-gbk.ts';
import { dword, word } from './jt808-message.ts';
import type { DeviceCommand } from './wire.ts';

export interface Jt808Command {
  readonly id: number;
  readonly body: readonly number[];
}

const LOCATE = 0x8201;
const SET_PARAMETERS = 0x8103;
const TEXT = 0x8300;
/** Seconds between reports, the terminal's default mode. */
const REPORT_INTERVAL = 0x0029;
/** To be read out and shown on the display. */
const SHOWN_AND_READ = 0b1100;
const NOTICE = 1;
/** Longer ones would need sub-packets. */
const MAX_TEXT_BYTES = 1000;

/** Undefined: the protocol has no word for it, or the text is too long or not of GBK's characters. */
export function jt808Command(command: DeviceCommand, is2019: boolean): Jt808Command | undefined {
  switch (command.type) {
    case 'locate':
      return { id: LOCATE, body: [] };
    case 'set-interval': {
      const seconds = Math.min(0xffffffff, Math.max(1, Math.round(command.intervalS)));
      return { id: SET_PARAMETERS, body: [1, ...dword(REPORT_INTERVAL), 4, ...dword(seconds)] };
    }
    case 'text': {
      const text = toGbk(command.text);
      if (text === undefined || text.length > MAX_TEXT_BYTES) return undefined;
      return { id: TEXT, body: [SHOWN_AND_READ, ...(is2019 ? [NOTICE] : []), ...text] };
    }
    default:
      return undefined;
  }
}

const RESEND = 0x8003;

/** Asks for parts of a message again. 2019 counts them in two bytes. */
export function resendRequest(
  firstSerial: number,
  missing: readonly number[],
  is2019: boolean,
): Jt808Command {
  const count = is2019 ? word(missing.length) : [missing.length];
  return { id: RESEND, body: [...word(firstSerial), ...count, ...missing.flatMap(word)] };
}
