/** A real Chromium for the browser tests; none: the tests are skipped with a line, or fail where skips are forbidden. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

export const missingBrowser: string | undefined = existsSync(path)
  ? undefined
  : `browser tests: skipped; install Chromium (Debian: chromium, fonts-noto-cjk) or set CHROMIUM_PATH (no file ${path})`;

if (missingBrowser !== undefined) {
  if ((process.env.WARDLINE_FORBID_SKIPS ?? '').split(',').includes('chromium'))
    throw new Error(missingBrowser);
  console.log(missingBrowser);
}

export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: path,
    args: [
      // As root, as in a container, Chromium has no sandbox of its own.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--use-gl=angle',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}
