/** The rooms of the page, in the order of the menu: each with the action that opens it, its script loaded when somebody enters. */
import type { Component } from 'vue';
import { createRouter, createWebHistory, type Router } from 'vue-router';
import type { RoomName } from './i18n/zh.ts';
import BoardRoom from './pages/board-room.vue';
import { may } from './session.ts';

export interface Room {
  readonly path: string;
  readonly name: RoomName;
  /** Who may do this finds the room in the menu; any one of them is enough. */
  readonly actions: readonly string[];
  readonly load: Component | (() => Promise<Component>);
  /** Reached from within another room: not in the menu. */
  readonly isInner?: boolean;
  /** One of several rooms under one heading: the menu has the first of them that is open. */
  readonly within?: RoomName;
}

export const ROOMS: readonly Room[] = [
  { path: '/', name: 'board', actions: ['board.watch'], load: BoardRoom },
  {
    path: '/wall',
    name: 'wall',
    actions: ['board.watch'],
    load: () => import('./pages/wall-page.vue'),
    isInner: true,
  },
  {
    path: '/duty',
    name: 'duty',
    actions: ['shifts.read'],
    load: () => import('./duty/duty-page.vue'),
  },
  {
    path: '/duty/checks',
    name: 'checks',
    actions: ['shifts.read'],
    load: () => import('./duty/checks-page.vue'),
    within: 'duty',
  },
  {
    path: '/duty/rota',
    name: 'rota',
    actions: ['shifts.read'],
    load: () => import('./duty/rota-page.vue'),
    within: 'duty',
  },
  {
    path: '/office',
    name: 'office',
    actions: ['tasks.read'],
    load: () => import('./office/office-page.vue'),
  },
  {
    path: '/office/tasks/:id',
    name: 'task',
    actions: ['tasks.read'],
    load: () => import('./office/task-page.vue'),
    isInner: true,
  },
  {
    path: '/due',
    name: 'due',
    actions: ['tasks.answer'],
    load: () => import('./due/due-page.vue'),
    within: 'office',
  },
  {
    path: '/logs',
    name: 'logs',
    actions: ['logs.sign'],
    load: () => import('./logs/logs-page.vue'),
  },
  {
    path: '/rates',
    name: 'rates',
    actions: ['compliance.read'],
    load: () => import('./rates/rates-page.vue'),
  },
  {
    path: '/ranking',
    name: 'ranking',
    actions: ['compliance.read'],
    load: () => import('./ranking/ranking-page.vue'),
    within: 'rates',
  },
  {
    path: '/load',
    name: 'load',
    actions: ['compliance.read'],
    load: () => import('./load/load-page.vue'),
    within: 'rates',
  },
  {
    path: '/reports',
    name: 'reports',
    actions: ['compliance.read'],
    load: () => import('./reports/reports-page.vue'),
    within: 'rates',
  },
  {
    path: '/subjects',
    name: 'subjects',
    actions: ['subjects.read'],
    load: () => import('./subjects/subjects-page.vue'),
  },
  {
    path: '/subjects/:id',
    name: 'subject',
    actions: ['subjects.read'],
    load: () => import('./subjects/subject-page.vue'),
    isInner: true,
  },
  {
    path: '/devices',
    name: 'devices',
    actions: ['devices.read'],
    load: () => import('./devices/devices-page.vue'),
    within: 'subjects',
  },
  {
    path: '/devices/terminals',
    name: 'terminals',
    actions: ['devices.read'],
    load: () => import('./devices/terminals-page.vue'),
    within: 'subjects',
  },
  {
    path: '/musters',
    name: 'musters',
    actions: ['subjects.read'],
    load: () => import('./musters/musters-page.vue'),
    within: 'subjects',
  },
  {
    path: '/zones',
    name: 'zones',
    actions: ['zones.lint'],
    load: () => import('./zones/zones-page.vue'),
  },
  {
    path: '/policies',
    name: 'policies',
    actions: ['policies.backtest'],
    load: () => import('./policies/policies-page.vue'),
  },
  {
    path: '/policies/calendar',
    name: 'calendar',
    actions: ['policies.backtest'],
    load: () => import('./policies/calendar-page.vue'),
    within: 'policies',
  },
  {
    path: '/operations',
    name: 'operations',
    actions: ['quarantine.read', 'feeds.declare'],
    load: () => import('./operations/operations-page.vue'),
  },
  {
    path: '/accounts',
    name: 'accounts',
    actions: ['accounts.read'],
    load: () => import('./accounts/accounts-page.vue'),
  },
  {
    path: '/accounts/tokens',
    name: 'tokens',
    actions: ['tokens.read'],
    load: () => import('./accounts/tokens-page.vue'),
    within: 'accounts',
  },
  {
    path: '/accounts/cards',
    name: 'cards',
    actions: ['cards.write'],
    load: () => import('./accounts/cards-page.vue'),
    within: 'accounts',
  },
  {
    path: '/accounts/categories',
    name: 'categories',
    actions: ['categories.write'],
    load: () => import('./accounts/categories-page.vue'),
    within: 'accounts',
  },
  {
    path: '/accounts/delivery',
    name: 'delivery',
    actions: ['deliveries.read'],
    load: () => import('./notices/delivery-page.vue'),
    within: 'accounts',
  },
  {
    path: '/audit',
    name: 'audit',
    actions: ['audit.read'],
    load: () => import('./audit/audit-page.vue'),
  },
  {
    path: '/audit/packs',
    name: 'packs',
    actions: ['evidence.make'],
    load: () => import('./audit/packs-page.vue'),
    within: 'audit',
  },
  {
    path: '/audit/access',
    name: 'access',
    actions: ['audit.subject'],
    load: () => import('./audit/access-page.vue'),
    within: 'audit',
  },
  {
    path: '/audit/seals',
    name: 'seals',
    actions: ['seals.read'],
    load: () => import('./audit/seals-page.vue'),
    within: 'audit',
  },
  {
    path: '/audit/retention',
    name: 'retention',
    actions: ['retention.read'],
    load: () => import('./audit/retention-page.vue'),
    within: 'audit',
  },
  // Reached by the bell, which every room has.
  {
    path: '/notices',
    name: 'notices',
    actions: ['notices.read'],
    load: () => import('./notices/notices-page.vue'),
    isInner: true,
  },
];

export const isOpen = (room: Room): boolean => room.actions.some(may);

const headOf = ({ name, within }: Room): RoomName => within ?? name;

export function menuRooms(): readonly Room[] {
  const open = ROOMS.filter((room) => room.isInner !== true && isOpen(room));
  return open.filter((room, i) => open.findIndex((other) => headOf(other) === headOf(room)) === i);
}

/** Under one heading with this room, itself among them, as far as they are open. */
export const roomsBeside = (name: unknown): readonly Room[] => {
  const here = ROOMS.find((room) => room.name === name);
  if (here === undefined) return [];
  return ROOMS.filter((room) => headOf(room) === headOf(here) && isOpen(room));
};

export function createRooms(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      ...ROOMS.map(({ path, name, load }) => ({ path, name, component: load })),
      { path: '/:nowhere(.*)*', redirect: '/' },
    ],
  });
  return router;
}
