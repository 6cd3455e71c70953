/**
 * JT/T 808-2013 and -2019 over TCP (protocols.md part A): register, authenticate, beat, report; each message of the terminal is answered
 * in its own header style.
 */
import type { Instant } from '../../kernel/instant.ts';
import type { Refusal } from '../../kernel/result.ts';
import { toBcd } from './jt808-bytes.ts';
import { jt808Command, resendRequest } from './jt808-commands.ts';
import { isUnderstood, type Jt808Content, readJt808Content } from './jt808-content.ts';
import { createJt808Framing, type Jt808Piece } from './jt808-frame.ts';
import { toGbk } from './jt808-gbk.ts';
import { type Jt808Message, readJt808Message, word, writeJt808Message } from './jt808-message.ts';
import { createParts, type Incomplete, MAX_PARTS } from './jt808-parts.ts';
import type { WireDeps, WireFrame, WireProtocol, WireSession } from './wire.ts';

export const jt808: WireProtocol = { protocol: 'jt808', open: openSession };

const GENERAL = 0x8001;
const REGISTERED = 0x8100;
const TIME = 0x8004;
const CLOCK = 0x8109;
const SHORT_GENERAL = 0x4401;

const DONE = 0;
const FAILED = 1;
const BAD_MESSAGE = 2;
const UNSUPPORTED = 3;
/** Of 0x8100: the terminal has its code already, and may authenticate with it; nobody else is told it. */
const HAS_ITS_CODE = 3;

