/**
 * Every setting of Wardline: environment variable, flag, default and meaning in one table. `readConfig` checks all of
 * them at once; `settingsHelp` prints the reference that `wardline --help` and the README show.
 */
import { fail, ok, type Result } from './kernel/result.ts';
import { readTileUrls, type TileUrls } from './kernel/tile-address.ts';

export const ROLES = [
  'ingest',
  'clock',
  'recorder',
  'detector',
  'board',
  'logbook',
  'notices',
  'dashboard',
] as const;
export type Role = (typeof ROLES)[number];

interface Setting<T> {
  readonly env: string;
  readonly flag: string;
  readonly fallback: T;
  readonly help: string;
  /** Answers the value, or a text that says what would be right. */
  read(text: string): { value: T } | string;
}

const text = (env: string, flag: string, fallback: string, help: string): Setting<string> => ({
  env,
  flag,
  fallback,
  help,
  read: (given) => (given === '' ? 'must not be empty' : { value: given }),
});

const optional = (
  env: string,
  flag: string,
  help: string,
  accepts: RegExp,
  example: string,
): Setting<string | undefined> => ({
  env,
  flag,
  fallback: undefined,
  help,
  read: (given) => (accepts.test(given) ? { value: given } : `must look like ${example}`),
});

const whole = (
  env: string,
  flag: string,
  fallback: number,
  min: number,
  max: number,
  help: string,
): Setting<number> => ({
  env,
  flag,
  fallback,
  help,
  read: (given) => {
    const value = Number(given);
    return /^\d+$/.test(given) && value >= min && value <= max
      ? { value }
      : `must be a whole number from ${min} to ${max}`;
  },
});

const port = (env: string, flag: string, fallback: number, help: string) =>
  whole(env, flag, fallback, 0, 65_535, help);

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

