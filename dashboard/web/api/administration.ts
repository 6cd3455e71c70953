/** Organisations, accounts, tokens and response cards. */
import { getAll, send } from './call.ts';

export const ROLES = [
  'administrator',
  'duty-officer',
  'office-officer',
  'manager',
  'auditor',
  'prosecutor',
] as const;
export type RoleName = (typeof ROLES)[number];

export const ORGANISATION_KINDS = [
  'province',
  'city',
  'county',
  'functional-zone',
  'justice-office',
  'command-centre',
] as const;
export interface Organisation {
  /** '' is the whole tree. */
  readonly path: string;
  readonly kind: (typeof ORGANISATION_KINDS)[number];
  readonly name: string;
  readonly code: string | null;
  readonly version: number;
}
export const allOrganisations = () => getAll<Organisation>('organisations', { limit: 1000 });
/** With a version it changes the one that has it. */
export const setOrganisation = (given: Omit<Organisation, 'version'> & { readonly version?: number }) =>
  send<Organisation>('PUT', 'organisations', given);
export const removeOrganisation = ({ path, version }: Organisation) =>
  send<unknown>('DELETE', `organisations?${new URLSearchParams({ path, version: String(version) })}`);

export interface Grant {
  readonly role: RoleName;
  readonly organisation: string;
  /** Cleared to see minors. */
  readonly minors: boolean;
}
export interface Account extends Grant {
  readonly login: string;
  readonly name: string;
  readonly mustChange: boolean;
  /** Until when the one-time password signs in; null: it was used. */
  readonly oneTimeUntil: string | null;
  readonly disabledAt: string | null;
  readonly createdAt: string;
  readonly version: number;
}
/** Shown this once. */
export type WithPassword = Account & { readonly oneTimePassword: string; readonly oneTimeUntil: string };
const one = (login: string) => `accounts/${encodeURIComponent(login)}`;
export const allAccounts = () => getAll<Account>('accounts', { limit: 1000 });
export const makeAccount = (given: Grant & { readonly login: string; readonly name: string }) =>
  send<WithPassword>('POST', 'accounts', given);
export const changeAccount = (
  login: string,
  version: number,
  change: Partial<Grant> & { readonly name?: string; readonly disabled?: boolean },
) => send<Account>('PATCH', one(login), { version, ...change });
export const resetAccount = (login: string) => send<WithPassword>('POST', `${one(login)}/reset`);

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly feed: string | null;
  readonly role: RoleName | null;
  readonly organisation: string;
  readonly minors: boolean;
  /** Null: all that the role may. */
  readonly actions: readonly string[] | null;
  readonly createdBy: string | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}
export const allTokens = () => getAll<Token>('tokens', { limit: 1000 });
export const makeToken = (
  given: { readonly name: string; readonly expiresAt: string } & (
    | { readonly feed: string }
    | (Grant & { readonly actions?: readonly string[] })
  ),
) => send<Token & { readonly token: string }>('POST', 'tokens', given);
export const revokeToken = (id: string) => send<Token>('DELETE', `tokens/${id}`);
