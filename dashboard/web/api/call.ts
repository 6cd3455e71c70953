/** REST as the page uses it. The answers of our own server are trusted: types only, nothing is validated a second time. */

import { download } from '../download.ts';

/** What went wrong, as the page tells it; `unreachable`: no answer at all. */
export type Fault =
  | 'wrong'
  | 'expired'
  | 'weak'
  | 'signed-out'
  | 'forbidden'
  | 'gone'
  | 'conflict'
  | 'not-askable'
  | 'invalid'
  | 'too-many'
  | 'unreachable'
  | 'failed';
export interface Failure {
  readonly ok: false;
  readonly fault: Fault;
  /** The server's own words (RFC 9457 `detail`), in English; null: none. */
  readonly detail: string | null;
  /** The same by code, for `i18n/fault-text.ts`. */
  readonly faults?: readonly ServerFault[];
}
/** One of a problem's `faults`. */
export interface ServerFault {
  readonly code: string;
  readonly where?: string;
  readonly params?: Readonly<Record<string, string | number>>;
  readonly message: string;
}
export type Answer<T> = { readonly ok: true; readonly value: T } | Failure;
/** Told by the problem's own code, because the status alone would say something else. */
const BY_TYPE: Readonly<Record<string, Fault>> = {
  'urn:wardline:problem:not-askable': 'not-askable',
  'urn:wardline:problem:password-expired': 'expired',
};

/** A list as the server pages it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

const FAULTS: Readonly<Record<number, Fault>> = {
  400: 'invalid',
  401: 'signed-out',
  403: 'forbidden',
  404: 'gone',
  409: 'conflict',
  412: 'conflict',
  413: 'invalid',
  415: 'invalid',
  422: 'invalid',
  429: 'too-many',
};

/** Of the session: a call by cookie that changes something must carry it. */
let csrf: string | null = null;
export function useCsrf(token: string | null): void {
  csrf = token;
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === null || value === undefined || value === '' ? [] : [[key, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return `/api/v1/${path}${search === '' ? '' : `?${search}`}`;
}

const readJson = async <T>(answer: Response) =>
  (answer.headers.get('content-type')?.includes('json') === true ? await answer.json() : undefined) as T;

async function call<T>(
  url: string,
  init: RequestInit,
  read: (answer: Response) => Promise<T> = readJson,
): Promise<Answer<T>> {
  try {
    const answer = await fetch(url, init);
    if (answer.ok) return { ok: true, value: await read(answer) };
    const problem = (await answer.json().catch(() => null)) as
      | (Pick<Failure, 'faults'> & { type?: string; detail?: string })
      | null;
    const { type = '', detail = null, faults = [] } = problem ?? {};
    return { ok: false, fault: BY_TYPE[type] ?? FAULTS[answer.status] ?? 'failed', detail, faults };
  } catch {
    // fetch throws for a network that is gone, and says no more than that.
    return { ok: false, fault: 'unreachable', detail: null };
  }
}

const token = (): Record<string, string> => (csrf === null ? {} : { 'x-csrf-token': csrf });

export const get = <T>(path: string, query?: Query) => call<T>(address(path, query), {});

/** JSON when there is a body. */
export const send = <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown) =>
  call<T>(address(path), {
    method,
    headers: { ...token(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** A file as it is, e.g. a photograph. */
export const sendFile = <T>(path: string, file: Blob, query?: Query) =>
  call<T>(address(path, query), {
    method: 'POST',
    headers: { ...token(), 'content-type': file.type === '' ? 'application/octet-stream' : file.type },
    body: file,
  });

/** Asks for a file that is made on the spot, and hands it to the browser to save; by the server's name unless one is given. */
export async function saveFile(
  path: string,
  body: unknown,
  name?: string,
): Promise<Answer<{ readonly name: string; readonly sizeBytes: number }>> {
  const init = {
    method: 'POST',
    headers: { ...token(), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await call(address(path), init, async (response) => ({
    content: await response.blob(),
    said: /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1],
  }));
  if (!answer.ok) return answer;
  const { content, said = 'file' } = answer.value;
  download(name ?? said, content);
  return { ok: true, value: { name: name ?? said, sizeBytes: content.size } };
}

/** All pages of a list, up to so many items: what a room shows whole must be bounded. */
export async function getAll<T>(path: string, query: Query = {}, most = 5000): Promise<Answer<readonly T[]>> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const answer: Answer<Page<T>> = await get<Page<T>>(path, { ...query, cursor });
    if (!answer.ok) return answer;
    items.push(...answer.value.items);
    cursor = answer.value.nextCursor;
  } while (cursor !== null && items.length < most);
  return { ok: true, value: items };
}
