/** Deeds on the hazard ledger (隐患台账), each with its row in one transaction. */
import type { HazardState } from '../src/kernel/casework.ts';
import { type Told, told } from '../src/kernel/fault.ts';
import { fail, ok, type Result } from '../src/kernel/result.ts';
import type { Database } from '../src/ports/database.ts';
import { lockHazard, saveHazard } from '../src/store/hazards.ts';
import type { By } from './casework/alert-stages.ts';
import { changeHazard, type HazardDeedName, type HazardRefusal } from './casework/hazard-states.ts';

export type HazardRow = Awaited<ReturnType<typeof lockHazard>>[number];
export type HazardFault = HazardRefusal | ({ readonly code: 'not-found' } & Told);

export function actOnHazard(
  database: Pick<Database, 'transaction'>,
  id: string,
  deed: HazardDeedName,
  by: By,
): Promise<Result<HazardRow, HazardFault>> {
  return database.transaction(async (db) => {
    const [row] = await lockHazard(db, id);
    if (row === undefined) return fail({ code: 'not-found', ...told('no-hazard') });
    const before = {
      // The table's own check allows no other.
      state: row.state as HazardState,
      rectifiedBy: row.rectified_by,
      writtenOffBy: row.written_off_by,
    };
    const changed = changeHazard(before, deed, by);
    if (!changed.ok) return changed;
    const { state, rectifiedBy, writtenOffBy } = changed.value;
    const [saved] = await saveHazard(
      db,
      id,
      deed,
      by.account,
      by.note,
      new Date(by.atMs),
      state,
      rectifiedBy,
      writtenOffBy,
    );
    if (saved === undefined) throw new Error(`hazard ${id} vanished under its lock`);
    return ok(saved);
  });
}
