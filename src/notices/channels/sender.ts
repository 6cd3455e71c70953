/** What every channel does with a message, and what it answers. */
import type { Message } from '../message.ts';

export interface Outgoing {
  /** The same at each try of one delivery: what the channel takes as its idempotency key. */
  readonly id: string;
  readonly recipient: string;
  readonly message: Message;
  /** For receivers that are programs: what the text says, as data. */
  readonly data: unknown;
}

/**
 * `answer`: a code (`200`, `smtp 250`, `errcode 45009`, `timeout`): never text of the other side, which may repeat what it was sent.
 * `isFinal`: another try would be refused too.
 */
export type Sent =
  | { readonly isSent: true; readonly answer: string }
  | { readonly isSent: false; readonly answer: string; readonly isFinal: boolean };

export type Send = (outgoing: Outgoing) => Promise<Sent>;
