/** Cipher and form of identity numbers together, as the dashboard is given them. */
import { createIdentityCipher, type IdentityCipher, readIdentityKeys } from './identity-cipher.ts';
import { maskOf, normalIdentityNumber } from './identity-number.ts';

/** Throws on keys that the settings would have refused. */
export function createIdentityOffice(
  keys: string | undefined,
): IdentityCipher & { normal(text: string): string | undefined; mask(number: string): string } {
  const read = readIdentityKeys(keys);
  if (!read.ok) throw new Error(`IDENTITY_KEYS ${read.error}`);
  return { ...createIdentityCipher(read.value), normal: normalIdentityNumber, mask: maskOf };
}
