/**
 * Recomputes the chain of seals from the tables: any change, removal or insertion of a sealed row is found, and the first bad row
 * is named, and what is kept beside them whose hash they hold. What was sealed by a chain that was cut at its end, or written anew as a whole, shows only against a seal that was kept
 * outside (`known`).
 */
import type { Database, DatabaseSession } from '../ports/database.ts';
import { countAfter, fixTextForm, listColumns, readSealRows } from '../store/seal-rows.ts';
import { type findLastSeal, listLeaves, listSealsAfter } from '../store/seals.ts';
import { rowText } from './canonical.ts';
import { hashOfSeal, type Leaf, NO_SEAL, type Part, type Seal, unpackLeaves } from './chain.ts';
import { verifyKept } from './kept.ts';
import { leafOf, rootOf } from './merkle.ts';

export interface Fault {
  /** `leaves`: what names the rows under a seal was changed, while the rows are those of the seal. */
  readonly what: 'changed' | 'removed' | 'inserted' | 'leaves' | 'seal' | 'chain';
  /** Null: of the chain itself. */
  readonly table: string | null;
  readonly seq: string | null;
  readonly seal: number;
  readonly message: string;
}

export interface Verification {
  readonly seals: number;
  readonly rows: number;
  /** Files, reports, sheets and draws that were compared with the hash in a sealed row. */
  readonly kept: number;
  /** Rows that no seal covers yet, by table. */
  readonly unsealed: Readonly<Record<string, number>>;
  readonly last: { readonly seal: number; readonly hash: string } | null;
  /** In the order in which they stand: the chain's, then table by table, then what is kept. The first `MAX_FAULTS` of `faultCount`. */
  readonly faults: readonly Fault[];
  readonly faultCount: number;
}

const MAX_FAULTS = 100;
const PAGE = 10_000;
const LEAVES_PAGE = 200;
const LEAST = -(2n ** 63n);

export async function verifySeals(
  database: Database,
  known: readonly { readonly seal: number; readonly hash: string }[] = [],
): Promise<Verification> {
  const faults: Fault[] = [];
  let faultCount = 0;
  const note = (fault: Fault) => {
    faultCount++;
    if (faults.length < MAX_FAULTS) faults.push(fault);
  };
  const session = await database.session();
  try {
    await fixTextForm(session);
    const seals = await readChain(session, known, note);
    const last = seals.at(-1);
    const tables = new Set(seals.flatMap(({ parts }) => parts.map(({ table }) => table)));
    let rows = 0;
    const unsealed: Record<string, number> = {};
    for (const table of [...tables].sort()) {
      const parts = seals.flatMap(({ seal, parts }) =>
        parts.filter((part) => part.table === table).map((part) => ({ ...part, seal })),
      );
      rows += await verifyTable(session, table, parts, note);
      unsealed[table] = await countAfter(session, table, BigInt(parts.at(-1)?.until ?? 0));
    }
    const kept = await verifyKept(session, seals, note);
    return {
      seals: seals.length,
      rows,
      kept,
      unsealed,
      last: last === undefined ? null : { seal: last.seal, hash: last.hash },
      faults,
      faultCount,
    };
  } finally {
    await session.release();
  }
}

export function toSeal(row: Awaited<ReturnType<typeof findLastSeal>>[number]): Seal {
  const { seal, at, previous, hash } = row;
  return { seal: Number(seal), atMs: at.getTime(), previous, parts: row.parts as readonly Part[], hash };
}

async function readChain(
  session: DatabaseSession,
  known: readonly { readonly seal: number; readonly hash: string }[],
  note: (fault: Fault) => void,
): Promise<Seal[]> {
  const seals: Seal[] = [];
  const say = (seal: number, what: 'seal' | 'chain', message: string) =>
    note({ what, table: null, seq: null, seal, message });
  const until = new Map<string, number>();
  for (let after = '0'; ; ) {
    const page = (await listSealsAfter(session, after, 1000)).map(toSeal);
    for (const seal of page) {
      const before = seals.at(-1);
      const expected = (before?.seal ?? 0) + 1;
      if (seal.seal !== expected) say(expected, 'seal', `seal ${expected} is missing`);
      else if (seal.previous !== (before?.hash ?? NO_SEAL))
        say(seal.seal, 'chain', `seal ${seal.seal} does not follow the one before it`);
      if (hashOfSeal(seal) !== seal.hash) say(seal.seal, 'seal', `seal ${seal.seal} was changed`);
      for (const part of seal.parts) {
        if (part.from !== (until.get(part.table) ?? 0))
          say(seal.seal, 'chain', `seal ${seal.seal} leaves out rows of ${part.table}`);
        until.set(part.table, part.until);
      }
      seals.push(seal);
    }
    if (page.length < 1000) break;
    after = String(page.at(-1)?.seal);
  }
  for (const { seal, hash } of known) {
    const found = seals.find((each) => each.seal === seal);
    if (found === undefined) say(seal, 'seal', `seal ${seal}, which is known outside, is missing`);
    else if (found.hash !== hash) say(seal, 'seal', `seal ${seal} is not the one that is known outside`);
  }
  return seals;
}

