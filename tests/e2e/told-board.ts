/** A board whose page and session are real, while a test says what the live connection tells it. */
import type { Browser, WebSocketRoute } from 'playwright-core';
import {
  LIVE_PROTOCOL,
  packWhereabouts,
  type ServerMessage,
  type Snapshot,
} from '../../dashboard/protocol.ts';
import { signIn } from './desk.ts';

export function snapshot(part: Partial<Snapshot> = {}): Snapshot {
  const nowMs = Date.now();
  return {
    type: 'snapshot',
    protocol: LIVE_PROTOCOL,
    epoch: 'e',
    seq: 1,
    demo: false,
    cards: [
      {
        id: 'S0',
        name: '测试人员〇',
        office: '445281/office-01',
        officeName: '普宁市 演示一所',
        county: '445281',
        grade: 'standard',
      },
    ],
    whereabouts: packWhereabouts([
      [0, 116.1, 23.3, 20, Math.floor(nowMs / 1000), Math.floor(nowMs / 1000), 80, 0],
    ]),
    alerts: [],
    health: { nowMs, frontierMs: nowMs, tickSeconds: 10 },
    ...part,
  };
}

/** A board that was told `messages`, after which `say` tells it more. */
export async function tellBoard(
  browser: Browser,
  url: string,
  messages: readonly ServerMessage[],
  viewport = { width: 1366, height: 768 },
) {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  let socket: WebSocketRoute | undefined;
  let lines = 0;
  await page.routeWebSocket('**/api/v1/live', (route) => {
    socket = route;
    lines++;
    route.onMessage((text) => {
      if (JSON.parse(String(text)).type === 'hello')
        for (const message of messages) route.send(JSON.stringify(message));
    });
  });
  await page.goto(url);
  await signIn(page);
  await page.waitForSelector('.board');
  return {
    page,
    context,
    say: (message: ServerMessage) => socket?.send(JSON.stringify(message)),
    /** How many connections the page has begun. */
    lines: () => lines,
  };
}
