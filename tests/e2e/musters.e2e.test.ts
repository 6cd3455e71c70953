/// <reference lib="dom" />
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, runCommand, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { callAs, type Desk, findBarriers, openDesk, PASSWORD, signIn } from './desk.ts';
import { takePicture } from './pictures.ts';

/** An office calls its people; one comes to the terminal, one is seen there, one is on leave, one stays away. */
describe.skipIf(missingBrowser !== undefined)('roll calls', () => {
  let program: Program;
  let browser: Browser;
  let desk: Desk;
  let page: Page;
  let token: string;
  const poll = { timeout: 15_000, interval: 100 };
  const office = '445281/office-01';
  const NAMES = ['测试人员一', '测试人员二', '测试人员三', '测试人员四'];

  beforeAll(async () => {
    const place = mkdtempSync(join(tmpdir(), 'wardline-e2e-'));
    const env = { DATA_DIR: join(place, 'data'), IDENTITY_KEYS: `k1:${randomBytes(32).toString('base64')}` };
    program = await startProgram(env);
    const file = (name: string, content: object) => {
      writeFileSync(join(place, name), JSON.stringify(content));
      return join(place, name);
    };
    const subjects = NAMES.map((name, i) => ({
      id: `S${i + 1}`,
      name,
      office,
      record: { legalType: 'suspended-sentence', from: '2026-01-10', until: '2030-01-09' },
      devices: [{ id: `D${i + 1}`, kind: 'phone', feed: 'F1', intervalS: 300, from: '2026-01-01T00:00:00Z' }],
    }));
    const args = ['roster', 'load', '--roster', file('roster.json', { subjects })];
    expect(await runCommand(env, args)).toMatchObject({ code: 0 });
    const made = await runCommand(env, ['token', 'create', '--feed', 'F1']);
    token = made.stdout.trim().split(/\s/).at(-1) ?? '';
    browser = await launchBrowser();
    desk = await openDesk(browser, `${program.url}/accounts`, { width: 1366, height: 900 });
    page = desk.page;
    page.setDefaultTimeout(10_000);
    await signIn(page);
    await page.waitForSelector('nav.menu');
    await call('PUT', 'organisations', { path: office, kind: 'justice-office', name: '测试司法所' });
    const account = await call('POST', 'accounts', {
      login: 'test-office',
      role: 'office-officer',
      organisation: office,
    });
    const feature = {
      type: 'Feature',
      id: 'hall',
      properties: { name: '测试礼堂', radiusM: 150 },
      geometry: { type: 'Point', coordinates: [116.16, 23.3] },
    };
    await call('PUT', 'zones/hall', { feature, office, reason: '测试' });
    await call('PUT', 'terminals/T1', { name: '大厅终端', office, timeZone: 'Asia/Shanghai' });
    await page.click('button:has-text("退出")');
    await page.waitForSelector('input[name=login]');
    await signIn(page, account.oneTimePassword, 'test-office');
    await page.locator('input[type=password]').nth(1).waitFor();
    await page.evaluate(
      async ([password, next]) => {
        const { csrf } = await (await fetch('/api/v1/session')).json();
        const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf };
        await fetch('/api/v1/session/password', {
          method: 'PUT',
          headers,
          body: JSON.stringify({ password, next }),
        });
      },
      [account.oneTimePassword, PASSWORD] as const,
    );
    await page.goto(`${program.url}/musters`);
    await signIn(page, PASSWORD, 'test-office');
    await page.waitForSelector('nav.menu');
  });
  afterAll(async () => {
    await browser?.close();
    await program?.end('SIGINT');
  });

  const call = (method: string, path: string, body: object) => callAs(page, method, path, body);
  const send = async (observation: object) => {
    const answer = await fetch(`${program.url}/ingest/v1/observations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify([observation]),
    });
    expect(answer.status).toBeLessThan(300);
  };
  const dialogue = () => page.locator('.el-dialog:visible');
  const field = (label: string) => dialogue().locator(`[aria-label="${label}"]`).first();
  const choose = async (label: string, option: string) => {
    await dialogue()
      .locator('.el-select', { has: page.locator(`[aria-label="${label}"]`) })
      .click();
    await page.click(`.el-select-dropdown__item:visible:has-text("${option}")`);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.el-select-dropdown__item:visible', { state: 'hidden' });
  };
  /** As a field of date and time wants it, in the office's time. */
  const local = (minutes: number) =>
    new Date(Date.now() + minutes * 60_000 + 8 * 3_600_000).toISOString().slice(0, 16);
  const row = (name: string) => page.locator('tbody tr', { hasText: name }).textContent();
  const rate = () => page.locator('[data-testid=muster-rate]').textContent();

  test('RC9 an office calls its people and sees them come, at the terminal and by their position', async () => {
    await page.click('button:has-text("发起点验")');
    await field('名称').fill('测试点验');
    await choose('地点（电子围栏）', '测试礼堂');
    await field('开始').fill(local(30));
    await field('结束').fill(local(20));
    await field('理由').fill('月度点验');
    await expect.poll(() => dialogue().textContent(), poll).toContain('结束须晚于开始');
    expect(await dialogue().getByRole('button', { name: '发起', exact: true }).isDisabled()).toBe(true);
    await field('开始').fill(local(-5));
    await choose('书面请假（不计入签到率）', '测试人员三');
    expect(await findBarriers(page)).toEqual([]);
    await dialogue().getByRole('button', { name: '发起', exact: true }).click();
    await dialogue().waitFor({ state: 'hidden' });
    await expect.poll(rate, poll).toContain('签到 0 ÷（应到 4 − 书面请假 1）');
    expect(await rate()).toContain('目标 90.0 %');
    expect(await row('测试人员三')).toContain('书面请假');

    const at = new Date().toISOString();
    await send({ type: 'checkin', subject: 'S1', terminal: 'T1', at, method: 'fingerprint' });
    const fix = { type: 'position', subject: 'S2', device: 'D2', at, lat: 23.3, lon: 116.16, accuracyM: 10 };
    await send(fix);
    // Nobody touches the page.
    await expect.poll(() => row('测试人员一'), poll).toMatch(/已到.*终端 大厅终端 · 指纹/);
    await expect.poll(() => row('测试人员二'), poll).toContain('定位显示在点验地点');
    await expect.poll(rate, poll).toContain('66.6 %');
    expect(await row('测试人员四')).toContain('未到');
    expect(await findBarriers(page)).toEqual([]);
    await takePicture(page, 'muster');
  });

  test('RC8 who is missing is saved as a table; on paper nothing but the sheet is left', async () => {
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.click('button:has-text("导出缺席名单")'),
    ]);
    expect(saved.suggestedFilename()).toBe('测试点验-缺席名单.csv');
    const table = readFileSync(await saved.path(), 'utf8');
    expect(table.trim().split('\r\n').slice(1)).toEqual(['"测试人员四","S4","测试司法所",""']);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.bar').isVisible()).toBe(false);
    expect(await page.locator('button:has-text("导出缺席名单")').isVisible()).toBe(false);
    expect(await page.locator('article.sheet').isVisible()).toBe(true);
    await page.emulateMedia({ media: 'screen' });
  });

  test('RC3 one that has not begun is changed, and cancelled with its reason; in English nothing is left in Chinese', async () => {
    await page.click('button:has-text("返回列表")');
    await page.click('button:has-text("发起点验")');
    await field('名称').fill('测试二');
    await choose('地点（电子围栏）', '测试礼堂');
    await field('开始').fill(local(60));
    await field('结束').fill(local(120));
    await choose('应到人员', '逐一选择');
    await choose('选择人员', '测试人员四');
    await field('理由').fill('测试');
    await dialogue().getByRole('button', { name: '发起', exact: true }).click();
    await dialogue().waitFor({ state: 'hidden' });
    await expect.poll(() => page.locator('tbody tr').count(), poll).toBe(1);
    await page.getByRole('button', { name: '更改', exact: true }).click();
    await choose('应到人员', '本机构全部在矫人员');
    await field('理由').fill('测试更改');
    await dialogue().getByRole('button', { name: '保存', exact: true }).click();
    await dialogue().waitFor({ state: 'hidden' });
    await expect.poll(() => page.locator('tbody tr').count(), poll).toBe(4);
    await page.fill('[aria-label="取消理由（记入审计日志）"]', '测试台风');
    await page.getByRole('button', { name: '取消点验' }).click();
    await page.getByRole('button', { name: '确认取消' }).click();
    await expect.poll(() => page.textContent('article.sheet'), poll).toContain('取消：测试台风');
    await page.click('button:has-text("EN")');
    await page.click('button:has-text("Back to the list")');
    await page.waitForSelector('td:has-text("cancelled")');
    const said = await page.locator('main').textContent();
    expect((said ?? '').replaceAll(/测试[一-鿿]*/g, '')).not.toMatch(/[一-鿿]/);
    await page.click('button:has-text("中文")');
    expect(desk.faults.filter((fault) => !/status of 4/.test(fault))).toEqual([]);
    expect(desk.outside).toEqual([]);
  });
});
