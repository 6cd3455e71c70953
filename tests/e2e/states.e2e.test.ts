/// <reference lib="dom" />
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packWhereabouts, type ServerMessage } from '../../dashboard/protocol.ts';
import { alert } from '../harness/board.ts';
import { type Program, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Desk, findBarriers, openDesk, signIn } from './desk.ts';
import { snapshot, tellBoard } from './told-board.ts';

/** States that a healthy server does not show: the page and the session are real, what the live connection says is not. */
describe.skipIf(missingBrowser !== undefined)('the board when something is missing or wrong', () => {
  let program: Program;
  let browser: Browser;
  const shots = mkdtempSync(join(tmpdir(), 'wardline-shots-'));
  const poll = { timeout: 60_000, interval: 100 };

  beforeAll(async () => {
    program = await startProgram({ DATA_DIR: mkdtempSync(join(tmpdir(), 'wardline-e2e-')) });
    browser = await launchBrowser();
    console.log(`screenshots: ${shots}`);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.end('SIGINT');
  });

  const boardTold = (messages: readonly ServerMessage[]) => tellBoard(browser, program.url, messages);

  async function finish(page: Page, name: string): Promise<void> {
    await page.screenshot({ path: join(shots, `${name}.png`) });
    expect(await findBarriers(page)).toEqual([]);
    await page.context().close();
  }

  test('Q4 an empty register is said, with the command that fills it', async () => {
    const desk: Desk = await openDesk(browser, program.url);
    await signIn(desk.page);
    await expect.poll(() => desk.page.textContent('.counters'), poll).toContain('名册为空');
    await expect.poll(() => desk.page.textContent('.counters'), poll).toContain('roster load');
    await expect.poll(() => desk.page.textContent('.panel.map'), poll).toContain('名册为空');
    expect(desk.faults).toEqual([]);
    await finish(desk.page, 'empty-register');
  });

  test('Q4 before any data has come the figures are dashes, and an empty queue promises nothing', async () => {
    const { page } = await boardTold([
      snapshot({
        whereabouts: packWhereabouts([]),
        health: { nowMs: Date.now(), frontierMs: null, tickSeconds: 10 },
      }),
    ]);
    await expect.poll(() => page.locator('.tiles dd').allTextContents(), poll).toEqual(Array(6).fill('—'));
    await expect.poll(() => page.textContent('[data-testid=behind]'), poll).toContain('未知');
    await expect.poll(() => page.textContent('[data-testid=no-alerts]'), poll).toContain('不能断定没有告警');
    await finish(page, 'no-data');
  });

  test('P6 late data is said before anything else, and is gone from the words when it is no longer late', async () => {
    const nowMs = Date.now();
    const { page, say } = await boardTold([
      snapshot({ health: { nowMs, frontierMs: nowMs - 95_000, tickSeconds: 10 } }),
    ]);
    await expect
      .poll(() => page.locator('.banner.trouble').textContent(), poll)
      .toMatch(/数据滞后 1 分 \d+ 秒/);
    await expect.poll(() => page.locator('.instrument.late').count(), poll).toBe(1);
    await expect.poll(() => page.textContent('[data-testid=no-alerts]'), poll).toContain('数据滞后');
    await page.screenshot({ path: join(shots, 'late.png') });
    expect(await findBarriers(page)).toEqual([]);
    say({ type: 'patch', from: 1, to: 2, health: { nowMs, frontierMs: nowMs, tickSeconds: 10 } });
    await expect.poll(() => page.locator('.banner.trouble').count(), poll).toBe(0);
    expect(await page.locator('.instrument.late').count()).toBe(0);
    await page.context().close();
  });

  test('ST5 the header tells the age of the last self-test: unknown, fresh, late, in both languages', async () => {
    const told = (ageMs: number | null) => {
      const nowMs = Date.now();
      const selfTest = { atMs: ageMs === null ? null : nowMs - ageMs, limitMs: 750_000 };
      return { nowMs, frontierMs: nowMs, tickSeconds: 10, selfTest };
    };
    const { page, say } = await boardTold([snapshot({ health: told(null) })]);
    const header = page.locator('[data-testid=self-test]');
    await expect.poll(() => header.textContent(), poll).toMatch(/^\s*自检\s*未知\s*$/);
    await expect.poll(() => header.getAttribute('class'), poll).toContain('unknown');
    say({ type: 'patch', from: 1, to: 2, health: told(130_000) });
    await expect.poll(() => header.textContent(), poll).toMatch(/自检\s*2 分前/);
    await expect.poll(() => header.getAttribute('class'), poll).not.toMatch(/unknown|late/);
    await page.screenshot({ path: join(shots, 'self-test.png') });
    say({ type: 'patch', from: 2, to: 3, health: told(790_000) });
    await expect.poll(() => header.textContent(), poll).toMatch(/自检\s*13 分前/);
    await expect.poll(() => header.getAttribute('class'), poll).toContain('late');
    await expect
      .poll(() => page.locator('[data-testid=behind]').getAttribute('class'), poll)
      .not.toContain('late');
    await page.click('button[title="Switch to English"]');
    await expect.poll(() => header.textContent(), poll).toMatch(/Self-test\s*13 min ago/);
    const sees = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
    expect(sees).toBe(true);
    await finish(page, 'self-test-late');
  });

  test('P6 a queue that became empty says since when', async () => {
    const { page, say } = await boardTold([snapshot({ alerts: [alert('a', 1)] })]);
    await expect.poll(() => page.textContent('[data-testid=unowned]'), poll).toBe('1');
    say({ type: 'patch', from: 1, to: 2, gone: ['a'] });
    await expect
      .poll(() => page.textContent('[data-testid=no-alerts]').catch(() => ''), poll)
      .toMatch(/没有未结告警\s*自 \d\d:\d\d:\d\d 起/);
    await finish(page, 'no-alerts');
  });

  test('P6 an alert that leaves while it is read stays in hand, and says that it has left', async () => {
    const { page, say } = await boardTold([snapshot({ alerts: [alert('a', 1), alert('b', 1)] })]);
    await page.click('.row[data-alert=a]');
    say({ type: 'patch', from: 1, to: 2, gone: ['a'] });
    await expect.poll(() => page.textContent('.in-hand'), poll).toContain('已离开看板');
    await expect.poll(() => page.locator('.row').count(), poll).toBe(1);
    expect(await page.locator('.actions button').count()).toBe(0);
    await finish(page, 'left');
  });

  test('Q2 a more urgent alert does not push the row away that the hand is on', async () => {
    const { page, say } = await boardTold([snapshot({ alerts: [alert('a', 1), alert('b', 1)] })]);
    const order = () =>
      page.locator('.row').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-alert')));
    await page.hover('.row[data-alert=a]');
    await page.mouse.move(1200, 300);
    say({ type: 'patch', from: 1, to: 2, alerts: [{ ...alert('c', 1), severity: 'critical' }] });
    // The hand keeps moving, however long the machine takes.
    let y = 300;
    const orderUnderHand = async () => {
      await page.mouse.move(1200, ++y);
      return order();
    };
    await expect.poll(orderUnderHand, poll).toEqual(['a', 'b', 'c']);
    await expect.poll(() => page.textContent('.held'), poll).toContain('1 条新告警');
    // Left alone, the list puts itself in order.
    await expect.poll(order, poll).toEqual(['c', 'a', 'b']);
    await page.context().close();
  });

  test('Q7 an incident is one row; J, K, P and A go through it, and a part that becomes urgent moves nothing under the hand', async () => {
    const part = (id: string, incident: string | null, more: Partial<ReturnType<typeof alert>> = {}) => {
      const made = { ...alert(id, 1), ...more };
      return { ...made, work: { ...made.work, incident } };
    };
    const { page, say } = await boardTold([
      snapshot({
        alerts: [
          part('a', null),
          part('b', 'i', { startedAtMs: 1 }),
          part('c', 'i', { startedAtMs: 2 }),
          part('d', null, { startedAtMs: 3 }),
        ],
      }),
    ]);
    const rows = () =>
      page.locator('.row').evaluateAll((all) => all.map((row) => row.getAttribute('data-parts')));
    const inHand = () => page.locator('.part[aria-current=true]').getAttribute('data-alert');
    await expect.poll(rows, poll).toEqual(['a', 'b c', 'd']);
    await expect.poll(() => page.textContent('.row >> nth=1'), poll).toContain('共 2 条');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await expect.poll(() => inHand(), poll).toBe('b');
    await page.keyboard.press('p');
    await expect.poll(() => inHand(), poll).toBe('c');
    await expect.poll(() => page.locator('.row.selected').getAttribute('data-parts'), poll).toBe('b c');
    say({ type: 'patch', from: 1, to: 2, alerts: [part('e', 'i', { severity: 'critical' })] });
    await expect.poll(rows, poll).toEqual(['a', 'e b c', 'd']);
    await expect.poll(() => inHand(), poll).toBe('c');
    await page.keyboard.press('p');
    await expect.poll(() => inHand(), poll).toBe('e');
    await page.keyboard.press('j');
    await expect.poll(() => page.locator('.row.selected').getAttribute('data-alert'), poll).toBe('d');
    await expect.poll(rows, poll).toEqual(['e b c', 'a', 'd']);
    // Last, because it takes longer on a busy machine than the rows wait for the hand.
    await page.keyboard.press('k');
    await page.keyboard.press('k');
    await expect.poll(() => page.locator('.row.selected').getAttribute('data-parts'), poll).toBe('e b c');
    await expect.poll(() => page.locator('.part').count(), poll).toBe(3);
    await finish(page, 'incident');
  });

  test('P16 each room is reached at 1366 px and on a telephone, by keys, and the bar is never wider than the page', async () => {
    const desk = await openDesk(browser, program.url, { width: 1366, height: 768 });
    const { page } = desk;
    await signIn(page);
    await page.waitForSelector('.board');
    const isWithin = () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
    const more = page.locator('.menu button');
    await expect.poll(() => more.count(), poll).toBe(1);
    const inBar = await page.locator('.menu > a').count();
    expect(inBar).toBeGreaterThan(2);
    await expect.poll(() => isWithin(), poll).toBe(true);
    await more.focus();
    await page.keyboard.press('Enter');
    const names = () => page.locator('.menu a').allTextContents();
    expect(await names()).toEqual(
      expect.arrayContaining(['实时看板', '告警策略', '系统运行', '机构账号', '审计']),
    );
    expect(new Set(await names()).size).toBe((await names()).length);
    await page.screenshot({ path: join(shots, 'menu-1366.png') });
    expect(await findBarriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await page.locator('.menu .list').count()).toBe(0);
    await expect.poll(() => more.evaluate((button) => button === document.activeElement), poll).toBe(true);
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).pathname, poll).toBe('/audit');
    await expect.poll(() => page.locator('.menu .here').first().textContent(), poll).toContain('审计');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(program.url);
    await page.waitForSelector('.board');
    await expect.poll(() => page.locator('.menu > a').count(), poll).toBeLessThan(inBar);
    await more.click();
    await expect.poll(() => isWithin(), poll).toBe(true);
    await page.screenshot({ path: join(shots, 'menu-phone.png') });
    await page.click('.menu .list a:has-text("审计")');
    await expect.poll(() => new URL(page.url()).pathname, poll).toBe('/audit');
    await expect.poll(() => isWithin(), poll).toBe(true);
    expect(desk.faults).toEqual([]);
    await desk.context.close();
  });

  test('P17 the alert in hand has its evidence as a small drawing to scale, with how sure it is', async () => {
    const evidence = [0, 1].map((i) => ({
      atMs: 1000 * i,
      lat: 23.3 + i / 1000,
      lon: 116.1,
      accuracyM: 20 + 30 * i,
      distanceM: 100 * i,
    }));
    const { page } = await boardTold([
      snapshot({ alerts: [{ ...alert('a', 1), evidence, confidence: 0.987, kind: 'silent' }] }),
    ]);
    await page.waitForSelector('.row');
    await page.keyboard.press('j');
    await expect.poll(() => page.locator('.sketch .fix').count(), poll).toBe(2);
    const radii = await page
      .locator('.sketch .error')
      .evaluateAll((circles) => circles.map((each) => Number(each.getAttribute('r'))));
    expect((radii[1] ?? 0) / (radii[0] ?? 1)).toBeCloseTo(2.5, 1);
    await expect.poll(() => page.textContent('.sketch .bar'), poll).toMatch(/^\s*\d+ m\s*$/);
    await expect.poll(() => page.textContent('.sketch dl'), poll).toContain('98.7 %');
    await finish(page, 'sketch');
  });

  test('L7 a server of another version asks for a reload', async () => {
    const { page } = await boardTold([snapshot(), { type: 'bye', reason: 'protocol' }]);
    await expect.poll(() => page.textContent('.banner.trouble'), poll).toContain('本页版本过旧');
    await finish(page, 'outdated');
  });

  test('L6 a session that ends leads to sign-in, and says why', async () => {
    const { page, say } = await boardTold([snapshot()]);
    say({ type: 'bye', reason: 'signed-out' });
    await expect.poll(() => page.textContent('form').catch(() => ''), poll).toContain('登录已失效');
    await finish(page, 'session-ended');
  });

  test('P8 without WebGL2 a plain message stands in the map’s place, and the queue works', async () => {
    const blind = await launchBrowser(['--disable-3d-apis']);
    const desk = await openDesk(blind, program.url);
    await signIn(desk.page);
    await expect.poll(() => desk.page.textContent('.panel.map'), poll).toContain('没有 WebGL2');
    await expect.poll(() => desk.page.locator('.queue').count(), poll).toBe(1);
    expect(desk.faults).toEqual([]);
    await finish(desk.page, 'no-webgl');
    await blind.close();
  });

  test('P1 an unreachable server is told apart from a wrong password', async () => {
    const desk = await openDesk(browser, program.url);
    await desk.page.waitForSelector('form');
    await desk.context.setOffline(true);
    await signIn(desk.page);
    await expect.poll(() => desk.page.textContent('.fault'), poll).toContain('无法连接服务器');
    await desk.context.close();
  });

  test('P11 the first script is at most 250 kB gzipped, and holds no map', () => {
    const dist = fileURLToPath(new URL('../../dashboard/web/dist/', import.meta.url));
    const html = readFileSync(join(dist, 'index.html'), 'utf8');
    const scripts = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, file = '']) =>
      readFileSync(join(dist, file)),
    );
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.reduce((sum, script) => sum + gzipSync(script).length, 0)).toBeLessThan(250_000);
    expect(scripts.some((script) => script.includes('maplibregl-canvas'))).toBe(false);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=/);
  });
});
