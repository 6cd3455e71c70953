/**
 * Passwords as argon2id PHC strings (RFC 9106; parameters: OWASP's 19 MiB, two passes, one lane), made by Node's
 * own crypto. Checking reads the parameters out of the string, so that they can be raised later.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../../../src/kernel/instant.ts';

const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const TAG_BYTES = 32;

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

function derive(password: string, nonce: Buffer, tagLength: number, cost: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: password, nonce, tagLength, ...cost }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');

export async function hashPassword(password: string, salt: Buffer = randomBytes(16)): Promise<string> {
  const key = await derive(password.normalize('NFC'), salt, TAG_BYTES, {
    memory: MEMORY_KIB,
    passes: PASSES,
    parallelism: LANES,
  });
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${unpadded(salt)}$${unpadded(key)}`;
}

/** A string that is no argon2id PHC string answers false: nobody signs in by it. */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const parts = PHC.exec(phc);
  if (parts === null) return false;
  const [, memory, passes, parallelism, salt = '', key = ''] = parts;
  const expected = Buffer.from(key, 'base64');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const found = await derive(password.normalize('NFC'), Buffer.from(salt, 'base64'), expected.length, cost);
  return timingSafeEqual(found, expected);
}

/** How long a one-time password signs in: over a weekend, and no longer. */
const ONE_TIME_MS = 72 * 3_600_000;
export const oneTimeUntil = (nowMs: Instant): Date => new Date(nowMs + ONE_TIME_MS);

/** A password for a first sign-in: 100 bits in groups, without letters that look alike. */
export function randomPassword(bytes: Buffer = randomBytes(20)): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length])
    .join('')
    .replace(/(.{5})(?=.)/g, '$1-');
}
