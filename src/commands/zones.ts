/** `wardline zones check`: whether the shapes of a file can be judged, and the repairs that would change nothing. No store is needed. */
import { writeFileSync } from 'node:fs';
import { checkZone } from '../../geofences/repair-zone.ts';
import { decodeZones, encodeZones } from '../kernel/zone-file.ts';
import { readArguments } from './arguments.ts';
import { readFile } from './read-file.ts';

const USAGE = 'usage: wardline zones check --zones zones.geojson [--repaired new.geojson]';

/** Exit code 0: all can be judged; 1: some can not; 2: a fault of the call or the file. */
export async function runZonesCheck(
  argv: readonly string[],
  io: { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream },
): Promise<number> {
  const say = (line: string) => io.stderr.write(`wardline: ${line}\n`);
  const args = readArguments(argv, { options: ['zones', 'repaired'], required: ['zones'] });
  if (!args.ok || args.value.positionals.length > 0) {
    for (const fault of args.ok ? [] : args.error) say(fault);
    say(USAGE);
    return 2;
  }
  const { zones: path, repaired } = args.value.options;
  const file = readFile(path, decodeZones);
  if (!file.ok || file.value === null) {
    for (const fault of file.ok ? [] : file.error) say(fault);
    return 2;
  }
  const checks = file.value.map((zone) => ({ zone, ...checkZone(zone) }));
  for (const { zone, refusal, repairs } of checks) {
    if (refusal !== null) io.stdout.write(`${zone.id} refused ${refusal.where}: ${refusal.message}\n`);
    for (const { what, words } of repairs) io.stdout.write(`${zone.id} repair  ${what}: ${words.en}\n`);
  }
  const refused = checks.filter(({ refusal }) => refusal !== null).length;
  const mended = checks.filter((check) => check.repaired !== null).length;
  if (repaired !== undefined) {
    const all = checks.map((check) => check.repaired ?? check.zone);
    writeFileSync(repaired, `${JSON.stringify(encodeZones(all), null, 1)}\n`);
    say(`${repaired}: ${all.length} zones, ${mended} of them mended; ${path} is as it was`);
  }
  say(`${checks.length} zones: ${refused} can’t be judged, for ${mended} a repair is offered`);
  return refused === 0 ? 0 : 1;
}
