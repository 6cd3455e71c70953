/// <reference lib="dom" />
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDashboard, type TestDashboard } from '../harness/dashboard.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { type Desk, findBarriers, openDesk, signIn } from './desk.ts';
import { shoot } from './pictures.ts';

const PAGE_DIR = fileURLToPath(new URL('../../dashboard/web/dist/', import.meta.url));
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A picture of one colour that every browser can open, and that the server does not take. */
function bitmap(width: number, height: number): Buffer {
  const row = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + row * height, 0x80);
  bytes.fill(0, 0, 54);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

/** One task of one office, on a telephone, and a tile server beside the house. */
describe.skipIf(missingBrowser !== undefined)('a task on a telephone, and maps on tiles', () => {
  let dash: TestDashboard;
  let browser: Browser;
  let tiles: Server;
  let tileUrl: string;
  let phone: Desk;
  const asked: string[] = [];
  const poll = { timeout: 60_000, interval: 100 };
  const office = '445281/office-01';

  async function sit(login: string, path: string, viewport = { width: 1366, height: 860 }): Promise<Desk> {
    const desk = await openDesk(browser, dash.address + path, viewport);
    await desk.page.waitForSelector('form');
    await signIn(desk.page, undefined, login);
    return desk;
  }
  const isOfTiles = (url: string) => url.startsWith(`${tileUrl}/`);

  beforeAll(async () => {
    tiles = createServer((request, reply) => {
      asked.push(request.url ?? '');
      reply.writeHead(200, { 'content-type': 'image/png', 'access-control-allow-origin': '*' }).end(PNG);
    });
    await new Promise<void>((done) => tiles.listen(0, '127.0.0.1', done));
    tileUrl = `http://127.0.0.1:${(tiles.address() as AddressInfo).port}`;
    dash = await startDashboard({
      pageDir: PAGE_DIR,
      tileOrigins: [tileUrl],
      tiles: { urls: [`${tileUrl}/{z}/{x}/{y}.png`], attribution: '测试 <b>瓦片</b>', maxZoom: 18 },
    });
    await dash.account('duty', 'duty-officer', '');
    await dash.account('office', 'office-officer', office);
    await dash.account('admin', 'administrator', '');
    const run = (text: string, values: unknown[] = []) => dash.database.query({ text, values });
    await run("INSERT INTO organisations (path, name, kind) VALUES ($1, '流沙司法所', 'justice-office')", [
      office,
    ]);
    await dash.subject('S0001', office, '测试人员一');
    const contacts = [{ whom: 'subject', name: '测试人员一', phone: '000-0000-0001' }];
    await run(`UPDATE subjects SET profile = profile || jsonb_build_object('contacts', $1::jsonb)`, [
      JSON.stringify(contacts),
    ]);
    await dash.alert('t-1', 1, { subject: 'S0001', kind: 'silent', startedAtMs: Date.now() - 600_000 });
    await dash.liveState.put({
      subjects: [
        {
          subject: 'S0001',
          device: 'D1',
          atMs: Date.now() - 300_000,
          lat: 23.31234,
          lon: 116.16789,
          accuracyM: 15,
          speedMps: null,
          method: null,
          batteryPct: 80,
          heardMs: Date.now() - 300_000,
          off: false,
        },
      ],
      frontiers: [],
    });
    const duty = await dash.signIn('duty');
    const sent = await dash.call('POST', '/api/v1/tasks', {
      headers: duty,
      body: { alert: 't-1', note: '请核实去向' },
    });
    expect(sent.status).toBe(200);
    browser = await launchBrowser();
    phone = await sit('office', '/office', { width: 390, height: 844 });
  });
  afterAll(async () => {
    await browser?.close();
    await dash?.close();
    tiles?.close();
  });

  test('P14 the office reads what it is asked, calls by a touch, and finds the last place; nothing twice, no path, no id', async () => {
    const { page } = phone;
    await page.click('.task');
    await expect.poll(() => page.textContent('.instruction'), poll).toMatch(/派发要求：\s*请核实去向$/);
    await expect.poll(() => page.textContent('.card'), poll).toContain('流沙司法所');
    const said = await page.locator('.card').first().textContent();
    expect(said).not.toMatch(/445281|S0001/);
    expect(said?.match(/越界/g)).toHaveLength(1);
    await expect
      .poll(() => page.locator('.steps a').first().getAttribute('href'), poll)
      .toBe('tel:000-0000-0001');
    await expect
      .poll(() => page.textContent('.last-place'), poll)
      .toMatch(/最后位置.*23\.31234, 116\.16789 ±15 m/);
    await shoot(page, 'task-phone');
    const heightPx = await page.evaluate(() => document.documentElement.scrollHeight);
    console.log(`the task's page is ${heightPx} px high`);
    expect(heightPx).toBeLessThan(1350);
    await page.click('.last-place button');
    await page.waitForSelector('.last-place canvas');
    await expect.poll(() => asked.length, poll).toBeGreaterThan(0);
    await shoot(page, 'task-place');
    expect(await findBarriers(page)).toEqual([]);
    await page.click('.last-place button');
  });

  test('P14 a photograph is sent as JPEG of 2,560 px at most; one that the browser can not open is named', async () => {
    const { page } = phone;
    const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic'), Buffer.alloc(64)]);
    await page.setInputFiles('input[type=file]', [
      { name: '现场.bmp', mimeType: 'image/bmp', buffer: bitmap(4000, 1000) },
      { name: 'IMG_1.HEIC', mimeType: 'image/heic', buffer: heic },
    ]);
    await expect.poll(() => page.textContent('.fault'), poll).toMatch(/IMG_1\.HEIC.*HEIC.*JPEG/);
    await expect.poll(() => page.textContent('form ul'), poll).toBe('现场.jpg');
    const sent = (
      await dash.database.query({ text: 'SELECT name, media_type, content FROM task_files', values: [] })
    ).rows as unknown as { name: string; media_type: string; content: Buffer }[];
    expect(sent).toMatchObject([{ name: '现场.jpg', media_type: 'image/jpeg' }]);
    const size = await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const { width, height } = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
      return [width, height];
    }, sent[0]?.content.toString('base64') ?? '');
    expect(size).toEqual([2560, 640]);
    // A browser logs nothing of what it can't open; a policy that is broken it does.
    expect(phone.faults).toEqual([]);
    expect(phone.outside.filter((url) => !isOfTiles(url))).toEqual([]);
  });

  test('P24 every map lies on the tiles that are configured, with their origin in words and in the policy', async () => {
    asked.length = 0;
    const board = await sit('duty', '/');
    await board.page.waitForSelector('[data-testid=map] canvas');
    await expect.poll(() => asked.some((path) => /^\/\d+\/\d+\/\d+\.png$/.test(path)), poll).toBe(true);
    await expect
      .poll(() => board.page.textContent('.maplibregl-ctrl-attrib'), poll)
      .toContain('测试 <b>瓦片</b>');
    await shoot(board.page, 'tiles');
    expect(board.faults).toEqual([]);
    expect(board.outside.filter((url) => !isOfTiles(url))).toEqual([]);
    await board.context.close();
    const policy = (await fetch(dash.address)).headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`img-src 'self' data: blob: ${tileUrl};`);
    expect(policy).toContain(`connect-src 'self' ${tileUrl};`);
  });

  test('G2 a line that crosses itself is said and marked at the corner that does so, before it is finished; without a path of JSON', async () => {
    const desk = await sit('admin', '/zones');
    const { page } = desk;
    asked.length = 0;
    const map = page.locator('[data-testid=zone-map] canvas');
    await map.waitFor();
    // The map draws when its style is loaded, which its tiles tell.
    await expect.poll(() => asked.length, poll).toBeGreaterThan(0);
    const verdict = () => page.textContent('[data-testid=validity]');
    const mark = () => page.locator('[data-testid=zone-map]').getAttribute('data-crossing');
    const box = await map.boundingBox();
    if (box === null) throw new Error('the map has no place');
    const click = async (x: number, y: number) => {
      await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
      await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
      // As a hand does: two clicks at once are one double click to the library.
      await page.waitForTimeout(400);
    };
    await page.click('button:has-text("多边形")');
    await click(0.3, 0.3);
    await click(0.7, 0.6);
    await click(0.7, 0.3);
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.65);
    await expect.poll(verdict, poll).toContain('绘制中');
    expect(await mark()).toBeNull();
    await click(0.3, 0.6);
    await expect.poll(verdict, poll).toMatch(/线条自相交.*地图上圆圈处/);
    await expect.poll(mark, poll).toMatch(/^116\.\d+ 23\.\d+$/);
    await shoot(page, 'zone-crossing');
    await click(0.3, 0.6);
    await expect.poll(() => page.textContent('.form'), poll).toContain('拖动角点或边的中点');
    expect(await verdict()).toMatch(/线条自相交.*地图上圆圈处/);
    expect(await verdict()).not.toContain('coordinates');
    expect(desk.faults).toEqual([]);
    await desk.context.close();
  });
});
