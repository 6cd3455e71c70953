/// <reference lib="dom" />
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Desk, findBarriers, openDesk, PASSWORD } from './desk.ts';

/** Leave and legal deadlines over the demo, as an office's officer meets them. */
describe.skipIf(missingBrowser !== undefined)('leave and what is due by law', () => {
  let program: Program;
  let browser: Browser;
  let desk: Desk;
  const shots = mkdtempSync(join(tmpdir(), 'wardline-shots-'));
  const poll = { timeout: 60_000, interval: 200 };

  beforeAll(async () => {
    program = await startProgram({ DATA_DIR: mkdtempSync(join(tmpdir(), 'wardline-e2e-')) }, ['--demo']);
    browser = await launchBrowser();
    desk = await openDesk(browser, `${program.url}/office`, { width: 1366, height: 900 });
    await desk.page.fill('input[name=login]', 'demo-office');
    await desk.page.fill('input[name=password]', PASSWORD);
    await desk.page.keyboard.press('Enter');
    await desk.page.waitForSelector('[data-testid=leave] li');
    console.log(`screenshots: ${shots}`);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.end('SIGINT');
  });

  test('R4 the officer decides what is the office’s, is told who decides the rest, and records a return', async () => {
    const { page } = desk;
    const leave = page.locator('[data-testid=leave] > ul > li');
    await page.waitForSelector('[data-testid=due] li');
    await page.screenshot({ path: join(shots, 'office-legal.png'), fullPage: true });
    expect(await findBarriers(page)).toEqual([]);
    expect(await leave.first().textContent()).toContain('逾期未销假');
    const county = leave.filter({ hasText: '县级审批' });
    expect(await county.getByRole('button').count()).toBe(0);
    const mine = leave.filter({ hasText: '司法所审批' }).filter({ hasText: '待审批' });
    const name = await mine.first().locator('a').textContent();
    await mine.first().getByRole('button', { name: '批准', exact: true }).click();
    await expect.poll(() => leave.filter({ hasText: name ?? '' }).textContent(), poll).toContain('已批准');
    await leave.first().getByRole('button', { name: '登记销假' }).click();
    await expect.poll(() => leave.filter({ hasText: '逾期未销假' }).count(), poll).toBe(0);
    await page.click('button:has-text("EN")');
    await expect
      .poll(() => page.textContent('[data-testid=leave]'), poll)
      .toContain('Measures for Community Corrections, art. 27');
    await page.click('button:has-text("中文")');
    expect(desk.faults).toEqual([]);
    expect(desk.outside).toEqual([]);
  });

  test('R5 a deadline leads to its subject, whose page and mark on the board quote the same article', async () => {
    const { page } = desk;
    await page.locator('[data-testid=due] li', { hasText: '脱管' }).locator('a').first().click();
    await page.waitForSelector('.side [data-testid=due] li');
    expect(await page.textContent('.side [data-testid=due]')).toContain('社区矫正法实施办法第三十四条');
    await page.screenshot({ path: join(shots, 'subject-legal.png'), fullPage: true });
    await page.goto(program.url);
    await expect
      .poll(() => page.textContent('[data-testid=due-counter]'), poll)
      .toMatch(/逾期 \d+ · 七日内 \d+/);
    await page.screenshot({ path: join(shots, 'board-legal.png') });
    expect(desk.faults).toEqual([]);
  });

  test('R6 the desk serves an officer’s phone', async () => {
    const { page } = desk;
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${program.url}/office`);
    await page.waitForSelector('[data-testid=leave] li');
    await page.screenshot({ path: join(shots, 'phone-legal.png'), fullPage: true });
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    expect(await findBarriers(page)).toEqual([]);
  });
});
