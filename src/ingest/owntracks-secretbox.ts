/**
 * OwnTracks' payload encryption: base64 of nonce (24 bytes), then libsodium's secretbox (XSalsa20-Poly1305), the key being the
 * app's secret padded with zeros to 32 bytes (owntracks.org/booklet/features/encrypt).
 */
import { randomBytes } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { ok, type Refusal, type Result, refuse } from '../kernel/result.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;

export function unsealWith(secret: string, data: string): Result<string, Refusal> {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES)
    return refuse('bad-shape', 'data', 'is too short for a sealed message');
  const box = xsalsa20poly1305(keyOf(secret), bytes.subarray(0, NONCE_BYTES));
  try {
    return ok(Buffer.from(box.decrypt(bytes.subarray(NONCE_BYTES))).toString());
  } catch {
    // The only fault left is the tag: another key, or somebody changed it on the way.
    return refuse(
      'unknown-value',
      'data',
      "is not sealed with the device's secret: set the same one in the app and here",
    );
  }
}

export function sealWith(secret: string, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const sealed = xsalsa20poly1305(keyOf(secret), nonce).encrypt(Buffer.from(text));
  return Buffer.concat([nonce, sealed]).toString('base64');
}

function keyOf(secret: string): Uint8Array {
  const key = Buffer.alloc(KEY_BYTES);
  key.write(secret);
  return key;
}
