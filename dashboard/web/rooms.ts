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
    isInner: true,
  },
  {
    path: '/duty/rota',
    name: 'rota',
    actions: ['shifts.read'],
    load: () => import('./duty/rota-page.vue'),
    isInner: true,
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
    path: '/operations',
    name: 'operations',
    actions: ['quarantine.read', 'feeds.declare'],
    load: () => import('./operations/operations-page.vue'),
  },
];

export const isOpen = (room: Room): boolean => room.actions.some(may);

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
