/** Which devices have proven on a connection that they are who they say: with their secret, once. Remembers `maxDevices` of a gateway. */
import { timingSafeEqual } from 'node:crypto';
import type { Refusal } from '../kernel/result.ts';
import type { WireFrame } from './protocols/wire.ts';

export const NOT_PROVEN: Refusal = {
  code: 'not-authenticated',
  where: 'device',
  message:
    "came without the device's secret: set the code in the device, or mend the secret here, then replay",
};

export interface Claims {
  isProven(address: string, frame: Pick<WireFrame, 'claim'>): boolean;
}

/** `secretOf`: undefined for a device that is believed without. */
export function createClaims(secretOf: (address: string) => string | undefined, maxDevices: number): Claims {
  const proven = new Set<string>();
  return {
    isProven: (address, { claim }) => {
      const secret = secretOf(address);
      if (secret === undefined) return true;
      if (claim === undefined) return proven.has(address);
      const isRight = claim.secret !== null && isEqual(claim.secret, secret);
      if (isRight && proven.size < maxDevices) proven.add(address);
      return isRight;
    },
  };
}

/** Takes as long for a wrong secret as for the right one of its length. */
function isEqual(given: string, secret: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(secret);
  return a.length === b.length && timingSafeEqual(a, b);
}
