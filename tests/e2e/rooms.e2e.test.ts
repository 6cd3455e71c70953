/// <reference lib="dom" />
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Desk, findBarriers, openDesk, PASSWORD, signIn } from './desk.ts';

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
    ['/logs', '信息化核查日志', 'Verification logs'],
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

  describe('leave and what is due by law, as an office’s officer meets them', () => {
    let office: Desk;
    beforeAll(async () => {
      office = await openDesk(browser, `${program.url}/office`, { width: 1366, height: 900 });
      await office.page.fill('input[name=login]', 'demo-office');
      await office.page.fill('input[name=password]', PASSWORD);
      await office.page.keyboard.press('Enter');
      await office.page.waitForSelector('[data-testid=leave] li');
    });
    afterAll(() => office?.context.close());

    test('R4 the officer decides what is the office’s, is told who decides the rest, and records a return', async () => {
      const { page } = office;
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
      expect(office.faults).toEqual([]);
      expect(office.outside).toEqual([]);
    });

    test('R5 a deadline leads to its subject, whose page and mark on the board quote the same article', async () => {
      const { page } = office;
      await page.locator('[data-testid=due] li', { hasText: '脱管' }).locator('a').first().click();
      await page.waitForSelector('.side [data-testid=due] li');
      expect(await page.textContent('.side [data-testid=due]')).toContain('社区矫正法实施办法第三十四条');
      await page.screenshot({ path: join(shots, 'subject-legal.png'), fullPage: true });
      await page.goto(program.url);
      await expect
        .poll(() => page.textContent('[data-testid=due-counter]'), poll)
        .toMatch(/逾期 \d+ · 七日内 \d+/);
      await page.screenshot({ path: join(shots, 'board-legal.png') });
      expect(office.faults).toEqual([]);
    });

    test('R6 the desk serves an officer’s phone', async () => {
      const { page } = office;
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(`${program.url}/office`);
      await page.waitForSelector('[data-testid=leave] li');
      await page.screenshot({ path: join(shots, 'phone-legal.png'), fullPage: true });
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      expect(await findBarriers(page)).toEqual([]);
    });
  });
});
