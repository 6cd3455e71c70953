/**
 * PostgreSQL by way of `pg`: a pool for statements, transactions, dedicated sessions (COPY, session locks) and LISTEN that
 * comes back by itself. What the SQL says is no matter of this file: see `src/store`.
 */
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Logger } from 'pino';
import type { Database, DatabaseSession, Db, Reach } from '../ports/database.ts';
import { connectionOf, findLogin, loginOf } from './service-role.ts';

export type { Database, DatabaseSession, Db } from '../ports/database.ts';

export interface DatabaseOptions {
  readonly url: string;
  /** Connections in the pool, 10 unless given; sessions and listeners come on top. */
  readonly max?: number;
  readonly logger: Logger;
}

/** What works for nobody in particular (consumers, the clock, commands) sees the whole tree, and says so. */
export const WHOLE_TREE_OPTIONS = '-c wardline.scope=/ -c wardline.minors=on';

/** Keep-alive probes find a peer that went without a word (power cut, firewall): a listener would wait for ever else. */
const OPTIONS = { connectionTimeoutMillis: 5000, keepAlive: true, keepAliveInitialDelayMillis: 10_000 };
const RECONNECT_AFTER_MS = 500;

/** Rejects when the database can't be reached or refuses the login. */
export function connectDatabase({ url, max = 10, logger }: DatabaseOptions): Promise<Database> {
  const target = { connectionString: url, options: WHOLE_TREE_OPTIONS };
  return connect(target, max, logger, () => 'BEGIN', false);
}

/**
 * By the login that sees no more than the caller's rows: each query is a transaction that first says whose. `reach` is asked at each;
 * undefined: no row. `serviceUrl`: the login that the operator made for it; else the one that the migration made.
 */
export async function connectServiceDatabase({
  url,
  serviceUrl,
  reach,
  max = 10,
  logger,
}: DatabaseOptions & {
  readonly serviceUrl?: string | undefined;
  reach(): Reach | undefined;
}): Promise<Database> {
  const target =
    serviceUrl === undefined
      ? connectionOf(url, await readLogin(url))
      : connectionOf(serviceUrl, loginOf(serviceUrl));
  return connect(target, max, logger, () => beginWithin(reach()), true);
}

async function readLogin(url: string) {
  const client = new pg.Client({ connectionString: url, ...OPTIONS });
  await client.connect();
  try {
    return await findLogin(client);
  } finally {
    await client.end();
  }
}

/** One trip to the server. The settings end with the transaction. */
function beginWithin(reach: Reach | undefined): string {
  if (reach === undefined) return 'BEGIN';
  const scope = reach.organisation === '' ? '/' : `/${reach.organisation}/`;
  const [at, minors] = [pg.escapeLiteral(scope), reach.minors ? 'on' : 'off'];
  return `BEGIN; SELECT set_config('wardline.scope', ${at}, true), set_config('wardline.minors', '${minors}', true)`;
}

async function connect(
  target: pg.ClientConfig,
  max: number,
  logger: Logger,
  begin: () => string,
  isEachInTransaction: boolean,
): Promise<Database> {
  const pool = new pg.Pool({ ...target, max, ...OPTIONS });
  // pg-pool takes its own listener off a client that is in use: a server that ends in the middle of a transaction
  // would then end this process too. The query in progress tells its caller.
  pool.on('connect', (client) => client.on('error', () => {}));
  // An idle connection that breaks is replaced at the next query; unheard, the event would end the process.
  let isClosing = false;
  pool.on('error', (error) => {
    // The pool does not wait for its sockets: a server that stops next ends some of them first, which is nobody's loss.
    if (isClosing) return;
    logger.warn({ event: 'database.connection-lost', error: error.message }, 'idle connection lost');
  });
  const first = await pool.connect();
  first.release();
  const open = new Set<pg.Client>();

  async function connectClient(): Promise<pg.Client> {
    const client = new pg.Client({ ...target, ...OPTIONS });
    // The loss of the connection is told by 'end'; unheard, this event would end the process.
    client.on('error', () => {});
    await client.connect();
    open.add(client);
    client.on('end', () => open.delete(client));
    return client;
  }

  async function transaction<T>(work: (db: Db) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    try {
      await client.query(begin());
      const result = await work(client);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      // A connection whose rollback fails is broken: it is thrown away with its transaction.
      const rolledBack = await client.query('ROLLBACK').then(
        () => true,
        () => false,
      );
      client.release(!rolledBack);
      throw error;
    }
  }

  async function session(): Promise<DatabaseSession> {
    if (isEachInTransaction)
      throw new Error('a caller has no session: it would outlive whose rows it may see');
    const client = await connectClient();
    let isReleased = false;
    // One connection runs one query at a time; callers that share the session wait for each other here.
    let last: Promise<unknown> = Promise.resolve();
    return {
      query: (config) => {
        const result = last.then(() => client.query(config));
        last = result.catch(() => {});
        return result;
      },
      copyFrom: (text) => client.query(copyFrom(text)),
      onLost: (notify) => {
        client.once('end', () => {
          if (!isReleased) notify(new Error('the database connection was lost'));
        });
      },
      release: async () => {
        isReleased = true;
        if (open.has(client)) await client.end();
      },
    };
  }

  async function listen(channel: string, onNotify: (payload: string) => void, onReconnect: () => void) {
    let isEnded = false;
    let client: pg.Client | undefined;
    let retry: NodeJS.Timeout | undefined;
    const attach = async () => {
      const made = await connectClient();
      if (isEnded) return made.end();
      made.on('notification', (message) => onNotify(message.payload ?? ''));
      await made.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      client = made;
      made.once('end', () => {
        if (isEnded) return;
        logger.warn({ event: 'database.listen-lost', channel }, 'listening connection lost: coming back');
        again();
      });
    };
    const again = () => {
      retry = setTimeout(() => {
        attach().then(() => {
          if (!isEnded) onReconnect();
        }, again);
      }, RECONNECT_AFTER_MS);
    };
    await attach();
    return async () => {
      isEnded = true;
      clearTimeout(retry);
      if (client !== undefined && open.has(client)) await client.end();
    };
  }

  return {
    query: isEachInTransaction
      ? (config) => transaction((db) => db.query(config))
      : (config) => pool.query(config),
    transaction,
    session,
    listen,
    close: async () => {
      isClosing = true;
      await Promise.all([...open].map((client) => client.end()));
      await pool.end();
    },
  };
}
