/** Servers begin to listen; what somebody can mend is a line that says how. */
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { fail, ok, type Result } from './kernel/result.ts';

export async function listen(
  server: FastifyInstance,
  host: string,
  port: number,
  setting: string,
): Promise<Result<string, string>> {
  const listening = await asResult(server.listen({ host, port }), host, { port, setting });
  if (!listening.ok) {
    await server.close();
    return listening;
  }
  const address = server.server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  const scheme = server.server instanceof TlsServer ? 'https' : 'http';
  return ok(`${scheme}://${shownHost(host)}:${taken}`);
}

export function shownHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}

/** What somebody can mend is a line that says how. */
export async function asResult<T>(
  listening: Promise<T>,
  host: string,
  { port, setting }: { readonly port: number; readonly setting: string },
): Promise<Result<T, string>> {
  try {
    return ok(await listening);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE')
      return fail(`port ${port} is in use: end what uses it, or set ${setting} to another`);
    if (code === 'EACCES')
      return fail(`port ${port} needs rights that this user lacks: set ${setting} to one above 1023`);
    if (code === 'EADDRNOTAVAIL') return fail(`this machine has no address ${host}: set HOST to one it has`);
    throw error;
  }
}
