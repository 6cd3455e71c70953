/** Plays the invented city against the program's own ports: loads its roster, gives its platform a token, starts its devices. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { prepareZone } from '../geofences/prepare-zone.ts';
import type { App } from './app.ts';
import { createToken } from './commands/token.ts';
import type { Config } from './config.ts';
import { type MlpServer, startMlpServer } from './demo/mlp-server.ts';
import { WRISTBAND_FEED } from './demo/profiles.ts';
import { createDemoRun, type DemoRun } from './demo/run.ts';
import { createWorld, DEFAULT_SEED } from './demo/world.ts';
import { ensureDemoAccounts } from './demo-accounts.ts';
import { enterDemoLaw } from './demo-legal.ts';
import { loadRoster } from './ingest/roster-load.ts';
import { seedOrganisations } from './store/organisations.ts';

export interface DemoPlay {
  /** The administrator's password: kept in the data folder, because a demo must be easy to come back to. */
  readonly password: string | undefined;
  /** One for each role, with the administrator's password. */
  readonly hasAccounts: boolean;
  stop(): Promise<void>;
}

/** The invented operator: there before the program asks, and knows nothing until the city is played. */
export interface DemoOperator extends MlpServer {
  knows: DemoRun['wordOf'] | undefined;
}

/** CONGESTION IN MOBILE NETWORK: whoever asks comes again soon. */
const BUSY = 203;

export async function startDemoOperator(): Promise<DemoOperator> {
  const server = await startMlpServer({
    wordOf: (msid) => operator.knows?.(msid) ?? { kind: 'error', resid: BUSY, atMs: Date.now() },
  });
  const operator: DemoOperator = Object.assign(server, { knows: undefined });
  return operator;
}

const TOKEN_LIFE_MS = 30 * 86_400_000;

/** `operator`: null where a real one is set, who is not told of invented people. */
export async function playDemo(app: App, config: Config, operator: DemoOperator | null): Promise<DemoPlay> {
  const nowMs = Date.now();
  const world = createWorld({ seed: DEFAULT_SEED, nowMs });
  await seedOrganisations(
    app.database,
    JSON.stringify(world.organisations.map(({ path, name }) => ({ path, name, ...kindOf(path) }))),
  );
  const loaded = await loadRoster(
    app.database,
    { roster: world.roster, zones: world.zones, policy: world.policy },
    nowMs,
    prepareZone,
    { kind: 'system', name: 'demo', organisation: '' },
  );
  if (!loaded.ok)
    throw new Error(`the demo's roster has faults: ${JSON.stringify(loaded.error.slice(0, 3))}`);
  await enterDemoLaw(app.database, world, nowMs);
  const token = await createToken(app.database, {
    feed: WRISTBAND_FEED,
    role: null,
    organisation: '',
    expiresMs: nowMs + TOKEN_LIFE_MS,
  });
  const run = createDemoRun({
    world,
    target: {
      nativeUrl: app.url,
      token,
      osmandUrl: app.osmandUrl ?? '',
      ...(app.iclockUrl === null ? {} : { iclockUrl: app.iclockUrl }),
      jt808Url: app.deviceUrls.jt808 ?? null,
      watchUrl: app.deviceUrls.watch ?? null,
      ...(config.mqttUrl === undefined ? {} : { mqttUrl: config.mqttUrl }),
    },
    clock: Date.now,
  });
  // The ingest hears of the roster by NOTIFY: whoever speaks before stands in quarantine.
  const last = world.subjects.at(-1)?.phone.address ?? '';
  while (!app.knows(last)) await new Promise((resolve) => setTimeout(resolve, 50));
  run.start();
  if (operator !== null) operator.knows = run.wordOf;
  const password = rememberPassword(config, app.madePassword);
  const common = config.adminPassword ?? password;
  if (common !== undefined) await ensureDemoAccounts(app.database, common);
  return { password, hasAccounts: common !== undefined, stop: () => run.stop() };
}

/** The city over all, counties by their code, offices below them. */
function kindOf(path: string): { kind: string; code: string | null } {
  if (path === '') return { kind: 'city', code: '445200' };
  return path.includes('/') ? { kind: 'justice-office', code: null } : { kind: 'county', code: path };
}

function rememberPassword(config: Config, made: string | undefined): string | undefined {
  if (config.adminPassword !== undefined || config.databaseUrl !== undefined) return made;
  const file = join(resolve(config.dataDir), 'demo-password');
  if (made !== undefined) writeFileSync(file, made, { mode: 0o600 });
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
