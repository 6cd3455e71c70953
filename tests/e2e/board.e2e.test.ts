/// <reference lib="dom" />
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Cable, layCable } from './cable.ts';
import { type Desk, findBarriers, openDesk, signIn } from './desk.ts';

describe.skipIf(missingBrowser !== undefined)('the live board over the demo', () => {
  let program: Program;
  let cable: Cable;
  let browser: Browser;
  let desk: Desk;
  let page: Page;
  const shots = mkdtempSync(join(tmpdir(), 'wardline-shots-'));
  const shoot = (name: string, of = page) => of.screenshot({ path: join(shots, `${name}.png`) });
  const poll = { timeout: 150_000, interval: 250 };
  const number = async (locator: string) =>
    Number((await page.textContent(locator))?.replace(/,/g, '') || Number.NaN);
  const rowIds = (of = page) =>
    of.locator('.row').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-alert')));

  beforeAll(async () => {
    program = await startProgram({ DATA_DIR: mkdtempSync(join(tmpdir(), 'wardline-e2e-')) }, ['--demo']);
    cable = await layCable(program.url);
    browser = await launchBrowser();
    desk = await openDesk(browser, cable.url);
    page = desk.page;
    console.log(`screenshots: ${shots}`);
  });
  afterAll(async () => {
    await browser?.close();
    await cable?.close();
    await program?.end('SIGINT');
  });

  test('P1 a wrong password is refused in words, the right one opens the board', async () => {
    await page.waitForSelector('form');
    await shoot('sign-in');
    await signIn(page, 'not-the-password');
    await expect.poll(() => page.textContent('.fault'), poll).toBe('账号或密码不正确。');
    expect(await findBarriers(page)).toEqual([]);
    await signIn(page);
    await page.waitForSelector('.board[data-link=live]');
  });

  test('P2 the board says that it is a demo, counts who is heard, and shows them moving', async () => {
    await expect.poll(() => page.textContent('.banner.demo'), poll).toBe('演示数据：人员与位置均为虚构');
    await page.evaluate(() => Object.assign(window, { wasNotReloaded: true }));
    const heard = () => number('.tiles > div:nth-child(5) dd');
    await expect.poll(heard, poll).toBeGreaterThan(500);
    const before = await heard();
    await expect.poll(heard, poll).toBeGreaterThan(before);
    const map = page.locator('[data-testid=map] canvas');
    const still = await map.screenshot();
    await expect.poll(async () => still.equals(await map.screenshot()), poll).toBe(false);
    await expect.poll(() => page.textContent('[data-testid=behind]'), poll).toMatch(/数据滞后\s*\d+ 秒/);
    expect(await page.locator('.instrument.late').count()).toBe(0);
  });

  test('P3 a new out-of-bounds alert appears without reload, with its sentence, evidence and place', async () => {
    const before = await rowIds();
    const fresh = async () => {
      const all = page.locator('.row[data-kind=out-of-bounds]:not(.over)');
      const ids = await all.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-alert') ?? ''));
      return ids.find((id) => !before.includes(id));
    };
    await expect.poll(fresh, poll).toBeDefined();
    const id = await fresh();
    await page.click(`.row[data-alert="${id}"]`);
    await expect
      .poll(() => page.textContent('.sentence'), poll)
      .toMatch(/^\s*测试人员.*越出.*界外.*m.*置信度.*%/);
    expect(await page.locator('.evidence tbody tr').count()).toBeGreaterThan(0);
    await expect.poll(() => page.textContent('.facts'), poll).toMatch(/首次界外.*收到 → 显示.*置信度/);
    await page.waitForSelector('.maplibregl-marker.callout');
    expect(await page.evaluate(() => 'wasNotReloaded' in window)).toBe(true);
    await expect.poll(() => page.title(), poll).toMatch(/^\(\d+\) 守界$/);
    await shoot('alert');
  });

  test('P4 by keys alone: J and K move, A opens the most urgent and takes it, and every desk sees the owner', async () => {
    const second = await openDesk(browser, program.url, { width: 1366, height: 768 });
    await signIn(second.page);
    await second.page.waitForSelector('.row');
    await page.keyboard.press('Escape');
    await page.mouse.move(0, 0);
    await expect.poll(() => page.locator('.row.selected').count(), poll).toBe(0);

    await page.keyboard.press('a');
    const selected = () => page.locator('.row.selected').getAttribute('data-alert');
    const [first, next] = await rowIds();
    await expect.poll(() => selected(), poll).toBe(first);
    await expect.poll(() => page.locator('.row.selected').getAttribute('data-owner'), poll).toBe('');
    await page.keyboard.press('j');
    await expect.poll(() => selected(), poll).toBe(next);
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => selected(), poll).toBe(first);

    await page.keyboard.press('a');
    const ownerAt = (at: typeof page) => at.locator(`.row[data-alert="${first}"]`).getAttribute('data-owner');
    await expect.poll(() => ownerAt(page), poll).toBe('admin');
    // The row that was taken keeps its place under the hand, for some seconds only: looked at before the other desk is.
    expect((await rowIds())[0]).toBe(first);
    await expect.poll(() => page.textContent('.taken'), poll).toMatch(/^\s*admin 于 .* 受理/);
    await expect.poll(() => ownerAt(second.page), poll).toBe('admin');
    await shoot('second-desk', second.page);
    expect(second.faults).toEqual([]);
    expect(second.outside).toEqual([]);
    await second.context.close();
  });

  test('P13 by keys alone: a call is recorded, the office gets a task, each deed stands in the history', async () => {
    const stage = () => page.locator('.row.selected').getAttribute('data-stage');
    await expect.poll(stage, poll).toBe('acknowledged');
    await page.keyboard.press('a');
    await expect.poll(stage, poll).toBe('handling');
    await page.keyboard.press('c');
    await page.keyboard.type('本人已接听，正在返回');
    await page.keyboard.press('Enter');
    // The key is the field's as long as it is open.
    await expect.poll(() => page.locator('.work .form').count(), poll).toBe(0);
    await page.keyboard.press('4');
    await expect.poll(() => page.locator('.timeline .deed').count(), poll).toBeGreaterThanOrEqual(3);
    await expect.poll(() => page.textContent('.timeline'), poll).toContain('本人已接听，正在返回');
    await page.keyboard.press('2');
    await expect.poll(() => page.textContent('.card .contact'), poll).toContain('000-0000-');
    await page.click('.card .pair >> nth=1 >> button:has-text("未接通")');
    await expect.poll(() => page.textContent('.card'), poll).toContain('admin · 未接通');
    await page.keyboard.press('3');
    await expect.poll(() => page.textContent('.person'), poll).toContain('近 30 日告警');
    await shoot('person');
    await page.keyboard.press('1');
    await page.keyboard.press('d');
    await page.keyboard.type('请核实 (please call)');
    await page.keyboard.press('Enter');
    await expect.poll(stage, poll).toBe('tasked');
    await shoot('work');
    await page.keyboard.press('s');
    await page.waitForSelector('.work .form');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.work .form').count(), poll).toBe(0);
  });

  test('P14 the office finds the task and answers it on a phone; the centre sees it answered', async () => {
    const phone = await openDesk(browser, `${program.url}/office`, { width: 390, height: 844 });
    await signIn(phone.page);
    await phone.page.click('.task');
    // What the duty officer wrote with D, and once.
    await expect
      .poll(() => phone.page.textContent('.instruction'), poll)
      .toMatch(/派发要求：\s*请核实 \(please call\)$/);
    await phone.page.click('button:has-text("接收任务")');
    await phone.page.click('label:has-text("离开规定区域")');
    await phone.page.fill('textarea', '送货途经，未请假，已责令返回');
    await shoot('task-phone', phone.page);
    expect(await findBarriers(phone.page)).toEqual([]);
    await phone.page.click('button:has-text("提交核查结果")');
    await expect.poll(() => phone.page.textContent('.history'), poll).toContain('送货途经');
    expect(phone.faults).toEqual([]);
    expect(phone.outside).toEqual([]);
    await phone.context.close();
  });

  test('P4 / finds people and alerts, ? shows the keys, Escape goes back', async () => {
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    await shoot('keys');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('dialog[open]').count(), poll).toBe(0);
    await page.keyboard.press('/');
    await page.keyboard.type('测试人员〇〇〇一');
    await expect.poll(() => page.locator('.subject').count(), poll).toBe(1);
    await page.click('.subject');
    await expect.poll(() => page.textContent('.in-hand'), poll).toContain('测试人员〇〇〇一');
    await page.keyboard.press('/');
    await page.keyboard.type('没有这个人');
    await expect.poll(() => page.locator('.row').count(), poll).toBe(0);
    await expect.poll(() => page.textContent('.queue .empty'), poll).toContain('没有符合的告警');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.row').count(), poll).toBeGreaterThan(0);
    expect(await page.locator('.row.selected').count()).toBe(0);
  });

  test('P15 two officers on one alert: each sees whose it is, and who loses it is told', async () => {
    const second = await openDesk(browser, program.url, { width: 1366, height: 768 });
    await second.page.fill('input[name=login]', 'demo-duty');
    await second.page.fill('input[name=password]', 'test-password');
    await second.page.keyboard.press('Enter');
    await second.page.waitForSelector('.row');
    const id = await page.locator('.row[data-owner=""]:not(.over)').first().getAttribute('data-alert');
    await page.click(`.row[data-alert="${id}"]`);
    await page.keyboard.press('a');
    const owner = (of: Page) => of.locator(`.row[data-alert="${id}"]`).getAttribute('data-owner');
    await expect.poll(() => owner(second.page), poll).toBe('admin');
    await second.page.click(`.row[data-alert="${id}"]`);
    await expect.poll(() => second.page.textContent('.work .other'), poll).toContain('admin 正在处置');
    await second.page.keyboard.press('a');
    await expect.poll(() => page.textContent('.work .outcome'), poll).toContain('demo-duty 刚刚接手了此告警');
    await shoot('taken-over');
    expect(await findBarriers(second.page)).toEqual([]);
    // One cause, one incident: by keys.
    await second.page.keyboard.press('m');
    await second.page.check('.form input[type=checkbox] >> nth=0');
    await second.page.screenshot({ path: join(shots, 'merge.png') });
    await second.page.click('.form button[type=submit]');
    await expect.poll(() => second.page.textContent('.work .state'), poll).toContain('同一事件共 2 条');
    // The board hears of it before the form has its answer, and a key is the form's as long as it is open.
    await expect.poll(() => second.page.locator('.work .form').count(), poll).toBe(0);
    // What is put aside: asked by one, approved by the other.
    await second.page.keyboard.press('s');
    await second.page.keyboard.type('已请假，手续补办中');
    await second.page.keyboard.press('Enter');
    await expect.poll(() => second.page.textContent('.work'), poll).toContain('demo-duty 申请搁置');
    await expect
      .poll(() => second.page.locator('.asked button:has-text("批准") >> nth=0').isDisabled(), poll)
      .toBe(true);
    await page.click('.row >> nth=1');
    // One row for the incident, whoever leads it: the part is taken in hand out of it.
    await page.click(`.row[data-parts~="${id}"]`);
    await page.click(`.part[data-alert="${id}"]`);
    await expect.poll(() => page.textContent(`.row[data-parts~="${id}"] .parts`), poll).toContain('共 2 条');
    await page.click('.asked button:has-text("批准") >> nth=0');
    await expect.poll(() => page.textContent('.asked'), poll).toContain('已搁置，批准人 admin');
    await shoot('shelved');
    await page.click('.asked button:has-text("结束搁置")');
    await expect.poll(() => page.locator('.asked').count(), poll).toBe(0);
    expect(second.faults).toEqual([]);
    await second.context.close();
    await page.keyboard.press('Escape');
  });

  test('P5 a lost connection is said, with the time of what is shown; it resumes by itself and without a new snapshot', async () => {
    const frames: string[] = [];
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => void frames.push(JSON.parse(String(payload)).type)),
    );
    cable.cut();
    await expect
      .poll(() => page.textContent('[data-testid=lost]').catch(() => ''), poll)
      .toMatch(/连接中断：以下显示的是 \d\d:\d\d:\d\d 的情况/);
    expect(await page.locator('.rooms').evaluate((rooms) => getComputedStyle(rooms).filter)).not.toBe('none');
    await shoot('lost');
    cable.mend();
    await page.waitForSelector('.board[data-link=live]');
    expect(await page.locator('[data-testid=lost]').count()).toBe(0);
    await expect.poll(() => frames.filter((type) => type === 'patch').length, poll).toBeGreaterThan(2);
    expect(frames).not.toContain('snapshot');
    expect(await page.evaluate(() => 'wasNotReloaded' in window)).toBe(true);
  });

  test.each(['light', 'dark'])('P9 axe finds no barrier on the board, %s', async (theme) => {
    await page.evaluate((name) => localStorage.setItem('wardline.theme', name), theme);
    await page.reload();
    await page.waitForSelector('.row');
    // One with a place: a strap that was cut has none to show.
    await page.click('.row[data-kind=out-of-bounds] >> nth=0');
    await page.waitForSelector('.maplibregl-marker.callout');
    // The end of the flight, which is what is to be seen in the picture.
    await page.waitForTimeout(2000);
    await shoot(`board-${theme}`);
    expect(await findBarriers(page)).toEqual([]);
  });

  test('P10 English is whole: no Chinese is left but names', async () => {
    await page.click('button[title="Switch to English"]');
    await expect.poll(() => page.getAttribute('html', 'lang'), poll).toBe('en');
    const words = await page.evaluate(() => document.body.textContent ?? '');
    const left = words
      .replace(/测试人员[〇一二三四五六七八九]+/g, '')
      .replace(/演示\S*/g, '')
      .replace(/\S+?[县市区](?!\S*所)/g, '')
      .replace('中文', '')
      .match(/\p{Script=Han}+/gu);
    expect(left).toBeNull();
    await shoot('english');
    await page.click('button[title="切换到中文"]');
    await expect.poll(() => page.getAttribute('html', 'lang'), poll).toBe('zh-CN');
  });

  test('P1 signing out leads away from the board, and its connection ends', async () => {
    await page.click('header button:has-text("退出")');
    await page.waitForSelector('form');
    await page.reload();
    await page.waitForSelector('form');
    expect(await page.locator('.board').count()).toBe(0);
  });

  test('P7 nothing was asked of another origin, and nothing failed in the page', () => {
    expect(desk.outside).toEqual([]);
    expect(desk.faults).toEqual([]);
  });
});
