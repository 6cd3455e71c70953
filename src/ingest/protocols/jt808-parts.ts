/**
 * Messages that come in sub-packets: parts share id and total, their serials should run on from the first (protocols.md A.3). In any order,
 * each as often as it likes. What is held is bounded; what never becomes whole is told.
 */
import type { Instant } from '../../kernel/instant.ts';
import type { Jt808Message } from './jt808-message.ts';

/** A message under way. */
interface Assembly {
  readonly first: Jt808Message;
  readonly firstSerial: number;
  readonly bodies: (Uint8Array | undefined)[];
  readonly raws: Uint8Array[];
  missing: number;
  lastMs: Instant;
  isAskedFor: boolean;
}

export interface Whole {
  readonly body: Uint8Array;
  /** The frames that it came in. */
  readonly raw: Uint8Array;
}

export interface Incomplete {
  readonly device: string;
  readonly id: number;
  readonly missing: readonly number[];
  readonly total: number;
  readonly raw: Uint8Array;
}

export interface Gap {
  readonly message: Jt808Message;
  readonly firstSerial: number;
  /** From 1. */
  readonly missing: readonly number[];
}

/** A body of 64 full parts: a bulk message of thousands of fixes has fewer. */
export const MAX_PARTS = 64;
const MAX_ASSEMBLIES = 4;
const MAX_SERIALS_APART = 256;
const GIVEN_UP_MS = 60_000;
/** Parts that were overtaken are waited for before they are asked for. */
const ASKED_FOR_MS = 5000;

export interface Parts {
  /** Whether a message is under way. */
  hasAny(): boolean;
  /** Undefined: parts are still missing. `index` is from 1 to `total`, `total` not above `MAX_PARTS`. */
  add(
    message: Jt808Message,
    part: { total: number; index: number },
    raw: Uint8Array,
    nowMs: Instant,
  ): Whole | undefined;
  /** Takes out what will not become whole: too old, or one too many. */
  giveUp(nowMs: Instant): readonly Incomplete[];
  /** What is to be asked for again, each once. */
  gaps(nowMs: Instant): readonly Gap[];
}

export function createParts(): Parts {
  /** In the order in which they began. */
  const assemblies = new Map<string, Assembly>();

  /**
   * Some terminals count other messages between the parts, or give a part that was asked for again a new serial. Such a part goes to
   * the message that has begun and lacks it; a first part always begins one, so that two messages are mixed only where the end of one
   * and the begin of the next were both lost.
   */
  function begunBefore(
    { device, id, serial }: Jt808Message,
    total: number,
    index: number,
  ): Assembly | undefined {
    let found: Assembly | undefined;
    for (const assembly of assemblies.values()) {
      const { first, firstSerial, bodies } = assembly;
      const isAlike = first.device === device && first.id === id && bodies.length === total;
      const isNear = ((serial - firstSerial) & 0xffff) < MAX_SERIALS_APART;
      if (isAlike && isNear && bodies[0] !== undefined && bodies[index - 1] === undefined) found = assembly;
    }
    return found;
  }

  function forget(whole: Assembly): void {
    for (const [key, assembly] of assemblies) if (assembly === whole) assemblies.delete(key);
  }

  return {
    hasAny: () => assemblies.size > 0,

    add: (message, { total, index }, raw, nowMs) => {
      const firstSerial = (message.serial - index + 1) & 0xffff;
      const key = `${message.device} ${message.id} ${firstSerial} ${total}`;
      let assembly = assemblies.get(key) ?? (index > 1 ? begunBefore(message, total, index) : undefined);
      if (assembly === undefined) {
        const bodies = new Array<Uint8Array | undefined>(total).fill(undefined);
        assembly = {
          first: message,
          firstSerial,
          bodies,
          raws: [],
          missing: total,
          lastMs: nowMs,
          isAskedFor: false,
        };
        assemblies.set(key, assembly);
      }
      assembly.lastMs = nowMs;
      if (assembly.bodies[index - 1] !== undefined) return undefined;
      assembly.bodies[index - 1] = message.body;
      assembly.raws.push(raw);
      assembly.missing--;
      if (assembly.missing > 0) return undefined;
      forget(assembly);
      return { body: join(assembly.bodies), raw: join(assembly.raws) };
    },

    giveUp: (nowMs) => {
      const given: Incomplete[] = [];
      for (const [key, assembly] of assemblies) {
        if (nowMs - assembly.lastMs <= GIVEN_UP_MS && assemblies.size <= MAX_ASSEMBLIES) continue;
        assemblies.delete(key);
        const { device, id } = assembly.first;
        given.push({
          device,
          id,
          missing: missingOf(assembly),
          total: assembly.bodies.length,
          raw: join(assembly.raws),
        });
      }
      return given;
    },

    gaps: (nowMs) => {
      const gaps: Gap[] = [];
      for (const assembly of assemblies.values()) {
        if (assembly.isAskedFor || nowMs - assembly.lastMs < ASKED_FOR_MS) continue;
        assembly.isAskedFor = true;
        gaps.push({
          message: assembly.first,
          firstSerial: assembly.firstSerial,
          missing: missingOf(assembly),
        });
      }
      return gaps;
    },
  };
}

function missingOf({ bodies }: Assembly): number[] {
  return bodies.flatMap((body, at) => (body === undefined ? [at + 1] : []));
}

function join(parts: readonly (Uint8Array | undefined)[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0));
  let at = 0;
  for (const part of parts) {
    if (part === undefined) continue;
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
