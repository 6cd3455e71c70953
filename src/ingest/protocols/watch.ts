/**
 * Watches of the SeTracker family over TCP: `[3G*ID*LEN*CONTENT]` and its relatives (protocols.md part B). The protocol carries no
 * secret: a device is who it says it is.
 */
import type { Instant } from '../../kernel/instant.ts';
import type { Refusal } from '../../kernel/result.ts';
import { readWatchContent, type WatchContent, writeWatchFrame } from './watch-content.ts';
import { createWatchFraming, type WatchPiece } from './watch-frame.ts';
import { strapOf } from './watch-position.ts';
import { isPosition, readWatchRecords } from './watch-records.ts';
import { countOf, textAt } from './watch-values.ts';
import type { DeviceCommand, WireDeps, WireFrame, WireProtocol, WireSession } from './wire.ts';

export const watch: WireProtocol = { protocol: 'watch', open: openSession };

/** While it is made. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

function openSession({ clockOf }: WireDeps): WireSession {
  const framing = createWatchFraming();
  /** Whose style and address commands take. */
  let last: Pick<WatchContent, 'maker' | 'device' | 'index'> | undefined;
  let lastSerial = 0;
  /** Serial of the command that the word answers; a newer command with the same word takes its place. */
  const asked = new Map<string, number>();

  function frameOf({ bytes, fault }: WatchPiece, receivedMs: Instant): WireFrame {
    if (fault !== null) {
      // Its header is whole: another frame began behind it.
      const device = fault === 'cut-off' ? readWatchContent(bytes).device : null;
      return { device, records: [], refusal: REFUSALS[fault], raw: bytes };
    }
    const content = readWatchContent(bytes);
    last = { maker: content.maker, device: content.device, index: content.index };
    const { device, type } = content;
    const records = readWatchRecords(content, receivedMs, clockOf?.(device));
    const answer = answerTo(content);
    const serial = asked.size === 0 ? undefined : asked.get(type);
    if (serial !== undefined) asked.delete(type);
    const frame: Writable<WireFrame> = {
      device,
      records: records.ok ? records.value : [],
      refusal: records.ok ? null : records.error,
      raw: bytes,
    };
    if (!records.ok && records.error.code === 'unknown-value' && !isPosition(type))
      frame.isUnsupported = true;
    if (records.ok && isPosition(type)) frame.straps = records.value.map(strapOf);
    if (serial !== undefined) frame.answers = { serial, ok: textAt(content.values, 0) !== '0' };
    if (answer !== undefined)
      frame.reply = (isAccepted) => (isAccepted ? writeWatchFrame(content, answer) : NOTHING);
    return frame;
  }

  return {
    push: (chunk, receivedMs) => framing.push(chunk).map((piece) => frameOf(piece, receivedMs)),
    command: (command) => {
      const content = contentOf(command);
      if (last === undefined || content === undefined) return undefined;
      lastSerial++;
      asked.set(content.split(',', 1)[0] ?? '', lastSerial);
      const index = last.index === undefined ? undefined : FIRST_INDEX;
      return { bytes: writeWatchFrame({ ...last, index }, content), serial: lastSerial };
    },
  };
}

/** What is not acknowledged comes again: the protocol has no word for a refusal. */
const NOTHING = new Uint8Array();
const FIRST_INDEX = '0001';

const REFUSALS: Readonly<Record<'garbage' | 'cut-off' | 'too-large', Refusal>> = {
  garbage: {
    code: 'bad-shape',
    where: 'frame',
    message: 'no frame: [MM*ID*LEN*CONTENT] is expected on this port',
  },
  'cut-off': {
    code: 'bad-shape',
    where: 'frame',
    message: 'another frame begins before its closing bracket',
  },
  'too-large': {
    code: 'too-large',
    where: 'frame',
    message: 'is longer than 16 KiB: voices and pictures are not kept',
  },
};

function answerTo({ type, values }: WatchContent): string | undefined {
  if (type.startsWith('AL')) return 'AL';
  switch (type) {
    case 'LK':
    case 'TKQ':
    case 'TKQ2':
    case 'bphrt':
    case 'btemp2':
      return type;
    case 'INIT':
    case 'CONFIG':
    case 'oxygen':
      return `${type},1`;
    case 'JXTK':
      return countOf(values) > 0 ? 'JXTKR,1' : undefined;
    default:
      return undefined;
  }
}

function contentOf(command: DeviceCommand): string | undefined {
  switch (command.type) {
    case 'locate':
      return 'CR';
    case 'set-interval':
      return `UPLOAD,${Math.max(1, Math.round(command.intervalS))}`;
    case 'text':
      return `MESSAGE,${utf16Hex(command.text)}`;
    case 'find':
      return 'FIND';
    default:
      return undefined;
  }
}

function utf16Hex(text: string): string {
  let hex = '';
  for (let at = 0; at < text.length; at++)
    hex += text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  return hex;
}
