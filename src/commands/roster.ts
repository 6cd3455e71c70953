/** `wardline roster load|save`: the roster's files into and out of the running store. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { prepareOrOffer } from '../../geofences/repair-zone.ts';
import { loadRoster, readRoster } from '../ingest/roster-load.ts';
import { decodePolicyDocument, encodePolicyDocument } from '../kernel/policy-file.ts';
import { decodeRoster, encodeRoster } from '../kernel/roster-file.ts';
import { decodeZones, encodeZones } from '../kernel/zone-file.ts';
import type { Database } from '../ports/database.ts';
import { recordAudit } from '../store/audit.ts';
import { countRosterListeners } from '../store/roster.ts';
import type { StoreAccess } from '../store-access.ts';
import { type Arguments, readArguments } from './arguments.ts';
import { readFile } from './read-file.ts';

const TAKEN_WITHIN_MS = 10_000;
const USAGE =
  'usage: wardline roster load|save [--roster roster.json] [--zones zones.geojson] [--policy policy.json]';

export async function runRoster(argv: string[], access: StoreAccess): Promise<number> {
  const say = (line: string) => access.stderr.write(`wardline: ${line}\n`);
  const args = readArguments(argv, { options: ['roster', 'zones', 'policy'] });
  if (!args.ok) {
    for (const fault of [...args.error, USAGE]) say(fault);
    return 2;
  }
  const [action, ...extra] = args.value.positionals;
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
  if (!(await taken.wait()))
    say(
      `the running program has not said within ${TAKEN_WITHIN_MS / 1000} s that it goes by it: see its log`,
    );
  return 0;
}

/**
 * What a device says right after `roster load` must find the new roster: the command ends when the running intake goes by it. Where
 * none runs there is nothing to wait for.
 */
async function awaitTaken(database: Database) {
  const token = randomUUID();
  let isTaken = false;
  let tell = () => {};
  const stop = await database.listen(
    'roster-taken',
    (payload) => {
      if (payload !== token) return;
      isTaken = true;
      tell();
    },
    () => {},
  );
  return {
    token,
    give: stop,
    async wait(): Promise<boolean> {
      const listeners = (await countRosterListeners(database))[0]?.listeners ?? 0;
      if (listeners > 0 && !isTaken)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, TAKEN_WITHIN_MS);
          tell = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      await stop();
      return listeners === 0 || isTaken;
    },
  };
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
