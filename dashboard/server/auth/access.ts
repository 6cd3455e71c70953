/**
 * Who may do what: one declared table, role × action, and the reach of an organisation path. Pure.
 * Every route declares its action (`config: { action }`); `route-guard.ts` refuses routes that declare none.
 */

export const ROLES = [
  'administrator',
  'duty-officer',
  'office-officer',
  'manager',
  'auditor',
  'prosecutor',
] as const;
export type Role = (typeof ROLES)[number];

export const ACTIONS = [
  'account.own',
  'accounts.read',
  'accounts.administer',
  'tokens.read',
  'tokens.administer',
  'organisations.read',
  'organisations.administer',
  'alerts.read',
  'alerts.acknowledge',
  'alerts.work',
  'alerts.review',
  'shelvings.approve',
  'tasks.read',
  'tasks.send',
  'tasks.answer',
  'tasks.review',
  'cards.write',
  'hazards.write',
  'shifts.read',
  'shifts.keep',
  'spot-checks.draw',
  'board.watch',
  'subjects.read',
  'subjects.change',
  'subjects.administer',
  'subjects.export',
  'categories.write',
  'permits.write',
  'permits.decide',
  'orders.write',
  'orders.decide',
  'clocks.write',
  'tracks.read',
  'devices.read',
  'devices.assign',
  'devices.secret',
  'devices.command',
  'terminals.register',
  'insight.read',
  'policies.read',
  'policies.write',
  'policies.backtest',
  'zones.read',
  'zones.write',
  'zones.lint',
  'feeds.read',
  'feeds.declare',
  'quarantine.read',
  'quarantine.replay',
  'audit.read',
  'audit.subject',
  'seals.read',
  'evidence.make',
  'retention.read',
  'holds.set',
  'identity.read',
  'identity.set',
  'compliance.read',
  'logs.sign',
  'scores.enter',
  'scores.object',
  'scores.decide',
  'reports.sign',
  'notices.read',
  'notices.administer',
  'deliveries.read',
] as const;
export type Action = (typeof ACTIONS)[number];

/**
 * What a route may declare: an action of the table; `public`, which anybody may call; `own-check`, where the route
 * proves its caller by itself (the ingest route, with a feed's token).
 */
export type RouteAction = Action | 'public' | 'own-check';

/** Who calls: a person's session or an integration's token. `name` goes into what is recorded of their deeds. */
export interface Actor {
  readonly kind: 'account' | 'token';
  readonly name: string;
  readonly role: Role;
  /** Path of the organisation whose subtree the actor sees; '' is the whole tree. */
  readonly organisation: string;
  /** Cleared to see minors, who are a class of their own (Community Corrections Law, chapter 7). */
  readonly minors: boolean;
  /** A token may be given less than its role. */
  readonly only?: readonly string[];
}

/** Roles that an account can be cleared for minors in: a manager reads figures, which name nobody. */
const MAY_BE_CLEARED: Readonly<Record<Role, boolean>> = {
  administrator: true,
  'duty-officer': true,
  'office-officer': true,
  manager: false,
  auditor: true,
  prosecutor: true,
};

/**
 * An auditor reads everything and changes nothing; a prosecutor reads what the supervision of corrections asks for (art. 62); quarantine
 * is the administrator's (raw bytes of any device).
 */
