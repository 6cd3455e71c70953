/** Lines of a text file, gzipped when its name ends in `.gz`, in pieces: bounded memory, and no more awaiting than pieces. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** The largest zone that is taken has 200,000 points. */
const MAX_LINE_CHARACTERS = 64 * 1024 * 1024;
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
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of openBytes(path)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS)
      throw Object.assign(new Error('a line of more than 64 MiB: is it NDJSON?'), { code: 'LINE_TOO_LONG' });
    yield lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield [rest];
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