const SETTINGS = {
  roles: {
    env: 'ROLES',
    flag: 'roles',
    fallback: [...ROLES] as Role[],
    help: `roles of this process, separated by commas: ${ROLES.join(', ')} (all)`,
    read: (given: string) => {
      const roles = given.split(',').map((name) => name.trim());
      const wrong = roles.filter((name) => !ROLES.some((role) => role === name));
      return wrong.length === 0
        ? { value: [...new Set(roles)] as Role[] }
        : `knows no role ${wrong.map((name) => `"${name}"`).join(', ')}: choose from ${ROLES.join(', ')}`;
    },
  } satisfies Setting<Role[]>,
  host: text('HOST', 'host', '0.0.0.0', 'address to listen on'),
  port: port('PORT', 'port', 8080, 'page, REST, websocket, native ingest; 0 takes a free one'),
  osmandPort: port('OSMAND_PORT', 'osmand-port', 5055, 'OsmAnd / Traccar Client; 0 takes a free one'),
  jt808Port: port('JT808_PORT', 'jt808-port', 5015, 'JT/T 808 over TCP; 0 takes a free one'),
  watchPort: port('WATCH_PORT', 'watch-port', 5093, 'watch protocol over TCP; 0 takes a free one'),
  iclockPort: port(
    'ICLOCK_PORT',
    'iclock-port',
    8081,
    'fingerprint terminals, iclock / ADMS push; 0 takes a free one',
  ),
  dataDir: text('DATA_DIR', 'data-dir', './data', 'folder of the embedded database'),
  databaseUrl: optional(
    'DATABASE_URL',
    'database-url',
    'PostgreSQL or TimescaleDB to use (none: the embedded one)',
    /^postgres(ql)?:\/\/.+/,
    'postgres://user:password@host:5432/wardline',
  ),
  serviceDatabaseUrl: optional(
    'SERVICE_DATABASE_URL',
    'service-database-url',
    'the same database by the login that serves callers, where the one of DATABASE_URL may make no roles (none: it is made)',
    /^postgres(ql)?:\/\/.+/,
    'postgres://wardline_service:password@host:5432/wardline',
  ),
  kafkaBrokers: optional(
    'KAFKA_BROKERS',
    'kafka-brokers',
    'Kafka to use for the observations log, separated by commas (none: the database)',
    /^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/,
    'host:9092,other:9092',
  ),
  kafkaTopic: text('KAFKA_TOPIC', 'kafka-topic', 'wardline.observations', 'topic of the observations log'),
  redisUrl: optional(
    'REDIS_URL',
    'redis-url',
    'Redis for the live state, needed when board and dashboard are apart (none: memory)',
    /^rediss?:\/\/.+/,
    'redis://host:6379',
  ),
  mqttUrl: optional(
    'MQTT_URL',
    'mqtt-url',
    'MQTT broker of OwnTracks, with user and password in it where it asks for them (none: OwnTracks by HTTP only)',
    /^(mqtts?|wss?):\/\/.+/,
    'mqtt://user:password@host:1883',
  ),
  mqttClientId: text(
    'MQTT_CLIENT_ID',
    'mqtt-client-id',
    'wardline',
    'by which the broker knows this installation; one of its processes is connected at a time',
  ),
  mlpUrl: optional(
    'MLP_URL',
    'mlp-url',
    'location server of a mobile operator (OMA MLP 3.x) that is asked for phones with protocol mlp (none: not asked)',
    /^https?:\/\/[^\s@]+$/,
    'http://host:9210/',
  ),
  mlpClient: text('MLP_CLIENT', 'mlp-client', 'wardline', 'client id in the contract with the operator'),
  mlpPassword: optional(
    'MLP_PASSWORD',
    '',
    'password of that client (none: empty)',
    /^[^\0]+$/,
    'a password',
  ),
  mlpService: optional(
    'MLP_SERVICE',
    'mlp-service',
    'service id, where the operator asks for one (none: left out)',
    /^.+$/,
    'a name',
  ),
  mlpVersion: optional(
    'MLP_VERSION',
    'mlp-version',
    'version of MLP to speak (none: 3.2.0)',
    /^3\.\d{1,2}\.\d{1,2}$/,
    '3.2.0',
  ),
  mlpPerSecond: whole(
    'MLP_PER_SECOND',
    'mlp-per-second',
    10,
    1,
    10_000,
    'phones asked for in a second, at most',
  ),
  mlpBatch: whole(
    'MLP_BATCH',
    'mlp-batch',
    20,
    1,
    500,
    'phones in one request, at most (and no more than MLP_PER_SECOND)',
  ),
  mlpConnections: whole(
    'MLP_CONNECTIONS',
    'mlp-connections',
    4,
    1,
    64,
    'requests to the operator at once, at most',
  ),
  mlpTimeoutS: whole(
    'MLP_TIMEOUT_S',
    'mlp-timeout-s',
    30,
    1,
    600,
    'seconds after which a request to the operator is given up',
  ),
  partitions: whole(
    'PARTITIONS',
    'partitions',
    6,
    1,
    1024,
    'partitions of the observations log; fixed once it holds data',
  ),
  logRetentionHours: whole(
    'LOG_RETENTION_HOURS',
    'log-retention-hours',
    168,
    1,
    87_600,
    'how long the log in the database keeps observations',
  ),
  positionRetentionDays: whole(
    'POSITION_RETENTION_DAYS',
    'position-retention-days',
    365,
    1,
    36_500,
    'how long recorded positions are kept',
  ),
  phonePositionRetentionDays: whole(
    'PHONE_POSITION_RETENTION_DAYS',
    'phone-position-retention-days',
    180,
    1,
    36_500,
    'how long positions of phones are kept, where that is shorter: they verify, and are no electronic positioning',
  ),
  messageRetentionDays: whole(
    'MESSAGE_RETENTION_DAYS',
    'message-retention-days',
    14,
    1,
    3650,
    'how long the messages of devices are kept as decoded',
  ),
  presenceRetentionDays: whole(
    'PRESENCE_RETENTION_DAYS',
    'presence-retention-days',
    1096,
    60,
    3650,
    'how long the days of subjects are kept (presence, minutes kept and broken); sums of offices stay',
  ),
  quarantineRetentionDays: whole(
    'QUARANTINE_RETENTION_DAYS',
    'quarantine-retention-days',
    90,
    1,
    3650,
    'how long refused input is kept for somebody to mend',
  ),
  evidenceKeyFile: optional(
    'EVIDENCE_KEY_FILE',
    'evidence-key-file',
    'Ed25519 key (PKCS #8 PEM) that signs evidence packs; the same on all dashboards (none: evidence-key.pem in DATA_DIR, made when needed)',
    /./,
    '/etc/wardline/evidence-key.pem',
  ),
  selfTestS: whole(
    'SELF_TEST_S',
    'self-test-s',
    300,
    0,
    86_400,
    'seconds between two self-tests: a made-up violation goes all the way to its alert, and its absence is shown and told; 0: none',
  ),
  sealUrl: optional(
    'SEAL_URL',
    'seal-url',
    'where the newest seal is sent by POST, to be kept by others (none: not sent)',
    /^https?:\/\/.+/,
    'https://host/path',
  ),
  tileUrls: {
    env: 'TILE_URL',
    flag: 'tile-url',
    fallback: undefined,
    help: "map tiles under everything, Web Mercator in WGS-84 (Tianditu's CGCS2000 equals it here): address with {z}, {x}, {y}; several, from below, by blanks (none: the page asks no other origin)",
    read: readTileUrls,
  } satisfies Setting<TileUrls | undefined>,
  tileAttribution: optional(
    'TILE_ATTRIBUTION',
    'tile-attribution',
    "what the maps say of the tiles' origin, with the number that the licence asks for (none: nothing)",
    /^.{1,200}$/,
    '天地图',
  ),
  tileMaxZoom: whole('TILE_MAX_ZOOM', 'tile-max-zoom', 18, 1, 22, 'closest level that has tiles'),
  noticeChannels: optional(
    'NOTICE_CHANNELS',
    '',
    'by what notices leave the house: JSON array of channels, see README.md (none: they are in the page only)',
    /^\s*\[[\s\S]*\]\s*$/,
    'a JSON array of channels',
  ),
  logLevel: {
    env: 'LOG_LEVEL',
    flag: 'log-level',
    fallback: 'warn',
    help: `what is written to stderr: ${LOG_LEVELS.join(', ')}`,
    read: (given: string) =>
      LOG_LEVELS.includes(given) ? { value: given } : `must be one of ${LOG_LEVELS.join(', ')}`,
  } satisfies Setting<string>,
  tlsCert: optional(
    'TLS_CERT',
    'tls-cert',
    'PEM file of a certificate: PORT speaks TLS (none: plain HTTP)',
    /./,
    'cert.pem',
  ),
  tlsKey: optional('TLS_KEY', 'tls-key', 'PEM file of its key (none: plain HTTP)', /./, 'key.pem'),
  trustProxy: optional(
    'TRUST_PROXY',
    'trust-proxy',
    'addresses or networks of the proxies in front, by commas: only what these say of their caller is believed (none)',
    /^[0-9a-f.:]+(\/\d+)?(,[0-9a-f.:]+(\/\d+)?)*$/i,
    '10.0.0.5,10.1.0.0/16',
  ),
  callsAMinute: whole(
    'CALLS_A_MINUTE',
    'calls-a-minute',
    60_000,
    10,
    10_000_000,
    'how often one caller of the REST interface may call; one address five times as often',
  ),
  adminPassword: {
    env: 'WARDLINE_ADMIN_PASSWORD',
    flag: '',
    fallback: undefined,
    help: 'password of the first administrator, whose login is admin (none: one is made and printed once)',
    read: (given: string) => (given.length >= 8 ? { value: given } : 'must have 8 characters or more'),
  } satisfies Setting<string | undefined>,
  identityKeys: {
    env: 'IDENTITY_KEYS',
    flag: '',
    fallback: undefined,
    help: 'keys of identity numbers, id:base64 of 32 bytes, separated by commas; the first one encrypts (none: no number is kept)',
    read: (given: string) =>
      /^[A-Za-z0-9._-]{1,40}:[A-Za-z0-9+/]{43}=(,[A-Za-z0-9._-]{1,40}:[A-Za-z0-9+/]{43}=)*$/.test(given)
        ? { value: given }
        : 'must be id:key pairs separated by commas, each key 32 bytes in base64 (openssl rand -base64 32)',
  } satisfies Setting<string | undefined>,
  demo: {
    env: 'DEMO',
    flag: 'demo',
    fallback: undefined,
    help: 'play the invented city: on or off (none: on when nothing else is configured; also --demo, --no-demo)',
    read: (given: string) =>
      given === 'on' || given === 'true'
        ? { value: true }
        : given === 'off' || given === 'false'
          ? { value: false }
          : 'must be on or off',
  } satisfies Setting<boolean | undefined>,
} as const;

