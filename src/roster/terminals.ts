/** The part of loading a roster that is about terminals; in the transaction of `change.ts`. */
import type { Refusal } from '../kernel/result.ts';
import type { SubjectProfile, Terminal } from '../kernel/roster.ts';
import { encodePin } from '../kernel/roster-terminals.ts';
import type { Db } from '../ports/database.ts';
import {
  clearPins,
  findPinOverlaps,
  findStrayPins,
  findTakenAddresses,
  findTakenPins,
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

/**
 * Which PINs of a profile are somebody else's: asked of the whole tree, since a terminal also knows people whom its own office doesn't see,
 * and told without whose. Under the lock of the roster no other change comes in between.
 */
export async function takenPins(whole: Db, { id, pins = [] }: SubjectProfile): Promise<Refusal[]> {
  if (pins.length === 0) return [];
  const taken = await findTakenPins(whole, id, JSON.stringify(pins.map(encodePin)));
  return taken.map(({ terminal, pin }) => ({
    code: 'duplicate-id',
    where: `pins[${pins.findIndex((each) => each.terminal === terminal && each.pin === pin)}]`,
    message: `PIN ${JSON.stringify(pin)} of terminal ${terminal} is somebody else's at the same time: end the one before the other begins`,
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
