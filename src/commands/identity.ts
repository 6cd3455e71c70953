/** `wardline identity rotate`: encrypts with the first key of IDENTITY_KEYS what an older one sealed. */
import { createIdentityCipher, readIdentityKeys } from '../identity/identity-cipher.ts';
import { recordAudit } from '../store/audit.ts';
import { listSealedOtherwise, resealIdentity } from '../store/identities.ts';
import type { StoreAccess } from '../store-access.ts';

const PAGE = 500;

/** Exit code 1: some did not open, and stay as they are. */
export async function runIdentity(
  argv: readonly string[],
  { config, database, stderr }: Pick<StoreAccess, 'config' | 'database' | 'stderr'>,
): Promise<number> {
  const say = (line: string) => stderr.write(`wardline: ${line}\n`);
  const keys = readIdentityKeys(config.identityKeys);
  if (argv.join(' ') !== 'rotate' || !keys.ok || keys.value.size === 0) {
    say(
      keys.ok ? 'usage: IDENTITY_KEYS=new:…,old:… wardline identity rotate' : `IDENTITY_KEYS ${keys.error}`,
    );
    return 2;
  }
  const cipher = createIdentityCipher(keys.value);
  const keyId = cipher.keyId ?? '';
  let [sealedAnew, unopened] = [0, 0];
  await recordAudit(database, {
    actor: { kind: 'command', name: 'wardline identity rotate', organisation: '' },
    action: 'identity.rotate',
    target: keyId,
  });
  for (let after = ''; ; ) {
    const rows = await listSealedOtherwise(database, keyId, after, PAGE);
    for (const { subject, key_id, sealed } of rows) {
      const number = cipher.open(subject, key_id, sealed);
      if (number === undefined) unopened++;
      else
        sealedAnew += (
          await resealIdentity(database, subject, sealed, keyId, cipher.seal(subject, number).sealed)
        ).length;
    }
    if (rows.length < PAGE) break;
    after = rows.at(-1)?.subject ?? '';
  }
  say(
    `${sealedAnew} encrypted with the key ${keyId}${unopened === 0 ? '' : `, ${unopened} did not open: their keys are missing`}`,
  );
  return unopened === 0 ? 0 : 1;
}
