/** Pictures of the page: for the guide where they are asked for (`npm run pictures`), else for who looks at a failed test. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

export const isForGuide = process.env.WARDLINE_PICTURES !== undefined;
const GUIDE = fileURLToPath(new URL('../../docs/guide/images/', import.meta.url));
const dir = isForGuide ? GUIDE : mkdtempSync(join(tmpdir(), 'wardline-shots-'));
mkdirSync(dir, { recursive: true });
if (!isForGuide) console.log(`screenshots: ${dir}`);
/** The page draws anew, charts too. */
const SETTLE_MS = 700;

export interface Picture {
  readonly fullPage?: boolean;
  /** A map is no drawing: as JPEG it is a third. */
  readonly hasMap?: boolean;
}

/** For the guide in both languages, of a page that is in Chinese: `name.zh` and `name.en`. */
export async function takePicture(
  page: Page,
  name: string,
  { fullPage = false, hasMap = false }: Picture = {},
) {
  const kind = hasMap
    ? ({ type: 'jpeg', quality: 72, ending: 'jpg' } as const)
    : ({ type: 'png', ending: 'png' } as const);
  const shoot = async (language: 'zh' | 'en') => {
    await page.waitForTimeout(isForGuide ? SETTLE_MS : 0);
    const { ending, ...options } = kind;
    const path = join(dir, `${name}.${language}.${ending}`);
    await page.screenshot({ path, fullPage, animations: 'disabled', ...options });
  };
  await shoot('zh');
  if (!isForGuide) return;
  await page.click('button:has-text("EN")');
  await shoot('en');
  await page.click('button:has-text("中文")');
}