/** While it is made. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

function openSession({ authCode, clockOf: declaredFor }: WireDeps): WireSession {
  const framing = createJt808Framing();
  const parts = createParts();
  /** Whose style and address commands take. */
  let last: Jt808Message | undefined;
  let lastSerial = 0;

  function send(to: Jt808Message, id: number, body: readonly number[]): Uint8Array {
    lastSerial = (lastSerial + 1) & 0xffff;
    return writeJt808Message(to, id, lastSerial, body);
  }

  function general(to: Jt808Message, result: number): Uint8Array {
    return send(to, GENERAL, [...word(to.serial), ...word(to.id), result]);
  }

  function replyOf(
    message: Jt808Message,
    { answer, refusal }: Jt808Content,
    receivedMs: Instant,
  ): WireFrame['reply'] {
    switch (answer) {
      case 'none':
        return undefined;
      case 'time':
        return () => send(message, TIME, timeOf(receivedMs));
      case 'clock':
        return () => send(message, CLOCK, [...clockOf(receivedMs), DONE]);
      case 'short':
        return message.wantsAnswer
          ? (isAccepted) => send(message, SHORT_GENERAL, [...word(message.id), isAccepted ? DONE : FAILED])
          : undefined;
      case 'register':
        return (isAccepted) =>
          isAccepted
            ? send(message, REGISTERED, [...word(message.serial), DONE, ...codeOf(authCode(message.device))])
            : send(message, REGISTERED, [...word(message.serial), HAS_ITS_CODE]);
      case 'general':
        return (isAccepted) => general(message, !isAccepted ? FAILED : refusal === null ? DONE : BAD_MESSAGE);
    }
  }

  function read(message: Jt808Message, body: Uint8Array, raw: Uint8Array, receivedMs: Instant): WireFrame {
    const { device, id, version } = message;
    const content = readJt808Content(id, body, {
      is2019: version !== undefined,
      receivedMs,
      clock: declaredFor?.(device),
    });
    if (content === undefined) return notUnderstood(message, raw);
    const { records, straps, refusal, claim, answers } = content;
    const reply = replyOf(message, content, receivedMs);
    const frame: Writable<WireFrame> = { device, records, refusal, raw };
    if (straps !== undefined) frame.straps = straps;
    if (claim !== undefined) frame.claim = claim;
    if (answers !== undefined) frame.answers = answers;
    if (reply !== undefined) frame.reply = reply;
    return frame;
  }

  function notUnderstood(message: Jt808Message, raw: Uint8Array): WireFrame {
    const refusal: Refusal = {
      code: 'unknown-value',
      where: `0x${message.id.toString(16).padStart(4, '0')}`,
      message: 'is no message that is understood: it is kept as it came',
    };
    return {
      device: message.device,
      records: [],
      refusal,
      raw,
      isUnsupported: true,
      reply: () => general(message, UNSUPPORTED),
    };
  }

  function gather(
    message: Jt808Message,
    part: { readonly total: number; readonly index: number },
    raw: Uint8Array,
    receivedMs: Instant,
  ): WireFrame {
    if (!isUnderstood(message.id)) return notUnderstood(message, raw);
    const { total, index } = part;
    if (index < 1 || index > total || total > MAX_PARTS) {
      const refusal: Refusal = {
        code: total > MAX_PARTS ? 'too-large' : 'bad-shape',
        where: 'sub-packet',
        message: `part ${index} of ${total}: parts count from 1, up to ${MAX_PARTS}`,
      };
      return {
        device: message.device,
        records: [],
        refusal,
        raw,
        reply: () => general(message, BAD_MESSAGE),
      };
    }
    const whole = parts.add(message, part, raw, receivedMs);
    if (whole !== undefined) return read(message, whole.body, whole.raw, receivedMs);
    return { device: message.device, records: [], refusal: null, raw, reply: () => general(message, DONE) };
  }

  function frameOf({ bytes, fault }: Jt808Piece, receivedMs: Instant): WireFrame {
    if (fault !== null) return { device: null, records: [], refusal: FAULTS[fault], raw: bytes };
    const message = readJt808Message(bytes);
    if (!message.ok) return { device: null, records: [], refusal: message.error, raw: bytes };
    // What short ones are asked with is not known.
    if (!message.value.isShort) last = message.value;
    const { part } = message.value;
    return part === undefined || part.total === 1
      ? read(message.value, message.value.body, bytes, receivedMs)
      : gather(message.value, part, bytes, receivedMs);
  }

  /** What is missing of earlier messages is asked for behind the answer to this one. */
  function askForGaps(frame: WireFrame, nowMs: Instant): WireFrame {
    const gaps = parts.gaps(nowMs);
    if (gaps.length === 0) return frame;
    const ask = () =>
      gaps.map(({ message, firstSerial, missing }) => {
        const { id, body } = resendRequest(firstSerial, missing, message.version !== undefined);
        return send(message, id, body);
      });
    return {
      ...frame,
      reply: (isAccepted) => joined([frame.reply?.(isAccepted) ?? new Uint8Array(), ...ask()]),
    };
  }

  return {
    push: (chunk, receivedMs) => {
      const frames: WireFrame[] = [];
      for (const piece of framing.push(chunk)) {
        const frame = frameOf(piece, receivedMs);
        if (!parts.hasAny()) {
          frames.push(frame);
          continue;
        }
        frames.push(askForGaps(frame, receivedMs));
        for (const incomplete of parts.giveUp(receivedMs)) frames.push(givenUp(incomplete));
      }
      return frames;
    },
    end: () => parts.giveUp(Number.POSITIVE_INFINITY).map(givenUp),
    command: (command) => {
      if (last === undefined) return undefined;
      const asked = jt808Command(command, last.version !== undefined);
      if (asked === undefined) return undefined;
      const bytes = send(last, asked.id, asked.body);
      return { bytes, serial: lastSerial };
    },
  };
}

const FAULTS: Readonly<Record<'garbage' | 'too-large', Refusal>> = {
  garbage: { code: 'bad-shape', where: 'frame', message: 'no frame: 7E … 7E is expected on this port' },
  'too-large': { code: 'too-large', where: 'frame', message: 'no 7E after 4096 bytes: it can be no frame' },
};

function givenUp({ device, id, missing, total, raw }: Incomplete): WireFrame {
  const refusal: Refusal = {
    code: 'bad-shape',
    where: 'sub-packet',
    message: `parts ${missing.join(', ')} of ${total} of message 0x${id.toString(16).padStart(4, '0')} never came`,
  };
  return { device, records: [], refusal, raw };
}

/** YYMMDDhhmmss in UTC, as JT/T 808-2019 has it. */
function timeOf(atMs: Instant): number[] {
  const at = new Date(atMs);
  return [
    at.getUTCFullYear() % 100,
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds(),
  ].map(toBcd);
}

/** In UTC: year WORD, then a byte each. */
function clockOf(atMs: Instant): number[] {
  const at = new Date(atMs);
  return [
    ...word(at.getUTCFullYear()),
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds(),
  ];
}

const encoder = new TextEncoder();

/** A character that GBK has not is in no code that a terminal could give back. */
function codeOf(text: string): readonly number[] {
  return toGbk(text) ?? [...encoder.encode(text)];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
