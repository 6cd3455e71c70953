/** AES-256-GCM with keys that have names, so that a new key can come while the old one still opens what it sealed. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { fail, ok, type Result } from '../kernel/result.ts';

export interface IdentityCipher {
  /** Name of the key that seals; undefined: there is none, and nothing can be sealed or opened. */
  readonly keyId: string | undefined;
  /** Bound to the subject: moved to another one it does not open. */
  seal(subject: string, number: string): { readonly keyId: string; readonly sealed: Buffer };
  /** Undefined: by a key that is not here, or changed. */
  open(subject: string, keyId: string, sealed: Buffer): string | undefined;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `id:base64,id:base64…`, 32 bytes each; the first one seals. Answers the keys, or what is wrong without saying any of it. */
export function readIdentityKeys(text: string | undefined): Result<ReadonlyMap<string, Buffer>, string> {
  const keys = new Map<string, Buffer>();
  for (const part of text === undefined ? [] : text.split(',')) {
    const [, id = '', base64 = ''] = /^\s*([A-Za-z0-9._-]{1,40}):([A-Za-z0-9+/]{43}=)\s*$/.exec(part) ?? [];
    if (id === '')
      return fail(
        'must be id:key pairs separated by commas, each key 32 bytes in base64 (openssl rand -base64 32)',
      );
    if (keys.has(id)) return fail(`has two keys called ${id}`);
    keys.set(id, Buffer.from(base64, 'base64'));
  }
  return ok(keys);
}

export function createIdentityCipher(keys: ReadonlyMap<string, Buffer>): IdentityCipher {
  const [first] = keys;
  return {
    keyId: first?.[0],
    seal: (subject, number) => {
      if (first === undefined) throw new Error('there is no key: IDENTITY_KEYS is not set');
      const [keyId, key] = first;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(subject));
      const text = Buffer.concat([cipher.update(number, 'utf8'), cipher.final()]);
      return { keyId, sealed: Buffer.concat([nonce, text, cipher.getAuthTag()]) };
    },
    open: (subject, keyId, sealed) => {
      const key = keys.get(keyId);
      if (key === undefined || sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const tag = sealed.subarray(-TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(subject))
        .setAuthTag(tag);
      try {
        const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString();
      } catch {
        // The tag does not fit: changed, or another subject's.
        return undefined;
      }
    },
  };
}
