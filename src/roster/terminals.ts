/** The part of loading a roster that is about terminals; in the transaction of `change.ts`. */
import type { Refusal } from '../kernel/result.ts';
import type { Terminal } from '../kernel/roster.ts';
import type { Db } from '../ports/database.ts';
import {
  clearPins,
  findPinOverlaps,
  findStrayPins,
  findTakenAddresses,
  insertPins,
  upsertTerminals,
} from '../store/terminals.ts';

/** Answers every fault. */
export async function writeTerminals(db: Db, terminals: readonly Terminal[]): Promise<Refusal[]> {
  if (terminals.length === 0) return [];
  const given = JSON.stringify(terminals);
  const taken = await findTakenAddresses(db, given);
  if (taken.length === 0) await upsertTerminals(db, given);
  return taken.map(({ id, other }) => ({
    code: 'duplicate-id',
    where: `terminal ${id}: address`,
    message: `is the serial number of terminal ${other} already`,
  }));
}

/** The PINs of the named subjects, taken anew out of their profiles. Answers every fault. */
export async function writePins(db: Db, subjects: readonly string[]): Promise<Refusal[]> {
  const named = [...subjects];
  await clearPins(db, named);
  await insertPins(db, named);
  const strays = await findStrayPins(db, named);
  const overlaps = await findPinOverlaps(db, named);
  return [
    ...strays.map(
      ({ subject, terminal }): Refusal => ({
        code: 'unknown-reference',
        where: `subject ${subject}: pins`,
        message: `there is no terminal ${JSON.stringify(terminal)}: add it to terminals`,
      }),
    ),
    ...overlaps.map(
      ({ subject, terminal, pin, other }): Refusal => ({
        code: 'duplicate-id',
        where: `subject ${subject}: pins`,
        message: `PIN ${JSON.stringify(pin)} of terminal ${terminal} is ${other}'s at the same time: end the one before the other begins`,
      }),
    ),
  ];
}
