/**
 * One request to an address of the configuration: within a time, without redirects, with an answer of bounded size, and to the
 * address that was checked (a name that resolves anew to a private address between check and connect gains nothing). Rules: O2.
 */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

export interface HttpPost {
  readonly url: string;
  readonly method?: 'POST' | 'GET' | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Private addresses are let. */
  readonly isPrivate: boolean;
  readonly timeoutMs?: number;
}
export type HttpAnswer =
  | { readonly status: number; readonly body: string }
  | { readonly fault: 'timeout' | 'unreachable' | 'private-address' | 'answer-too-large' };

const TIMEOUT_MS = 10_000;
const MOST_ANSWERED_BYTES = 65_536;

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv6');

/** Mapped addresses (`::ffff:10.0.0.1`) are judged as what they map: the list of Node does so. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family === 0 || PRIVATE.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

const BLOCKED = 'EPRIVATE';
const lookupPublic: LookupFunction = (host, options, done) =>
  lookup(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error !== null) return done(error, '', 0);
    const open = found.filter(({ address }) => !isPrivateAddress(address));
    const [first] = open;
    if (first === undefined) return done(Object.assign(new Error(BLOCKED), { code: BLOCKED }), '', 0);
    if (options.all === true) done(null, open);
    else done(null, first.address, first.family);
  });

export function post({
  url,
  method = 'POST',
  headers,
  body,
  isPrivate,
  timeoutMs,
}: HttpPost): Promise<HttpAnswer> {
  const at = new URL(url);
  const host = at.hostname.replace(/^\[|\]$/g, '');
  // An address needs no look-up, so none would be checked.
  if (!isPrivate && isIP(host) !== 0 && isPrivateAddress(host))
    return Promise.resolve({ fault: 'private-address' });
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS);
    const fault = (error: { readonly code?: string }) =>
      resolve({
        fault: signal.aborted ? 'timeout' : error.code === BLOCKED ? 'private-address' : 'unreachable',
      });
    const request = (at.protocol === 'https:' ? tlsRequest : plainRequest)(
      at,
      {
        method,
        signal,
        agent: false,
        headers: method === 'GET' ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
        ...(isPrivate ? {} : { lookup: lookupPublic }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MOST_ANSWERED_BYTES) {
            resolve({ fault: 'answer-too-large' });
            request.destroy();
          } else chunks.push(chunk);
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        );
        response.on('error', fault);
      },
    );
    request.on('error', fault);
    request.end(method === 'GET' ? undefined : body);
  });
}
