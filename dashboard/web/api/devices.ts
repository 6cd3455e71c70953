/** Devices as they are given to subjects, what is asked of them, their secrets, and fingerprint terminals. */
import type { DeviceCommand } from '../../../src/kernel/device-command.ts';
import { get, type Page, send } from './call.ts';
import type { Terminal } from './operations.ts';
import type { PROTOCOLS } from './roster.ts';

export interface Assignment {
  readonly id: string;
  readonly subject: string;
  readonly kind: 'phone' | 'wristband';
  readonly feed: string | null;
  readonly protocol: (typeof PROTOCOLS)[number] | null;
  readonly address: string;
  readonly intervalS: number;
  readonly from: string;
  readonly until: string | null;
  readonly order: { readonly from: string; readonly until: string } | null;
}
export const listDevices = (text: string, cursor: string | null) =>
  get<Page<Assignment>>('devices', { text, cursor, limit: 50 });

const one = (id: string) => `devices/${encodeURIComponent(id)}`;
export type CommandState = 'queued' | 'sent' | 'answered' | 'refused' | 'no-fix' | 'silent' | 'not-reached';
export interface AskedCommand {
  readonly id: string;
  readonly type: DeviceCommand['type'];
  readonly intervalS?: number;
  readonly text?: string;
  readonly from?: string;
  readonly until?: string;
  readonly state: CommandState;
  readonly askedBy: string;
  readonly queuedAt: string;
  readonly expiresAt: string;
  readonly answeredAt: string | null;
  readonly answer: Readonly<Record<string, unknown>> | null;
}
export const commandsOf = (device: string) =>
  get<Page<AskedCommand>>(`${one(device)}/commands`, { limit: 20 });
/** `validS`: how long it may still be sent or answered. */
export const askDevice = (device: string, command: DeviceCommand, validS: number) =>
  send<AskedCommand>('POST', `${one(device)}/commands`, { ...command, validS });

export const secretOf = (device: string) => get<{ readonly setAt: string | null }>(`${one(device)}/secret`);
export const setSecret = (device: string, secret: string) => send('PUT', `${one(device)}/secret`, { secret });
export const removeSecret = (device: string) => send('DELETE', `${one(device)}/secret`);

export interface TerminalFields {
  readonly name: string;
  readonly office: string;
  /** Serial number on the wire. */
  readonly address: string;
  readonly timeZone: string | null;
}
const terminal = (id: string) => `terminals/${encodeURIComponent(id)}`;
export const registerTerminal = (id: string, given: TerminalFields) =>
  send<Terminal>('PUT', terminal(id), given);
/** At its next handshake it sends everything that it holds once more. */
export const sendAgain = (id: string) => send<Terminal>('DELETE', `${terminal(id)}/stamps`);
export interface Pin {
  readonly pin: string;
  readonly subject: string;
  readonly from: string;
  readonly until: string | null;
}
export const pinsOf = (id: string, cursor: string | null) =>
  get<Page<Pin>>(`${terminal(id)}/pins`, { cursor, limit: 100 });
