/** `wardline start`: the roles of this process until a signal ends it. */

import { countBuffersWithTheHeap } from '../adapters/external-memory.ts';
import { createLogger } from '../adapters/logger.ts';
import { type App, startApp } from '../app.ts';
import type { Config } from '../config.ts';
import { DEMO_ACCOUNTS } from '../demo-accounts.ts';
import type { DemoOperator, DemoPlay } from '../demo-play.ts';

/** A stop that hangs, or leaves something behind that keeps the process, is cut off before a service manager would kill it. */
const STOP_WITHIN_MS = 9000;

export async function start(argv: string[], config: Config): Promise<number> {
  if (argv.length > 0) {
    process.stderr.write(
      `wardline: start knows no ${argv.map((arg) => `"${arg}"`).join(', ')} (see --help)\n`,
    );
    return 1;
  }
  countBuffersWithTheHeap();
  const signal = nextSignal();
  const logger = createLogger(config.logLevel);
  const operator = config.demo && config.mlpUrl === undefined ? await startOperator() : null;
  const app = await startApp(operator === null ? config : { ...config, mlpUrl: operator.url }, logger);
  if (!app.ok) {
    await operator?.stop();
    process.stderr.write(`wardline: ${app.error}\n`);
    return 1;
  }
  const demo = config.demo ? await startDemo(app.value, config, operator) : undefined;
  process.stdout.write(welcome(app.value, config, demo));
  await signal;
  process.stdout.write('stopping…\n');
  const cutOff = setTimeout(() => {
    process.stderr.write(
      'wardline: the stop took too long and was cut off; the next start repeats what was under way\n',
    );
    process.exit(1);
  }, STOP_WITHIN_MS);
  await demo?.stop();
  await app.value.stop();
  await operator?.stop();
  cutOff.unref();
  process.stdout.write('stopped\n');
  return 0;
}

/** Resolves at the first SIGINT or SIGTERM; further ones change nothing, since the stop is under way. */
function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
    process.on('SIGHUP', () => resolve());
  });
}

async function startOperator() {
  const { startDemoOperator } = await import('../demo-play.ts');
  return startDemoOperator();
}

async function startDemo(app: App, config: Config, operator: DemoOperator | null) {
  const { playDemo } = await import('../demo-play.ts');
  return playDemo(app, config, operator);
}

const SPOKEN: Readonly<Record<string, string>> = { jt808: 'JT/T 808', watch: 'watches' };

function welcome(app: App, config: Config, demo: DemoPlay | undefined): string {
  const demoPassword = demo?.password;
  const password = demoPassword ?? app.madePassword;
  const login =
    password !== undefined
      ? `admin / ${password}${demoPassword === undefined ? '   (for 72 hours: choose another at the sign-in)' : ''}`
      : config.adminPassword !== undefined
        ? 'admin / the password of WARDLINE_ADMIN_PASSWORD'
        : 'admin / the password printed at the first start (lost: set WARDLINE_ADMIN_PASSWORD)';
  return [
    '',
    `  守界 Wardline is ready${config.demo ? '   DEMO: people and places are invented' : ''}`,
    `  page    ${app.url}`,
    ...(config.roles.includes('dashboard') ? [`  login   ${login}`] : []),
    ...(demo?.hasAccounts === true
      ? [`          demo only, same password: ${DEMO_ACCOUNTS.map(({ login }) => login).join(', ')}`]
      : []),
    ...(app.osmandUrl === null ? [] : [`  osmand  ${app.osmandUrl}   (OsmAnd / Traccar Client)`]),
    ...(app.iclockUrl === null ? [] : [`  iclock  ${app.iclockUrl}   (fingerprint terminals)`]),
    ...Object.entries(app.deviceUrls).map(
      ([name, url]) => `  ${name.padEnd(7)} ${url}   (${SPOKEN[name] ?? 'devices'})`,
    ),
    `  roles   ${config.roles.join(', ')}`,
    '  Ctrl-C stops everything',
    '',
    '',
  ].join('\n');
}
