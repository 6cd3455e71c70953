/**
 * The one file that knows how positions are laid out: a TimescaleDB hypertable (compressed after a week, dropped by
 * retention) where the extension is available, native daily partitions where not. No query depends on which.
 */
import type { Logger } from 'pino';
import type { Db } from '../ports/database.ts';

interface Client {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/**
 * The key is (device, at, sequence), with the subject before it: a fix on the log names its subject, so that adds nothing to
 * what is unique, and the one index then also finds a subject's track. A second index made recording half as quick
 * (docs/decisions/005).
 */
const COLUMNS = `
  at          timestamptz NOT NULL,   -- when the device took it
  device      text COLLATE "C" NOT NULL,
  subject     text COLLATE "C" NOT NULL,
  sequence    bigint NOT NULL,        -- tells fixes of one device at one instant apart
  received_at timestamptz NOT NULL,
  lat         double precision NOT NULL,
  lon         double precision NOT NULL,
  accuracy_m  real,
  speed_mps   real,
  heading_deg real,
  altitude_m  real,
  battery_pct real,
  method      text,
  mock        boolean,
  PRIMARY KEY (subject, at, device, sequence)`;

/**
 * Inside the caller's transaction, before the numbered migrations, so that a later one of these may change the table. A
 * database that only has the files of TimescaleDB, without the preloaded library, would end the connection at CREATE
 * EXTENSION; a setting that the library's loader defines tells the two apart without asking for a superuser's rights.
 */
export async function makePositionsTable(client: Client, logger: Logger): Promise<void> {
  const { rows } = await client.query(
    `SELECT to_regclass('positions') IS NOT NULL AS present,
            current_setting('timescaledb.max_background_workers', true) IS NOT NULL AS timescale`,
  );
  if (rows[0]?.present === true) return;
  const isHypertable = rows[0]?.timescale === true && (await createExtension(client, logger));
  if (isHypertable) {
    await client.query(`CREATE TABLE positions (${COLUMNS})`);
    await client.query(
      `SELECT create_hypertable('positions', 'at', chunk_time_interval => INTERVAL '1 day')`,
    );
    const { rows: licences } = await client.query(
      `SELECT current_setting('timescaledb.license', true) AS name`,
    );
    // Compression is not in the Apache edition, which Debian and PGDG package.
    if (licences[0]?.name === 'timescale') await compressAfterAWeek(client);
  } else {
    await client.query(`CREATE TABLE positions (${COLUMNS}) PARTITION BY RANGE (at)`);
  }
}

async function createExtension(client: Client, logger: Logger): Promise<boolean> {
  await client.query('SAVEPOINT extension');
  try {
    await client.query('CREATE EXTENSION IF NOT EXISTS timescaledb');
    return true;
  } catch (error) {
    // This login may not create extensions. Daily partitions do the same work, only larger on disk.
    await client.query('ROLLBACK TO SAVEPOINT extension');
    logger.warn(
      { event: 'migrate.no-timescale', error: error instanceof Error ? error.message : String(error) },
      'TimescaleDB is there but could not be used: daily partitions instead',
    );
    return false;
  }
}

async function compressAfterAWeek(client: Client): Promise<void> {
  await client.query(
    `ALTER TABLE positions SET (timescaledb.compress, timescaledb.compress_segmentby = 'subject', timescaledb.compress_orderby = 'at, device, sequence')`,
  );
  await client.query(`SELECT add_compression_policy('positions', INTERVAL '7 days')`);
}

const DAY_MS = 86_400_000;
const DAYS_AHEAD = 3;

export interface DroppedDays {
  readonly days: readonly string[];
  readonly rows: number;
  readonly held: number;
}

/** Days, as `YYYY-MM-DD` in UTC, whose partition is known to be there: asked once, not for each batch. */
export interface PositionDays {
  /**
   * Makes the partitions of the days that these instants (ms) fall on. Nothing to do on TimescaleDB. `isAgain`: an insert
   * found a day missing all the same (another process has dropped it), so nothing that was known counts.
   */
  ensure(instantsMs: Iterable<number>, isAgain?: boolean): Promise<void>;
  /**
   * Makes partitions ahead of `nowMs` and drops what is older than the retention; rows of subjects under a legal hold go into
   * `positions_held` first. Answers the dropped days, and the rows that are gone and that were held.
   */
  maintain(nowMs: number, retentionDays: number): Promise<DroppedDays>;
}

export async function openPositionDays(db: Db): Promise<PositionDays> {
  const isNative = await isPartitioned(db);
  const known = new Set<number>();

  async function ensure(instantsMs: Iterable<number>, isAgain = false): Promise<void> {
    if (!isNative) return;
    if (isAgain) known.clear();
    const days = new Set<number>();
    for (const ms of instantsMs) {
      const day = Math.floor(ms / DAY_MS);
      if (!known.has(day)) days.add(day);
    }
    for (const day of days) {
      await createDay(db, day);
      known.add(day);
    }
  }

  return {
    ensure,
    maintain: async (nowMs, retentionDays) => {
      const today = Math.floor(nowMs / DAY_MS);
      await ensure(Array.from({ length: DAYS_AHEAD }, (_, i) => (today + i) * DAY_MS));
      const before = today - retentionDays;
      if (!isNative) {
        const purged = await db.query<Counts>({
          text: 'SELECT rows, held FROM purge_position_chunks($1, $2)',
          values: [new Date(before * DAY_MS), new Date(nowMs)],
        });
        return { days: [], ...sum(purged.rows) };
      }
      const old = (await listDays(db)).filter((name) => name < partitionName(before));
      const counts: Counts[] = [];
      for (const name of old) {
        const purged = await dropDay(db, name, nowMs);
        counts.push(...purged);
      }
      known.clear();
      return { days: old, ...sum(counts) };
    },
  };
}

type Counts = Record<'rows' | 'held', string>;

function sum(counts: readonly Counts[]): Purged {
  const total = (key: keyof Counts) => counts.reduce((n, count) => n + Number(count[key]), 0);
  return { rows: total('rows'), held: total('held') };
}

type Purged = Omit<DroppedDays, 'days'>;

async function dropDay(db: Db, name: string, nowMs: number): Promise<Counts[]> {
  try {
    const { rows } = await db.query<Counts>({
      text: 'SELECT rows, held FROM purge_position_day($1::text::regclass, $2)',
      values: [name, new Date(nowMs)],
    });
    return rows;
  } catch (error) {
    // Another process dropped it meanwhile.
    if (error instanceof Error && 'code' in error && error.code === '42P01') return [];
    throw error;
  }
}

async function isPartitioned(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ kind: string }>({
    text: `SELECT relkind::text AS kind FROM pg_class WHERE oid = 'positions'::regclass`,
    values: [],
  });
  return rows[0]?.kind === 'p';
}

function partitionName(day: number): string {
  return `positions_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

async function listDays(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>({
    text: `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'positions'::regclass`,
    values: [],
  });
  return rows.map((row) => row.name).filter((name) => /^positions_\d{8}$/.test(name));
}

/** Two recorders may make one day at once: IF NOT EXISTS alone can still clash on the name in the catalogue. */
async function createDay(db: Db, day: number): Promise<void> {
  const from = new Date(day * DAY_MS).toISOString();
  const to = new Date((day + 1) * DAY_MS).toISOString();
  const text = `CREATE TABLE IF NOT EXISTS ${partitionName(day)} PARTITION OF positions FOR VALUES FROM ('${from}') TO ('${to}')`;
  try {
    await db.query({ text, values: [] });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== '42P07' && code !== '23505') throw error;
  }
}
