/// <reference lib="dom" />
/**
 * The built page in a real Chromium, over the real program with 20,000 subjects: how soon it is of use, what its script costs while
 * it is panned and while a thousand subjects a second move, how soon an alert's frame is a row, and what it holds.
 *
 * Of use: the counters, the queue and all subjects are painted. Script: the time on the main thread's processor inside of scripts,
 * their microtasks and collections of garbage (`tdur` of the trace), among it what is forced on layout and what is handed to WebGL.
 * Apart from it, and left out: layout and painting, raster and GL of the GPU process, and waiting for either; a machine without a
 * graphics card does that on the same two cores. A frame: 1/60 s in which the page drew (panned) or ran any
 * script (untouched); a piece of script counts whole in the frame where it began. The ceiling of each is the same page with nobody moving.
 */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import WebSocket from 'ws';
import { LIVE_PROTOCOL } from '../../dashboard/protocol.ts';
import { createLoad, type Load } from '../../src/demo/load.ts';
import { launchBrowser, missingBrowser } from '../e2e/browser.ts';
import { type Program, startProgram } from '../harness/program.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { pause, post, prepare, runLoad, signIn } from './loaded-program.ts';
import { type ScriptTime, type Spread, scriptTime } from './script-time.ts';

const SUBJECTS = Number(process.env.BENCH_SUBJECTS ?? 20_000);
const MOVING_PER_SECOND = 1000;
/** In the queue when the page opens, and one by one while it is watched. */
const ALERTS_BEFORE = 40;
const ALERTS = 20;
const OPENINGS = 3;
const HOUR_S = 3600;
const dist = fileURLToPath(new URL('../../dashboard/web/dist/', import.meta.url));

export async function benchPage(seconds: number): Promise<Figure[]> {
  if (missingBrowser !== undefined) throw new Error(missingBrowser);
  if (!existsSync(join(dist, 'index.html'))) throw new Error('the page is not built: run "npm run build"');
  const folder = mkdtempSync(join(tmpdir(), 'wardline-bench-'));
  const env = { DATA_DIR: join(folder, 'data'), DEMO: 'off' };
  const load = createLoad({ seed: 1, subjects: SUBJECTS + ALERTS_BEFORE + ALERTS, feed: 'F' });
  const program = await startProgram(env);
  const browser = await launchBrowser();
  try {
    const token = await prepare(env, folder, load);
    await placeAll(program, token, load);
    const figures = [...scriptSize(), ...(await snapshotOf(program)), ...(await opened(browser, program))];
    const { page, cdp } = await openBoard(browser, program);
    const still = await watched(browser, page, seconds);
    const background = runLoad(program, token, 2 * seconds + ALERTS + 15, {
      rate: MOVING_PER_SECOND,
      batch: 20,
      subjects: SUBJECTS,
    });
    await pause(3000);
    const live = await watched(browser, page, seconds);
    const shown = await alertsShown(page, program, token, load);
    await background;
    // An hour of updates pressed into minutes: as fast as the program takes them.
    const heapBefore = await heapBytes(cdp);
    const moves = await moved(page);
    await runLoad(program, token, 3 * seconds, { subjects: SUBJECTS });
    await pause(3000);
    const sizes = `${SUBJECTS} subjects, ${MOVING_PER_SECOND} of them moving a second`;
    const heapAfter = await heapBytes(cdp);
    const changes = (await moved(page)) - moves;
    const growth = (heapAfter - heapBefore) / Math.max(1, changes);
    return [
      ...figures,
      ...scriptFigures('nobody touches it', live.resting.any, still.resting.any, sizes),
      ...scriptFigures('panned', live.panned.drawn, still.panned.drawn, sizes),
      figure('alert’s frame → its row in the document, p50', percentile(shown.rows, 0.5), 'ms', sizes),
      figure('alert’s frame → its row on the screen, p50', percentile(shown.presented, 0.5), 'ms', sizes),
      figure(
        'alert’s frame → its row on the screen, worst',
        shown.presented.at(-1) ?? Number.NaN,
        'ms',
        sizes,
      ),
      figure('alert’s frame → the map drawn with it, p50', percentile(shown.drawn, 0.5), 'ms', sizes),
      figure('heap when warm, collected', heapBefore / 2 ** 20, 'MB', `${SUBJECTS} subjects`),
      figure(
        'heap after more of them, collected',
        heapAfter / 2 ** 20,
        'MB',
        `${changes} changes of whereabouts`,
      ),
      figure(
        'heap after an hour at this growth',
        (heapAfter + Math.max(0, growth) * MOVING_PER_SECOND * HOUR_S) / 2 ** 20,
        'MB',
        `${growth.toFixed(2)} bytes a change, reckoned`,
      ),
    ];
  } finally {
    await browser.close();
    await program.end('SIGINT');
  }
}