type SealedPart = Part & { readonly seal: number };

/** Answers how many rows were compared. */
async function verifyTable(
  session: DatabaseSession,
  table: string,
  parts: readonly SealedPart[],
  note: (fault: Fault) => void,
): Promise<number> {
  const rows = createRows(session, table, BigInt(parts.at(-1)?.until ?? 0));
  const leaves = createLeaves(session, table);
  for (const part of parts) {
    if (part.rows === 0 && part.from === part.until) continue;
    const kept = part.rows === 0 ? [] : await leaves.of(part.seal);
    // Also what has a number before the first one belongs to the first seal.
    const found = await rows.upTo(BigInt(part.until));
    const isKept = kept.length === part.rows && rootOf(kept.map(({ hash }) => hash)) === part.root;
    if (isKept) compare(table, part, kept, found, note);
    else if (found.length === part.rows && rootOf(found.map(({ hash }) => hash)) === part.root)
      note(
        fault('leaves', table, null, part, 'the list of its row hashes was changed; the rows are as sealed'),
      );
    else {
      const seq = found[0]?.seq ?? null;
      note(
        fault(
          'changed',
          table,
          seq,
          part,
          'rows and the list of their hashes were changed: the first of them',
        ),
      );
    }
  }
  return rows.count();
}

function compare(
  table: string,
  part: SealedPart,
  kept: readonly Leaf[],
  found: readonly Leaf[],
  note: (fault: Fault) => void,
): void {
  let [k, f] = [0, 0];
  while (k < kept.length || f < found.length) {
    const [was, is] = [kept[k], found[f]];
    if (was === undefined || (is !== undefined && is.seq < was.seq)) {
      note(fault('inserted', table, is?.seq ?? null, part, 'was inserted after the seal'));
      f++;
    } else if (is === undefined || was.seq < is.seq) {
      note(fault('removed', table, was.seq, part, 'was removed'));
      k++;
    } else {
      if (!was.hash.equals(is.hash)) note(fault('changed', table, is.seq, part, 'was changed'));
      k++;
      f++;
    }
  }
}

function fault(
  what: Fault['what'],
  table: string,
  seq: bigint | null,
  { seal }: SealedPart,
  says: string,
): Fault {
  const row = seq === null ? table : `${table} ${seq}`;
  return {
    what,
    table,
    seq: seq === null ? null : String(seq),
    seal,
    message: `${row}: ${says} (seal ${seal})`,
  };
}

/** The table's rows as leaves, in order; the next page is asked for while this one is hashed. */
function createRows(session: DatabaseSession, table: string, end: bigint) {
  let page: readonly Leaf[] = [];
  let at = 0;
  let total = 0;
  let columns: readonly string[] | undefined;
  let next: Promise<readonly Readonly<Record<string, string | null>>[]> | undefined;
  const ask = (from: bigint) => readSealRows(session, table, columns ?? [], from, end, PAGE);

  async function turn(): Promise<boolean> {
    columns ??= (await listColumns(session, table)).map(({ name }) => name);
    const rows = await (next ?? ask(LEAST));
    const last = rows.at(-1);
    next = last === undefined ? Promise.resolve([]) : ask(BigInt(last.seq ?? 0));
    // Looked at when it is awaited: a failure before that is not lost, and must not end the process meanwhile.
    next.catch(() => {});
    const names = columns;
    page = rows.map((row) => ({ seq: BigInt(row.seq ?? 0), hash: leafOf(rowText(table, names, row)) }));
    at = 0;
    total += page.length;
    return page.length > 0;
  }

  return {
    upTo: async (until: bigint): Promise<Leaf[]> => {
      const found: Leaf[] = [];
      for (;;) {
        if (at >= page.length && !(await turn())) return found;
        const leaf = page[at];
        if (leaf === undefined || leaf.seq > until) return found;
        found.push(leaf);
        at++;
      }
    },
    count: () => total,
  };
}

function createLeaves(session: DatabaseSession, table: string) {
  const pages = new Map<number, Buffer>();
  let after = '0';
  return {
    /** Seals are asked for in their order. */
    of: async (seal: number): Promise<Leaf[]> => {
      while (!pages.has(seal) && Number(after) < seal) {
        const rows = await listLeaves(session, table, after, LEAVES_PAGE);
        for (const row of rows) pages.set(Number(row.seal), row.leaves);
        const last = rows.at(-1);
        after = last === undefined ? String(Number.MAX_SAFE_INTEGER) : last.seal;
      }
      const packed = pages.get(seal);
      for (const each of pages.keys()) if (each <= seal) pages.delete(each);
      return packed === undefined ? [] : unpackLeaves(packed);
    },
  };
}