type Settings = typeof SETTINGS;
type Read = { readonly [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never };

export interface Config extends Omit<Read, 'demo'> {
  readonly demo: boolean;
}

/**
 * Reads flags, then environment, then defaults. Answers the configuration and the arguments that are no settings (the
 * command's own), or every fault at once.
 */
export function readConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<{ config: Config; rest: string[] }, string[]> {
  const { given, rest, faults } = takeFlags(argv);
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const flag = given.get(setting.flag);
    const source = flag !== undefined ? `--${setting.flag}` : setting.env;
    const raw = flag ?? env[setting.env];
    values[key] = setting.fallback;
    if (raw === undefined || (raw === '' && flag === undefined)) continue;
    const result = setting.read(raw);
    if (typeof result === 'string')
      faults.push(`${source}=${/PASSWORD|KEYS|CHANNELS|_URL/.test(setting.env) ? '…' : raw}: ${result}`);
    else values[key] = result.value;
  }
  const read = values as unknown as Read;
  const config: Config = { ...read, demo: read.demo ?? isUnconfigured(read) };
  if (faults.length === 0) faults.push(...findConflicts(config));
  return faults.length > 0 ? fail(faults) : ok({ config, rest });
}

/** With no configuration at all the demo plays; whoever names a database or a broker means business. */
function isUnconfigured(read: Read): boolean {
  return (
    read.databaseUrl === undefined && read.kafkaBrokers === undefined && read.roles.length === ROLES.length
  );
}

