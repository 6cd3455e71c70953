import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
const everything = ['tests/e2e/**/*.e2e.test.ts'];
/** What a hand does while the board moves, within seconds: these have the machine to themselves. */
const inTime = ['board', 'in-hand', 'states'].map((name) => `tests/e2e/${name}.e2e.test.ts`);

export default defineConfig({
  root,
  test: {
    reporters: ['default', './tests/harness/totals-reporter.ts'],
    // For tests over made days, which have a database of their own and no program.
    globalSetup: ['./tests/harness/memory-folder.ts', './tests/harness/postgres-server.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      // Each file has a program, ports, a database and a browser of its own.
      {
        extends: true,
        test: {
          name: 'rooms',
          include: everything,
          exclude: inTime,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'board', include: inTime, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
