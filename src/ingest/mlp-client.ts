/** One exchange with an operator's location server: a document posted, a document back, bounded in time and size. Never rejects. */
import type { Instant } from '../kernel/instant.ts';

export type MlpExchange =
  | { readonly outcome: 'answered'; readonly text: string; readonly receivedMs: Instant }
  | { readonly outcome: 'failed'; readonly why: MlpFailure; readonly waitMs?: number };

/** `stopped`: by us. */
export type MlpFailure =
  | 'timeout'
  | 'no-connection'
  | 'busy'
  | 'unauthorized'
  | 'http'
  | 'too-large'
  | 'stopped';

export interface MlpClient {
  post(document: string): Promise<MlpExchange>;
  /** Gives up what is under way. */
  stop(): void;
}

const MAX_BYTES = 4 * 1024 * 1024;

export function createMlpClient(deps: {
  readonly url: string;
  readonly timeoutMs: number;
  now(): Instant;
}): MlpClient {
  const stopping = new AbortController();

  async function post(document: string): Promise<MlpExchange> {
    const timeout = AbortSignal.timeout(deps.timeoutMs);
    try {
      const answer = await fetch(deps.url, {
        method: 'POST',
        headers: { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml, application/xml' },
        body: document,
        // The request carries our password: it goes where the setting says and nowhere else.
        redirect: 'error',
        signal: AbortSignal.any([timeout, stopping.signal]),
      });
      if (!answer.ok) {
        await answer.body?.cancel();
        return refusedBy(answer);
      }
      const bytes = await readBounded(answer);
      if (bytes === undefined) return { outcome: 'failed', why: 'too-large' };
      return { outcome: 'answered', text: toText(bytes, answer), receivedMs: deps.now() };
    } catch {
      // Not reached, cut, or given up: which of them, the signals know.
      const why = stopping.signal.aborted ? 'stopped' : timeout.aborted ? 'timeout' : 'no-connection';
      return { outcome: 'failed', why };
    }
  }

  return { post, stop: () => stopping.abort() };
}

function refusedBy({ status, headers }: Response): MlpExchange {
  if (status === 401 || status === 403) return { outcome: 'failed', why: 'unauthorized' };
  const waitS = Number(headers.get('retry-after') ?? Number.NaN);
  const wait = waitS >= 0 ? { waitMs: waitS * 1000 } : {};
  return { outcome: 'failed', why: status === 429 || status === 503 ? 'busy' : 'http', ...wait };
}

async function readBounded(answer: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body ?? []) {
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (length > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Chinese servers may answer in GBK: by the header, else by the document's first line. */
function toText(bytes: Uint8Array, { headers }: Response): string {
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const label =
    /charset\s*=\s*"?([\w-]+)/i.exec(headers.get('content-type') ?? '')?.[1] ??
    /^\s*<\?xml[^>]*encoding\s*=\s*["']([\w-]+)/.exec(head)?.[1];
  try {
    return new TextDecoder(label ?? 'utf-8').decode(bytes);
  } catch {
    // A label that nobody knows.
    return new TextDecoder().decode(bytes);
  }
}
