/** What OwnTracks' two ways in have in common: whose message is it, is it believed, is it durable. */
import { timingSafeEqual } from 'node:crypto';
import { type Refusal, refuse } from '../kernel/result.ts';
import type { Origin, Taken } from './intake.ts';
import { unsealWith } from './owntracks-secretbox.ts';
import { decodeOwntracks, type OwntracksDecoded, type Unseal } from './protocols/owntracks.ts';
import type { OwntracksMessage } from './protocols/owntracks-message.ts';
import type { Decoded } from './protocols/record.ts';

export interface OwntracksDeps {
  /** `createTakeDecoded(…).take`: all is durable when it resolves; rejects with `LogUnavailable`. */
  take(decoded: readonly Decoded[], origin: Origin): Promise<Taken>;
  /** The secret that is set for an id on the wire; undefined where there is none. */
  secretOf(address: string): string | undefined;
  readonly now: () => number;
}

export interface OwntracksTaken {
  /** Ids on the wire of whom something was taken: what waits for them may go out with the answer. */
  readonly devices: readonly string[];
  /** Why nothing in it can ever be anybody's: not readable, or nobody's. */
  readonly unusable: Refusal | null;
  /** A device with a secret was claimed without it. */
  readonly isForged: boolean;
}

/**
 * `proof`: the password that came along over HTTP; `broker` where a broker has let the sender in and its rules of access say who
 * may publish under whose topic.
 */
export async function takeOwntracks(
  deps: OwntracksDeps,
  message: OwntracksMessage,
  proof: { readonly password: string | null } | 'broker',
): Promise<OwntracksTaken> {
  const receivedMs = deps.now();
  const decoded = decodeOwntracks(message, receivedMs, unsealing(deps));
  const judged = decoded.map((each) => (isProven(each, proof, deps) ? each : withoutRecords(each)));
  const isForged = judged.some((each, i) => each !== decoded[i]);
  const useful = judged.filter(({ records, refusal }) => records.length > 0 || refusal !== null);
  if (useful.length > 0)
    await deps.take(useful, { source: 'owntracks', feed: null, protocol: 'owntracks', receivedMs });
  const unusable = decoded.every(({ device }) => device === null)
    ? (decoded.find(isUnusable)?.refusal ?? null)
    : null;
  const devices = judged.flatMap(({ device, refusal }) =>
    device === null || refusal !== null ? [] : [device],
  );
  return { devices: [...new Set(devices)], unusable, isForged };
}

/** What an app can send only by a fault of its settings. An encrypted message of nobody is kept like any other that has no key. */
function isUnusable({ refusal }: Decoded): boolean {
  return (
    refusal !== null &&
    (refusal.where === 'topic' || refusal.code === 'not-json' || refusal.code === 'not-an-object')
  );
}

/** Opens with the device's secret. */
export function unsealing({ secretOf }: Pick<OwntracksDeps, 'secretOf'>): Unseal {
  return (device, data) => {
    const secret = secretOf(device);
    return secret === undefined
      ? refuse(
          'unknown-value',
          '_type',
          'is encrypted, and the device has no secret here: set it, or switch encryption off in the app',
        )
      : unsealWith(secret, data);
  };
}

function isProven(
  { device, records, isSealed }: OwntracksDecoded,
  proof: { readonly password: string | null } | 'broker',
  { secretOf }: OwntracksDeps,
): boolean {
  if (device === null || records.length === 0 || isSealed || proof === 'broker') return true;
  const secret = secretOf(device);
  return secret === undefined || (proof.password !== null && isEqual(proof.password, secret));
}

function withoutRecords(decoded: OwntracksDecoded): OwntracksDecoded {
  const refusal: Refusal = {
    code: 'not-authenticated',
    where: 'device',
    message: "came without the device's secret: set it as the password in the app, or as its encryption key",
  };
  return {
    device: decoded.device,
    records: [],
    refusal,
    isSealed: false,
    get raw() {
      return decoded.raw;
    },
  };
}

/** Takes as long for a wrong secret as for the right one of its length. */
function isEqual(given: string, secret: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(secret);
  return a.length === b.length && timingSafeEqual(a, b);
}
