/** The web page as built by vite: hashed assets are kept for ever by the browser, the page itself never. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { registerAs } from './auth/route-guard.ts';

export const PAGE_NOT_BUILT = 'The page is not built: run "npm run build" and start again.';

const isBuilt = (pageDir: string) => existsSync(join(pageDir, 'index.html'));

export async function registerPage(app: FastifyInstance, pageDir: string): Promise<void> {
  if (!isBuilt(pageDir)) {
    app.get('/', { config: { action: 'public' }, schema: { hide: true } }, (_request, reply) =>
      reply.code(503).type('text/plain; charset=utf-8').send(`${PAGE_NOT_BUILT}\n`),
    );
    return;
  }
  const assets = join(pageDir, 'assets') + sep;
  await registerAs(app, 'public', async (scope) => {
    await scope.register(fastifyStatic, {
      root: pageDir,
      cacheControl: false,
      preCompressed: true,
      setHeaders: (reply, path) => {
        const kept = path.startsWith(assets) ? 'public, max-age=31536000, immutable' : 'no-cache';
        reply.header('cache-control', path.endsWith('.html') ? 'no-store' : kept);
      },
    });
  });
}

/** The page has paths of its own: a browser that opens one of them gets the page. */
export function pageFallback(pageDir: string) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
    const isPagePath = request.method === 'GET' && !/^\/(api|ingest|assets|map)(\/|$|\?)/.test(request.url);
    if (!isPagePath || !(request.headers.accept ?? '').includes('text/html') || !isBuilt(pageDir))
      return false;
    const page = await readFile(join(pageDir, 'index.html'));
    await reply.code(200).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(page);
    return true;
  };
}
