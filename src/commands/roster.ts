/** `wardline roster load|save|import|export`: the roster's files and tables into and out of the running store. */
import { writeFileSync } from 'node:fs';
import { prepareOrOffer } from '../../geofences/repair-zone.ts';
import { loadRoster, readRoster } from '../ingest/roster-load.ts';
import { decodePolicyDocument, encodePolicyDocument } from '../kernel/policy-file.ts';
import { decodeRoster, encodeRoster } from '../kernel/roster-file.ts';
import { decodeZones, encodeZones } from '../kernel/zone-file.ts';
import { recordAudit } from '../store/audit.ts';
import type { StoreAccess } from '../store-access.ts';
import { type Arguments, readArguments } from './arguments.ts';
import { readFile } from './read-file.ts';
import { exportTable, importTable } from './roster-table.ts';
import { awaitTaken, NOT_SAID } from './roster-taken.ts';

const USAGE =
  'usage: wardline roster load|save [--roster roster.json] [--zones zones.geojson] [--policy policy.json], or roster import|export <table.xlsx|table.csv> [--dry-run] [--reason …]';

export async function runRoster(argv: string[], access: StoreAccess): Promise<number> {
  const say = (line: string) => access.stderr.write(`wardline: ${line}\n`);
  const args = readArguments(argv, {
    options: ['roster', 'zones', 'policy', 'reason'],
    flags: ['dry-run'],
  });
  if (!args.ok) {
    for (const fault of [...args.error, USAGE]) say(fault);
    return 2;
  }
  const [action, ...extra] = args.value.positionals;
  const [path] = extra;
  if ((action === 'import' || action === 'export') && path !== undefined && extra.length === 1) {
    const reason = args.value.options.reason ?? 'not given';
    if (action === 'import') return importTable(path, reason, args.value.flags.has('dry-run'), access, say);
    const written = await exportTable(path, reason, access, say);
    if (!written) say(USAGE);
    return written ? 0 : 2;
  }
  if (
    (action !== 'load' && action !== 'save') ||
    extra.length > 0 ||
    Object.keys(args.value.options).length === 0
  ) {
    say(USAGE);
    return 2;
  }
  return action === 'load' ? load(args.value, access, say) : save(args.value, access, say);
}

async function load(
  { options }: Arguments,
  access: StoreAccess,
  say: (line: string) => void,
): Promise<number> {
  const roster = readFile(options.roster, decodeRoster);
  const zones = readFile(options.zones, decodeZones);
  const policy = readFile(options.policy, decodePolicyDocument);
  const faults = [roster, zones, policy].flatMap((file) => (file.ok ? [] : file.error));
  if (!roster.ok || !zones.ok || !policy.ok) {
    for (const fault of faults) say(fault);
    say(`nothing was changed: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`);
    return 2;
  }
  const update = { roster: roster.value, zones: zones.value, policy: policy.value };
  const taken = await awaitTaken(access.database);
  const loaded = await loadRoster(
    access.database,
    update,
    Date.now(),
    prepareOrOffer,
    undefined,
    taken.token,
  );
  if (!loaded.ok) {
    await taken.give();
    for (const { where, message } of loaded.error) say(`${where}: ${message}`);
    say(`nothing was changed: ${loaded.error.length} ${loaded.error.length === 1 ? 'fault' : 'faults'}`);
    return 2;
  }
  const { subjects, zones: changedZones } = loaded.value;
  say(`${subjects} subjects and ${changedZones} zones were new or changed`);
  if (!(await taken.wait())) say(NOT_SAID);
  return 0;
}

async function save(
  { options }: Arguments,
  access: StoreAccess,
  say: (line: string) => void,
): Promise<number> {
  await recordAudit(access.database, {
    actor: { kind: 'command', name: 'wardline roster save', organisation: '' },
    action: 'roster.export',
  });
  const { roster, zones, policy } = await readRoster(access.database);
  const write = (path: string | undefined, json: unknown) => {
    if (path !== undefined) writeFileSync(path, `${JSON.stringify(json, null, 1)}\n`);
  };
  write(options.roster, encodeRoster(roster));
  write(options.zones, encodeZones(zones));
  write(options.policy, encodePolicyDocument(policy));
  say(`${roster.subjects.length} subjects and ${zones.length} zones written`);
  return 0;
}
