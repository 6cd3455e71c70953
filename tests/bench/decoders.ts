/** What a frame costs each decoder, µs. Ceiling: copying the frame's bytes. Frames: those of the project's vectors that are whole. */
import { existsSync, readFileSync } from 'node:fs';
import { jt808 } from '../../src/ingest/protocols/jt808.ts';
import { decodeMlp } from '../../src/ingest/protocols/mlp.ts';
import { watch } from '../../src/ingest/protocols/watch.ts';
import type { WireProtocol } from '../../src/ingest/protocols/wire.ts';
import { decodeTerminal } from '../../src/ingest/protocols/zkteco.ts';
import { createWallClock } from '../../src/kernel/wall-clock.ts';
import { type Figure, figure } from './figure.ts';
import { locationFrame } from './jt808-frame.ts';

const NOW_MS = Date.UTC(2026, 2, 1, 8);
const UD =
  '[3G*1000000001*0099*UD_LTE,010326,080000,A,23.500000,N,116.3000000,E,5.20,152,100,9,100,90,1000,50,00000000,1,1,460,0,9360,4082,131,1,Ce-shi,1c:78:57:08:c3:6a,-72,22]';

export async function benchDecoders(seconds: number): Promise<Figure[]> {
  const cases: readonly (readonly [string, WireProtocol, Uint8Array[]])[] = [
    [
      'JT/T 808, location',
      jt808,
      Array.from({ length: 50 }, (_, i) => locationFrame('013900000001', i, NOW_MS, 23.5 + i / 1000, 116.3)),
    ],
    ['JT/T 808, the vectors', jt808, vectors('jt808')],
    ['watch, position with a cell and a network', watch, [Buffer.from(UD)]],
    ['watch, the vectors', watch, vectors('watch')],
  ];
  const share = (seconds * 1000) / (cases.length + 2) / 3;
  const wires = cases.flatMap(([name, protocol, frames]) => {
    const session = protocol.open({ authCode: () => 'code' });
    return costOf(name, frames, share, (frame) => session.push(frame, NOW_MS).length);
  });
  const decode = new TextDecoder();
  const mlp = costOf('MLP, the vectors', vectors('mlp'), share, (document) =>
    Number(decodeMlp(decode.decode(document)).ok),
  );
  return [...wires, ...mlp, ...benchTerminals(share)];
}

/** A punch of a terminal as it comes alone, and in a batch of a hundred. */
function benchTerminals(shareMs: number): Figure[] {
  const zone = { clock: createWallClock('Asia/Shanghai'), isDeclared: true };
  const line = (i: number) =>
    `${1000 + i}\t2026-03-01 08:${String(i % 60).padStart(2, '0')}:12\t0\t1\t0\t0\t0\n`;
  const path = '/iclock/cdata?SN=DEMO000001&table=ATTLOG&Stamp=1772323200';
  const decode = (body: Uint8Array) => {
    const message = decodeTerminal({ method: 'POST', path, body }, () => zone);
    return message === 'too-many-lines' ? 0 : message.lines.length;
  };
  return [1, 100].map((lines) => {
    const frames = Array.from({ length: 50 }, (_, i) =>
      Buffer.from(Array.from({ length: lines }, (_line, k) => line(i + k)).join('')),
    );
    run(shareMs, frames, decode);
    const cost = run(shareMs, frames, decode) / lines;
    const copy = run(shareMs, frames, (frame) => Uint8Array.from(frame).length) / lines;
    return figure(`terminal, a punch of ${lines} in a request`, cost, 'µs/frame', '50 requests', copy);
  });
}

function costOf(
  name: string,
  frames: readonly Uint8Array[],
  ms: number,
  decode: (frame: Uint8Array) => number,
): Figure[] {
  if (frames.length === 0) return [];
  run(ms, frames, decode);
  const cost = run(ms, frames, decode);
  const copy = run(ms, frames, (frame) => Uint8Array.from(frame).length);
  return [figure(name, cost, 'µs/frame', `${frames.length} frames, one session`, copy)];
}

function vectors(name: string): Uint8Array[] {
  const file = new URL(`../../../shared/vectors/${name}.json`, import.meta.url);
  if (!existsSync(file)) return [];
  const all = JSON.parse(readFileSync(file, 'utf8')) as {
    input: { hex?: string; text?: string; xml?: string };
  }[];
  return all.map(({ input: { hex, text, xml } }) =>
    hex === undefined ? Buffer.from(text ?? xml ?? '') : Buffer.from(hex, 'hex'),
  );
}

/** µs for each frame. */
function run(ms: number, frames: readonly Uint8Array[], work: (frame: Uint8Array) => number): number {
  const startedMs = performance.now();
  let n = 0;
  let sum = 0;
  while (performance.now() - startedMs < ms) {
    for (const frame of frames) sum += work(frame);
    n += frames.length;
  }
  // Used, so that it can't be left out.
  if (sum < 0) throw new Error('never');
  return ((performance.now() - startedMs) * 1000) / n;
}
