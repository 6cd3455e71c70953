/** A wristband's side of JT/T 808, 2013 or 2019 (protocols.md, part A), built without the code that Wardline reads it with. */
import type { Dialect, Report, Word } from './report.ts';

const DELIMITER = 0x7e;
const ESCAPE = 0x7d;
const MAX_BUFFER = 65_536;
/** Where a fix by cells or networks would be, a wristband says that it has none: the protocol carries no accuracy. */
const WORST_GNSS_M = 100;

/** `phone`: 12 digits. */
export function createJt808Dialect({ phone, is2019 }: { phone: string; is2019: boolean }): Dialect {
  let serial = 0;
  let code: Buffer | undefined;
  let authSerial = -1;
  let waitsFor = -1;
  let buffer: Buffer = Buffer.alloc(0);

  function frame(id: number, body: Buffer): Buffer {
    const own = serial;
    serial = (serial + 1) & 0xffff;
    const attributes = body.length | (is2019 ? 0x4000 : 0);
    const head = Buffer.from([
      id >> 8,
      id & 0xff,
      attributes >> 8,
      attributes & 0xff,
      ...(is2019 ? [1] : []),
    ]);
    const number = Buffer.from(phone.padStart(is2019 ? 20 : 12, '0'), 'hex');
    const content = Buffer.concat([head, number, word(own), body]);
    const checked = [...content, content.reduce((sum, byte) => sum ^ byte, 0)];
    const escaped = checked.flatMap((byte) =>
      byte === DELIMITER ? [ESCAPE, 2] : byte === ESCAPE ? [ESCAPE, 1] : [byte],
    );
    return Buffer.from([DELIMITER, ...escaped, DELIMITER]);
  }

  function authenticate(): Buffer {
    authSerial = serial;
    const own = code ?? Buffer.alloc(0);
    return frame(
      0x0102,
      is2019
        ? Buffer.concat([Buffer.of(own.length), own, padded('860000000000000', 15), padded('demo', 20)])
        : own,
    );
  }

  function register(): Buffer {
    const [maker, model, id] = is2019 ? [11, 30, 30] : [5, 20, 7];
    const place = Buffer.concat([word(44), word(5202)]);
    const rest = Buffer.concat([padded('DEMO', maker), padded('W-1', model), padded(phone.slice(-7), id)]);
    return frame(0x0100, Buffer.concat([place, rest, Buffer.of(0)]));
  }

  function answer(id: number, body: Buffer, theirs: number): Word[] {
    switch (id) {
      case 0x8100:
        if (body[2] !== 0) return [{ is: 'refused', status: body[2] ?? -1 }];
        code = Buffer.from(body.subarray(3));
        return [{ is: 'send', bytes: authenticate() }];
      case 0x8001: {
        const [acked, result] = [body.readUInt16BE(0), body[4] ?? -1];
        if (acked === authSerial) {
          authSerial = -1;
          if (result === 0) return [{ is: 'ready' }];
          // Another code by now: registered anew the next time.
          code = undefined;
          return [{ is: 'refused', status: result }];
        }
        if (acked !== waitsFor) return [];
        waitsFor = -1;
        return [result === 0 ? { is: 'taken' } : { is: 'refused', status: result }];
      }
      case 0x8201:
        return [
          {
            is: 'command',
            reply: (report) => frame(0x0201, Buffer.concat([word(theirs), location(report)])),
          },
        ];
      case 0x8103:
        return [{ is: 'command', ...intervalIn(body), reply: () => frame(0x0001, acknowledged(theirs, id)) }];
      default:
        return [{ is: 'command', reply: () => frame(0x0001, acknowledged(theirs, id)) }];
    }
  }

  return {
    hello: () => {
      buffer = Buffer.alloc(0);
      return code === undefined ? register() : authenticate();
    },
    report: (report) => {
      waitsFor = serial;
      return { bytes: frame(0x0200, location(report)), isAnswered: true };
    },
    heartbeat: () => frame(0x0002, Buffer.alloc(0)),
    read: (chunk) => {
      buffer = Buffer.concat([buffer, chunk]).subarray(-MAX_BUFFER);
      const words: Word[] = [];
      for (let from = buffer.indexOf(DELIMITER); from >= 0; from = buffer.indexOf(DELIMITER)) {
        const to = buffer.indexOf(DELIMITER, from + 1);
        if (to < 0) break;
        const content = unescaped(buffer.subarray(from + 1, to));
        buffer = buffer.subarray(to + 1);
        const at = is2019 ? 17 : 12;
        if (content.length < at + 1) continue;
        words.push(
          ...answer(content.readUInt16BE(0), content.subarray(at, -1), content.readUInt16BE(at - 2)),
        );
      }
      return words;
    },
  };
}

const word = (value: number) => Buffer.of((value >> 8) & 0xff, value & 0xff);
const acknowledged = (serial: number, id: number) => Buffer.concat([word(serial), word(id), Buffer.of(0)]);
const padded = (text: string, length: number) =>
  Buffer.concat([Buffer.from(text), Buffer.alloc(length)]).subarray(0, length);

function unescaped(bytes: Buffer): Buffer {
  const plain: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    plain.push(byte === ESCAPE ? (bytes[++i] === 2 ? DELIMITER : ESCAPE) : byte);
  }
  return Buffer.from(plain);
}

/** Parameter 0x0029 among: count, then id DWORD, length, value. */
function intervalIn(body: Buffer): { intervalS?: number } {
  for (let at = 1; at + 5 <= body.length; at += 5 + (body[at + 4] ?? 0))
    if (body.readUInt32BE(at) === 0x0029 && body[at + 4] === 4 && at + 9 <= body.length)
      return { intervalS: body.readUInt32BE(at + 5) };
  return {};
}

/** Bits that are set while nothing is wrong: of item EB, 0089, whose bit 12 is unset when the strap is open. */
const STRAP_BIT = 12;

function location({ fix, alarms }: Report): Buffer {
  const body = Buffer.alloc(28);
  const has = (alarm: (typeof alarms)[number]) => alarms.includes(alarm);
  body.writeUInt32BE((has('sos') ? 1 : 0) | (has('low-battery') ? 1 << 7 : 0), 0);
  const isFixed = fix.accuracyM <= WORST_GNSS_M;
  body.writeUInt32BE(isFixed ? (1 << 1) | (1 << 18) : 0, 4);
  body.writeUInt32BE(Math.round(fix.lat * 1e6), 8);
  body.writeUInt32BE(Math.round(fix.lon * 1e6), 12);
  body.writeInt16BE(fix.altitudeM, 16);
  body.writeUInt16BE(Math.round(fix.speedMps * 36), 18);
  body.writeUInt16BE(fix.headingDeg % 360, 20);
  const local = new Date(fix.atMs + 8 * 3_600_000).toISOString();
  body.write(local.slice(2, 19).replace(/[-T:]/g, ''), 22, 'hex');
  const items = [
    Buffer.of(0x30, 1, 22),
    Buffer.of(0x31, 1, isFixed ? 9 : 0),
    Buffer.of(0xd4, 1, fix.batteryPct),
  ];
  const states = Buffer.alloc(4);
  states.writeUInt32BE((has('strap-cut') ? 0xffffffff & ~(1 << STRAP_BIT) : 0xffffffff) >>> 0);
  items.push(Buffer.of(0xeb, 8, 0, 6, 0x00, 0x89), states);
  return Buffer.concat([body, ...items]);
}
