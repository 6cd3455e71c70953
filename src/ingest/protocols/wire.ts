/**
 * The contract of a protocol over TCP: a pure session for each connection turns bytes into frames and commands into bytes. The
 * shell owns sockets, time, registry and log; it sends a frame's reply when what the frame says is durable.
 */
import type { DeviceCommand } from '../../kernel/device-command.ts';
import type { Instant } from '../../kernel/instant.ts';
import type { Protocol } from '../../kernel/roster.ts';
import type { WallClock } from '../../kernel/wall-clock.ts';
import type { Decoded } from './record.ts';

/** A session answers undefined for what its protocol has no word for. */
export type { DeviceCommand } from '../../kernel/device-command.ts';

/**
 * What a record's words of state say of the strap; null: nothing. `-by-item`: by a part of the message that not every message has, so
 * that one without it says nothing about such a device.
 */
export type StrapWord = 'cut' | 'cut-by-item' | 'closed' | 'closed-by-item' | null;

export interface WireFrame extends Decoded {
  /** One for each record; absent where the kind of message has no word of it. */
  readonly straps?: readonly StrapWord[];
  /** The device claims to be `device` with this secret (null: the protocol carries none); the shell says whether it is believed. */
  readonly claim?: { readonly secret: string | null };
  /** Whole and sound, of a kind that is not read: `refusal.where` names it. */
  readonly isUnsupported?: true;
  /** The command that this frame answers: the serial that `command` gave out. */
  readonly answers?: { readonly serial: number; readonly ok: boolean };
  /**
   * Bytes to send when all is durable; `isAccepted` is false where the claim was not believed or it could not be kept; what went
   * into quarantine is kept, and coming again would not mend it.
   */
  reply?(isAccepted: boolean): Uint8Array;
}

export interface WireSession {
  /** Any bytes, any cut. Never throws; buffers no more than the protocol's longest frame. */
  push(chunk: Uint8Array, receivedMs: Instant): readonly WireFrame[];
  /** The connection is over: what was answered in parts and never became whole. */
  end?(nowMs: Instant): readonly WireFrame[];
  /** Bytes to send, with the serial by which the answer will be known (null: the protocol has none). */
  command(command: DeviceCommand): { readonly bytes: Uint8Array; readonly serial: number | null } | undefined;
}

export interface WireDeps {
  /** What a registering device is told to authenticate with, where the protocol has such a step. */
  authCode(device: string): string;
  /** What somebody has declared the device's clock to show; undefined: what the protocol says that clocks show. */
  clockOf?(device: string): WallClock | undefined;
}

export interface WireProtocol {
  readonly protocol: Protocol;
  open(deps: WireDeps): WireSession;
}
