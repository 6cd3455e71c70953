/** Which failures of a statement say nothing about the statement: the database was away, or gave way to another transaction. */

/** SQLSTATE: connection lost, shutdown or restart, no room or connection left, read-only during a failover, lost a deadlock. */
const STATES = /^(08...|57P0[1-5]|53...|25006|40001|40P01)$/;
const SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** What `pg` says without a code. */
const WORDS =
  /connection terminated|connection was lost|not queryable|timeout exceeded when trying to connect|^timeout expired$/i;

/** Whether the same may be tried again as it is. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return STATES.test(code) || SYSTEM.has(code);
  // Connecting to a name with several addresses fails with all their errors in one.
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  return WORDS.test(error.message);
}