async function placeAll(program: Program, token: string, load: Load): Promise<void> {
  for (let sent = 0; sent < load.subjects.length; sent += 500)
    await post(program, token, load.positions(500, Date.now() - 60_000).join('\n'));
  for (let i = 0; i < ALERTS_BEFORE; i++)
    for (const line of load.violation(SUBJECTS + i, Date.now() - 1000)) await post(program, token, line);
  await pause(5000);
}

function scriptSize(): Figure[] {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, file = '']) =>
    readFileSync(join(dist, file)),
  );
  const bytes = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
  return [figure('first script, gzip', bytes / 1000, 'kB', `${scripts.length} files`)];
}

/** What a desk is sent first, and how long the first one waits for it, encoding and all. */
async function snapshotOf(program: Program): Promise<Figure[]> {
  const cookie = await signIn(program);
  const socket = new WebSocket(`${program.url.replace('http', 'ws')}/api/v1/live`, {
    headers: { cookie, origin: program.url },
    perMessageDeflate: false,
  });
  await new Promise((resolve) => socket.once('open', resolve));
  const askedMs = performance.now();
  socket.send(JSON.stringify({ type: 'hello', protocol: LIVE_PROTOCOL }));
  const [bytes, tookMs] = await new Promise<[number, number]>((resolve) =>
    socket.once('message', (data: Buffer) => resolve([data.length, performance.now() - askedMs])),
  );
  socket.terminate();
  const sizes = `${SUBJECTS} subjects, to a client in another process`;
  return [
    figure('snapshot', bytes / 1e6, 'MB', sizes),
    figure('hello → snapshot, whole', tookMs, 'ms', sizes),
  ];
}

/** From the address to a board of use, each time with nothing in the cache; who opens it has signed in before. */
async function opened(browser: Browser, program: Program): Promise<Figure[]> {
  const times: { counters: number; subjects: number }[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    const { context, page } = await openBoard(browser, program);
    times.push(
      await page.evaluate(() => ({
        counters: performance.getEntriesByName('bench.counters')[0]?.startTime ?? Number.NaN,
        subjects: performance.getEntriesByName('map.subjects-drawn')[0]?.startTime ?? Number.NaN,
      })),
    );
    await context.close();
  }
  const middle = (of: (time: (typeof times)[number]) => number) =>
    percentile(
      times.map(of).sort((a, b) => a - b),
      0.5,
    );
  const sizes = `${SUBJECTS} subjects, cold cache, loopback, middle of ${OPENINGS}`;
  return [
    figure(
      'address → counters and queue painted',
      middle(({ counters }) => counters),
      'ms',
      sizes,
    ),
    figure(
      'address → subjects drawn as well',
      middle(({ subjects }) => subjects),
      'ms',
      sizes,
    ),
  ];
}

interface Board {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly cdp: CDPSession;
}

async function openBoard(browser: Browser, program: Program): Promise<Board> {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  const [name = '', value = ''] = (await signIn(program)).split('=');
  await context.addCookies([{ name, value, url: program.url }]);
  const page = await context.newPage();
  await page.addInitScript(noteTimes);
  await page.goto(program.url);
  await page.waitForFunction(() => performance.getEntriesByName('map.subjects-drawn').length > 0, null, {
    timeout: 120_000,
  });
  const cdp = await context.newCDPSession(page);
  return { context, page, cdp };
}

/** In the page, before its own script: when what it shows was painted, and what its socket was told. */
function noteTimes(): void {
  const own = {
    alerts: new Map<string, number>(),
    rows: new Map<string, number>(),
    painted: new Map<string, number>(),
    /** When the first frame with the row in it was on the screen, as the browser says it (Element Timing); only of rows in sight. */
    presented: new Map<string, number>(),
    moved: 0,
  };
  Object.assign(window, { bench: own });
  const painted = (then: () => void) => requestAnimationFrame(() => requestAnimationFrame(then));
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(url: string | URL) {
      super(url);
      this.addEventListener('message', ({ data }) => {
        const receivedMs = performance.now();
        const text = String(data);
        // The page itself parses it again: this is in the script that is measured, and makes it no shorter.
        const at = text.indexOf('"card":[');
        if (at >= 0) own.moved += text.slice(at, text.indexOf(']', at)).split(',').length;
        for (const [, alert = ''] of text.matchAll(/"alert":"([^"]+)"/g))
          if (!own.alerts.has(alert)) own.alerts.set(alert, receivedMs);
      });
    }
  };
  let isCounted = false;
  const look = () => {
    if (
      !isCounted &&
      /\d/.test(document.querySelector('.tiles dd')?.textContent ?? '') &&
      document.querySelector('.row')
    ) {
      isCounted = true;
      painted(() => performance.mark('bench.counters'));
    }
    for (const row of document.querySelectorAll('.row[data-alert]')) {
      const alert = row.getAttribute('data-alert') ?? '';
      if (own.painted.has(alert)) continue;
      own.painted.set(alert, Number.NaN);
      own.rows.set(alert, performance.now());
      for (const part of [row, ...row.querySelectorAll('*')]) part.setAttribute('elementtiming', alert);
      painted(() => own.painted.set(alert, performance.now()));
    }
  };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { identifier, renderTime } = entry as PerformanceEntry & {
        identifier: string;
        renderTime: number;
      };
      if (renderTime > 0 && !own.presented.has(identifier)) own.presented.set(identifier, renderTime);
    }
  }).observe({ type: 'element', buffered: true });
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
}

