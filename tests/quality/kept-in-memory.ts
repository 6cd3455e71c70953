/** What the shells of the night ask for, kept in memory: a log of one partition, the ledger, and the states of the past. */
import type { Ledger } from '../../alerts/ledger.ts';
import type { NightDeps } from '../../consumers/night/night.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { LogEvent } from '../../src/kernel/log-event.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import type { Db } from '../../src/ports/database.ts';
import type { LogBatch } from '../../src/ports/observation-log.ts';
import type { AlertRow } from '../../src/store/alert-rows.ts';

export interface Kept {
  readonly night: NightDeps;
  /** The newest version of each alert, by id. */
  readonly newest: ReadonlyMap<string, AlertEvent>;
  write(event: LogEvent): void;
  /** What is on the ledger by (alert, version) stays as it is (rule G1). */
  tell(event: AlertEvent): void;
}

const BATCH_LINES = 500;

export function createKept(): Kept {
  let batch: string[] = [];
  const batches: (readonly string[])[] = [batch];
  const versions = new Set<string>();
  const newest = new Map<string, AlertEvent>();

  function tell(event: AlertEvent): void {
    const key = `${event.version} ${event.alert}`;
    if (versions.has(key)) return;
    versions.add(key);
    const known = newest.get(event.alert);
    // Words and evidence are not compared, and weigh more than all else.
    if (known === undefined || known.version < event.version)
      newest.set(event.alert, { ...event, evidence: [], reason: '', reasonEn: '' });
  }

  async function* read(_partition: number, from: number): AsyncGenerator<LogBatch> {
    for (let offset = from; offset < batches.length; offset++)
      yield { partition: 0, offset, nextOffset: offset + 1, lines: batches[offset] ?? [] };
  }
  const ledger: Ledger = {
    append: async (events) => {
      for (const event of events) tell(event);
      return events.length;
    },
  };

  return {
    night: {
      log: {
        ...REFUSED,
        partitions: 1,
        read,
        bounds: async () => [{ partition: 0, first: 0, next: batches.length }],
      },
      database: createTables(newest),
      ledger,
      logger: createLogger('silent'),
    },
    newest,
    write: (event) => {
      if (batch.length >= BATCH_LINES) {
        batch = [];
        batches.push(batch);
      }
      batch.push(encodeLogEvent(event));
    },
    tell,
  };
}

const refuse = async (): Promise<never> => {
  throw new Error('the night only reads');
};
const REFUSED = {
  identity: 'memory',
  append: refuse,
  appendToAll: refuse,
  subscribe: refuse,
  positions: refuse,
  trim: refuse,
  close: refuse,
};

interface StateRow {
  readonly partition: number;
  readonly until_at: Date;
  readonly next_offset: string;
  readonly state: Buffer;
}

/** Answers the statements of `src/store/night.ts` as their SQL says, and no others. */
function createTables(newest: ReadonlyMap<string, AlertEvent>): Db {
  let states: StateRow[] = [];
  const isAt = (row: StateRow, at: unknown) => row.until_at.getTime() === (at as Date).getTime();
  const since = (from: unknown, takes: (alert: AlertEvent) => boolean) => {
    const fromMs = (from as Date).getTime();
    return [...newest.values()]
      .filter(
        (alert) =>
          takes(alert) &&
          (alert.startedAtMs >= fromMs || alert.clearedAtMs === null || alert.clearedAtMs >= fromMs),
      )
      .map(toRow);
  };
  const answers: Record<string, (values: unknown[]) => unknown[]> = {
    'night.states': ([partition]) => states.filter((row) => row.partition === partition),
    'night.state': ([partition, untilAt]) =>
      states.filter((row) => row.partition === partition && isAt(row, untilAt)),
    'night.save': ([partition, untilAt, nextOffset, state]) => {
      states = states.filter((row) => row.partition !== partition || !isAt(row, untilAt));
      states.push({
        partition: partition as number,
        until_at: untilAt as Date,
        next_offset: String(nextOffset),
        state: state as Buffer,
      });
      states.sort((a, b) => a.until_at.getTime() - b.until_at.getTime());
      return [];
    },
    'night.forget': ([partition, before]) => {
      states = states.filter((row) => row.partition !== partition || row.until_at >= (before as Date));
      return [];
    },
    'night.known': ([subjects, from]) => {
      const own = new Set(subjects as string[]);
      return since(from, ({ subject, kind }) => own.has(subject) && kind !== 'gathering');
    },
    'night.known-meetings': ([from]) => since(from, ({ kind }) => kind === 'gathering'),
    'night.done': () => [],
  };
  return {
    query: async <Row extends Record<string, unknown>>({
      name = '',
      values,
    }: {
      name?: string;
      values: unknown[];
    }) => {
      const answer = answers[name];
      if (answer === undefined) throw new Error(`the night asked for ${name}`);
      const rows = answer(values) as Row[];
      return { rows, rowCount: rows.length };
    },
  };
}

function toRow(alert: AlertEvent): AlertRow {
  const { startedAtMs, detectedAtMs, clearedAtMs, reasonEn, ...rest } = alert;
  return {
    ...rest,
    started_at: new Date(startedAtMs),
    detected_at: new Date(detectedAtMs),
    cleared_at: clearedAtMs === null ? null : new Date(clearedAtMs),
    reason_en: reasonEn,
  };
}
