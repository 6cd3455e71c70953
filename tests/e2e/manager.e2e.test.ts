/// <reference lib="dom" />
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays, localDay } from '../../compliance/periods.ts';
import { startDashboard, type TestDashboard } from '../harness/dashboard.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Desk, findBarriers, openDesk, PASSWORD } from './desk.ts';
import { FALLING, makeMonth } from './made-month.ts';
import { shoot, takePicture } from './pictures.ts';

const PAGE_DIR = fileURLToPath(new URL('../../dashboard/web/dist/', import.meta.url));

/** A manager and an office at their desks, over forty made days. */
describe.skipIf(missingBrowser !== undefined)('the rooms of the manager and the office', () => {
  let dash: TestDashboard;
  let browser: Browser;
  let manager: Desk;
  let office: Desk;
  const poll = { timeout: 30_000, interval: 100 };
  const today = localDay(Date.now(), 'Asia/Shanghai');

  async function sit(login: string, path: string, viewport = { width: 1366, height: 860 }): Promise<Desk> {
    const desk = await openDesk(browser, dash.address + path, viewport);
    await desk.page.fill('input[name=login]', login);
    await desk.page.fill('input[name=password]', PASSWORD);
    await desk.page.keyboard.press('Enter');
    await desk.page.waitForSelector('h1');
    return desk;
  }

  beforeAll(async () => {
    dash = await startDashboard({ pageDir: PAGE_DIR });
    await makeMonth(dash, Date.now());
    await dash.account('manager', 'manager', '', false);
    await dash.account('office', 'office-officer', FALLING, false);
    await dash.account('duty', 'duty-officer', '', false);
    browser = await launchBrowser();
    manager = await sit('manager', '/rates');
    office = await sit('office', '/logs');
  });
  afterAll(async () => {
    await browser?.close();
    await dash?.close();
  });

  test('R4 a manager finds why a rate fell in three clicks: the rate, the county, the office with its people and their cause', async () => {
    const { page } = manager;
    await page.waitForSelector('.chart canvas');
    await takePicture(page, 'rates');
    expect(await findBarriers(page)).toEqual([]);
    await page.click('.card[data-rate=coverage]');
    await page.click('tbody tr:first-child th button');
    await expect
      .poll(() => page.locator('tbody th button').first().textContent(), poll)
      .toContain('第二司法所');
    await page.click('tbody tr:first-child th button');
    await page.waitForSelector('.names');
    const first = await page.locator('.names tbody tr').first().textContent();
    expect(first).toContain('演示人员');
    expect(first).toContain('不明：设备');
    await takePicture(page, 'rates-names');
    expect(await findBarriers(page)).toEqual([]);
    expect(manager.faults).toEqual([]);
  });

  test('R5 an office objects to a point of its score, a manager decides, and the working shows what was given back', async () => {
    await office.page.goto(`${dash.address}/ranking`);
    await office.page.click('tbody th button');
    await office.page.locator('.side tr:has(.off) .link', { hasText: '申诉' }).first().click();
    await office.page.fill('.side textarea', '设备批次故障，已书面报告。');
    await office.page.click('.side form button[type=submit]');
    await expect.poll(() => office.page.locator('.side li').count(), poll).toBe(1);
    const { page } = manager;
    await page.goto(`${dash.address}/ranking`);
    await page.waitForSelector('.chart canvas');
    await page.click('button:has-text("复核")');
    await page.fill('.side input', '1');
    await page.fill('.side textarea', '情况属实。');
    await page.click('button:has-text("申诉成立")');
    await expect.poll(() => page.locator('.side li').first().textContent(), poll).toContain('返还');
    await page.locator('tr', { hasText: '揭西县第二司法所' }).first().locator('button').click();
    await takePicture(page, 'ranking');
    await expect.poll(() => page.locator('.side').textContent(), poll).toMatch(/\+(1|0\.\d+)/);
    expect(await findBarriers(page)).toEqual([]);
    expect([...manager.faults, ...office.faults]).toEqual([]);
  });

  test('R6 the alarm load stands beside its limits', async () => {
    const { page } = manager;
    await page.goto(`${dash.address}/load`);
    await page.waitForSelector('.cards');
    await expect.poll(() => page.locator('.panel tbody tr').count(), poll).toBeGreaterThan(6);
    await takePicture(page, 'load');
    expect(await findBarriers(page)).toEqual([]);
  });

  test('R7 a report is previewed, kept, signed off, and comes as Excel and Word', async () => {
    const { page } = manager;
    await page.goto(`${dash.address}/reports`);
    await page.click('button:has-text("预览")');
    await page.waitForSelector('.sheet canvas');
    await page.click('button:has-text("生成并归档")');
    await page.waitForSelector('.file');
    await takePicture(page, 'reports');
    expect(await findBarriers(page)).toEqual([]);
    for (const format of ['Excel', 'Word']) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.click(`.file:has-text("${format}")`),
      ]);
      expect(download.suggestedFilename()).toMatch(/^wardline-weekly-.*\.(xlsx|docx)$/);
    }
    await page.fill('.sign textarea', '同意');
    await page.click('.sign button');
    await expect.poll(() => page.locator('.foot').textContent(), poll).toContain('签发：manager');
    expect(manager.faults).toEqual([]);
    expect(manager.outside).toEqual([]);
  });

  test('R8 an office reviews yesterday’s log and signs it; the missing days are counted; it prints as paper', async () => {
    const { page } = office;
    await page.goto(`${dash.address}/logs`);
    await page.waitForSelector('.days');
    await shoot(page, 'logs');
    expect(await findBarriers(page)).toEqual([]);
    await page
      .locator('.days tr', { hasText: addDays(today, -1) })
      .locator('button')
      .click();
    await page.waitForSelector('.sheet');
    await page.fill('.sign textarea', '设备已送检。');
    await page.click('.sign button');
    await expect.poll(() => page.locator('.sheet').textContent(), poll).toContain('核查人（签名）：office');
    await takePicture(page, 'log-sheet');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.bar').isVisible()).toBe(false);
    expect(await page.locator('.tools').isVisible()).toBe(false);
    await shoot(page, 'log-print');
    await page.emulateMedia({ media: 'screen' });
    expect(office.faults).toEqual([]);
  });

  test('R9 an office sees who is due, on a telephone as well', async () => {
    const { page } = office;
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${dash.address}/due`);
    await page.waitForSelector('.cards');
    await expect.poll(() => page.locator('tbody tr').count(), poll).toBe(6);
    await takePicture(page, 'due');
    expect(await findBarriers(page)).toEqual([]);
    await expect
      .poll(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), poll)
      .toBe(true);
  });

  test.each([
    ['/rates', 'Rates'],
    ['/ranking', 'Scores and ranks'],
    ['/load', 'Alarm load'],
    ['/reports', 'Reports'],
  ])('R1 %s in English has no Chinese but names', async (path, title) => {
    const { page } = manager;
    await page.goto(dash.address + path);
    await page.waitForSelector('h1');
    if ((await page.textContent('h1')) !== title) await page.click('button:has-text("EN")');
    await expect.poll(() => page.textContent('h1'), poll).toBe(title);
    await page.waitForTimeout(500);
    const words = await page.evaluate(() => document.querySelector('main')?.textContent ?? '');
    expect(
      words.replaceAll(
        /\S*[（(]演示[）)]|榕城区|揭西县|普宁市|\S*演示\S*|设备批次故障，已书面报告。|情况属实。/g,
        '',
      ),
    ).not.toMatch(/[\u4e00-\u9fff]/);
    await page.click('button:has-text("中文")');
  });

  test('R10 the command centre keeps an inspection log, which says when nobody was on duty', async () => {
    const duty = await sit('duty', '/logs');
    await duty.page.click('.field >> nth=0');
    await duty.page.click('li:has-text("每日督查日志")');
    await duty.page
      .locator('.days tr', { hasText: new RegExp(`${addDays(today, -1)}.*揭阳市`) })
      .locator('button')
      .click();
    await expect.poll(() => duty.page.locator('.sheet').textContent(), poll).toContain('当日无人签到值班');
    await shoot(duty.page, 'inspection');
    expect(duty.faults).toEqual([]);
    await duty.context.close();
  });
});
