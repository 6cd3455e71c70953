/// <reference lib="dom" />
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AlertCard } from '../../dashboard/protocol.ts';
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
});
