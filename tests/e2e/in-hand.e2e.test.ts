/// <reference lib="dom" />
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AlertCard, packWhereabouts, type SubjectCard } from '../../dashboard/protocol.ts';
import type { Stage } from '../../src/kernel/casework.ts';
import { alert } from '../harness/board.ts';
import { type Program, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { findBarriers } from './desk.ts';
import { snapshot, tellBoard } from './told-board.ts';

/** The alert in hand, in moments that a healthy server seldom shows. */
describe.skipIf(missingBrowser !== undefined)('the alert in hand', () => {
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

  const inHand = (id: string, more: Partial<AlertCard> = {}): AlertCard => ({
    ...alert(id, 1),
    acknowledgedBy: 'admin',
    acknowledgedAtMs: 0,
    work: { ...alert(id, 1).work, stage: 'handling', owner: 'admin' },
    ...more,
  });

  test('P18 what is typed after a key that opens a form is written, each time, and is no command', async () => {
    const { page } = await tellBoard(browser, program.url, [snapshot({ alerts: [inHand('a')] })]);
    const deeds: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && deeds.push(request.url()));
    await page.keyboard.press('j');
    await page.waitForSelector('.work .buttons');
    const note = () => page.inputValue('.work .form .note input');
    for (const key of ['d', 's', 'c', 'd', 's']) {
      await page.keyboard.press(key);
      await page.keyboard.type('please call Ms Er');
      await expect.poll(note, poll).toBe('please call Ms Er');
      await page.keyboard.press('Escape');
      await expect.poll(() => page.locator('.work .form').count(), poll).toBe(0);
    }
    // Where something has to be chosen first, that has the focus.
    await page.keyboard.press('r');
    await page.keyboard.press('End');
    await expect.poll(() => page.inputValue('.work .form select >> nth=0'), poll).toBe('data-error');
    // Beside the field, too, a letter is no command.
    await page.click('.work .form', { position: { x: 2, y: 2 } });
    await page.keyboard.type('please call Ms Er');
    await expect.poll(() => page.locator('.work .form select').count(), poll).toBe(1);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.work .form').count(), poll).toBe(0);
    expect(deeds).toEqual([]);
    expect(await findBarriers(page)).toEqual([]);
    await page.context().close();
  });

  test('P19 an answer that comes late is said at its own alert, and the device is asked once', async () => {
    const cards = ['S0', 'S1'].map(
      (id) => ({ ...snapshot().cards[0], id, name: `测试人员${id}` }) as SubjectCard,
    );
    const { page } = await tellBoard(browser, program.url, [
      snapshot({ cards, alerts: [inHand('a'), inHand('b', { subject: 'S1', startedAtMs: 1 })] }),
    ]);
    const asked: string[] = [];
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/v1/subjects/*/locate', async (route) => {
      asked.push(new URL(route.request().url()).pathname);
      await held;
      await route.fulfill({ json: { state: 'answered' } });
    });
    const outcome = () => page.locator('.work .outcome').allTextContents();
    await page.keyboard.press('j');
    await page.keyboard.press('l');
    await page.keyboard.press('l');
    await expect.poll(outcome, poll).toEqual(['正在定位，请稍候…']);
    await page.keyboard.press('j');
    await expect.poll(() => page.locator('.row.selected').getAttribute('data-alert'), poll).toBe('b');
    await expect.poll(outcome, poll).toEqual([]);
    const answered = page.waitForResponse('**/api/v1/subjects/S0/locate');
    answer();
    await (await answered).finished();
    await page.keyboard.press('k');
    await expect.poll(outcome, poll).toEqual(['设备已应答，位置已更新。']);
    await page.keyboard.press('j');
    await expect.poll(() => page.locator('.row.selected').getAttribute('data-alert'), poll).toBe('b');
    expect(await outcome()).toEqual([]);
    expect(asked).toEqual(['/api/v1/subjects/S0/locate']);
    await page.context().close();
  });

  test('P26 Enter before the deed before is answered: the call is written, after it and once', async () => {
    const { page } = await tellBoard(browser, program.url, [snapshot({ alerts: [inHand('a')] })]);
    const asked: string[] = [];
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/v1/alerts/a/*', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      asked.push(new URL(route.request().url()).pathname.split('/').at(-1) ?? '');
      await held;
      await route.fulfill({ json: {} });
    });
    await page.keyboard.press('j');
    await page.waitForSelector('.work kbd:text-is("C")');
    await page.keyboard.press('a');
    await expect.poll(() => asked.length, poll).toBe(1);
    await page.keyboard.press('c');
    await page.keyboard.type('已接听');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    expect(asked).toHaveLength(1);
    answer();
    await expect.poll(() => page.locator('.work .form').count(), poll).toBe(0);
    expect(asked).toHaveLength(2);
    expect(asked[1]).not.toBe(asked[0]);
    await page.context().close();
  });

  /** What the page has drawn is on the screen. */
  const painted = (page: Page) =>
    page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

  /** Answers what is written about alerts when `answer` is called, and says what was asked. */
  async function holdDeeds(page: Page) {
    const asked: string[] = [];
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/v1/alerts/*/*', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      asked.push(new URL(route.request().url()).pathname.replace('/api/v1/alerts/', ''));
      await held;
      await route.fulfill({ json: { alert: 'a', acknowledgedBy: 'admin' } });
    });
    return { asked, answer: () => answer() };
  }

  test('P27 a form opens while the alert is still being taken, and what it says is written after that', async () => {
    const { page } = await tellBoard(browser, program.url, [snapshot({ alerts: [alert('a', 1)] })]);
    const { asked, answer } = await holdDeeds(page);
    await page.waitForSelector('.row');
    await page.keyboard.press('/');
    await page.keyboard.type('测试');
    // What is found is opened, and the keys are its own from there on.
    for (const key of ['Enter', 'a', 'c']) await page.keyboard.press(key);
    await page.keyboard.type('please call');
    expect(await page.inputValue('.work .form .note input')).toBe('please call');
    await page.keyboard.press('Enter');
    expect(await page.inputValue('.find input')).toBe('测试');
    expect(asked).toEqual(['a/acknowledge']);
    answer();
    await expect.poll(() => page.locator('.work .form').count(), poll).toBe(0);
    expect(asked).toEqual(['a/acknowledge', 'a/contact']);
    await page.context().close();
  });

  test('P27 a deed whose key comes while another is being answered is not done, and that is said', async () => {
    const { page } = await tellBoard(browser, program.url, [snapshot({ alerts: [inHand('a')] })]);
    const { asked, answer } = await holdDeeds(page);
    await page.waitForSelector('.row');
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await expect.poll(() => asked.length, poll).toBe(1);
    await page.keyboard.press('a');
    await expect.poll(() => page.textContent('.work .outcome'), poll).toContain('未执行');
    answer();
    await expect.poll(() => page.locator('.work .buttons button:disabled').count(), poll).toBe(0);
    expect(await page.textContent('.work .outcome')).toContain('未执行');
    expect(asked).toHaveLength(1);
    await page.context().close();
  });

  test('P28 a key that was pressed before the alert was on the screen writes nothing about it, and that is said', async () => {
    const { page, say } = await tellBoard(browser, program.url, [snapshot({ alerts: [alert('a', 1)] })]);
    const { asked, answer } = await holdDeeds(page);
    answer();
    await page.waitForSelector('.row[data-alert=a]');
    // Nothing is painted any more, as on a machine that is busy, until it is let go.
    const letGo = await page.evaluateHandle(async () => {
      await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
      const frame = window.requestAnimationFrame.bind(window);
      let waiting: FrameRequestCallback[] = [];
      window.requestAnimationFrame = (run) => waiting.push(run);
      return () => {
        window.requestAnimationFrame = frame;
        for (const run of waiting) frame(run);
        waiting = [];
      };
    });
    say({ type: 'patch', from: 1, to: 2, alerts: [{ ...alert('z', 1), severity: 'critical' }] });
    await page.waitForSelector('.row[data-alert=z]');
    // Meant for `a`, which stood first.
    await page.keyboard.press('a');
    await page.keyboard.press('a');
    await expect.poll(() => page.textContent('.work .outcome'), poll).toContain('按键 A 未执行');
    expect(await page.getAttribute('.row.selected', 'data-alert')).toBe('z');
    expect(asked).toEqual([]);
    // What was on the screen when it was meant needs no second look.
    await page.keyboard.press('j');
    expect(await page.getAttribute('.row.selected', 'data-alert')).toBe('a');
    await letGo.evaluate((go) => go());
    await page.keyboard.press('k');
    await painted(page);
    await page.keyboard.press('a');
    await expect.poll(() => asked, poll).toEqual(['z/acknowledge']);
    await page.context().close();
  });

  test('P28 a shelving is approved for the alert under which it is seen, and is asked for again where that failed', async () => {
    const cards = ['S0', 'S1'].map((id) => ({ ...snapshot().cards[0], id }) as SubjectCard);
    const { page } = await tellBoard(browser, program.url, [
      snapshot({ cards, alerts: [inHand('a'), inHand('b', { subject: 'S1', startedAtMs: 1 })] }),
    ]);
    const approved: string[] = [];
    let looks = 0;
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/v1/shelvings?*', async (route) => {
      if (++looks === 1) return route.abort();
      if (looks === 3) await held;
      await route.fulfill({
        json: {
          items: ['S0', 'S1'].map((subject) => ({
            ...{ id: `for-${subject}`, subject, kind: 'out-of-bounds', reason: '演示', state: 'asked' },
            ...{ askedBy: 'demo-duty', until: new Date().toISOString(), approvedBy: null },
          })),
        },
      });
    });
    await page.route('**/api/v1/shelvings/*/approve', (route) => {
      approved.push(new URL(route.request().url()).pathname.split('/').at(-2) ?? '');
      return route.fulfill({ json: {} });
    });
    await page.waitForSelector('.row >> nth=1');
    await page.keyboard.press('j');
    await page.waitForSelector('.work .fault');
    await page.waitForSelector('.asked kbd:text-is("Y")');
    await page.keyboard.press('j');
    await expect.poll(() => page.getAttribute('.row.selected', 'data-alert'), poll).toBe('b');
    expect(await page.locator('.asked').count()).toBe(0);
    await page.keyboard.press('y');
    await expect.poll(() => page.textContent('.work .outcome'), poll).toContain('按键 Y 未执行');
    answer();
    await page.waitForSelector('.asked kbd:text-is("Y")');
    await painted(page);
    await page.keyboard.press('y');
    await expect.poll(() => approved, poll).toEqual(['for-S1']);
    await page.context().close();
  });

  test('P28 a form stays open while its alert leaves the board: its letters are not lost, and are no commands', async () => {
    const { page, say } = await tellBoard(browser, program.url, [
      snapshot({ alerts: [inHand('a'), alert('b', 1)] }),
    ]);
    const { asked, answer } = await holdDeeds(page);
    await page.click('.row[data-alert=a]');
    await page.keyboard.press('c');
    await page.keyboard.type('already ');
    say({ type: 'patch', from: 1, to: 2, gone: ['a'] });
    await expect.poll(() => page.locator('.row[data-alert=a]').count(), poll).toBe(0);
    await page.keyboard.type('jaja');
    expect(await page.inputValue('.work .form .note input')).toBe('already jaja');
    await page.keyboard.press('Enter');
    await expect.poll(() => asked, poll).toEqual(['a/contact']);
    answer();
    await expect.poll(() => page.locator('.work').count(), poll).toBe(0);
    await page.context().close();
  });

  test('P20 whose devices can’t be asked is said in words of its own, and positioning is not offered', async () => {
    const { page } = await tellBoard(browser, program.url, [snapshot({ alerts: [inHand('a')] })]);
    await page.route('**/api/v1/subjects/*/locate', (route) =>
      route.fulfill({
        status: 409,
        contentType: 'application/problem+json',
        body: JSON.stringify({ type: 'urn:wardline:problem:not-askable', status: 409 }),
      }),
    );
    const outcome = () => page.locator('.work .outcome').allTextContents();
    const locate = page.locator('.work .buttons button:has-text("立即定位")');
    await page.keyboard.press('j');
    await expect.poll(() => locate.count(), poll).toBe(1);
    await page.keyboard.press('l');
    await expect.poll(outcome, poll).toEqual(['此人没有可询问位置的设备。']);
    await page.route('**/api/v1/alerts/a', (route) =>
      route.fulfill({ json: { isAskable: false, actions: [] } }),
    );
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await expect.poll(() => page.locator('.work .buttons button').count(), poll).toBeGreaterThan(0);
    await expect.poll(() => locate.count(), poll).toBe(0);
    await page.keyboard.press('l');
    await expect.poll(outcome, poll).toEqual(['此人没有可询问位置的设备。']);
    await page.context().close();
  });

  const SENTENCE =
    '测试人员一二三四 于 09:12 越出普宁市演示活动区域，最近一次定位在界外 1.24 km（误差 ±35 m），已连续 6 次定位在界外，历时 23 分钟，置信度 99.1 %。';
  const busy = (id: string, more: Partial<AlertCard> = {}) =>
    inHand(id, {
      reason: { zh: SENTENCE, en: SENTENCE },
      zone: 'z',
      zoneName: '普宁市演示活动区域',
      evidence: [0, 1, 2].map((n) => ({
        atMs: 60_000 * n,
        lat: 23.3,
        lon: 116.1,
        accuracyM: 35,
        distanceM: 1240,
      })),
      ...more,
    });
  /** Whether it is wholly within the panel that it scrolls in, and the panel on the screen. */
  const isSeen = (page: Page, what: string) =>
    page.locator(what).evaluate((each) => {
      const box = each.getBoundingClientRect();
      const panel = each.closest('.in-hand')?.getBoundingClientRect();
      return (
        panel !== undefined &&
        panel.bottom <= window.innerHeight + 1 &&
        box.height > 0 &&
        box.top >= panel.top - 1 &&
        box.bottom <= panel.bottom + 1
      );
    });

  test('P21 at 1366 × 768 each form, what came of a deed and the sides of the alert in hand are on the screen', async () => {
    const many = Array.from({ length: 12 }, (_, i) =>
      busy(`n${i}`, { acknowledgedBy: null, startedAtMs: 2 + i }),
    );
    const { page } = await tellBoard(browser, program.url, [
      snapshot({ demo: true, alerts: [busy('a', { severity: 'critical' }), ...many] }),
    ]);
    await page.click('.row[data-alert=a]');
    for (const [key, last] of [
      ['d', 'button:has-text("取消")'],
      ['c', 'button:has-text("取消")'],
      ['s', 'button:has-text("取消")'],
      ['r', 'button:has-text("取消")'],
      ['m', 'button:has-text("取消")'],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => isSeen(page, `.work .form ${last}`), poll).toBe(true);
      await expect.poll(() => isSeen(page, '.work .form .note input'), poll).toBe(true);
      await page.screenshot({ path: join(shots, `form-${key}.png`) });
      await page.keyboard.press('Escape');
      await expect.poll(() => page.locator('.work .form').count(), poll).toBe(0);
    }
    await page.keyboard.press('l');
    await expect.poll(() => isSeen(page, '.work .outcome'), poll).toBe(true);
    await page.locator('.in-hand').evaluate((panel) => panel.scrollTo(0, 0));
    expect(await isSeen(page, '.work .outcome')).toBe(true);
    expect(await isSeen(page, '.sides')).toBe(true);
    // The load of the seat is a line below, and not left out.
    const meter = await page.locator('.meter').boundingBox();
    expect((meter?.y ?? 0) + (meter?.height ?? 0)).toBeLessThanOrEqual(768);
    expect(meter?.height ?? 0).toBeGreaterThan(15);
    expect(meter?.height ?? 0).toBeLessThan(40);
    await page.screenshot({ path: join(shots, 'in-hand.png') });
    expect(await findBarriers(page)).toEqual([]);
    await page.context().close();
  });

  test('P22 at 1366 px a row shows kind, name, office and owner uncut, in both languages', async () => {
    const kinds = ['exclusion-entry', 'out-of-bounds', 'silent', 'strap-tamper', 'leave-deviation'] as const;
    const cards = kinds.map((_, i) => ({
      ...(snapshot().cards[0] as SubjectCard),
      id: `S${i}`,
      name: '测试人员一二三四',
    }));
    const { page } = await tellBoard(browser, program.url, [
      snapshot({
        cards,
        alerts: kinds.map((kind, i) => ({
          ...busy(kind, { kind, subject: `S${i}`, startedAtMs: Date.now() - 83 * 60_000 }),
          ...(i % 2 === 0
            ? { acknowledgedBy: null, work: { ...alert('x', 1).work, dueAtMs: Date.now() + 60_000 } }
            : {}),
        })),
      }),
    ]);
    await page.waitForSelector('.row >> nth=4');
    const cut = () =>
      page
        .locator('.row')
        .evaluateAll((rows) =>
          rows.flatMap((row) =>
            [...row.querySelectorAll('.what, .owner')]
              .filter((each) => each.scrollWidth > each.clientWidth)
              .map((each) => each.textContent),
          ),
        );
    const isOfficeSeen = () =>
      page
        .locator('.row .line')
        .evaluateAll((lines) =>
          lines.every((line) => line.textContent?.trim().startsWith('普宁市 演示一所 ·')),
        );
    expect(await cut()).toEqual([]);
    expect(await isOfficeSeen()).toBe(true);
    await page.screenshot({ path: join(shots, 'rows-zh.png') });
    await page.click('button[title="Switch to English"]');
    await expect.poll(() => page.getAttribute('html', 'lang'), poll).toBe('en');
    expect(await cut()).toEqual([]);
    await page.screenshot({ path: join(shots, 'rows-en.png') });
    await page.context().close();
  });

  test('W2 a wall that has no room for every row says how many more there are, whatever its size', async () => {
    const alerts = Array.from({ length: 60 }, (_, i) =>
      busy(`n${i}`, { acknowledgedBy: null, startedAtMs: i }),
    );
    // Some stand together where the map has a name: for whoever looks at the picture.
    const cards = Array.from({ length: 30 }, (_, i) => ({
      ...(snapshot().cards[0] as SubjectCard),
      id: `S${i}`,
    }));
    const nowS = Math.floor(Date.now() / 1000);
    const whereabouts = packWhereabouts(
      cards.map((_, i) => [i, 116.34 + i / 1500, 23.648, 20, nowS, nowS, 80, 0]),
    );
    const { page } = await tellBoard(browser, program.url, [snapshot({ cards, whereabouts, alerts })]);
    await page.goto(`${program.url}/wall`);
    await page.waitForSelector('.wall .row');
    const seen = () =>
      page.locator('.wall .row').evaluateAll((rows) => {
        const bottom = rows[0]?.closest('ol')?.getBoundingClientRect().bottom ?? 0;
        return rows.filter(
          (row) =>
            row.getBoundingClientRect().bottom <= bottom + 1 &&
            getComputedStyle(row).visibility === 'visible',
        ).length;
      });
    const said = async () => Number(/\d+/.exec((await page.textContent('[data-testid=unseen]')) ?? '')?.[0]);
    const counts = new Set<number>();
    for (const viewport of [
      { width: 1366, height: 768 },
      { width: 1920, height: 1080 },
    ]) {
      await page.setViewportSize(viewport);
      await expect.poll(async () => (await seen()) + (await said()), poll).toBe(60);
      const line = await page.locator('[data-testid=unseen]').boundingBox();
      expect((line?.y ?? 0) + (line?.height ?? 0)).toBeLessThanOrEqual(viewport.height);
      await expect.poll(() => page.locator('.wall .meter').isVisible(), poll).toBe(true);
      counts.add(await seen());
      await page.screenshot({ path: join(shots, `wall-${viewport.width}.png`) });
    }
    expect(Math.min(...counts)).toBeGreaterThan(3);
    expect(await findBarriers(page)).toEqual([]);
    await page.context().close();
  });

  test('P23 by keys alone: reviewed, closed, sent back, taken out of the incident, a shelving approved', async () => {
    const at = (stage: Stage, incident: string | null = null) => ({ ...inHand('a').work, stage, incident });
    const { page, say } = await tellBoard(browser, program.url, [
      snapshot({
        alerts: [inHand('a', { work: at('resolved', 'i') }), inHand('b', { work: at('resolved', 'i') })],
      }),
    ]);
    const deeds: string[] = [];
    await page.route('**/api/v1/shelvings?*', (route) =>
      route.fulfill({
        json: {
          items: [
            {
              ...{ id: 'h', subject: 'S0', kind: 'out-of-bounds', reason: '演示', state: 'asked' },
              ...{ askedBy: 'demo-duty', until: new Date().toISOString(), approvedBy: null },
            },
          ],
        },
      }),
    );
    await page.route(/alerts\/a\/|incidents\/|shelvings\/h/, (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      deeds.push(new URL(route.request().url()).pathname.replace('/api/v1/', ''));
      return route.fulfill({ json: {} });
    });
    const key = async (letter: string, deed: string) => {
      await page.waitForSelector(`.work kbd:text-is("${letter}")`);
      await page.keyboard.press(letter.toLowerCase());
      await expect.poll(() => deeds.at(-1), poll).toBe(deed);
      await expect.poll(() => page.locator('.work .buttons button:disabled').count(), poll).toBe(0);
    };
    await page.keyboard.press('j');
    await key('V', 'alerts/a/review');
    await key('U', 'incidents/i/split');
    await key('Y', 'shelvings/h/approve');
    await page.keyboard.press('b');
    await page.keyboard.type('by xv');
    await expect.poll(() => page.inputValue('.work .form .note input'), poll).toBe('by xv');
    await page.keyboard.press('Enter');
    await expect.poll(() => deeds.at(-1), poll).toBe('alerts/a/return');
    // What the stage does not allow, the key does not do.
    await page.keyboard.press('x');
    say({ type: 'patch', from: 1, to: 2, alerts: [inHand('a', { version: 2, work: at('reviewed') })] });
    await key('X', 'alerts/a/close');
    expect(deeds).toHaveLength(5);
    await page.keyboard.press('?');
    await expect.poll(() => page.textContent('dialog'), poll).toMatch(/复核通过.*结案.*退回.*批准搁置/);
    await page.context().close();
  });

  test('A3 in another room, too, an alert sounds, is counted, and is in the tab’s title', async () => {
    const { page, say, lines } = await tellBoard(browser, program.url, [
      snapshot({ alerts: [alert('a', 1)] }),
    ]);
    await expect.poll(() => page.title(), poll).toBe('(1) 守界');
    await page.click('.menu a:has-text("值班室")');
    const told = () => page.textContent('.bar [data-testid=unowned]').catch(() => '');
    await expect.poll(told, poll).toMatch(/无主事件\s*1/);
    await expect.poll(() => page.getAttribute('.bar .sound', 'data-sound'), poll).toBe('on');
    await page.evaluate(() => {
      const begin = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...when) {
        document.body.dataset.tones = String(Number(document.body.dataset.tones ?? 0) + 1);
        return begin.apply(this, when);
      };
    });
    say({ type: 'patch', from: 1, to: 2, alerts: [alert('b', 1)] });
    await expect.poll(told, poll).toMatch(/无主事件\s*2/);
    await expect.poll(() => page.title(), poll).toBe('(2) 守界');
    const tones = () => page.evaluate(() => Number(document.body.dataset.tones ?? 0));
    await expect.poll(tones, poll).toBeGreaterThan(0);
    await page.screenshot({ path: join(shots, 'away.png') });
    expect(await findBarriers(page)).toEqual([]);
    await page.click('.bar [data-testid=unowned]');
    await page.waitForSelector('.board .row >> nth=1');
    // From room to room it is one connection, which fetches the board once; what is counted of it is there at once.
    await expect.poll(() => page.textContent('.board [data-testid=unowned]'), poll).toMatch(/2/);
    await expect.poll(() => page.textContent('.board .counters'), poll).toMatch(/1/);
    expect(lines()).toBe(1);
    say({ type: 'patch', from: 2, to: 3, alerts: [alert('c', 1)] });
    await page.waitForSelector('.board .row >> nth=2');
    await page.context().close();
  });
});
