/**
 * Files, reports, hand-over sheets and draws stand in tables that are not sealed; a sealed row holds the hash of each. Here what is kept
 * is hashed again. No class of data is purged of them (src/retention/classes.ts): one that is not there is a fault.
 */
import type { DatabaseSession } from '../ports/database.ts';
import { listDrawClaims, listFileClaims, listReportClaims, listSheetClaims } from '../store/kept-hashes.ts';
import { sha256Hex } from './canonical.ts';
import type { Part } from './chain.ts';
import type { Fault } from './verify.ts';

interface Claim {
  readonly seq: string;
  readonly kept: string | null;
  /** What the sealed row says. */
  readonly sealed: string;
  /** Of what is kept now; null: it is not there. */
  readonly found: string | null;
  /** What stands beside it as its hash. */
  readonly noted: string | null;
}
interface Source {
  /** Where it is kept. */
  readonly table: string;
  readonly sealedIn: string;
  list(session: DatabaseSession, after: string, until: string, limit: number): Promise<readonly Claim[]>;
}

const SOURCES: readonly Source[] = [
  { table: 'task_files', sealedIn: 'task_actions', list: listFileClaims },
  { table: 'reports', sealedIn: 'audit', list: listReportClaims },
  { table: 'shifts', sealedIn: 'shift_signatures', list: listSheetClaims },
  {
    table: 'check_draws',
    sealedIn: 'audit',
    list: async (...asked) =>
      (await listDrawClaims(...asked)).map(({ seq, kept, sealed, candidates, picked }) => {
        const found = candidates === null ? null : sha256Hex(JSON.stringify([candidates, picked]));
        return { seq, kept, sealed, found, noted: found };
      }),
  },
];
/** A file has ten megabytes at most: so a statement of the database ends soon. */
const PAGE = 50;

/** Answers how many were compared. What no seal covers yet is not. */
export async function verifyKept(
  session: DatabaseSession,
  seals: readonly { readonly seal: number; readonly parts: readonly Part[] }[],
  note: (fault: Fault) => void,
): Promise<number> {
  let compared = 0;
  for (const { table, sealedIn, list } of SOURCES) {
    const covered = seals.flatMap(({ seal, parts }) =>
      parts.filter((part) => part.table === sealedIn).map(({ until }) => ({ seal, until })),
    );
    const until = covered.at(-1)?.until ?? 0;
    // Also what has a number before the first one belongs to the first seal.
    for (let after = String(-(2n ** 63n)); ; ) {
      const page = await list(session, after, String(until), PAGE);
      for (const { seq, kept, sealed, found, noted } of page) {
        compared++;
        if (found === sealed && noted === sealed) continue;
        const seal = covered.find((part) => Number(seq) <= part.until)?.seal ?? 0;
        const says = found === null ? 'is not there' : 'was changed';
        note({
          what: found === null ? 'removed' : 'changed',
          table,
          seq: kept,
          seal,
          message: `${table} ${kept}: ${says}, by its hash in ${sealedIn} ${seq} (seal ${seal})`,
        });
      }
      if (page.length < PAGE) break;
      after = page.at(-1)?.seq ?? after;
    }
  }
  return compared;
}
