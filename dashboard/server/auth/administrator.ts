/** The first administrator, login `admin`, over the whole tree. */
import type { Instant } from '../../../src/kernel/instant.ts';
import { createAccount, findAccount, isAccountThere, restoreAccount } from '../../../src/store/accounts.ts';
import type { Db } from '../../../src/store/statement.ts';
import { hashPassword, oneTimeUntil, randomPassword, verifyPassword } from './passwords.ts';

export const ADMINISTRATOR = 'admin';

/**
 * Makes the administrator where there is none. `password` (WARDLINE_ADMIN_PASSWORD) sets the password, of one that
 * is already there too: it is the way back in after a lost one, and ends the sessions begun with the old. Without it a
 * random one is made with the account and answered, for the caller to print: only its hash is stored. It opens nothing but the
 * choice of another, and for as long as any one-time password, unless `isKept`: the demo's is printed at every start.
 */
export async function ensureAdministrator(
  db: Db,
  nowMs: Instant,
  password?: string,
  isKept = false,
): Promise<{ readonly created: boolean; readonly password?: string }> {
  if ((await isAccountThere(db, ADMINISTRATOR)).length > 0) {
    const [account] = await findAccount(db, ADMINISTRATOR);
    // As a one-time one it may be over: given here, it is the chosen one.
    const isTheirs = account !== undefined && account.one_time_until === null;
    if (password !== undefined && !(isTheirs && (await verifyPassword(password, account.password_hash))))
      await restoreAccount(db, ADMINISTRATOR, await hashPassword(password));
    return { created: false };
  }
  const chosen = password ?? randomPassword();
  const isOneTime = password === undefined && !isKept;
  const made = await createAccount(
    db,
    ADMINISTRATOR,
    await hashPassword(chosen),
    'administrator',
    '',
    true,
    isOneTime ? oneTimeUntil(nowMs) : null,
    '',
  );
  // Another process that starts at the same moment may have been first: its password holds.
  if (made.length === 0) return { created: false };
  return password === undefined ? { created: true, password: chosen } : { created: true };
}
