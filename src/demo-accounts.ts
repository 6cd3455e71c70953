/** One account for each role, of the demo only: its people are invented, and the password is printed at every start. */

import type { Role } from '../dashboard/server/auth/access.ts';
import { hashPassword, verifyPassword } from '../dashboard/server/auth/passwords.ts';
import type { Db } from './ports/database.ts';
import { createAccount, findAccount, restoreAccount } from './store/accounts.ts';

export interface DemoAccount {
  readonly login: string;
  readonly role: Role;
  readonly organisation: string;
  /** Cleared to see minors. */
  readonly minors: boolean;
  readonly name: string;
}

export const DEMO_ACCOUNTS: readonly DemoAccount[] = [
  { login: 'demo-duty', role: 'duty-officer', organisation: '', minors: true, name: '演示值班员' },
  {
    login: 'demo-office',
    role: 'office-officer',
    organisation: '445281/office-01',
    minors: false,
    name: '演示司法所干部',
  },
  { login: 'demo-manager', role: 'manager', organisation: '', minors: false, name: '演示负责人' },
  { login: 'demo-county', role: 'administrator', organisation: '445281', minors: true, name: '演示县管理员' },
  { login: 'demo-auditor', role: 'auditor', organisation: '', minors: true, name: '演示审计员' },
  { login: 'demo-prosecutor', role: 'prosecutor', organisation: '445281', minors: true, name: '演示检察官' },
];

/** Makes them, or gives those that are there this password again. */
export async function ensureDemoAccounts(db: Db, password: string): Promise<void> {
  for (const { login, role, organisation, minors, name } of DEMO_ACCOUNTS) {
    const [known] = await findAccount(db, login);
    if (known !== undefined && (await verifyPassword(password, known.password_hash))) continue;
    const hash = await hashPassword(password);
    const made = await createAccount(db, login, hash, role, organisation, minors, null, name);
    if (made.length === 0) await restoreAccount(db, login, hash);
  }
}
