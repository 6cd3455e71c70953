/** The subjects' cards, kept as the roster is: NOTIFY `roster` makes it read them again. */
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../src/ports/database.ts';
import { listOrganisationNames } from '../../src/store/organisations.ts';
import { listSubjectCards } from '../../src/store/roster-views.ts';
import type { SubjectCard } from '../protocol.ts';

export interface RosterFeed {
  start(): Promise<void>;
  stop(): Promise<void>;
  cards(): readonly SubjectCard[];
}

export interface RosterFeedDeps {
  readonly database: Pick<Database, 'query' | 'listen'>;
  readonly logger: FastifyBaseLogger;
  /** A name, an office, a grade, somebody new or gone: the cards are others now. */
  onChange(): void;
  /** The roster changed in whatever way: names of zones among it. */
  onTouched(): void;
}

/** A roster is often written in many transactions: each new set of cards is a new snapshot for every viewer. */
const PAUSE_MS = 2000;

export function createRosterFeed(deps: RosterFeedDeps): RosterFeed {
  const db = deps.database;
  let cards: readonly SubjectCard[] = [];
  let unlisten: (() => Promise<void>) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastReadAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> = Promise.resolve();
  let isStopped = false;

  const read = async () => {
    const [rows, names] = [await listSubjectCards(db), await readOrganisationNames(db)];
    return rows.map(
      (row): SubjectCard => ({
        id: row.id,
        name: row.name,
        office: row.office,
        officeName: names.get(row.office) ?? row.office,
        county: row.office.split('/')[0] ?? '',
        // The table's own check allows these three only.
        grade: row.grade as SubjectCard['grade'],
        ...(row.minor ? { minor: true as const } : {}),
        ...leavesOf(row.leaves as [string, string][]),
      }),
    );
  };

  const refresh = async () => {
    lastReadAt = performance.now();
    try {
      const next = await read();
      const isSame = JSON.stringify(next) === JSON.stringify(cards);
      cards = next;
      if (!isSame) deps.onChange();
      deps.onTouched();
    } catch (error) {
      // The store is away: what is shown stays, and the next try follows by itself.
      deps.logger.warn({ event: 'roster-feed.failed', err: error }, 'can not read the roster');
      schedule();
    }
  };

  function schedule(): void {
    if (timer !== undefined || isStopped) return;
    const wait = Math.max(0, lastReadAt + PAUSE_MS - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      reading = reading.then(refresh);
    }, wait);
  }

  return {
    async start() {
      unlisten = await db.listen('roster', schedule, schedule);
      cards = await read();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await unlisten?.();
      await reading;
    },
    cards: () => cards,
  };
}

function leavesOf(leaves: readonly (readonly [string, string])[]): Pick<SubjectCard, 'leaves'> {
  if (leaves.length === 0) return {};
  return { leaves: leaves.map(([from, until]) => [Date.parse(from), Date.parse(until)] as const) };
}

async function readOrganisationNames(db: RosterFeedDeps['database']): Promise<Map<string, string>> {
  return new Map((await listOrganisationNames(db)).map(({ path, name }) => [path, name]));
}
