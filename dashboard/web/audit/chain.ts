/** Whether seals are what they say: each hashed again, each over the one before. */
import type { Seal } from '../api/audit.ts';

/** RFC 8785 of what a seal holds: texts, whole numbers, arrays and objects. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}

async function sha256Hex(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export interface ChainCheck {
  readonly seals: number;
  /** False: the browser hashes nothing on a connection without TLS; only the links were looked at. */
  readonly isHashed: boolean;
  /** Number of the first seal, from the newest down, that is not what it says; null: all are. */
  readonly broken: number | null;
}

/** `seals` newest first, without a gap. */
export async function checkChain(seals: readonly Seal[]): Promise<ChainCheck> {
  const isHashed = globalThis.crypto?.subtle !== undefined;
  for (const [i, { hash, ...rest }] of seals.entries()) {
    const before = seals[i + 1];
    const isLinked = before === undefined || before.hash === rest.previous;
    if (!isLinked || (isHashed && (await sha256Hex(canonical(rest))) !== hash))
      return { seals: seals.length, isHashed, broken: rest.seal };
  }
  return { seals: seals.length, isHashed, broken: null };
}
