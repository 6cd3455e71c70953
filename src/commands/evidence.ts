/** `wardline evidence`: a pack about an alert or a period as a ZIP, and the key that signs packs. */
import { writeFileSync } from 'node:fs';
import type { PackRequest } from '../evidence/gather.ts';
import { createPacker } from '../evidence/make-pack.ts';
import { keyFileOf, openSigningKey } from '../evidence/signing-key.ts';
import { parseInstant } from '../kernel/instant.ts';
import { fail, ok, type Result } from '../kernel/result.ts';
import { recordAudit } from '../store/audit.ts';
import type { StoreAccess } from '../store-access.ts';
import { readArguments } from './arguments.ts';

const USAGE = `usage: wardline evidence --alert ID --out FILE [--reason TEXT]
       wardline evidence --subject S --from T --to T --reason TEXT --out FILE
       wardline evidence --public-key      the key by which packs are checked, to be published`;
const BY = 'wardline evidence';

export async function runEvidence(
  argv: readonly string[],
  access: Pick<StoreAccess, 'config' | 'database' | 'openLog' | 'stdout' | 'stderr'>,
): Promise<number> {
  const say = (line: string) => access.stderr.write(`wardline: ${line}\n`);
  const key = () => openSigningKey(keyFileOf(access.config));
  const wanted = readWanted(argv);
  if (!wanted.ok) {
    for (const fault of wanted.error) say(fault);
    return 2;
  }
  if (wanted.value === 'public-key') {
    const { publicPem, fingerprint } = key();
    access.stdout.write(`${publicPem}SHA-256 ${fingerprint}\n`);
    return 0;
  }
  const { out, request } = wanted.value;
  await recordAudit(access.database, {
    actor: { kind: 'command', name: BY, organisation: '' },
    action: 'evidence.make',
    subject: 'subject' in request.about ? request.about.subject : null,
    target: 'alert' in request.about ? request.about.alert : null,
    reason: request.reason,
  });
  const packer = createPacker({
    database: access.database,
    log: await access.openLog(),
    openKey: key,
    now: Date.now,
  });
  const pack = await packer.make(request);
  if (pack === undefined) {
    say('there is no such alert or subject');
    return 2;
  }
  writeFileSync(out, pack.zip);
  say(`${out}: ${pack.zip.length} bytes`);
  return 0;
}

type Wanted = 'public-key' | { readonly out: string; readonly request: PackRequest };

function readWanted(argv: readonly string[]): Result<Wanted, string[]> {
  const args = readArguments(argv, {
    options: ['alert', 'subject', 'from', 'to', 'reason', 'out'],
    flags: ['public-key'],
  });
  if (!args.ok) return fail([...args.error, USAGE]);
  if (args.value.flags.has('public-key')) return ok('public-key');
  const { alert, subject, from, to, reason, out } = args.value.options;
  if (
    args.value.positionals.length > 0 ||
    out === undefined ||
    (alert === undefined) === (subject === undefined)
  )
    return fail([USAGE]);
  if (alert !== undefined) return ok({ out, request: { by: BY, reason: reason ?? '', about: { alert } } });
  const [fromMs, toMs] = [parseInstant(from), parseInstant(to)];
  if (subject === undefined || fromMs === undefined || toMs === undefined || reason === undefined)
    return fail([
      '--from and --to must be ISO 8601 times with their zone, and --reason must be given',
      USAGE,
    ]);
  return ok({ out, request: { by: BY, reason, about: { subject, fromMs, toMs } } });
}
