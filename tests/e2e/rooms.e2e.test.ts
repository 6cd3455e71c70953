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
    ['/duty', '值班室', 'Duty room'],
    ['/duty/checks', '抽查', 'Spot checks'],
    ['/duty/rota', '排班', 'Rota'],
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
    await page.screenshot({ path: join(shots, `${path.slice(1).replace('/', '-')}.png`), fullPage: true });
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

  test('D1 a shift is signed on, explained and handed over; another officer takes it, with both signatures on one sheet', async () => {
    const { page } = desk;
    await page.goto(`${program.url}/duty`);
    await page.click('button:has-text("签到上班")');
    await page.waitForSelector('[data-testid=shift][data-state=on]');
    await page.fill('.journal textarea', '已请流沙司法所核实');
    await page.fill('.journal input[type=datetime-local]', '2030-01-01T08:00');
    await page.click('.journal button[type=submit]');
    await expect.poll(() => page.textContent('.sheet .four'), poll).toContain('已请流沙司法所核实');
    for (const input of await page.locator('.signatures .one input[required]').all())
      await input.fill('已联系本人，正在核实');
    await page.screenshot({ path: join(shots, 'duty-on.png'), fullPage: true });
    expect(await findBarriers(page)).toEqual([]);
    // A critical one that comes in between is explained as well.
    await expect
      .poll(async () => {
        for (const input of await page.locator('.signatures .one input[required]').all())
          await input.fill('已联系本人，正在核实');
        const sign = page.locator('button:has-text("交班签名")');
        if (await sign.isVisible()) await sign.click({ timeout: 2000 }).catch(() => undefined);
        return page.getAttribute('[data-testid=shift]', 'data-state');
      }, poll)
      .toBe('handed');
    expect(await page.textContent('.signatures')).toContain('等待接班人签名');

    const next = await openDesk(browser, `${program.url}/duty`, { width: 1366, height: 768 });
    await next.page.fill('input[name=login]', 'demo-duty');
    await next.page.fill('input[name=password]', 'test-password');
    await next.page.keyboard.press('Enter');
    await next.page.waitForSelector('[data-testid=shift][data-state=handed]');
    expect(await next.page.textContent('.sheet header')).toContain('校验');
    await next.page.screenshot({ path: join(shots, 'duty-handed.png'), fullPage: true });
    await next.page.click('button:has-text("接班签名")');
    await next.page.waitForSelector('[data-testid=shift][data-state=on]');
    await expect.poll(() => next.page.textContent('[data-testid=shift]'), poll).toContain('demo-duty');
    await next.page.locator('.earlier button').last().click();
    await next.page.waitForSelector('[data-testid=shift][data-state=over]');
    expect(await next.page.textContent('.signatures')).toMatch(
      /签到 admin[\s\S]*交班 admin[\s\S]*接班 demo-duty/,
    );
    expect(next.faults).toEqual([]);
    await next.context.close();
  });

  test('D2 a draw is recorded and can be repeated; a failed check is said, once', async () => {
    const { page } = desk;
    await page.goto(`${program.url}/duty/checks`);
    await page.fill('.draw input[type=number]', '3');
    await page.click('.draw button');
    await expect.poll(() => page.textContent('[data-testid=draw]'), poll).toContain('按种子重抽，结果一致');
    expect(await page.locator('[data-check]').count()).toBe(3);
    await page.click('[data-check] >> nth=0 >> button:has-text("记录结果")');
    await page.check('input[value=other-person]');
    await page.screenshot({ path: join(shots, 'checks.png'), fullPage: true });
    expect(await findBarriers(page)).toEqual([]);
    await page.click('.record button[type=submit]');
    await expect.poll(() => page.locator('[data-check]').count(), poll).toBe(2);
    await page.check('input[value=all]');
    await expect.poll(() => page.textContent('.list'), poll).toMatch(/他人代接[\s\S]*已转任务/);
    expect(desk.faults).toEqual([]);
  });

  test('D3 the authority writes the rota as text; a line that is none is named, and the plan follows', async () => {
    const { page } = desk;
    await page.goto(`${program.url}/duty/rota`);
    await page.click('button:has-text("修改排班")');
    await page.fill('textarea >> nth=0', '早班 08:00\n晚班 8 点');
    await page.fill('textarea >> nth=1', '一组 admin\n二组 demo-duty');
    await page.click('button:has-text("保存")');
    await expect.poll(() => page.textContent('.fault'), poll).toBe('看不懂这一行：晚班 8 点');
    await page.fill('textarea >> nth=0', '早班 08:00\n晚班 20:00');
    await page.click('button:has-text("保存")');
    await expect.poll(() => page.locator('tbody tr').count(), poll).toBe(7);
    expect(await page.locator('td.now').count()).toBe(1);
    await page.screenshot({ path: join(shots, 'rota.png'), fullPage: true });
    expect(await findBarriers(page)).toEqual([]);
  });

  test('W1 the wall screen shows counters, map and queue large, with nothing to press but the sound; what can’t be heard is said', async () => {
    const { page } = desk;
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.goto(`${program.url}/wall`);
    await page.waitForSelector('.wall[data-link=live] .row');
    // Nobody has touched this page yet, and the browser lets none sound before.
    await expect.poll(() => page.getAttribute('.sound', 'data-sound'), poll).toBe('blocked');
    expect(await page.textContent('.sound')).toContain('声音被浏览器拦截');
    await page.click('.sound');
    await expect.poll(() => page.getAttribute('.sound', 'data-sound'), poll).toBe('on');
    await page.click('.sound');
    await expect.poll(() => page.textContent('.sound'), poll).toContain('已静音');
    await page.click('.sound');
    await expect.poll(() => page.getAttribute('.sound', 'data-sound'), poll).toBe('on');
    await expect.poll(() => page.textContent('[data-testid=on-duty]'), poll).toContain('demo-duty');
    await expect.poll(() => page.locator('.tiles dd').allTextContents(), poll).not.toContain('—');
    expect(await page.locator('.wall .zoom, .wall .switches').count()).toBe(0);
    await page.screenshot({ path: join(shots, 'wall.png') });
    expect(await findBarriers(page)).toEqual([]);
    expect(desk.faults).toEqual([]);
  });
});
