/**
 * From what a protocol decoded to the intake: the one way for all device protocols. Records become observations; what is refused
 * goes into quarantine once for each frame or request, with its bytes (but for what nobody may collect: collection.ts); every record of a device on the roster is also kept as its
 * message. When `take` resolves all is durable in the log or in quarantine; when it rejects with `LogUnavailable`, nothing is.
 */
import type { Json } from '../kernel/field.ts';
import { fail, ok, type Refusal } from '../kernel/result.ts';
import { isUncollected } from './collection.ts';
import type { Draft, Intake, Origin, Taken } from './intake.ts';
import { observationsOf, signOfLife } from './observations-of.ts';
import type { Decoded, DeviceRecord } from './protocols/record.ts';
import type { Quarantine } from './quarantine.ts';

/** Where records are kept as messages of their device: beside the way of the ping, so it neither waits nor fails. */
export interface Messages {
  add(origin: Origin, address: string, records: readonly DeviceRecord[]): void;
}

export interface TakeDecodedDeps {
  /** With a quarantine that keeps nothing: what is refused is kept here, once for each frame. */
  readonly intake: Intake;
  readonly quarantine: Pick<Quarantine, 'add'>;
  readonly messages?: Messages;
}

/** What came, as its protocol decoded it. */
export interface Arrived extends Decoded {
  /** It says nothing but that the device is there. */
  readonly isSignOfLife?: true;
  /** Observations beside those of the records. */
  readonly alsoTold?: readonly Json[];
}

export interface TakeDecoded {
  /** `refused` tells the index of the frame or request, once each: those in quarantine first, in the order in which they went there. */
  take(decoded: readonly Arrived[], origin: Origin): Promise<Taken>;
}

export function createTakeDecoded(deps: TakeDecodedDeps): TakeDecoded {
  return {
    take: async (decoded, origin) => {
      const { drafts, of } = draftsOf(decoded, origin);
      const taken = await deps.intake.take(drafts, origin);
      const first = new Map<number, Refusal>();
      for (const { index, ...refusal } of taken.refused) {
        const frame = of[index] ?? 0;
        // Of a frame with one fix that nobody may collect no byte is kept, whatever else is wrong with it.
        if (!first.has(frame) || isUncollected(refusal.code)) first.set(frame, refusal);
      }
      const all = [...first].map(([index, refusal]) => ({ index, ...refusal }));
      const kept = all.filter(({ code }) => !isUncollected(code));
      const refused = [...kept, ...all.filter(({ code }) => isUncollected(code))];
      if (kept.length > 0)
        await deps.quarantine.add(
          kept.map(({ index, ...refusal }) => ({
            source: origin.source,
            feed: origin.feed,
            device: decoded[index]?.device ?? null,
            receivedMs: origin.receivedMs,
            refusal,
            raw: decoded[index]?.raw ?? new Uint8Array(),
          })),
        );
      for (const { device, records } of decoded)
        if (device !== null && records.length > 0) deps.messages?.add(origin, device, records);
      return { accepted: taken.accepted, refused };
    },
  };
}

/** The drafts of all frames, and of which frame each is. */
export function draftsOf(
  decoded: readonly Arrived[],
  { receivedMs, protocol }: Pick<Origin, 'receivedMs' | 'protocol'>,
): { drafts: Draft[]; of: number[] } {
  const drafts: Draft[] = [];
  const of: number[] = [];
  decoded.forEach((frame, index) => {
    const { device, records, refusal } = frame;
    const raw = () => frame.raw;
    const named = device === null ? {} : { device };
    if (refusal !== null) {
      drafts.push({ json: fail(refusal), ...named, raw });
      of.push(index);
    }
    if (device === null) return;
    if (frame.isSignOfLife === true) {
      drafts.push({ json: ok(signOfLife({ device, receivedMs })), device, raw });
      of.push(index);
    }
    for (const json of frame.alsoTold ?? []) {
      drafts.push({ json: ok(json), device, raw });
      of.push(index);
    }
    for (const record of records) {
      for (const json of observationsOf(record, { device, receivedMs, protocol })) {
        drafts.push({ json: ok(json), device, raw });
        of.push(index);
      }
    }
  });
  return { drafts, of };
}
