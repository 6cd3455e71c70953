/** A request to a device as the routes show it, and how one is put into the queue. */
import { type Static, Type } from 'typebox';
import { COMMAND_TYPES, type DeviceCommand } from '../../../src/kernel/device-command.ts';
import type { Db } from '../../../src/ports/database.ts';
import { type findCommand, queueCommand } from '../../../src/store/device-commands.ts';
import { encodeCursor, Nullable, Time, timeOrNull, toPage } from './schemas.ts';

export const Command = Type.Object({
  id: Type.String(),
  device: Type.String(),
  subject: Type.String(),
  type: Type.Enum(COMMAND_TYPES),
  intervalS: Type.Optional(Type.Integer()),
  text: Type.Optional(Type.String()),
  from: Type.Optional(Type.String()),
  until: Type.Optional(Type.String()),
  state: Type.Enum(['queued', 'sent', 'answered', 'refused', 'no-fix', 'silent', 'not-reached'], {
    description:
      'no-fix: the device was reached, and had no place of now to tell until expiresAt (reachedAt: when it first spoke so; answer: its last word of it, where it said one); silent: sent, and no word until expiresAt; not-reached: the device was not connected until then; refused: by the device, or the operator has no place of it (the answer says why)',
  }),
  askedBy: Type.String(),
  queuedAt: Time,
  expiresAt: Time,
  sentAt: Nullable(Time),
  answeredAt: Nullable(Time),
  reachedAt: Nullable(Time),
  answer: Nullable(
    Type.Record(Type.String(), Type.Unknown(), { description: 'The record that answered, as in /messages' }),
  ),
});
export type CommandRow = Awaited<ReturnType<typeof findCommand>>[number];

export function toCommand(row: CommandRow, nowMs: number): Static<typeof Command> {
  return {
    id: row.id,
    device: row.device,
    subject: row.subject,
    // Written by these routes.
    ...(JSON.parse(row.command) as DeviceCommand),
    state: stateOf(row, nowMs),
    askedBy: row.asked_by,
    queuedAt: row.queued_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    sentAt: timeOrNull(row.sent_at),
    answeredAt: timeOrNull(row.answered_at),
    reachedAt: timeOrNull(row.reached_at),
    answer: row.answer === null ? null : (JSON.parse(row.answer) as Record<string, unknown>),
  };
}

function stateOf({ answered_at, is_refused, reached_at, sent_at, expires_at }: CommandRow, nowMs: number) {
  if (answered_at !== null) return is_refused === true ? 'refused' : 'answered';
  if (expires_at.getTime() <= nowMs) {
    if (reached_at !== null) return 'no-fix';
    return sent_at === null ? 'not-reached' : 'silent';
  }
  return sent_at === null ? 'queued' : 'sent';
}

export async function queueFor(
  db: Db,
  device: string,
  subject: string,
  command: DeviceCommand,
  by: { isSpotCheck: boolean; by: string; queuedMs: number; validS: number },
) {
  const [row] = await queueCommand(
    db,
    device,
    subject,
    JSON.stringify(command),
    by.isSpotCheck,
    by.by,
    new Date(by.queuedMs),
    new Date(by.queuedMs + by.validS * 1000),
  );
  if (row === undefined) throw new Error('an insert answered no row');
  return row;
}

export function toCommandPage(rows: readonly CommandRow[], limit: number, nowMs: number) {
  return toPage(
    rows,
    limit,
    (row) => toCommand(row, nowMs),
    (last) => encodeCursor(last.id),
  );
}

/** The store's texts hold neither: nothing there can be called so. */
export function isKept(id: string): boolean {
  return !id.includes('\0') && id.isWellFormed();
}
