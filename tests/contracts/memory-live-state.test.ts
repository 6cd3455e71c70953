import { createMemoryLiveState } from '../../src/adapters/memory-live-state.ts';
import { liveStateContract } from './live-state.contract.ts';

// One process, one state: writer and reader are the same.
const state = createMemoryLiveState();
liveStateContract('memory', { open: async () => state });
