/** `wardline token create`: a bearer token of a feed (ingest) or of an integration (REST), printed once. */
import { createHash, randomBytes } from 'node:crypto';
import { parseInstant } from '../kernel/instant.ts';
import type { Db } from '../ports/database.ts';
import { recordAudit } from '../store/audit.ts';
import { addToken, ensureFeed } from '../store/feeds.ts';
import type { StoreAccess } from '../store-access.ts';
import { readArguments } from './arguments.ts';

const USAGE =
  'usage: wardline token create --feed F | --role R [--organisation O] [--minors] [--expires 2026-12-31T00:00:00Z]';
const ROLES = ['administrator', 'duty-officer', 'office-officer', 'manager', 'auditor', 'prosecutor'];

export async function runToken(argv: string[], access: StoreAccess): Promise<number> {
  const args = readArguments(argv, {
    options: ['feed', 'role', 'organisation', 'expires'],
    flags: ['minors'],
  });
  const faults = args.ok ? [] : [...args.error];
  if (args.ok) {
    const { options, flags, positionals } = args.value;
    if (positionals.join(' ') !== 'create' || (options.feed === undefined) === (options.role === undefined))
      faults.push(USAGE);
    if (options.role !== undefined && !ROLES.includes(options.role))
      faults.push(`--role must be one of ${ROLES.join(', ')}`);
    if (options.expires !== undefined && parseInstant(options.expires) === undefined)
      faults.push('--expires must be an ISO 8601 time with its zone');
    if (faults.length === 0) {
      const { feed = null, role = null, organisation = '', expires } = options;
      const expiresMs = parseInstant(expires);
      const token = await access.database.transaction(async (db) => {
        await recordAudit(db, {
          actor: { kind: 'command', name: 'wardline token create', organisation: '' },
          action: 'token.create',
          target: feed ?? role,
          detail: { organisation, expires: expires ?? null },
        });
        return createToken(db, {
          feed,
          role,
          organisation,
          expiresMs: expiresMs ?? null,
          minors: flags.has('minors'),
        });
      });
      access.stdout.write(`${token}\n`);
      return 0;
    }
  }
  for (const fault of faults) access.stderr.write(`wardline: ${fault}\n`);
  return 2;
}

/** Answers the token; only its hash is kept. A feed that is not there yet is made. */
export async function createToken(
  db: Db,
  grant: {
    feed: string | null;
    role: string | null;
    organisation: string;
    expiresMs: number | null;
    /** Cleared to see minors. */
    minors?: boolean;
  },
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  if (grant.feed !== null) await ensureFeed(db, grant.feed, grant.feed);
  const hash = createHash('sha256').update(token).digest();
  await addToken(
    db,
    hash,
    grant.feed,
    grant.role,
    grant.organisation,
    grant.expiresMs === null ? null : new Date(grant.expiresMs),
    grant.minors ?? false,
  );
  return token;
}
