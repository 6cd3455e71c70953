/** What can be asked of a device, and of which: by the protocol's own words (protocols.md, A.4, B.2, D). */
import type { Protocol } from './roster.ts';

export type DeviceCommand =
  | { readonly type: 'locate' }
  | { readonly type: 'set-interval'; readonly intervalS: number }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'find' };

export const COMMAND_TYPES = [
  'locate',
  'set-interval',
  'text',
  'find',
] as const satisfies readonly DeviceCommand['type'][];

/** Protocols that are missing here have no way to a device. */
export const COMMANDS_OF: Readonly<Partial<Record<Protocol, readonly DeviceCommand['type'][]>>> = {
  jt808: ['locate', 'set-interval', 'text'],
  watch: ['locate', 'set-interval', 'text', 'find'],
  owntracks: ['locate', 'set-interval'],
  // The operator is asked, not the phone.
  mlp: ['locate'],
};
