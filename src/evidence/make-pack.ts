/** Makes the ZIP of a pack: gathers, writes the files, lists their hashes in a manifest, signs that. One pack at a time. */
import { strToU8, type Zippable, zipSync } from 'fflate';
import { formatInstant, type Instant } from '../kernel/instant.ts';
import type { Database } from '../ports/database.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import { sha256Hex } from '../seal/canonical.ts';
import type { PackContents } from './contents.ts';
import { gather, type PackRequest } from './gather.ts';
import { packFiles } from './pack-files.ts';
import type { SigningKey } from './signing-key.ts';

export interface Pack {
  /** `wardline-<alert or subject>.zip`, of letters that every system takes. */
  readonly name: string;
  readonly zip: Uint8Array;
}

export interface Packer {
  /** Undefined: no such alert or subject. */
  make(request: PackRequest): Promise<Pack | undefined>;
}

export const MANIFEST_FILE = 'manifest.json';
export const SIGNATURE_FILE = 'manifest.sig';
export const PACK_FORMAT = 'wardline-evidence-pack/1';

/** `openKey` is called when the first pack is made. */
export function createPacker(deps: {
  readonly database: Database;
  readonly log: ObservationLog;
  openKey(): SigningKey;
  now(): Instant;
}): Packer {
  let running: Promise<unknown> = Promise.resolve();
  return {
    make: (request) => {
      const made = running.then(async () => {
        const contents = await gather(deps, request);
        return contents === undefined ? undefined : writePack(contents, deps.openKey());
      });
      running = made.catch(() => undefined);
      return made;
    },
  };
}

function writePack(contents: PackContents, key: SigningKey): Pack {
  const files = packFiles(contents, key.publicPem, key.fingerprint);
  const manifest = `${JSON.stringify(
    {
      format: PACK_FORMAT,
      madeAt: formatInstant(contents.madeMs),
      madeBy: contents.madeBy,
      reason: contents.reason,
      alert: contents.alert,
      subject: contents.subject.id,
      from: formatInstant(contents.fromMs),
      to: formatInstant(contents.toMs),
      key: key.fingerprint,
      files: Object.entries(files).map(([name, text]) => ({
        name,
        bytes: Buffer.byteLength(text),
        sha256: sha256Hex(text),
      })),
    },
    null,
    1,
  )}\n`;
  const all = { ...files, [MANIFEST_FILE]: manifest, [SIGNATURE_FILE]: key.sign(manifest) };
  const zippable: Zippable = Object.fromEntries(
    Object.entries(all).map(([name, text]) => [name, strToU8(text)]),
  );
  const about = (contents.alert ?? contents.subject.id).replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 80);
  return { name: `wardline-${about}.zip`, zip: zipSync(zippable, { level: 6, mtime: contents.madeMs }) };
}
