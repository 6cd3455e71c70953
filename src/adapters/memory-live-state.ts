/** The live state in this process's memory: for board and dashboard under one roof. Warm after a restart by the board's checkpoint. */
import type { Frontier, LastKnown, LiveChange, LiveState } from '../ports/live-state.ts';

export function createMemoryLiveState(): LiveState {
  const subjects = new Map<string, LastKnown>();
  const frontiers = new Map<string, Frontier>();
  const watchers = new Set<(change: LiveChange) => void>();
  return {
    put: async (change) => {
      for (const subject of change.subjects) subjects.set(subject.subject, subject);
      for (const frontier of change.frontiers)
        frontiers.set(`${frontier.stage}:${frontier.partition}`, frontier);
      for (const watcher of watchers) watcher(change);
    },
    all: async () => ({ subjects: [...subjects.values()], frontiers: [...frontiers.values()] }),
    watch: async (onChange) => {
      watchers.add(onChange);
      return async () => void watchers.delete(onChange);
    },
    close: async () => watchers.clear(),
  };
}
