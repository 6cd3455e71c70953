/// <reference lib="dom" />
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Desk, openDesk } from './desk.ts';
import { isForGuide, keepPicture, takePicture } from './pictures.ts';

/** Pictures of the board, the duty room and the office's task for docs/guide, over the demo. Only where pictures are asked for. */
describe.skipIf(missingBrowser !== undefined || !isForGuide)('pictures for the guide', () => {
  let program: Program;
  let browser: Browser;
  let duty: Desk;
  const poll = { timeout: 90_000, interval: 200 };

  async function sit(login: string, path: string, viewport = { width: 1440, height: 1080 }): Promise<Desk> {
    const desk = await openDesk(browser, program.url + path, viewport);
    await desk.page.fill('input[name=login]', login);
    await desk.page.fill('input[name=password]', 'test-password');
    await desk.page.keyboard.press('Enter');
    return desk;
  }

  beforeAll(async () => {
    program = await startProgram({ DATA_DIR: mkdtempSync(join(tmpdir(), 'wardline-e2e-')) }, ['--demo']);
    browser = await launchBrowser();
    duty = await sit('demo-duty', '/');
    await duty.page.waitForSelector('.board[data-link=live]');
  });
  afterAll(async () => {
    await browser?.close();
    await program?.end('SIGINT');
  });

  test('the board, and an alert in hand', async () => {
    const { page } = duty;
    const row = page.locator('.row[data-kind=out-of-bounds][data-owner=""]:not(.over)').first();
    await expect.poll(() => row.count(), poll).toBeGreaterThan(0);
    await expect.poll(() => page.locator('.row').count(), poll).toBeGreaterThan(4);
    // The map's pictures come from a worker: nothing in the page says when the last is drawn.
    await page.waitForTimeout(15_000);
    await takePicture(page, 'board');
    await row.click();
    await page.waitForTimeout(3000);
    await takePicture(page, 'alert');
    await page.keyboard.press('a');
    await expect
      .poll(() => page.locator('.row.selected').getAttribute('data-stage'), poll)
      .toBe('acknowledged');
    await page.keyboard.press('a');
    await expect.poll(() => page.locator('.row.selected').getAttribute('data-stage'), poll).toBe('handling');
    await page.keyboard.press('2');
    await page.waitForSelector('.card .contact');
    await takePicture(page, 'response-card');
    await page.keyboard.press('d');
    await page.fill('.form .note input', '请核实去向并反馈');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.row.selected').getAttribute('data-stage'), poll).toBe('tasked');
  });

  test('the task on a telephone', async () => {
    const phone = await sit('admin', '/office', { width: 390, height: 844 });
    await phone.page.waitForSelector('.task');
    await takePicture(phone.page, 'tasks');
    await phone.page.click('.task');
    await phone.page.click('button:has-text("接收任务")');
    await phone.page.waitForSelector('label:has-text("离开规定区域")');
    await takePicture(phone.page, 'task');
    await phone.context.close();
  });

  test('the duty room', async () => {
    const { page } = duty;
    await page.goto(`${program.url}/duty`);
    await page.click('button:has-text("签到上班")');
    await page.waitForSelector('[data-testid=shift][data-state=on]');
    await takePicture(page, 'duty');
    await page.goto(`${program.url}/duty/checks`);
    await page.waitForSelector('h1');
    await takePicture(page, 'checks');
  });

  test('the rooms of the administrator and the auditor', async () => {
    const admin = await sit('admin', '/subjects/S0002');
    await admin.page.waitForSelector('[data-duty=zones] li');
    await takePicture(admin.page, 'subject');
    for (const [language, turn, cancel] of [
      ['zh', 'EN', '取消'],
      ['en', '中文', 'Cancel'],
    ] as const) {
      await admin.page.click('[data-duty=zones] button');
      await admin.page.click('fieldset input[type=checkbox]');
      await keepPicture(admin.page, 'subject-zones', language);
      await admin.page.click(`.el-dialog button:has-text("${cancel}")`);
      await admin.page.waitForSelector('.el-dialog', { state: 'hidden' });
      await admin.page.click(`button:has-text("${turn}")`);
    }
    for (const [path, name, ready] of [
      ['/devices/terminals', 'terminals', '.el-table__row'],
      ['/operations', 'operations', '.el-table__row'],
    ] as const) {
      await admin.page.goto(program.url + path);
      await admin.page.waitForSelector(ready);
      await takePicture(admin.page, name);
    }
    await admin.page.goto(`${program.url}/zones`);
    await admin.page.locator('[data-testid=zone-map] canvas').waitFor();
    await admin.page.locator('.list li button').first().click();
    await admin.page.waitForTimeout(5000);
    await takePicture(admin.page, 'zones');
    await admin.context.close();
    const auditor = await sit('demo-auditor', '/audit');
    await auditor.page.waitForSelector('.el-table__row');
    await takePicture(auditor.page, 'audit');
    await auditor.page.goto(`${program.url}/audit/seals`);
    await auditor.page.click('button:has-text("校验封存链")');
    await expect.poll(() => auditor.page.textContent('[data-testid=verdict]'), poll).toContain('重算一致');
    await takePicture(auditor.page, 'seals');
    await auditor.context.close();
  });
});