type Bench = {
  bench: {
    alerts: Map<string, number>;
    rows: Map<string, number>;
    painted: Map<string, number>;
    presented: Map<string, number>;
    moved: number;
  };
};
const moved = (page: Page) => page.evaluate(() => (window as unknown as Bench).bench.moved);

async function watched(browser: Browser, page: Page, seconds: number) {
  const resting = await traced(browser, page, () => pause(seconds * 1000));
  const panned = await traced(browser, page, () => pan(page, seconds));
  return { resting, panned };
}

let traces = 0;

async function traced(browser: Browser, page: Page, work: () => Promise<void>): Promise<ScriptTime> {
  await browser.startTracing(page, { categories: ['devtools.timeline', 'v8', '__metadata'] });
  await work();
  const trace = (await browser.stopTracing()).toString('utf8');
  if (process.env.BENCH_TRACE !== undefined)
    writeFileSync(`${process.env.BENCH_TRACE}-${++traces}.json`, trace);
  return scriptTime(trace);
}

/** A hand that drags the map to and fro, zoomed in to where everybody has a mark of their own, and out again. */
async function pan(page: Page, seconds: number): Promise<void> {
  const box = await page.locator('[data-testid=map]').boundingBox();
  if (box === null) throw new Error('there is no map');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const untilMs = performance.now() + seconds * 1000;
  await page.click('.zoom button >> nth=0');
  await page.mouse.move(x, y);
  for (let way = 1; performance.now() < untilMs; way = -way) {
    await page.mouse.down();
    for (let step = 1; step <= 30 && performance.now() < untilMs; step++) {
      await page.mouse.move(x + way * step * 6, y + way * step * 3);
      await pause(16);
    }
    await page.mouse.up();
    await page.mouse.move(x, y);
  }
  await page.click('.zoom .whole');
}

function scriptFigures(what: string, live: Spread, still: Spread, sizes: string): Figure[] {
  const more = `${sizes}, ${live.frames} frames`;
  return [
    figure(`script a frame, ${what}, p50`, live.p50Ms, 'ms', more, still.p50Ms),
    figure(`script a frame, ${what}, p95`, live.p95Ms, 'ms', more, still.p95Ms),
    figure(`script a frame, ${what}, worst`, live.worstMs, 'ms', more, still.worstMs),
  ];
}

async function alertsShown(
  page: Page,
  program: Program,
  token: string,
  load: Load,
): Promise<{ rows: number[]; presented: number[]; drawn: number[] }> {
  const before = await page.evaluate(() => [...(window as unknown as Bench).bench.alerts.keys()]);
  for (let i = 0; i < ALERTS; i++) {
    for (const line of load.violation(SUBJECTS + ALERTS_BEFORE + i, Date.now() - 1000))
      await post(program, token, line);
    await pause(1000);
  }
  // Each is painted in the end, however slowly the machine draws.
  await page.waitForFunction(
    () => [...(window as unknown as Bench).bench.painted.values()].every((atMs) => !Number.isNaN(atMs)),
    null,
    { timeout: 60_000 },
  );
  const took = await page.evaluate((known) => {
    const { alerts, rows, presented, painted } = (window as unknown as Bench).bench;
    return [...alerts]
      .filter(([alert]) => !known.includes(alert))
      .map(([alert, atMs]) => [
        (rows.get(alert) ?? Number.NaN) - atMs,
        (presented.get(alert) ?? Number.NaN) - atMs,
        (painted.get(alert) ?? Number.NaN) - atMs,
      ]);
  }, before);
  if (took.length < ALERTS / 2) throw new Error(`${took.length} of ${ALERTS} alerts came`);
  const column = (i: number) =>
    took
      .map((times) => times[i] ?? Number.NaN)
      .filter((ms) => !Number.isNaN(ms))
      .sort((a, b) => a - b);
  const [rows, presented, drawn] = [column(0), column(1), column(2)];
  if (presented.length < ALERTS / 2) throw new Error(`${presented.length} of ${ALERTS} rows were in sight`);
  return { rows, presented, drawn };
}

async function heapBytes(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  return usedSize;
}
