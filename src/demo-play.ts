/** Plays the invented city against the program's own ports: loads its roster, gives its platform a token, starts its devices. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { prepareZone } from '../geofences/prepare-zone.ts';
import type { App } from './app.ts';
import { createToken } from './commands/token.ts';
import type { Config } from './config.ts';
import { WRISTBAND_FEED } from './demo/profiles.ts';
import { createDemoRun } from './demo/run.ts';
import { createWorld, DEFAULT_SEED } from './demo/world.ts';
import { loadRoster } from './ingest/roster-load.ts';
import { upsertDocument } from './store/roster.ts';

export interface DemoPlay {
  /** The administrator's password: kept in the data folder, because a demo must be easy to come back to. */
  readonly password: string | undefined;
  stop(): Promise<void>;
}

const TOKEN_LIFE_MS = 30 * 86_400_000;

export async function playDemo(app: App, config: Config): Promise<DemoPlay> {
  const nowMs = Date.now();
  const world = createWorld({ seed: DEFAULT_SEED, nowMs });
  const names = Object.fromEntries(world.organisations.map(({ path, name }) => [path, name]));
  await upsertDocument(app.database, 'organisations', JSON.stringify(names));
  const loaded = await loadRoster(
    app.database,
    { roster: world.roster, zones: world.zones, policy: world.policy },
    nowMs,
    prepareZone,
    { kind: 'system', name: 'demo', organisation: '' },
  );
  if (!loaded.ok)
    throw new Error(`the demo's roster has faults: ${JSON.stringify(loaded.error.slice(0, 3))}`);
  const token = await createToken(app.database, {
    feed: WRISTBAND_FEED,
    role: null,
    organisation: '',
    expiresMs: nowMs + TOKEN_LIFE_MS,
  });
  const run = createDemoRun({
    world,
    target: { nativeUrl: app.url, token, osmandUrl: app.osmandUrl ?? '' },
    clock: Date.now,
  });
  run.start();
  return { password: rememberPassword(config, app.madePassword), stop: () => run.stop() };
}

function rememberPassword(config: Config, made: string | undefined): string | undefined {
  if (config.adminPassword !== undefined || config.databaseUrl !== undefined) return made;
  const file = join(resolve(config.dataDir), 'demo-password');
  if (made !== undefined) writeFileSync(file, made, { mode: 0o600 });
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
