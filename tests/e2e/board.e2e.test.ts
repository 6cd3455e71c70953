/// <reference lib="dom" />
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';

const VIEW = { width: 1920, height: 1080 };

describe.skipIf(missingBrowser !== undefined)('the live board in a browser, over the demo', () => {
  let program: Program;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const outside: string[] = [];
  const faults: string[] = [];
  const shots = mkdtempSync(join(tmpdir(), 'wardline-shots-'));

  beforeAll(async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'wardline-e2e-'));
    program = await startProgram({ DATA_DIR: dataDir }, ['--demo']);
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: VIEW });
    page = await context.newPage();
    page.on('request', (request) => {
      if (!request.url().startsWith(program.url) && !/^(blob|data):/.test(request.url()))
        outside.push(request.url());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      // Asked before signing in, the session is not there: the browser logs that answer by itself.
      if (message.type() === 'error' && !message.text().includes('401')) faults.push(message.text());
    });
  });
  afterAll(async () => {
    await browser?.close();
    await program?.end('SIGINT');
  });

  async function signIn(to: Page, password: string): Promise<void> {
    await to.fill('input[name=login]', 'admin');
    await to.fill('input[name=password]', password);
    await to.click('button.primary');
  }

  test('P1 a wrong password is refused in words, the right one opens the board', async () => {
    await page.goto(program.url);
    await signIn(page, 'not-the-password');
    await page.waitForSelector('.fault');
    expect(await page.textContent('.fault')).toContain('不正确');
    await signIn(page, 'test-password');
    await page.waitForSelector('.board');
    await page.waitForSelector('.banner.demo');
  });

  test('P2 the board shows the demo moving: subjects are heard, the data is not late', async () => {
    const heard = async () =>
      Number((await page.textContent('.counters .grid > div:nth-child(5) dd'))?.replace(/\D/g, ''));
    await expect.poll(heard, { timeout: 90_000, interval: 500 }).toBeGreaterThan(1500);
    await expect.poll(() => page.locator('.instrument.late').count(), { timeout: 30_000 }).toBe(0);
    await page.waitForSelector('[data-testid=map] canvas');
  });

  test('P3 a new out-of-bounds alert appears without reload, with its evidence in words', async () => {
    await page.evaluate(() => Object.assign(window, { wasNotReloaded: true }));
    const rows = page.locator('.row[data-kind=out-of-bounds]');
    await expect.poll(() => rows.count(), { timeout: 120_000, interval: 500 }).toBeGreaterThan(0);
    await rows.first().click();
    await expect.poll(() => page.textContent('.detail .sentence')).toMatch(/测试人员.*越出.*界外.*置信度/);
    expect(await page.locator('.evidence tbody tr').count()).toBeGreaterThan(0);
    expect(await page.evaluate(() => 'wasNotReloaded' in window)).toBe(true);
    await page.waitForTimeout(3000);
    await page.screenshot({ path: join(shots, 'board.png') });
    if (process.env.UPDATE_SCREENSHOTS === '1') {
      mkdirSync('docs/images', { recursive: true });
      await page.screenshot({ path: 'docs/images/board.png' });
    }
  });

  test('P4 the key A acknowledges, and a second desk sees the owner', async () => {
    const second = await browser.newContext({ viewport: { width: 1366, height: 768 } });
    const other = await second.newPage();
    await other.goto(program.url);
    await signIn(other, 'test-password');
    await other.waitForSelector('.row');
    const id = await page.locator('.row.selected').evaluate((row) => row.parentElement?.id ?? '');
    await page.mouse.move(10, 10);
    await page.keyboard.press('a');
    for (const desk of [page, other]) {
      await expect
        .poll(() => desk.locator(`[id="${id}"] .owner`).textContent(), { timeout: 10_000 })
        .toBe('admin');
    }
    await other.screenshot({ path: join(shots, 'second-desk.png') });
    await second.close();
  });

  test('P5 a lost connection is said at once, and the board goes on by itself when it is back', async () => {
    // The server stands still: the socket stays open and nothing comes, as behind a dead link.
    program.child.kill('SIGSTOP');
    await expect
      .poll(() => page.locator('.banner.lost, .instrument.late').count(), { timeout: 90_000, interval: 500 })
      .toBeGreaterThan(0);
    program.child.kill('SIGCONT');
    await expect
      .poll(() => page.locator('.banner.lost, .instrument.late').count(), { timeout: 90_000, interval: 500 })
      .toBe(0);
  });

  test('P6 keys: J and K move, ? shows the keys, Escape closes, / filters', async () => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    expect(await page.locator('.row.selected').count()).toBe(1);
    await page.keyboard.press('?');
    await page.waitForSelector('dialog.keys[open]');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('dialog.keys[open]').count()).toBe(0);
    await page.keyboard.press('/');
    await page.keyboard.type('没有这个人');
    await expect.poll(() => page.locator('.row').count()).toBe(0);
    await page.fill('#queue-filter', '');
    await page.keyboard.press('Escape');
  });

  test('P7 the page speaks English too', async () => {
    await page.click('button[title=English]');
    await expect.poll(() => page.textContent('.queue h2')).toContain('Open alerts');
    await page.screenshot({ path: join(shots, 'english.png') });
    await page.click('button[title=中文]');
  });

  test.each(['light', 'dark'])('P8 axe finds no serious fault, %s', async (theme) => {
    const isDark = await page.evaluate(() => document.documentElement.dataset.theme === 'dark');
    if (isDark !== (theme === 'dark')) await page.click('header.top button:nth-last-child(2)');
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    // Through the debugger, which the page's policy does not bind.
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
      };
      return (await axe.run()).violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
    });
    await page.screenshot({ path: join(shots, `${theme}.png`) });
    expect(found).toEqual([]);
  });

  test('P9 nothing was asked of another origin, and nothing failed in the page', () => {
    expect(outside).toEqual([]);
    expect(faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED|WebSocket/.test(fault))).toEqual([]);
  });
});
