/** Lines to a stream that may be slow, or closed by whoever reads it. */

/** Output is gathered to pieces of this size: a line each would be a system call each. */
const OUTPUT_BYTES = 64 * 1024;

export interface LineOutput {
  write(line: string): void;
  /** Resolves when more can be written. */
  settle(): Promise<void>;
  isClosed(): boolean;
  /** Resolves when all of it has left the process. */
  end(): Promise<void>;
}

export function createLineOutput(stream: NodeJS.WritableStream): LineOutput {
  let pending = '';
  let isFull = false;
  let isClosed = false;
  const onError = () => {
    // Nobody reads any more (`| head`): there is nothing left to do.
    isClosed = true;
  };
  stream.on('error', onError);
  const flush = () => {
    if (pending !== '' && !isClosed) isFull = !stream.write(pending) || isFull;
    pending = '';
  };
  const settle = async () => {
    if (!isFull || isClosed) return;
    await new Promise<void>((resolve) => {
      stream.once('drain', resolve);
      stream.once('error', () => resolve());
    });
    isFull = false;
  };
  return {
    write: (line: string) => {
      pending += `${line}\n`;
      if (pending.length > OUTPUT_BYTES) flush();
    },
    settle,
    isClosed: () => isClosed,
    end: async () => {
      flush();
      await settle();
      // All that was written has left the process before it may end.
      if (!isClosed) await new Promise<void>((resolve) => stream.write('', () => resolve()));
      stream.off('error', onError);
    },
  };
}
