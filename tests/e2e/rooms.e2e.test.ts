/// <reference lib="dom" />
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Desk, findBarriers, openDesk, signIn } from './desk.ts';

/** Every room over the demo, in both languages: it opens, says what it is, and has no barrier. */
describe.skipIf(missingBrowser !== undefined)('the rooms of the page', () => {
  let program: Program;
  let browser: Browser;
  let desk: Desk;
  const shots = mkdtempSync(join(tmpdir(), 'wardline-shots-'));
  const poll = { timeout: 60_000, interval: 200 };

  beforeAll(async () => {
    program = await startProgram({ DATA_DIR: mkdtempSync(join(tmpdir(), 'wardline-e2e-')) }, ['--demo']);
    browser = await launchBrowser();
    desk = await openDesk(browser, program.url, { width: 1366, height: 900 });
    await desk.page.waitForSelector('form');
    await signIn(desk.page);
    await desk.page.waitForSelector('.board[data-link=live]');
    console.log(`screenshots: ${shots}`);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.end('SIGINT');
  });

  test.each([
    ['/office', '异常定位任务', 'Abnormal-location tasks'],
    ['/logs', '核查与督查日志', 'Daily logs'],
    ['/rates', '合规指标', 'Rates'],
    ['/subjects', '矫正对象', 'Subjects'],
    ['/operations', '系统运行', 'Operations'],
  ])('R1 %s opens in both languages and has no barrier', async (path, chinese, english) => {
    const { page } = desk;
    await page.goto(program.url + path);
    await expect.poll(() => page.textContent('h1'), poll).toBe(chinese);
    await page.waitForTimeout(1000);
    await page.screenshot({ path: join(shots, `${path.slice(1)}.png`), fullPage: true });
    expect(await findBarriers(page)).toEqual([]);
    expect(await page.locator('.fault').count()).toBe(0);
    await page.click('button:has-text("EN")');
    await expect.poll(() => page.textContent('h1'), poll).toBe(english);
    await page.click('button:has-text("中文")');
    expect(desk.faults).toEqual([]);
    expect(desk.outside).toEqual([]);
  });

  test('R2 a rate opens to the names behind it, and a name to the subject', async () => {
    const { page } = desk;
    await page.goto(`${program.url}/rates`);
    await expect
      .poll(
        async () => {
          await page.reload();
          await page.waitForSelector('h1');
          await page.waitForTimeout(1500);
          return page.locator('.card').count();
        },
        { timeout: 120_000, interval: 1000 },
      )
      .toBeGreaterThan(0);
    await page.click('.card >> nth=0');
    await page.waitForSelector('section a');
    await page.screenshot({ path: join(shots, 'names.png') });
    await page.click('section a >> nth=0');
    await page.waitForSelector('.side');
    expect(desk.faults).toEqual([]);
  });

  test('R3 who may not open a room is told so, and shown where to go', async () => {
    const office = await openDesk(browser, `${program.url}/operations`, { width: 1366, height: 768 });
    await office.page.fill('input[name=login]', 'demo-office');
    await office.page.fill('input[name=password]', 'test-password');
    await office.page.keyboard.press('Enter');
    await expect.poll(() => office.page.textContent('h1'), poll).toBe('没有查看权限');
    expect(await office.page.locator('main a').count()).toBe(1);
    await office.context.close();
  });
});
