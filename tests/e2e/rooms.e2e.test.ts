/// <reference lib="dom" />
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, startProgram } from '../harness/program.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Desk, findBarriers, openDesk, PASSWORD, signIn } from './desk.ts';

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
    ['/devices', '设备', 'Devices'],
    ['/devices/terminals', '指纹终端', 'Terminals'],
    ['/musters', '集中点验', 'Roll calls'],
    ['/policies/calendar', '工作日历', 'Calendar'],
    ['/operations', '系统运行', 'Operations'],
    ['/zones', '电子围栏', 'Zones'],
    ['/policies', '告警策略', 'Policies'],
    ['/accounts', '机构账号', 'Organisations and accounts'],
    ['/accounts/tokens', '接入令牌', 'Tokens'],
    ['/accounts/cards', '响应卡', 'Response cards'],
    ['/accounts/categories', '重点人员类型', 'Key-person categories'],
    ['/audit', '审计', 'Audit'],
    ['/audit/packs', '证据包', 'Evidence packs'],
    ['/audit/access', '查阅报告', 'Access report'],
    ['/audit/seals', '存证校验', 'Seals'],
    ['/audit/retention', '留存与保全', 'Retention and legal holds'],
  ])('R1 %s opens in both languages and has no barrier', async (path, chinese, english) => {
    const { page } = desk;
    // By its address, or by the menu where there is one: that costs no new start of the page.
    const link = page.locator(`nav a[href="${path}"]`);
    if ((await link.count()) > 0) await link.first().click();
    else await page.goto(program.url + path);
    await expect.poll(() => page.textContent('h1'), poll).toBe(chinese);
    await page.waitForTimeout(500);
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
    // Down the tree, as deep as it is.
    await expect
      .poll(async () => {
        if ((await page.locator('.names a').count()) === 0) await page.click('table .link >> nth=0');
        await page.waitForTimeout(300);
        return page.locator('.names a').count();
      }, poll)
      .toBeGreaterThan(0);
    await page.screenshot({ path: join(shots, 'names.png') });
    await page.click('.names a >> nth=0');
    await page.waitForSelector('.side');
    expect(desk.faults).toEqual([]);
  });

  test('R3 who may not open a room is told so, and shown where to go', async () => {
    const office = await openDesk(browser, `${program.url}/operations`, { width: 1366, height: 768 });
    await office.page.fill('input[name=login]', 'demo-office');
    await office.page.fill('input[name=password]', 'test-password');
    await office.page.keyboard.press('Enter');
    await expect.poll(() => office.page.textContent('h1'), poll).toBe('没有查看权限');
    await expect.poll(() => office.page.locator('main a').count(), poll).toBe(1);
    await office.context.close();
  });

  test('G1 an administrator makes an account, whose one-time password opens nothing but the choice of another', async () => {
    const { page } = desk;
    await page.goto(`${program.url}/accounts`);
    await page.click('button:has-text("新建账号")');
    await page.fill('input[name=new-login]', 'test-auditor');
    await page.fill('input[name=new-name]', '测试审计员');
    await choose(page, '角色', '审计员');
    await page.click('.el-dialog button[type=submit]');
    const secret = await page.textContent('[data-testid=secret]');
    expect(await page.textContent('.once')).toMatch(/一次性密码，\d{4}-\d\d-\d\d \d\d:\d\d 前有效/);
    await page.screenshot({ path: join(shots, 'account-made.png') });
    await expect.poll(() => page.textContent('.el-table'), poll).toContain('test-auditor');
    expect(await findBarriers(page)).toEqual([]);
    const other = await openDesk(browser, `${program.url}/audit`, { width: 1366, height: 768 });
    await signInAs(other.page, 'test-auditor', secret ?? '');
    await expect.poll(() => other.page.locator('input[type=password]').count(), poll).toBe(3);
    await other.context.close();
    expect(desk.faults).toEqual([]);
  });

  test('G2 a zone is drawn, its validity shown at once, and what it would have raised last week', async () => {
    const { page } = desk;
    await page.goto(`${program.url}/zones`);
    const map = page.locator('[data-testid=zone-map] canvas');
    await page.click('button:has-text("多边形")');
    const box = await map.boundingBox();
    if (box === null) throw new Error('the map has no place');
    const verdict = () => page.textContent('[data-testid=validity]');
    const click = async (x: number, y: number) => {
      await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
      await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
      await page.waitForTimeout(150);
    };
    // The map draws when it is loaded: the first click that counts is told by what is said.
    await expect
      .poll(async () => {
        await click(0.3, 0.3);
        return page.locator('[data-testid=validity]').count();
      }, poll)
      .toBe(1);
    await page.waitForTimeout(1000);
    await page.click('button:has-text("多边形")');
    for (const [x, y] of [
      [0.3, 0.3],
      [0.7, 0.6],
      [0.7, 0.3],
      [0.3, 0.6],
      [0.3, 0.6],
    ] as const)
      await click(x, y);
    await expect.poll(verdict, poll).toContain('线条自相交');
    await page.click('button:has-text("圆形")');
    await click(0.5, 0.5);
    await click(0.6, 0.5);
    await expect.poll(verdict, poll).toContain('可以用于判定');
    await choose(page, '试用对象', '测试人员');
    await page.click('button:has-text("检查影响")');
    await expect.poll(() => page.textContent('[data-testid=lint]'), poll).toContain('过去一周');
    await page.screenshot({ path: join(shots, 'zone-drawn.png') });
    // Of known dead ground nothing is asked that is asked of what binds, and it is told apart.
    await choose(page, '用途', '无信号区域');
    await expect.poll(() => page.locator('input[aria-label="试用对象"]').count(), poll).toBe(0);
    expect(await page.textContent('.map .legend')).toContain('无信号区域（不作监管）');
    await page.click('button:has-text("检查影响")');
    await expect.poll(() => page.textContent('[data-testid=lint]'), poll).toContain('问题');
    expect(await page.textContent('[data-testid=lint]')).not.toContain('过去一周');
    await page.screenshot({ path: join(shots, 'zone-dead.png') });
    expect(await findBarriers(page)).toEqual([]);
    expect(desk.faults).toEqual([]);
    expect(desk.outside).toEqual([]);
  });

  test('G3 an auditor finds a deed, compares a printed seal and downloads an evidence pack', async () => {
    const auditor = await openDesk(browser, `${program.url}/audit`, { width: 1366, height: 768 });
    const { page } = auditor;
    await signInAs(page, 'demo-auditor', PASSWORD);
    await page.waitForSelector('.el-table__row');
    await page.fill('input[aria-label="操作人"]', 'demo-auditor');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.el-table__row').count(), poll).toBe(1);
    await page.goto(`${program.url}/audit/seals`);
    await page.click('button:has-text("校验封存链")');
    await expect.poll(() => page.textContent('[data-testid=verdict]'), poll).toContain('重算一致');
    await page.fill('input[aria-label="核对打印的封存值"]', 'f'.repeat(64));
    await page.click('button:has-text("核对"):not(:has-text("打印"))');
    await expect.poll(() => page.textContent('[data-testid=verdict]'), poll).toContain('不一致');
    await page.goto(`${program.url}/audit/packs`);
    await choose(page, '矫正对象', '测试人员');
    await page.click('input[value=period]');
    await choose(page, '制作理由', '检察监督');
    const [pack] = await Promise.all([
      page.waitForEvent('download', { timeout: poll.timeout }),
      page.click('button:has-text("制作并下载")'),
    ]);
    expect(pack.suggestedFilename()).toMatch(/\.zip$/);
    await expect.poll(() => page.textContent('[data-testid=pack]'), poll).toContain('已制作');
    expect(auditor.faults).toEqual([]);
    expect(auditor.outside).toEqual([]);
    await auditor.context.close();
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
    // Signing before such a one is explained is refused, and the browser logs it.
    const refused = /status of 409 .*\/shifts\/\d+\/hand-over$/;
    const other = desk.faults.filter((fault) => !refused.test(fault));
    desk.faults.splice(0, desk.faults.length, ...other);
    await expect.poll(() => page.textContent('.signatures'), poll).toContain('等待接班人签名');

    const next = await openDesk(browser, `${program.url}/duty`, { width: 1366, height: 768 });
    await next.page.fill('input[name=login]', 'demo-duty');
    await next.page.fill('input[name=password]', 'test-password');
    await next.page.keyboard.press('Enter');
    await next.page.waitForSelector('[data-testid=shift][data-state=handed]');
    await expect.poll(() => next.page.textContent('.sheet header'), poll).toContain('校验');
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
    await expect.poll(() => page.locator('[data-check]').count(), poll).toBe(3);
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
    // After midnight the night shift is of the day before, which stands above the seven then.
    const hour = new Intl.DateTimeFormat('en', {
      hour: 'numeric',
      hourCycle: 'h23',
      timeZone: 'Asia/Shanghai',
    });
    const isAfterMidnight = Number(hour.format(Date.now())) < 8;
    await expect.poll(() => page.locator('tbody tr').count(), poll).toBe(isAfterMidnight ? 8 : 7);
    await expect.poll(() => page.locator('td.now').count(), poll).toBe(1);
    await page.screenshot({ path: join(shots, 'rota.png'), fullPage: true });
    expect(await findBarriers(page)).toEqual([]);
  });

  test('W1 the wall screen shows counters, map and queue large, with nothing to press but the sound; what can’t be heard is said', async () => {
    // A browser of its own that only has the session: one in which somebody has pressed something may let the next page sound at once.
    const own = await launchBrowser();
    const room = await own.newContext({
      viewport: { width: 1920, height: 1080 },
      storageState: await desk.context.storageState(),
    });
    const page = await room.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(`${program.url}/wall`);
    await page.waitForSelector('.wall[data-link=live] .row');
    await expect.poll(() => page.getAttribute('.sound', 'data-sound'), poll).toBe('blocked');
    await expect.poll(() => page.textContent('.sound'), poll).toContain('声音被浏览器拦截');
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
    expect(faults).toEqual([]);
    await own.close();
  });

  describe('leave and what is due by law, as an office’s officer meets them', () => {
    let office: Desk;
    beforeAll(async () => {
      office = await openDesk(browser, `${program.url}/office`, { width: 1366, height: 900 });
      await office.page.fill('input[name=login]', 'demo-office');
      await office.page.fill('input[name=password]', PASSWORD);
      await office.page.keyboard.press('Enter');
      await office.page.waitForSelector('[data-testid=leave] li');
    });
    afterAll(() => office?.context.close());

    test('R4 the officer decides what is the office’s, is told who decides the rest, and records a return', async () => {
      const { page } = office;
      const leave = page.locator('[data-testid=leave] > ul > li');
      await page.waitForSelector('[data-testid=due] li');
      await page.screenshot({ path: join(shots, 'office-legal.png'), fullPage: true });
      expect(await findBarriers(page)).toEqual([]);
      await expect.poll(() => leave.first().textContent(), poll).toContain('逾期未销假');
      const county = leave.filter({ hasText: '县级审批' });
      expect(await county.getByRole('button', { name: '批准', exact: true }).count()).toBe(0);
      const mine = leave.filter({ hasText: '司法所审批' }).filter({ hasText: '待审批' });
      const name = await mine.first().locator('a').textContent();
      await mine.first().getByRole('button', { name: '批准', exact: true }).click();
      await expect.poll(() => leave.filter({ hasText: name ?? '' }).textContent(), poll).toContain('已批准');
      await leave.first().getByRole('button', { name: '登记销假' }).click();
      await expect.poll(() => leave.filter({ hasText: '逾期未销假' }).count(), poll).toBe(0);
      await page.click('button:has-text("EN")');
      await expect
        .poll(() => page.textContent('[data-testid=leave]'), poll)
        .toContain('Measures for Community Corrections, art. 27');
      await page.click('button:has-text("中文")');
      expect(office.faults).toEqual([]);
      expect(office.outside).toEqual([]);
    });

    test('R5 a deadline leads to its subject, whose page and mark on the board quote the same article', async () => {
      const { page } = office;
      await page.locator('[data-testid=due] li', { hasText: '脱管' }).locator('a').first().click();
      await page.waitForSelector('.side [data-testid=due] li');
      await expect
        .poll(() => page.textContent('.side [data-testid=due]'), poll)
        .toContain('社区矫正法实施办法第三十四条');
      await page.screenshot({ path: join(shots, 'subject-legal.png'), fullPage: true });
      await page.goto(program.url);
      await expect
        .poll(() => page.textContent('[data-testid=due-counter]'), poll)
        .toMatch(/逾期 \d+ · 七日内 \d+/);
      await page.screenshot({ path: join(shots, 'board-legal.png') });
      expect(office.faults).toEqual([]);
    });

    test('R6 the desk serves an officer’s phone', async () => {
      const { page } = office;
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(`${program.url}/office`);
      await page.waitForSelector('[data-testid=leave] li');
      await page.screenshot({ path: join(shots, 'phone-legal.png'), fullPage: true });
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), poll)
        .toBe(true);
      expect(await findBarriers(page)).toEqual([]);
    });
  });
});

async function signInAs(page: Page, login: string, password: string): Promise<void> {
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
}

/** The first choice of a list that has these words. */
async function choose(page: Page, label: string, words: string): Promise<void> {
  await page.locator(`input[role=combobox][aria-label="${label}"]`).last().focus();
  await page.keyboard.press('Enter');
  await page.locator(`.el-select-dropdown__item:visible:has-text("${words}")`).first().click();
  await page.keyboard.press('Escape');
}
