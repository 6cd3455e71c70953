/// <reference lib="dom" />
import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConnection } from '../../src/adapters/embedded-postgres.ts';
import { type Program, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Desk, findBarriers, openDesk, signIn } from './desk.ts';

/** The notices over the real program: one that comes, and a channel that refuses before it takes. */
describe.skipIf(missingBrowser !== undefined)('the notices of the page', () => {
  let program: Program;
  let browser: Browser;
  let desk: Desk;
  let receiver: Server;
  let client: pg.Client;
  let status = 410;
  const bodies: string[] = [];
  const poll = { timeout: 60_000, interval: 200 };
  const shots = mkdtempSync(join(tmpdir(), 'wardline-shots-'));
  const shoot = (name: string) => desk.page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });

  beforeAll(async () => {
    receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const channels = [
      { name: 'cases', kind: 'webhook', url, secret: 'of-this-test', isPrivate: true },
      { name: 'mail', kind: 'email', url: 'smtp://127.0.0.1:1', from: 'notice@example.org' },
    ];
    const dataDir = mkdtempSync(join(tmpdir(), 'wardline-e2e-'));
    program = await startProgram({ DATA_DIR: dataDir, NOTICE_CHANNELS: JSON.stringify(channels) });
    client = new pg.Client({ connectionString: readConnection(dataDir) });
    await client.connect();
    browser = await launchBrowser();
    desk = await openDesk(browser, program.url, { width: 1366, height: 900 });
    await desk.page.waitForSelector('form');
    await signIn(desk.page);
    await desk.page.waitForSelector('.board[data-link=live]');
    console.log(`screenshots: ${shots}`);
  });
  afterAll(async () => {
    await client?.end();
    await browser?.close();
    await program?.end('SIGINT');
    receiver?.close();
  });

  const choose = async (label: string, option: string) => {
    await desk.page.click(`.el-dialog .el-select:has([aria-label="${label}"])`);
    await desk.page.click(`.el-select-dropdown__item:visible:has-text("${option}")`);
  };

  test('R10 an administrator subscribes an organisation to a channel', async () => {
    const { page } = desk;
    await page.goto(`${program.url}/accounts/delivery`);
    await expect.poll(() => page.textContent('h1'), poll).toBe('通知投递');
    await page.click('button:has-text("新建订阅")');
    await choose('级别', '中及以上');
    await choose('范围', '含下级机构');
    await page.waitForTimeout(500);
    await shoot('subscription');
    expect(await findBarriers(page)).toEqual([]);
    await page.click('.el-dialog button:has-text("保存")');
    await expect
      .poll(() => page.textContent('[data-testid=subscriptions] tbody'), poll)
      .toContain('含下级机构');
  });

  test('R11 a notice rings the bell, is read, and goes out masked; a dead letter is sent again', async () => {
    const { page } = desk;
    await client.query(
      `INSERT INTO subjects (id, name, office, grade, profile) VALUES ('S1', '王试验', '445281/office-01', 'standard', '{}')`,
    );
    await client.query(
      `INSERT INTO notice_outbox (what, about, ref, subject, office, severity, at)
       VALUES ('alert-overdue', 'alert', 'a1', 'S1', '445281/office-01', 'critical', now())`,
    );
    const row = '[data-testid=deliveries] tbody tr';
    await expect.poll(() => page.textContent(row), poll).toContain('未能送达');
    await expect.poll(() => page.textContent('[data-testid=bell]'), poll).toBe('1');
    await shoot('delivery');
    expect(await findBarriers(page)).toEqual([]);
    status = 200;
    await page.click(`${row} button:has-text("重新发送")`);
    await expect.poll(() => page.textContent(row), poll).toContain('已送达渠道');
    expect(bodies.at(-1)).toContain('王某某');
    expect(bodies.join()).not.toContain('王试验');

    await page.click('[data-testid=bell]');
    await expect.poll(() => page.textContent('[data-testid=notices]'), poll).toContain('王试验');
    await shoot('notices');
    expect(await findBarriers(page)).toEqual([]);
    await page.click('button:has-text("全部标为已读")');
    await expect.poll(() => page.textContent('[data-testid=bell]'), poll).toBe('');
    await page.setViewportSize({ width: 390, height: 800 });
    await shoot('notices-phone');
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    ).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1366, height: 900 });
  });

  test('R12 both rooms speak English, and ask nothing of others', async () => {
    const { page } = desk;
    await page.click('button:has-text("EN")');
    await expect.poll(() => page.textContent('h1'), poll).toBe('Notices');
    await page.goto(`${program.url}/accounts/delivery`);
    await expect.poll(() => page.textContent('h1'), poll).toBe('Notice delivery');
    await page.waitForTimeout(500);
    await shoot('delivery-en');
    expect(desk.faults).toEqual([]);
    expect(desk.outside).toEqual([]);
  });
});
