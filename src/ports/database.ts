/** The store as shells see it: queries, transactions, sessions and LISTEN. One adapter: `src/adapters/database.ts`. */
import type { Writable } from 'node:stream';

/** Whose rows a caller may see: those of an organisation's subtree ('' is the whole tree), of minors where cleared for them. */
export interface Reach {
  readonly organisation: string;
  readonly minors: boolean;
}

/** What runs a query: the database, a transaction or a session. The shape that `src/store/statement.ts` asks for. */
export interface Db {
  query<Row extends Record<string, unknown>>(config: {
    name?: string;
    text: string;
    values: unknown[];
  }): Promise<{ rows: Row[]; rowCount: number | null }>;
}

/** A connection of its own: for COPY, temporary tables and session-level advisory locks, which die with it. */
export interface DatabaseSession extends Db {
  /** Writable of `COPY … FROM STDIN`; `finish` of the stream means the rows are in the transaction. */
  copyFrom(text: string): Writable;
  /** Called once if the connection is lost (not at `release`). */
  onLost(notify: (error: Error) => void): void;
  release(): Promise<void>;
}

export interface Database extends Db {
  /** COMMIT when the work resolves, ROLLBACK when it throws. */
  transaction<T>(work: (db: Db) => Promise<T>): Promise<T>;
  session(): Promise<DatabaseSession>;
  /**
   * LISTEN on a connection of its own that comes back by itself. `onReconnect` is called after each return, because
   * what was notified meanwhile is lost: read again what the channel is about. Answers what ends it.
   */
  listen(
    channel: string,
    onNotify: (payload: string) => void,
    onReconnect: () => void,
  ): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
