/// <reference lib="dom" />
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, runCommand, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Desk, findBarriers, openDesk, PASSWORD, signIn } from './desk.ts';

/** One subject who stays, travels and is not heard for an hour: what the room draws is known. */
describe.skipIf(missingBrowser !== undefined)('the room of a subject', () => {
  let program: Program;
  let browser: Browser;
  let desk: Desk;
  let page: Page;
  const shots = mkdtempSync(join(tmpdir(), 'wardline-shots-'));
  const poll = { timeout: 60_000, interval: 100 };
  /** Yesterday in China: a whole day, whenever this runs. */
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(Date.now() - 86_400_000);
  const dayMs = Date.parse(`${day}T00:00:00+08:00`);
  /** As a field of date and time has it. */
  const local = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16);
  /** REST by the session of the page. */
  const call = (by: Page, method: string, path: string, body: object, csrf?: string) =>
    by.evaluate(
      async ([method, path, body, given]) => {
        const csrf = given ?? (await (await fetch('/api/v1/session')).json()).csrf ?? '';
        const answer = await fetch(`/api/v1/${path}`, {
          method: String(method),
          headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
          body: String(body),
        });
        const text = await answer.text();
        if (!answer.ok) throw new Error(text);
        return text === '' ? {} : JSON.parse(text);
      },
      [method, path, JSON.stringify(body), csrf] as const,
    );

  beforeAll(async () => {
    const place = mkdtempSync(join(tmpdir(), 'wardline-e2e-'));
    const env = { DATA_DIR: join(place, 'data') };
    program = await startProgram(env);
    const file = (name: string, text: string) => {
      writeFileSync(join(place, name), text);
      return join(place, name);
    };
    const subject = {
      id: 'S1',
      name: '测试人员一',
      office: '445281/office-01',
      devices: [{ id: 'D1', kind: 'phone', intervalS: 300, from: '2026-01-01T00:00:00Z' }],
      zones: [{ zone: 'z1', rule: 'stay-in' }],
      curfews: [{ zone: 'z1', days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '06:00' }],
    };
    const zone = {
      type: 'Feature',
      id: 'z1',
      properties: { name: '测试围栏', radiusM: 5000 },
      geometry: { type: 'Point', coordinates: [116.16, 23.3] },
    };
    const loaded = await runCommand(env, [
      'roster',
      'load',
      '--roster',
      file('roster.json', JSON.stringify({ subjects: [subject] })),
      '--zones',
      file('zones.geojson', JSON.stringify({ type: 'FeatureCollection', features: [zone] })),
    ]);
    expect(loaded).toMatchObject({ code: 0 });
    const minutes = [...Array(96).keys()].map((i) => i * 5).filter((minute) => minute < 240 || minute >= 300);
    const lines = minutes.map((minute) =>
      JSON.stringify({
        type: 'position',
        device: 'D1',
        at: new Date(dayMs + minute * 60_000).toISOString(),
        lat: 23.3 + (minute < 240 ? 0 : (minute - 300) / 10_000),
        lon: 116.16,
        accuracyM: 30,
        method: 'gnss',
      }),
    );
    const token = await runCommand(env, ['token', 'create', '--feed', 'F1']);
    const posted = await fetch(`${program.url}/ingest/v1/observations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.stdout.trim()}`, 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    expect(posted.status).toBe(200);
    browser = await launchBrowser();
    desk = await openDesk(browser, program.url, { width: 1366, height: 900 });
    page = desk.page;
    await page.waitForSelector('form');
    await signIn(page);
    await page.waitForSelector('.board[data-link=live]');
    console.log(`screenshots: ${shots}`);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.end('SIGINT');
  });

  test('S5 from the menu to a subject by name', async () => {
    await page.click('nav.menu a[href="/subjects"]');
    // The board has a field to find somebody too, and stands until the room is loaded.
    await page.waitForSelector('h1:has-text("矫正对象")');
    await page.fill('.find input', '人员一');
    await page.click('text=测试人员一');
    await page.waitForSelector('h1:has-text("测试人员一")');
    await expect.poll(() => page.textContent('.side'), poll).toContain('信息化核查终端（手机）');
    await page.screenshot({ path: join(shots, 'subject.png') });
  });

  test('S6 a track is shown only for a reason; stays, gaps and slots are those of the day', async () => {
    const show = page.locator('button:has-text("查看轨迹")');
    await expect.poll(() => show.isDisabled(), poll).toBe(true);
    await page.fill('.ask .el-date-editor input', day);
    await page.keyboard.press('Enter');
    await page.click('.reason');
    await page.click('.el-select-dropdown__item:has-text("日常核查")');
    await show.click();
    await page.waitForSelector('[data-testid=track-map] canvas');
    await expect.poll(() => page.locator('.stays li').count(), poll).toBeGreaterThanOrEqual(1);
    await expect
      .poll(() => page.locator('.stays li').first().textContent(), poll)
      .toContain('00:00:00–03:55:00');
    const there = await page
      .locator('.axis rect.there')
      .evaluateAll((all) => all.map((rect) => [rect.getAttribute('x'), rect.getAttribute('width')]));
    expect(there).toEqual([
      ['0', '48'],
      ['60', '36'],
    ]);
    await page.locator('.axis input[type=range]').fill(String(dayMs + 270 * 60_000));
    await expect.poll(() => page.textContent('.player'), poll).toContain('此时无定位，上一点在 35 分');
    await page.screenshot({ path: join(shots, 'track.png') });
  });

  test('S8 the evidence of a day is packed for the reason given; Space plays and pauses', async () => {
    const [pack] = await Promise.all([
      page.waitForEvent('download'),
      page.click('button:has-text("证据包")'),
    ]);
    expect(pack.suggestedFilename()).toBe('evidence-S1.zip');
    await page.locator('.axis input[type=range]').fill(String(dayMs + 60_000));
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press(' ');
    await expect.poll(() => page.textContent('.player'), poll).toContain('暂停');
    await page.keyboard.press(' ');
    await expect.poll(() => page.textContent('.player'), poll).toContain('播放');
    await expect.poll(() => page.textContent('.history'), poll).toContain('历史告警');
  });

  test('S9 a table is refused by its cells, then taken; somebody is taken onto the roster by hand', async () => {
    const office = { path: '445281/office-01', kind: 'justice-office', name: '测试司法所' };
    await call(page, 'PUT', 'organisations', office);
    await page.goto(`${program.url}/subjects`);
    await page.click('button:has-text("导入")');
    const table = (type: string) => ({
      name: 'table.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        `编号,姓名,司法所,矫正类别,矫正开始日期,矫正结束日期\nT1,测试人员二,测试司法所,${type},2026-01-10,2028-01-09\n`,
      ),
    });
    const dialogue = page.locator('.el-dialog:visible');
    await dialogue.locator('input[type=file]').setInputFiles(table('劳教'));
    await dialogue.locator('.el-input input').fill('测试导入');
    await dialogue.locator('button:has-text("检查")').click();
    await expect.poll(() => dialogue.textContent(), poll).toContain('D2');
    await expect.poll(() => dialogue.textContent(), poll).toContain('应为：管制、缓刑、假释、暂予监外执行');
    expect(await findBarriers(page)).toEqual([]);
    await page.screenshot({ path: join(shots, 'import.png') });
    await dialogue.locator('input[type=file]').setInputFiles(table('缓刑'));
    await dialogue.locator('button:has-text("检查")').click();
    await expect.poll(() => dialogue.textContent(), poll).toContain('将新增 1 人');
    await dialogue.locator('.el-dialog__footer button:has-text("导入")').click();
    await expect.poll(() => dialogue.textContent(), poll).toContain('已导入');
    await dialogue.locator('.el-dialog__footer button:has-text("关闭")').click();
    await page.waitForSelector('.rows a:has-text("测试人员二")');

    await page.click('button:has-text("新增对象")');
    const field = (label: string) => dialogue.locator(`[aria-label="${label}"]`);
    await field('姓名').fill('测试人员三');
    await dialogue.locator('.el-select').first().click();
    await page.click('.el-select-dropdown__item:visible:has-text("测试司法所")');
    await dialogue.locator('.el-date-editor input').nth(1).fill('2028-01-09');
    await page.keyboard.press('Enter');
    await field('理由（记入审计日志）').fill('入矫');
    expect(await findBarriers(page)).toEqual([]);
    await page.screenshot({ path: join(shots, 'form.png') });
    await dialogue.locator('button:has-text("保存")').click();
    await page.waitForSelector('h1:has-text("测试人员三")');
  });

  test('S10 an office asks for leave and is told that the county decides; the county approves; the board shows it', async () => {
    const office = await sitDown('test-office', 'office-officer', '445281/office-01');
    await office.page.click('button:has-text("登记外出申请")');
    const dialogue = office.page.locator('.el-dialog:visible');
    const field = (label: string) => dialogue.locator(`[aria-label="${label}"]`);
    await dialogue.locator('.el-select').first().click();
    await pick(office.page, '测试人员一');
    await field('目的地').fill('测试医院');
    await field('外出时间').fill(local(Date.now() - 3_600_000));
    await field('返回时间').fill(local(Date.now() + 9 * 86_400_000));
    await field('具体情况与证明材料').fill('测试：住院手续');
    await expect.poll(() => dialogue.locator('.level').textContent(), poll).toContain('县级审批');
    expect(await barriers(office.page)).toEqual([]);
    await office.page.screenshot({ path: join(shots, 'leave-form.png') });
    await dialogue.locator('button:has-text("提交")').click();
    const leave = office.page.locator('[data-testid=leave] > ul > li');
    await expect.poll(() => leave.textContent(), poll).toContain('须由县级审批');
    await expect.poll(() => leave.getByRole('button', { name: '撤回' }).count(), poll).toBe(1);

    const county = await sitDown('test-county', 'manager', '445281');
    await county.page.click('[data-testid=leave] button:has-text("批准") >> nth=0');
    await expect.poll(() => county.page.textContent('[data-testid=leave]'), poll).toContain('已批准');
    expect(await county.page.locator('button:has-text("登记外出申请")').count()).toBe(0);

    await page.goto(program.url);
    const tile = page.locator('.tiles > div', { hasText: '请假' });
    await expect.poll(() => tile.locator('dd').textContent(), poll).toBe('1');
    expect([...office.faults, ...county.faults]).toEqual([]);
    await Promise.all([office.context.close(), county.context.close()]);
  });

  test('S11 a wristband is given, its order proposed and approved; the subject is handed over to another office', async () => {
    await call(page, 'PUT', 'organisations', {
      path: '445281/office-02',
      kind: 'justice-office',
      name: '测试司法所二',
    });
    await page.goto(`${program.url}/subjects/S1`);
    const dialogue = page.locator('.el-dialog:visible');
    const field = (label: string) => dialogue.locator(`[aria-label="${label}"]`);
    await page.click('button:has-text("分配设备")');
    await field('设备编号').fill('W1');
    await dialogue.locator('.el-select').first().click();
    await pick(page, '电子定位装置');
    await field('理由（记入审计日志）').fill('测试分配');
    expect(await barriers(page)).toEqual([]);
    await page.screenshot({ path: join(shots, 'device-form.png') });
    await dialogue.locator('button:has-text("保存")').click();
    await expect.poll(() => page.textContent('[data-testid=devices]'), poll).toContain('无有效审批');

    await page.click('button:has-text("提请使用电子定位装置")');
    await expect.poll(() => dialogue.textContent(), poll).toContain('W1');
    expect(await barriers(page)).toEqual([]);
    await page.screenshot({ path: join(shots, 'order-form.png') });
    await dialogue.locator('button:has-text("提交")').click();
    const orders = page.locator('[data-testid=orders]');
    await orders.getByRole('button', { name: '批准', exact: true }).click();
    await orders.locator('input').fill('测试批准');
    await orders.getByRole('button', { name: '批准', exact: true }).click();
    await expect.poll(() => orders.textContent(), poll).toContain('执行中');
    await expect.poll(() => page.textContent('[data-testid=devices]'), poll).toContain('使用期限至');

    await page.click('button:has-text("移交")');
    await dialogue.locator('.el-select').click();
    await pick(page, '测试司法所二');
    await field('理由（记入审计日志）').fill('测试移交');
    expect(await barriers(page)).toEqual([]);
    await page.screenshot({ path: join(shots, 'move-form.png') });
    await dialogue.locator('button:has-text("移交")').click();
    await expect.poll(() => page.textContent('.who'), poll).toContain('测试司法所二');
    await page.screenshot({ path: join(shots, 'subject-law.png'), fullPage: true });
    expect(await barriers(page)).toEqual([]);
  });

  async function pick(of: Page, option: string): Promise<void> {
    await of.click(`.el-select-dropdown__item:visible:has-text("${option}")`);
    await of.waitForSelector('.el-select-dropdown__item:visible', { state: 'hidden' });
  }

  /** Of dialogues that stand: colours have no contrast while they fade. */
  async function barriers(of: Page): Promise<string[]> {
    await of.waitForFunction(
      () => document.querySelector('[class*=fade-enter], [class*=fade-leave]') === null,
    );
    return findBarriers(of);
  }

  /** A desk at which somebody of that role sits, who has chosen a password, in the office's room. */
  async function sitDown(login: string, role: string, organisation: string): Promise<Desk> {
    const made = await call(page, 'POST', 'accounts', { login, role, organisation });
    const desk = await openDesk(browser, `${program.url}/office`, { width: 1366, height: 768 });
    const session = await call(desk.page, 'POST', 'session', { login, password: made.oneTimePassword });
    await call(
      desk.page,
      'PUT',
      'session/password',
      { password: made.oneTimePassword, next: PASSWORD },
      session.csrf,
    );
    await signIn(desk.page, PASSWORD, login);
    await desk.page.waitForSelector('[data-testid=leave]');
    return desk;
  }

  test('S7 axe finds no barrier; nothing was asked of another origin, and nothing failed in the page', async () => {
    expect(await findBarriers(page)).toEqual([]);
    await page.goto(`${program.url}/subjects`);
    await page.waitForSelector('.rows a');
    expect(await findBarriers(page)).toEqual([]);
    expect(desk.outside).toEqual([]);
    expect(desk.faults).toEqual([]);
  });
});
