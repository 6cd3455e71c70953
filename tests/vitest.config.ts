import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tiers by file suffix (ARCHITECTURE.md, "Tests"). `npm test` runs all of them; `-t`, a path or `--project` narrows. */
const root = fileURLToPath(new URL('..', import.meta.url));
const everywhere = (suffix: string) => [
  `{src,geofences,consumers,alerts,compliance,dashboard,tests}/**/*${suffix}`,
];
const never = ['**/node_modules/**', 'tests/e2e/**'];
/** Each works on a topic of its own, so that it needs not be alone: half a minute of theirs is waiting. */
const onKafka = ['tests/scenarios/kill.real.test.ts', 'tests/contracts/kafka-log.real.test.ts'];

export default defineConfig({
  root,
  test: {
    reporters: ['default', './tests/harness/totals-reporter.ts'],
    globalSetup: ['./tests/harness/memory-folder.ts', './tests/harness/postgres-server.ts'],
    // One more than the two cores: many of them wait, for timers or for a program that starts.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: everywhere('.test.ts'),
          exclude: [...never, '**/*.pg.test.ts', '**/*.real.test.ts'],
          // A bound for what hangs, not a judgement of speed: a busy machine is slower.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'pg',
          include: everywhere('.pg.test.ts'),
          exclude: never,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        // By its name the first: the longest of all is among them.
        test: { name: 'kafka', include: onKafka, exclude: never, testTimeout: 180_000, hookTimeout: 180_000 },
      },
      {
        extends: true,
        // One file at a time: they share one MQTT broker, and who listens there hears what the others say.
        test: {
          name: 'real',
          include: everywhere('.real.test.ts'),
          exclude: [...never, ...onKafka],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