const ALLOWED: Readonly<Record<Role, readonly Action[]>> = {
  administrator: ACTIONS,
  'duty-officer': [
    'account.own',
    'organisations.read',
    'alerts.read',
    'alerts.acknowledge',
    'alerts.work',
    'alerts.review',
    'shelvings.approve',
    'tasks.read',
    'tasks.send',
    'tasks.review',
    'hazards.write',
    'shifts.read',
    'shifts.keep',
    'spot-checks.draw',
    'board.watch',
    'subjects.read',
    'tracks.read',
    'devices.read',
    'devices.command',
    'insight.read',
    'policies.read',
    'zones.read',
    'zones.lint',
    'feeds.read',
    'evidence.make',
    'identity.read',
    'compliance.read',
    'logs.sign',
    'notices.read',
  ],
  'office-officer': [
    'account.own',
    'organisations.read',
    'alerts.read',
    'alerts.acknowledge',
    'alerts.work',
    'tasks.read',
    'tasks.answer',
    'hazards.write',
    'board.watch',
    'subjects.read',
    'subjects.change',
    'subjects.export',
    'permits.write',
    'permits.decide',
    'orders.write',
    'clocks.write',
    'tracks.read',
    'devices.read',
    'devices.assign',
    'devices.command',
    'insight.read',
    'policies.read',
    'zones.read',
    'zones.lint',
    'audit.subject',
    'evidence.make',
    'identity.read',
    'compliance.read',
    'logs.sign',
    'scores.object',
    'notices.read',
  ],
  manager: [
    'account.own',
    'organisations.read',
    'alerts.read',
    'alerts.review',
    'shelvings.approve',
    'tasks.read',
    'tasks.review',
    'shifts.read',
    'board.watch',
    'subjects.read',
    'policies.read',
    'permits.decide',
    'orders.decide',
    'policies.backtest',
    'zones.read',
    'feeds.read',
    'retention.read',
    'holds.set',
    'compliance.read',
    'scores.enter',
    'scores.decide',
    'reports.sign',
    'notices.read',
  ],
  auditor: [
    'account.own',
    'accounts.read',
    'tokens.read',
    'organisations.read',
    'alerts.read',
    'tasks.read',
    'shifts.read',
    'board.watch',
    'subjects.read',
    'subjects.export',
    'tracks.read',
    'devices.read',
    'insight.read',
    'policies.read',
    'zones.read',
    'zones.lint',
    'feeds.read',
    'quarantine.read',
    'audit.read',
    'audit.subject',
    'seals.read',
    'evidence.make',
    'retention.read',
    'deliveries.read',
  ],
  prosecutor: [
    'account.own',
    'organisations.read',
    'alerts.read',
    'board.watch',
    'subjects.read',
    'tracks.read',
    'insight.read',
    'zones.read',
    'compliance.read',
  ],
};

/** The actions of a role, for the page to show or hide what it offers. */
export function actionsOf(role: Role): readonly Action[] {
  return ALLOWED[role];
}

export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

/** `scope` is the organisation's own path or one above it; '' is above all. */
export function covers(scope: string, organisation: string): boolean {
  return scope === '' || organisation === scope || organisation.startsWith(`${scope}/`);
}

/** What an actor may do, or a token of less than its role. */
export function actionsFor({ role, only }: Pick<Actor, 'role' | 'only'>): readonly Action[] {
  return only === undefined ? ALLOWED[role] : ALLOWED[role].filter((action) => only.includes(action));
}

/** Whose rows: a role that can't be cleared sees no minors, whatever its account says. */
export function isCleared(role: Role, minors: boolean): boolean {
  return minors && MAY_BE_CLEARED[role];
}

/**
 * May `actor` do `action` to something of `organisation`, of a minor or not? Null: something that belongs to no organisation, or a
 * subject who is on no roster and so may be a minor.
 */
export function can(actor: Actor, action: Action, organisation: string | null, minor = false): boolean {
  if (!actionsFor(actor).includes(action)) return false;
  if (minor && !actor.minors) return false;
  return organisation === null ? actor.organisation === '' : covers(actor.organisation, organisation);
}

export interface Grant {
  readonly role: Role;
  readonly organisation: string;
  readonly minors: boolean;
}

/** May `actor` give this to somebody, or take it away? Inside the own subtree, and nothing that the actor may not do as well. */
export function mayGrant(actor: Actor, { role, organisation, minors }: Grant): boolean {
  const own = actionsFor(actor);
  return (
    covers(actor.organisation, organisation) &&
    actionsOf(role).every((action) => own.includes(action)) &&
    (!minors || actor.minors)
  );
}
