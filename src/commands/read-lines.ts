/** Lines of a text file, gzipped when its name ends in `.gz`, in pieces: bounded memory, and no more awaiting than pieces. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** The largest zone that is taken has 200,000 points. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
export const LINE_END = 10;
/** Some programs begin a file with it. */
const MARK = Buffer.from('\ufeff');
const PIECE_BYTES = 256 * 1024;

async function* openBytes(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: PIECE_BYTES });
  if (!path.endsWith('.gz')) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const plain = createGunzip({ chunkSize: PIECE_BYTES });
  file.on('error', (error) => plain.destroy(error));
  yield* file.pipe(plain) as AsyncIterable<Buffer>;
}

/** Throws the system's error with its `code` when the file can't be read or is no gzip. */
export async function* readLines(path: string): AsyncGenerator<readonly string[]> {
  for await (const bytes of readWholeLines(path)) {
    const lines = bytes.toString().split('\n');
    if (lines.at(-1) === '') lines.pop();
    yield lines;
  }
}

/** Pieces that end with a line's end, but for the last. */
export async function* readWholeLines(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let isFirst = true;
  for await (const read of openBytes(path)) {
    const bytes = isFirst && read.subarray(0, MARK.length).equals(MARK) ? read.subarray(MARK.length) : read;
    isFirst = false;
    const end = bytes.lastIndexOf(LINE_END) + 1;
    if (end > 0) {
      yield rest.length === 0 ? bytes.subarray(0, end) : Buffer.concat([...rest, bytes.subarray(0, end)]);
      rest = [];
      restBytes = 0;
    }
    if (end === bytes.length) continue;
    rest.push(bytes.subarray(end));
    restBytes += bytes.length - end;
    if (restBytes > MAX_LINE_BYTES)
      throw Object.assign(new Error('a line of more than 64 MiB: is it NDJSON?'), { code: 'LINE_TOO_LONG' });
  }
  if (restBytes > 0) yield Buffer.concat(rest);
}

/** Whether one of the texts stands anywhere in the file: much quicker than lines. */
export async function containsAny(path: string, texts: readonly string[]): Promise<boolean> {
  const wanted = texts.map((text) => Buffer.from(text));
  const longest = Math.max(...wanted.map(({ length }) => length));
  let tail = Buffer.alloc(0);
  for await (const bytes of openBytes(path)) {
    const seam = Buffer.concat([tail, bytes.subarray(0, longest)]);
    if (wanted.some((text) => bytes.includes(text) || seam.includes(text))) return true;
    tail = Buffer.from(bytes.subarray(-longest));
  }
  return false;
}
