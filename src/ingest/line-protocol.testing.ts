/** A protocol for tests of the shell: lines `device word …`. `pos lat lon`, `beat`, `auth secret`, `done serial`, `boom`, `news x`. */
import { refuse } from '../kernel/result.ts';
import type { DeviceRecord } from './protocols/record.ts';
import { recordTime } from './protocols/record-time.ts';
import type { WireFrame, WireProtocol, WireSession } from './protocols/wire.ts';

const MAX_LINE = 1000;

export const LINES: WireProtocol = { protocol: 'jt808', open };

function open(): WireSession {
  let rest = '';
  let serial = 0;
  return {
    push: (chunk, receivedMs) => {
      const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      const frames = lines.map((line) => read(line, receivedMs));
      if (rest.length <= MAX_LINE) return frames;
      const raw = Buffer.from(rest, 'latin1');
      rest = '';
      return [...frames, unreadable(raw, 'too-large')];
    },
    command: (command) =>
      command.type === 'text'
        ? undefined
        : {
            bytes: Buffer.from(`${command.type} ${++serial}\n`),
            serial: command.type === 'find' ? null : serial,
          },
  };
}

function read(line: string, receivedMs: number): WireFrame {
  const [device = '', word = '', ...rest] = line.split(' ');
  const raw = Buffer.from(`${line}\n`, 'latin1');
  const reply = (isAccepted: boolean) =>
    Buffer.from(`${isAccepted ? 'ok' : 'no'} ${device} ${word}\n`, 'latin1');
  const frame = { device, records: [] as DeviceRecord[], refusal: null, raw, reply } as const;
  const time = recordTime(receivedMs);
  if (word === 'boom') throw new Error('a fault of the decoder');
  if (word === 'beat') return frame;
  if (word === 'auth') return { ...frame, claim: { secret: rest[0] ?? null } };
  if (word === 'done') return { ...frame, answers: { serial: Number(rest[0]), ok: rest[1] !== 'no' } };
  if (word === 'pos') {
    const [lat, lon] = rest.map(Number);
    return { ...frame, records: [{ kind: 'position', time, valid: true, lat: lat ?? 0, lon: lon ?? 0 }] };
  }
  if (word === 'news') {
    const refused = refuse('unknown-value', rest[0] ?? '', 'is no word that is understood');
    return { ...frame, refusal: refused.ok ? null : refused.error, isUnsupported: true };
  }
  return unreadable(raw, 'bad-shape');
}

function unreadable(raw: Uint8Array, code: 'bad-shape' | 'too-large'): WireFrame {
  const refused = refuse(code, '', 'is no line of this protocol');
  return { device: null, records: [], refusal: refused.ok ? null : refused.error, raw };
}
