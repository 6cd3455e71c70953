/// <reference lib="dom" />
/** A desk: one browser context with the page, watched for what it asks of others and for what fails in it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';

export const PASSWORD = 'test-password';

export interface Desk {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Addresses of another origin that the page asked for. */
  readonly outside: string[];
  /** Errors of the page, and of its policy. */
  readonly faults: string[];
}

export async function openDesk(
  browser: Browser,
  url: string,
  viewport = { width: 1920, height: 1080 },
): Promise<Desk> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  const desk: Desk = { context, page, outside: [], faults: [] };
  const { origin, host } = new URL(url);
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith(`blob:${origin}`))
      desk.outside.push(request.url());
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) desk.outside.push(socket.url());
  });
  page.on('pageerror', (error) => desk.faults.push(error.message));
  page.on('console', (message) => {
    // The browser itself logs a refused sign-in and a cable that is cut; a broken policy and a missing file are the page’s fault.
    const isExpected = /status of 401|net::ERR_|WebSocket connection to/.test(message.text());
    // Nobody on duty, no rota yet: the API says so by 404, and the browser logs it.
    const isNone = /\/api\/v1\/(shifts\/current|rota)$/.test(message.location().url);
    if (message.type() === 'error' && !isExpected && !isNone)
      desk.faults.push(`${message.text()} ${message.location().url}`);
  });
  await page.goto(url);
  return desk;
}

export async function signIn(page: Page, password = PASSWORD, login = 'admin'): Promise<void> {
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
}

/** REST by the session of the page. */
export function callAs(page: Page, method: string, path: string, body: object) {
  return page.evaluate(
    async ([method, path, body]) => {
      const { csrf } = await (await fetch('/api/v1/session')).json();
      const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf };
      const answer = await fetch(`/api/v1/${path}`, {
        method: String(method),
        headers,
        body: String(body),
      });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    },
    [method, path, JSON.stringify(body)] as const,
  );
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe finds against WCAG 2.2 A and AA, once what fades in or out has done so: colours between two states are nobody's choice. Through the
 * debugger, which the page's policy does not bind.
 */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run(
          context: Document,
          options: object,
        ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
      };
    };
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const { violations } = await axe.run(document, { runOnly });
    return violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  });
}
