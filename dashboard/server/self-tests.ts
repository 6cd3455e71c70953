/** How old the newest self-test of each partition is: for the header of the board and for `/metrics`. Rules: consumers/SPEC.md, ST. */
import type { FastifyBaseLogger } from 'fastify';
import { Gauge, type Registry } from 'prom-client';
import type { Instant } from '../../src/kernel/instant.ts';
import { selfTestLimitMs } from '../../src/kernel/self-test.ts';
import type { Database } from '../../src/ports/database.ts';
import { listSelfTests } from '../../src/store/self-tests.ts';
import type { Health } from '../protocol.ts';

export interface SelfTests {
  start(): Promise<void>;
  stop(): void;
  /** Undefined: this installation makes none. */
  health(): Health['selfTest'];
}

export interface SelfTestsDeps {
  readonly database: Pick<Database, 'query'>;
  readonly logger: FastifyBaseLogger;
  readonly registry: Registry;
  readonly partitions: number;
  readonly tickSeconds: number;
  /** Seconds between two; 0 or absent: none. */
  readonly selfTestS?: number;
  now(): Instant;
}

const LOOK_EVERY_MS = 5000;

export function createSelfTests(deps: SelfTestsDeps): SelfTests {
  const { selfTestS = 0, partitions, tickSeconds, now } = deps;
  if (selfTestS === 0) return { start: async () => {}, stop: () => {}, health: () => undefined };
  const limitMs = selfTestLimitMs(selfTestS, tickSeconds * 1000);
  let writtenMs: ReadonlyMap<number, Instant> = new Map();
  let timer: NodeJS.Timeout | undefined;
  let isReading = false;

  new Gauge({
    name: 'wardline_self_test_age_seconds',
    help: 'Age of the newest made-up violation that became an alert; a partition without one is absent',
    labelNames: ['partition'],
    registers: [deps.registry],
    collect() {
      this.reset();
      for (const [partition, atMs] of writtenMs)
        this.set({ partition: String(partition) }, (now() - atMs) / 1000);
    },
  });

  async function look(): Promise<void> {
    const rows = await listSelfTests(deps.database);
    writtenMs = new Map(
      rows.flatMap(({ partition, written_at: at }) =>
        at === null || partition >= partitions ? [] : [[partition, at.getTime()] as const],
      ),
    );
  }

  return {
    start: async () => {
      await look();
      timer = setInterval(() => {
        if (isReading) return;
        isReading = true;
        look()
          // What was read before grows older: that is what the header shows while the store is away.
          .catch((error: unknown) =>
            deps.logger.warn({ event: 'self-tests.failed', err: error }, 'can not read the self-tests'),
          )
          .finally(() => {
            isReading = false;
          });
      }, LOOK_EVERY_MS);
    },
    stop: () => clearInterval(timer),
    health: () => ({
      atMs: writtenMs.size < partitions ? null : Math.min(...writtenMs.values()),
      limitMs,
    }),
  };
}
