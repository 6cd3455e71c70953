/**
 * What a frame costs each decoder, µs of processor time, all threads of the process (garbage, compiler). Ceiling: copying the frame's bytes.
 * Frames: those of the project's vectors that are whole.
 */
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
  const share = (seconds * 1000) / (cases.length + 5) / 3;
  const wires = cases.flatMap(([name, protocol, frames]) => {
    const session = protocol.open({ authCode: () => 'code' });
    return costOf(name, frames, share, (frame) => session.push(frame, NOW_MS).length);
  });
  return [...wires, ...benchMlp(share), ...benchTerminals(share)];
}

/** The vectors have one phone each; an answer to a poll has as many as were asked for. */
function benchMlp(shareMs: number): Figure[] {
  const text = new TextDecoder();
  const decode = (document: Uint8Array) => Number(decodeMlp(text.decode(document)).ok);
  const phone = (i: number) =>
    `<pos pos_method="CELL"><msid type="MSISDN">861380000${1000 + i}</msid><pd><time utc_off="+0800">20260301160000</time><shape><CircularArea srsName="www.epsg.org#4326"><coord><X>23 30 0.000N</X><Y>116 18 0.000E</Y></coord><radius>850</radius></CircularArea></shape><lev_conf>67</lev_conf></pd></pos>`;
  const answers = [1, 20].flatMap((phones) => {
    const all = Array.from({ length: phones }, (_, i) => phone(i)).join('\n');
    const document = `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE svc_result SYSTEM "MLP_SVC_RESULT_320.DTD">\n<svc_result ver="3.2.0"><slia ver="3.2.0">${all}</slia></svc_result>\n`;
    return costOf(`MLP, a place, ${phones} in a document`, [Buffer.from(document)], shareMs, decode, phones);
  });
  return [...costOf('MLP, the vectors', vectors('mlp'), shareMs, decode), ...answers];
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
  return [1, 100].flatMap((lines) => {
    const frames = Array.from({ length: 50 }, (_, i) =>
      Buffer.from(Array.from({ length: lines }, (_line, k) => line(i + k)).join('')),
    );
    return costOf(`terminal, a punch of ${lines} in a request`, frames, shareMs, decode, lines);
  });
}

/** `each`: frames in one call. */
function costOf(
  name: string,
  frames: readonly Uint8Array[],
  ms: number,
  decode: (frame: Uint8Array) => number,
  each = 1,
): Figure[] {
  if (frames.length === 0) return [];
  run(ms, frames, decode);
  const cost = run(ms, frames, decode) / each;
  const copy = run(ms, frames, (frame) => new Uint8Array(frame).length) / each;
  return [figure(name, cost, 'µs/frame', `${frames.length} inputs, ${each} in each`, copy)];
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

const MIN_CALLS = 1000;
const TURNS = 8;

/** µs of processor time for each call: the least of some turns, since whoever else is on the machine only adds. */
function run(ms: number, frames: readonly Uint8Array[], work: (frame: Uint8Array) => number): number {
  return Math.min(...Array.from({ length: TURNS }, () => turn(ms / TURNS, frames, work)));
}

function turn(ms: number, frames: readonly Uint8Array[], work: (frame: Uint8Array) => number): number {
  const untilMs = performance.now() + ms;
  const before = process.cpuUsage();
  // The clock itself costs: it is looked at between many calls.
  const passes = Math.ceil(MIN_CALLS / frames.length);
  let n = 0;
  let sum = 0;
  while (performance.now() < untilMs) {
    for (let pass = 0; pass < passes; pass++) for (const frame of frames) sum += work(frame);
    n += passes * frames.length;
  }
  // Used, so that it can't be left out.
  if (sum < 0) throw new Error('never');
  const { user, system } = process.cpuUsage(before);
  return (user + system) / n;
}
