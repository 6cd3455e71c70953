/** What can be asked of a device, and of which: by the protocol's own words (protocols.md, A.4, B.2, D, E). */
import type { Protocol } from './roster.ts';

export type DeviceCommand =
  | { readonly type: 'locate' }
  | { readonly type: 'set-interval'; readonly intervalS: number }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'find' }
  /** A terminal sends what it holds between two times (ISO 8601) once more. */
  | { readonly type: 'resend'; readonly from: string; readonly until: string }
  /** A terminal sends what it has not sent, tells what it is, starts anew. */
  | { readonly type: 'check' }
  | { readonly type: 'info' }
  | { readonly type: 'reboot' };

export const COMMAND_TYPES = [
  'locate',
  'set-interval',
  'text',
  'find',
  'resend',
  'check',
  'info',
  'reboot',
] as const satisfies readonly DeviceCommand['type'][];

/** Protocols that are missing here have no way to a device. */
export const COMMANDS_OF: Readonly<Partial<Record<Protocol, readonly DeviceCommand['type'][]>>> = {
  jt808: ['locate', 'set-interval', 'text'],
  watch: ['locate', 'set-interval', 'text', 'find'],
  owntracks: ['locate', 'set-interval'],
  zkteco: ['resend', 'check', 'info', 'reboot'],
  // The operator is asked, not the phone.
  mlp: ['locate'],
};
/** Those that can be asked where the device is. */
export const LOCATING_PROTOCOLS: string[] = Object.entries(COMMANDS_OF).flatMap(([protocol, types]) =>
  types.includes('locate') ? [protocol] : [],
);
