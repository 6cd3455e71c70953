import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  root,
  test: {
    include: ['tests/e2e/**/*.e2e.test.ts'],
    reporters: ['default', './tests/harness/totals-reporter.ts'],
    // For tests over made days, which have a database of their own and no program.
    globalSetup: ['./tests/harness/postgres-server.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
