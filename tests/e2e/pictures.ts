/// <reference lib="dom" />
/** Pictures of the page: for the guide where they are asked for (`npm run pictures`), else for who looks at a failed test. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

export const isForGuide = process.env.WARDLINE_PICTURES !== undefined;
const GUIDE = fileURLToPath(new URL('../../docs/guide/images/', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'wardline-shots-'));
console.log(`screenshots: ${dir}`);
/** The page draws anew, charts too. */
const SETTLE_MS = 700;
const QUALITY = 78;

/** All of the page, for whoever looks at a test. */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(dir, `${name}.png`), fullPage: true, animations: 'disabled' });
}

/** For the guide, in both languages, of a page that is in Chinese: `name.zh.webp` and `name.en.webp`. Else as `shoot`. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (!isForGuide) return shoot(page, name);
  await keepPicture(page, name, 'zh');
  await page.click('button:has-text("EN")');
  await keepPicture(page, name, 'en');
  await page.click('button:has-text("中文")');
}

/** For the guide, of a page that is in that language already: a dialogue covers the switch. */
export async function keepPicture(page: Page, name: string, language: 'zh' | 'en'): Promise<void> {
  mkdirSync(GUIDE, { recursive: true });
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    scrollTo(0, 0);
  });
  await page.waitForTimeout(SETTLE_MS);
  const browser = await page.context().newCDPSession(page);
  const { data } = await browser.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  await browser.detach();
  writeFileSync(join(GUIDE, `${name}.${language}.webp`), Buffer.from(data, 'base64'));
}