function findConflicts(config: Config): string[] {
  const faults: string[] = [];
  const whole = config.roles.length === ROLES.length;
  if (!whole && config.databaseUrl === undefined) {
    faults.push('ROLES: a part of the roles needs a database that the others share: set DATABASE_URL');
  }
  const board = config.roles.includes('board');
  const dashboard = config.roles.includes('dashboard');
  if (board !== dashboard && config.redisUrl === undefined) {
    faults.push(
      'ROLES: board and dashboard in different processes need a live state that they share: set REDIS_URL',
    );
  }
  if (config.demo && !(config.roles.includes('ingest') && config.roles.includes('dashboard'))) {
    faults.push('DEMO: the demo needs the roles ingest and dashboard in one process');
  }
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
    faults.push('TLS_CERT and TLS_KEY: give both, or neither');
  if (config.demo && config.noticeChannels !== undefined)
    faults.push('DEMO: in the demo nothing leaves this machine: leave out NOTICE_CHANNELS, or --no-demo');
  if (config.demo && config.tlsCert !== undefined)
    faults.push('DEMO: the demo’s own devices speak plain HTTP: leave out TLS_CERT, or --no-demo');
  return faults;
}

function takeFlags(argv: readonly string[]): {
  given: Map<string, string>;
  rest: string[];
  faults: string[];
} {
  const flags = new Set(
    Object.values(SETTINGS).flatMap((setting) => (setting.flag === '' ? [] : [setting.flag])),
  );
  const given = new Map<string, string>();
  const rest: string[] = [];
  const faults: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    const [name = '', inline] = arg.startsWith('--') ? splitOnce(arg.slice(2)) : [];
    if (arg === '--demo' || arg === '--no-demo') given.set('demo', arg === '--demo' ? 'on' : 'off');
    else if (!flags.has(name)) rest.push(arg);
    else if (inline !== undefined) given.set(name, inline);
    else if (argv[i + 1] === undefined) faults.push(`--${name}: needs a value`);
    else given.set(name, argv[++i] ?? '');
  }
  return { given, rest, faults };
}

function splitOnce(argument: string): [string, string | undefined] {
  const at = argument.indexOf('=');
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

/** A table of all settings, one line each. */
export function settingsHelp(): string {
  return (Object.values(SETTINGS) as Setting<unknown>[])
    .map((setting) => {
      const names = setting.flag === '' ? setting.env : `${setting.env}, --${setting.flag}`;
      const shown = Array.isArray(setting.fallback) ? 'all' : (setting.fallback ?? 'none');
      return `  ${names.padEnd(52)} ${setting.help}${setting.help.includes('(none') || shown === 'all' ? '' : ` (${shown})`}`;
    })
    .join('\n');
}
