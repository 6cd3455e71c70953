/** `wardline <command>`: picks the command, hands it the settings, sets the exit code. Nothing else. */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Config, readConfig, settingsHelp } from './config.ts';
import { withSecretFiles } from './secret-files.ts';

type Command = (argv: string[], config: Config) => Promise<number>;

/** Each command is loaded when it is called: `replay` needs no database driver. */
const COMMANDS: Readonly<Record<string, { help: string; load: () => Promise<Command> }>> = {
  start: {
    help: 'run the roles of this process; --no-demo starts empty',
    load: async () => (await import('./commands/start.ts')).start,
  },
  replay: {
    help: '--roster R --zones Z --observations O [--policy P] [--until T] [--skip-bad]: the detector on files',
    load: async () => {
      const { runReplay } = await import('./commands/replay.ts');
      return (argv) => runReplay(argv, process);
    },
  },
  explain: {
    help: '--subject S --at T --roster R --zones Z --observations O [--policy P] [--language zh|en] [--json]: why and why not',
    load: async () => {
      const { runExplain } = await import('./commands/explain.ts');
      return (argv) => runExplain(argv, process);
    },
  },
  backtest: {
    help: '--roster R --zones Z --observations O [--policy P] --against P2 [--organisation PATH] [--json]: another policy on the past',
    load: async () => {
      const { runBacktest } = await import('./commands/backtest.ts');
      return (argv) => runBacktest(argv, process);
    },
  },
  calendar: {
    help: '--year Y [--import F] [--policy P]: holidays as a roster calendar and as key periods',
    load: async () => {
      const { runCalendar } = await import('./commands/calendar.ts');
      return (argv) => runCalendar(argv, process);
    },
  },
  reproduce: {
    help: 'ALERT [--json]: whether an alert of the ledger comes out again of the log',
    load: async () => withStore((await import('./commands/reproduce.ts')).runReproduce),
  },
  seal: {
    help: '[--json] [--output F]: seal what was recorded, and print the newest seal',
    load: async () => withStore((await import('./commands/seal.ts')).runSeal),
  },
  verify: {
    help: '[--seal N:HASH] | --pack F [--key K]: whether what was sealed is still what stands in the tables',
    load: async () => {
      const onStore = withStore((await import('./commands/verify.ts')).runVerify);
      const { runVerifyPack } = await import('./commands/verify-pack.ts');
      const isPack = (word: string) => word === '--pack' || word.startsWith('--pack=');
      return (argv, config) => (argv.some(isPack) ? runVerifyPack(argv, process) : onStore(argv, config));
    },
  },
  evidence: {
    help: '--alert ID | --subject S --from T --to T --reason R, --out F: a signed pack that a court can read',
    load: async () => withStore((await import('./commands/evidence.ts')).runEvidence),
  },
  identity: {
    help: 'rotate: encrypt identity numbers with the first key of IDENTITY_KEYS',
    load: async () => withStore((await import('./commands/identity.ts')).runIdentity),
  },
  roster: {
    help: 'load|save --roster R --zones Z [--policy P]: into or out of the store',
    load: async () => withStore((await import('./commands/roster.ts')).runRoster),
  },
  zones: {
    help: 'check --zones Z [--repaired Z2] | lint ID [--draft Z …]: shapes and repairs; what is wrong with a zone, and last week with it',
    load: async () => async (argv, config) => {
      const [action, ...rest] = argv;
      if (action === 'check') return (await import('./commands/zones.ts')).runZonesCheck(rest, process);
      const { runZonesLint } = await import('./commands/zones-lint.ts');
      if (action === 'lint') return withStore(runZonesLint)(rest, config);
      process.stderr.write('wardline: usage: wardline zones check|lint … (see --help)\n');
      return 2;
    },
  },
  export: {
    help: 'observations [--subject S] --from T --to T [--output F]: what the log accepted',
    load: async () => withStore((await import('./commands/export.ts')).runExport),
  },
  import: {
    help: 'FILE… --feed F [--device D] [--format csv|ndjson|gpx]: files through the intake',
    load: async () => withStore((await import('./commands/import.ts')).runImport),
  },
  token: {
    help: 'create --feed F | --role R --organisation O [--expires T]: a token, printed once',
    load: async () => withStore((await import('./commands/token.ts')).runToken),
  },
  simulate: {
    help: "--native URL --token T --osmand URL [--jt808 URL] [--watch URL] [--mqtt URL] [--mlp-port N] [--truth F]: the demo's devices against any address",
    load: async () => {
      const { runSimulate } = await import('./commands/simulate.ts');
      return (argv) => runSimulate(argv, process);
    },
  },
};

type StoreCommand = (argv: string[], deps: import('./store-access.ts').StoreAccess) => Promise<number>;

function withStore(command: StoreCommand): Command {
  return async (argv, config) =>
    (await import('./store-access.ts')).withStoreAccess(config, (deps) => command(argv, deps));
}

function help(): string {
  const commands = Object.entries(COMMANDS).map(([name, command]) => `  ${name.padEnd(9)} ${command.help}`);
  return `wardline (守界): real-time location monitoring for community corrections

Usage: wardline [command] [options]        (start when no command is given)

Commands
${commands.join('\n')}

Settings (environment variable, flag)
${settingsHelp()}

For each that holds a secret NAME_FILE may name a file with its text: DATABASE_URL, SERVICE_DATABASE_URL, REDIS_URL, MQTT_URL, WARDLINE_ADMIN_PASSWORD.
`;
}

async function main(argv: string[]): Promise<number> {
  if (argv.includes('--help') || argv[0] === 'help') {
    process.stdout.write(help());
    return 0;
  }
  const env = withSecretFiles(process.env, (file) => readFileSync(file, 'utf8'));
  const read = env.ok ? readConfig(argv, env.value) : env;
  if (!read.ok) {
    for (const fault of read.error) process.stderr.write(`wardline: ${fault}\n`);
    return 1;
  }
  const { config, rest } = read.value;
  const [name = 'start', ...args] = rest[0]?.startsWith('-') ? ['start', ...rest] : rest;
  const command = COMMANDS[name];
  if (command === undefined) {
    process.stderr.write(
      `wardline: there is no command "${name}": one of ${Object.keys(COMMANDS).join(', ')} (see --help)\n`,
    );
    return 1;
  }
  return (await command.load())(args, config);
}

/**
 * What Node made of the program's text is kept for the next start, by the variable for threads too. Beside the packages: who may write there
 * may change the program anyway. Where nobody may, nothing is kept.
 */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/wardline', import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);

process.exitCode = await main(process.argv.slice(2));
