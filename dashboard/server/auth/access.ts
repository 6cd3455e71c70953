/**
 * Who may do what: one declared table, role × action, and the reach of an organisation path. Pure.
 * Every route declares its action (`config: { action }`); `route-guard.ts` refuses routes that declare none.
 */

export const ROLES = ['administrator', 'duty-officer', 'office-officer', 'manager', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

export const ACTIONS = [
  'account.own',
  'alerts.read',
  'alerts.acknowledge',
  'board.watch',
  'subjects.read',
  'tracks.read',
  'devices.read',
  'devices.secret',
  'devices.command',
  'insight.read',
  'policies.backtest',
  'zones.read',
  'feeds.read',
  'feeds.declare',
  'quarantine.read',
  'quarantine.replay',
  'compliance.read',
  'logs.sign',
  'scores.enter',
  'scores.object',
  'scores.decide',
  'reports.sign',
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
}

/** An auditor reads everything and changes nothing; quarantine is the administrator's (raw bytes of any device). */
const ALLOWED: Readonly<Record<Role, readonly Action[]>> = {
  administrator: ACTIONS,
  'duty-officer': [
    'account.own',
    'alerts.read',
    'alerts.acknowledge',
    'board.watch',
    'subjects.read',
    'tracks.read',
    'devices.read',
    'devices.command',
    'insight.read',
    'zones.read',
    'feeds.read',
    'compliance.read',
    'logs.sign',
  ],
  'office-officer': [
    'account.own',
    'alerts.read',
    'alerts.acknowledge',
    'board.watch',
    'subjects.read',
    'tracks.read',
    'devices.read',
    'devices.command',
    'insight.read',
    'zones.read',
    'compliance.read',
    'logs.sign',
    'scores.object',
  ],
  manager: [
    'account.own',
    'alerts.read',
    'board.watch',
    'subjects.read',
    'policies.backtest',
    'zones.read',
    'feeds.read',
    'compliance.read',
    'scores.enter',
    'scores.decide',
    'reports.sign',
  ],
  auditor: [
    'account.own',
    'alerts.read',
    'board.watch',
    'subjects.read',
    'tracks.read',
    'devices.read',
    'insight.read',
    'zones.read',
    'feeds.read',
    'quarantine.read',
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

/** May `actor` do `action` to something of `organisation`? Null: something that belongs to no organisation. */
export function can(actor: Actor, action: Action, organisation: string | null): boolean {
  if (!ALLOWED[actor.role].includes(action)) return false;
  return organisation === null ? actor.organisation === '' : covers(actor.organisation, organisation);
}
