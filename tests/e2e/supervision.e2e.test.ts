/// <reference lib="dom" />
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, runCommand, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { callAs, type Desk, findBarriers, openDesk, PASSWORD, signIn } from './desk.ts';
import { shoot } from './pictures.ts';

/** Two subjects of one office: what binds the first is entered by hand, list by list. */
describe.skipIf(missingBrowser !== undefined)('what binds a subject, and devices', () => {
  let program: Program;
  let browser: Browser;
  let desk: Desk;
  let page: Page;
  const poll = { timeout: 60_000, interval: 100 };
  const office = '445281/office-01';
  const number = '11010519491231002X';

  beforeAll(async () => {
    const place = mkdtempSync(join(tmpdir(), 'wardline-e2e-'));
    const keys = `k1:${randomBytes(32).toString('base64')}`;
    const env = { DATA_DIR: join(place, 'data'), IDENTITY_KEYS: keys };
    program = await startProgram(env);
    const file = (name: string, content: object) => {
      writeFileSync(join(place, name), JSON.stringify(content));
      return join(place, name);
    };
    const subject = (id: string, name: string) => ({
      id,
      name,
      office,
      record: { legalType: 'suspended-sentence', from: '2026-01-10', until: '2028-01-09' },
      devices: [
        { id: `D-${id}`, kind: 'phone', protocol: 'jt808', intervalS: 300, from: '2026-01-01T00:00:00Z' },
      ],
    });
    const zone = {
      type: 'Feature',
      id: 'z1',
      properties: { name: '测试围栏', radiusM: 5000 },
      geometry: { type: 'Point', coordinates: [116.16, 23.3] },
    };
    const roster = { subjects: [subject('S1', '测试人员一'), subject('S2', '测试人员二')] };
    const args = ['roster', 'load', '--roster', file('roster.json', roster)];
    const zones = { type: 'FeatureCollection', features: [zone] };
    const loaded = await runCommand(env, [...args, '--zones', file('zones.geojson', zones)]);
    expect(loaded).toMatchObject({ code: 0 });
    browser = await launchBrowser();
    desk = await openDesk(browser, `${program.url}/accounts`, { width: 1366, height: 900 });
    page = desk.page;
    page.setDefaultTimeout(10_000);
    await signIn(page);
    await page.waitForSelector('nav.menu');
    await callAs(page, 'PUT', 'organisations', { path: office, kind: 'justice-office', name: '测试司法所' });
    await page.goto(`${program.url}/subjects/S1`);
    await page.waitForSelector('[data-testid=duties]');
  });
  afterAll(async () => {
    await browser?.close();
    await program?.end('SIGINT');
  });

  const dialogue = () => page.locator('.el-dialog:visible');
  const field = (label: string, row = 0) => dialogue().locator(`[aria-label="${label}"]`).nth(row);
  const duty = (name: string) => page.locator(`[data-duty=${name}]`);
  const open = async (name: string) => {
    await duty(name).locator('button').click();
    await dialogue().locator('fieldset, .none').first().waitFor();
  };
  const choose = async (label: string, option: string) => {
    await dialogue()
      .locator('.el-select', { has: page.locator(`[aria-label="${label}"]`) })
      .click();
    await page.click(`.el-select-dropdown__item:visible:has-text("${option}")`);
    await page.waitForSelector('.el-select-dropdown__item:visible', { state: 'hidden' });
  };
  const save = async () => {
    await field('理由（记入审计日志）').fill('测试登记');
    await dialogue().locator('button:has-text("保存")').click();
    await dialogue().waitFor({ state: 'hidden' });
  };
  /** Of dialogues that stand: colours have no contrast while they fade. */
  const barriers = async () => {
    await page.waitForFunction(
      () => document.querySelector('[class*=fade-enter], [class*=fade-leave]') === null,
    );
    return findBarriers(page);
  };

  test('S12 zones, curfews, check-ins, contacts and no-contact orders are entered, each list with its reason', async () => {
    await open('zones');
    await dialogue().locator('button:has-text("添加一行")').click();
    await choose('围栏', '测试围栏');
    await dialogue().locator('input[type=checkbox]').check();
    await expect.poll(() => dialogue().locator('button:has-text("保存")').isDisabled(), poll).toBe(true);
    expect(await barriers()).toEqual([]);
    await shoot(page, 'subject-zones');
    await save();
    await expect.poll(() => duty('zones').textContent(), poll).toContain('禁止离开 测试围栏 · 22:00–06:00');

    await open('curfews');
    await dialogue().locator('button:has-text("添加一行")').click();
    // The place is the one that must not be left.
    await field('起').fill('25:00');
    await field('理由（记入审计日志）').fill('测试');
    await expect.poll(() => dialogue().locator('button:has-text("保存")').isDisabled(), poll).toBe(true);
    await field('起').fill('21:30');
    await save();
    await expect.poll(() => duty('curfews').textContent(), poll).toContain('21:30–06:00 · 测试围栏');

    await open('checkins');
    await dialogue().locator('button:has-text("添加一行")').click();
    await field('名称').fill('每周报到');
    await save();
    await expect.poll(() => duty('checkins').textContent(), poll).toContain('一 09:00–17:00 · 每周报到');

    await open('contacts');
    await dialogue().locator('button:has-text("添加一行")').click();
    await field('姓名').fill('测试人员一');
    await field('电话').fill('000-0000-0001');
    await save();
    await expect
      .poll(() => duty('contacts').locator('a').getAttribute('href'), poll)
      .toBe('tel:000-0000-0001');

    await open('noContact');
    await dialogue().locator('button:has-text("添加一行")').click();
    await choose('禁止接触的对象', '测试人员二');
    await save();
    await expect.poll(() => duty('noContact').textContent(), poll).toContain('测试人员二 S2');
  });

  test('S13 who comes second is told, and finds what the first one wrote', async () => {
    await open('contacts');
    const { version } = await page.evaluate(async () => (await fetch('/api/v1/subjects/S1')).json());
    await callAs(page, 'PATCH', 'subjects/S1', { version, reason: '同时修改', officer: '测试警官' });
    await field('电话').fill('000-0000-0002');
    await field('理由（记入审计日志）').fill('测试');
    await dialogue().locator('button:has-text("保存")').click();
    await expect
      .poll(() => dialogue().locator('.fault').textContent(), poll)
      .toMatch(/他人已先行处理.*他人已更改（现为第 \d+ 版）/);
    await dialogue().locator('button:has-text("取消")').click();
    await expect.poll(() => page.textContent('.who'), poll).toContain('责任人 测试警官');
  });

  test('S14 an identity number is entered, shown by its ends, and in full for a reason that stands in the audit', async () => {
    const identity = page.locator('[data-testid=identity]');
    await identity.locator('button:has-text("登记")').click();
    await identity.locator('input').fill('110105194912310021');
    await identity.locator('button:has-text("保存")').click();
    await expect
      .poll(() => identity.locator('.fault').textContent(), poll)
      .toContain('填写内容有误，请检查。 号码格式或校验位不对。');
    await identity.locator('input').fill(number);
    await identity.locator('button:has-text("保存")').click();
    await identity.locator('button:has-text("查看完整号码")').click();
    expect(await identity.textContent()).not.toContain(number);
    await identity.locator('input').fill('测试核对');
    await identity.getByRole('button', { name: '查看', exact: true }).click();
    await expect.poll(() => identity.textContent(), poll).toContain(number);
    await identity.locator('button:has-text("收起")').click();
    expect(await identity.textContent()).not.toContain(number);
    const told = await page.evaluate(async () => (await fetch('/api/v1/audit?action=identity.read')).json());
    expect(told.items).toMatchObject([{ subject: 'S1', reason: '测试核对' }]);
  });

  test('S15 days without positioning are recorded with their ground, and ended early with the reason', async () => {
    const card = page.locator('[data-testid=exemptions]');
    await card.locator('button:has-text("登记免予定位")').click();
    await card.locator('[aria-label="说明（文书、机构）"]').fill('测试医院住院');
    expect(await barriers()).toEqual([]);
    await card.locator('button:has-text("保存")').click();
    await expect
      .poll(() => card.locator('li').textContent(), poll)
      .toMatch(/住院 · 测试医院住院 提前结束\s*admin 于/);
    // Of one day it can only be taken as not given.
    await card.getByRole('button', { name: '提前结束' }).click();
    await card.locator('[aria-label="提前结束的理由（记入审计日志）"]').fill('测试误登');
    expect(await barriers()).toEqual([]);
    await card.locator('form button:has-text("提前结束")').click();
    await expect.poll(() => card.locator('li').textContent(), poll).toContain('登记自始不适用：测试误登');
    expect(await card.getByRole('button', { name: '提前结束' }).count()).toBe(0);
  });

  test('S16 a device is replaced at one moment; it is asked something; its secret is set and not shown', async () => {
    const devices = page.locator('[data-testid=devices]');
    await devices.getByRole('button', { name: '更换', exact: true }).click();
    await field('设备编号').fill('D-new');
    await expect.poll(() => dialogue().textContent(), poll).toContain('D-S1 同时停用');
    await save();
    await expect.poll(() => devices.locator('dl').count(), poll).toBe(2);
    await expect.poll(() => devices.locator('dl').first().textContent(), poll).toContain('停用');

    await devices.getByRole('button', { name: '指令', exact: true }).click();
    await choose('指令', '发送文字');
    await field('文字（至多 200 字）').fill('测试：请报到');
    expect(await barriers()).toEqual([]);
    await shoot(page, 'device-commands');
    await dialogue().locator('button:has-text("下达")').click();
    const asked = dialogue().locator('[data-testid=commands] li');
    await expect.poll(() => asked.textContent(), poll).toMatch(/发送文字 · 测试：请报到\s*等待发送/);
    await dialogue().locator('.el-dialog__headerbtn').click();
    await dialogue().waitFor({ state: 'hidden' });

    await devices.getByRole('button', { name: '密钥', exact: true }).click();
    await field('新密钥').fill('ce-shi-01');
    await dialogue().locator('button:has-text("设置")').click();
    await expect.poll(() => dialogue().textContent(), poll).toContain('不再显示');
    await expect.poll(() => field('新密钥').inputValue(), poll).toBe('');
    expect(await barriers()).toEqual([]);
    await dialogue().locator('.el-dialog__headerbtn').click();
    await dialogue().waitFor({ state: 'hidden' });
  });

  test('S17 a terminal is registered, a PIN entered at the subject, and found at the terminal', async () => {
    await page.goto(`${program.url}/devices/terminals`);
    await page.click('button:has-text("登记终端")');
    await field('编号').fill('T1');
    await choose('司法所', '测试司法所');
    expect(await barriers()).toEqual([]);
    await dialogue().locator('button:has-text("保存")').click();
    await page.waitForSelector('td:has-text("从未联系")');

    await page.goto(`${program.url}/subjects/S1`);
    await page.waitForSelector('[data-testid=duties]');
    await open('pins');
    await dialogue().locator('button:has-text("添加一行")').click();
    await choose('终端', 'T1');
    await field('PIN').fill('007');
    await save();
    await expect.poll(() => duty('pins').textContent(), poll).toContain('T1 · 007 · 自');

    await page.goto(`${program.url}/devices/terminals`);
    await page.click('button[aria-label="T1 · PIN 1"]');
    await expect.poll(() => dialogue().textContent(), poll).toContain('测试人员一 S1');
    expect(await barriers()).toEqual([]);
    await dialogue().locator('.el-dialog__headerbtn').click();
    await page.goto(`${program.url}/devices`);
    await page.fill('input[aria-label="设备编号、接入标识或姓名"]', 'd-NEW');
    await expect.poll(() => page.locator('tbody tr').count(), poll).toBe(1);
    await expect.poll(() => page.locator('tbody tr').textContent(), poll).toContain('测试人员一');
    expect(await findBarriers(page)).toEqual([]);
  });

  test('S18 an office changes check-ins, PINs and contacts on a telephone, and nothing else; in English nothing is left in Chinese', async () => {
    const made = await callAs(page, 'POST', 'accounts', {
      login: 'test-office',
      role: 'office-officer',
      organisation: office,
    });
    const phone = await openDesk(browser, `${program.url}/subjects/S1`, { width: 390, height: 844 });
    const given = made.oneTimePassword;
    await phone.page.evaluate(
      async ([login, password, next]) => {
        const send = (method: string, path: string, body: object, csrf = '') =>
          fetch(`/api/v1/${path}`, {
            method,
            headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
            body: JSON.stringify(body),
          });
        const { csrf } = await (await send('POST', 'session', { login, password })).json();
        await send('PUT', 'session/password', { password, next }, csrf);
      },
      ['test-office', given, PASSWORD] as const,
    );
    await signIn(phone.page, PASSWORD, 'test-office');
    await phone.page.waitForSelector('[data-testid=duties] button');
    const mine = await phone.page
      .locator('[data-testid=duties] button')
      .evaluateAll((all) => all.map((each) => each.closest('[data-duty]')?.getAttribute('data-duty')));
    expect(mine).toEqual(['checkins', 'pins', 'contacts']);
    expect(await phone.page.locator('[data-testid=exemptions] button').count()).toBe(0);
    expect(await phone.page.getByRole('button', { name: '密钥', exact: true }).count()).toBe(0);
    expect(await findBarriers(phone.page)).toEqual([]);
    expect(phone.faults).toEqual([]);
    await phone.context.close();

    await page.goto(`${program.url}/subjects/S1`);
    await page.waitForSelector('[data-testid=duties]');
    await page.click('button:has-text("EN")');
    // Names, reasons and notes are as they were entered.
    const said = await page.locator('main, .desk').first().textContent();
    expect((said ?? '').replaceAll(/测试[一-鿿]*|每周报到/g, '')).not.toMatch(/[一-鿿]/);
    await page.click('button:has-text("中文")');
    // A refused number and a late change are answered with 400 and 409, which the browser logs.
    expect(desk.faults.filter((fault) => !/status of 4(00|09)/.test(fault))).toEqual([]);
    expect(desk.outside).toEqual([]);
  });
});
