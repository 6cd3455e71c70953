/** A shift and its hand-over sheet as the routes answer them. */
import { type Static, Type } from 'typebox';
import type { OpenItem, Sheet } from '../../../alerts/casework/hand-over.ts';
import type { JournalRow, ShiftFault, ShiftRow } from '../../../alerts/duty-room.ts';
import { STAGES } from '../../../src/kernel/casework.ts';
import { formatInstant } from '../../../src/kernel/instant.ts';
import { Problem } from '../problem.ts';
import { AlertKind, instantOrNull, Nullable, SeverityName, Time, timeOrNull } from './schemas.ts';

const Item = Type.Object({
  alert: Type.String(),
  subject: Type.String(),
  kind: AlertKind,
  severity: SeverityName,
  stage: Type.Enum(STAGES),
  owner: Nullable(Type.String()),
  startedAt: Time,
  dueAt: Nullable(Time),
  incident: Nullable(Type.String()),
  explanation: Nullable(Type.String({ description: 'What was last written about it in this shift' })),
});
export const HandOverSheet = Type.Object({
  at: Time,
  incidents: Type.Array(Type.Object({ incident: Nullable(Type.String()), parts: Type.Array(Item) })),
  promises: Type.Array(Type.Object({ entry: Type.String(), by: Type.String(), promisedAt: Time })),
  tasksDue: Type.Array(Type.Object({ task: Type.String(), office: Type.String(), dueAt: Time })),
  shelvings: Type.Array(
    Type.Object({ shelving: Type.String(), subject: Type.String(), kind: AlertKind, until: Time }),
  ),
  dyingBatteries: Type.Array(
    Type.Object({ subject: Type.String(), device: Type.String(), pct: Type.Number(), emptyAt: Time }),
  ),
});
export const Shift = Type.Object({
  shift: Type.String(),
  organisation: Type.String(),
  name: Type.String(),
  group: Type.String(),
  from: Time,
  until: Time,
  officer: Type.String(),
  isSubstitute: Type.Boolean({ description: 'Not of the group that the rota plans' }),
  signedOnAt: Time,
  state: Type.Enum(['on', 'handed', 'over']),
  sheetSha256: Nullable(Type.String()),
});
export const ShiftInFull = Type.Object({
  ...Shift.properties,
  sheet: HandOverSheet,
  unexplained: Type.Array(Item, {
    description: 'Critical and not explained: keeps the shift from being handed over',
  }),
  signatures: Type.Array(
    Type.Object({
      action: Type.String(),
      account: Type.String(),
      sheetSha256: Nullable(Type.String()),
      note: Type.String(),
      at: Time,
    }),
  ),
  names: Type.Record(Type.String(), Type.String(), { description: 'Of the subjects in the sheet' }),
  hidden: Type.Integer({ description: 'Minors in the sheet that are left out: the caller is not cleared' }),
});
export const JournalEntry = Type.Object({
  entry: Type.String(),
  text: Type.String(),
  account: Type.String(),
  at: Time,
  alert: Nullable(Type.String()),
  promisedAt: Nullable(Time),
  keeps: Nullable(Type.String({ description: 'The promise that this entry says was kept' })),
});

export function subjectsOf(sheet: Sheet): string[] {
  const { incidents, shelvings, dyingBatteries } = sheet;
  const all = [...incidents.flatMap(({ parts }) => parts), ...shelvings, ...dyingBatteries];
  return [...new Set(all.map(({ subject }) => subject))];
}

/** What a reader may see of it; the sheet that is signed is the whole one. */
export function withoutHidden(sheet: Sheet, hidden: ReadonlySet<string>): Sheet {
  const isSeen = ({ subject }: { readonly subject: string }) => !hidden.has(subject);
  return {
    ...sheet,
    incidents: sheet.incidents
      .map(({ incident, parts }) => ({ incident, parts: parts.filter(isSeen) }))
      .filter(({ parts }) => parts.length > 0),
    shelvings: sheet.shelvings.filter(isSeen),
    dyingBatteries: sheet.dyingBatteries.filter(isSeen),
  };
}

export function toItem({ startedAtMs, dueAtMs, ...item }: OpenItem): Static<typeof Item> {
  return { ...item, startedAt: formatInstant(startedAtMs), dueAt: instantOrNull(dueAtMs) };
}

export function toSheet(sheet: Sheet): Static<typeof HandOverSheet> {
  return {
    at: formatInstant(sheet.atMs),
    incidents: sheet.incidents.map(({ incident, parts }) => ({ incident, parts: parts.map(toItem) })),
    promises: sheet.promises.map(({ promisedAtMs, ...promise }) => ({
      ...promise,
      promisedAt: formatInstant(promisedAtMs),
    })),
    tasksDue: sheet.tasksDue.map(({ dueAtMs, ...task }) => ({ ...task, dueAt: formatInstant(dueAtMs) })),
    shelvings: sheet.shelvings.map(({ untilMs, ...shelving }) => ({
      ...shelving,
      until: formatInstant(untilMs),
    })),
    dyingBatteries: sheet.dyingBatteries.map(({ emptyAtMs, ...gauge }) => ({
      ...gauge,
      emptyAt: formatInstant(Math.round(emptyAtMs)),
    })),
  };
}

export function toShift(row: ShiftRow): Static<typeof Shift> {
  return {
    shift: row.id,
    organisation: row.organisation,
    name: row.name,
    group: row.duty_group,
    from: row.from_at.toISOString(),
    until: row.until_at.toISOString(),
    officer: row.officer,
    isSubstitute: row.is_substitute,
    signedOnAt: row.signed_on_at.toISOString(),
    // The table's own check allows no other.
    state: row.state as 'on' | 'handed' | 'over',
    sheetSha256: row.sheet_sha256,
  };
}

export function toEntry(row: JournalRow): Static<typeof JournalEntry> {
  return {
    entry: row.seq,
    text: row.entry,
    account: row.account,
    at: row.at.toISOString(),
    alert: row.alert,
    promisedAt: timeOrNull(row.promised_at),
    keeps: row.keeps,
  };
}

export function shiftProblem(fault: ShiftFault): Problem {
  const { code } = fault;
  if (code === 'bad-promise') return new Problem('bad-request', fault);
  return new Problem(code === 'not-found' ? 'not-found' : 'conflict', fault);
}
