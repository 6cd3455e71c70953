/** The key that signs packs: Ed25519, in a file that only its owner reads. Made at the first use. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface SigningKey {
  readonly publicPem: string;
  readonly fingerprint: string;
  /** Base64, as one line. */
  sign(text: string): string;
}

/** EVIDENCE_KEY_FILE, else a file of the data folder. */
export function keyFileOf(config: {
  readonly evidenceKeyFile: string | undefined;
  readonly dataDir: string;
}): string {
  return config.evidenceKeyFile ?? join(config.dataDir, 'evidence-key.pem');
}

/** PKCS #8 PEM. Throws where the file holds something else. */
export function openSigningKey(path: string): SigningKey {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    mkdirSync(dirname(path), { recursive: true });
    try {
      writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      // Another process was first: its key holds.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
  const key = createPrivateKey(readFileSync(path));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path} holds no Ed25519 key`);
  const publicKey = createPublicKey(key);
  return {
    publicPem: String(publicKey.export({ type: 'spki', format: 'pem' })),
    fingerprint: fingerprintOf(publicKey),
    sign: (text) => `${sign(null, Buffer.from(text), key).toString('base64')}\n`,
  };
}

/** SHA-256 of the key's DER (SPKI), hex. */
function fingerprintOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** The key's fingerprint where the signature holds; undefined where it does not. */
export function checkSignature(publicPem: string, text: string, signature: string): string | undefined {
  if (!/^[A-Za-z0-9+/]{86}==\n$/.test(signature)) return undefined;
  try {
    const key = createPublicKey(publicPem);
    const isRight = verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'));
    return isRight && key.asymmetricKeyType === 'ed25519' ? fingerprintOf(key) : undefined;
  } catch {
    return undefined;
  }
}
