/** A batch of records as the port has it, common to both logs. */
import type { LogBatch, LogRecord } from '../ports/observation-log.ts';

/** `records` in order, not empty. Lines are split when they are asked for: who shares decoded records never asks. */
export function batchOf(partition: number, records: readonly LogRecord[]): LogBatch {
  let lines: readonly string[] | undefined;
  return {
    partition,
    offset: records[0]?.offset ?? 0,
    nextOffset: (records.at(-1)?.offset ?? -1) + 1,
    records,
    get lines() {
      lines ??= records.flatMap((record) => splitLines(record.bytes().toString()));
      return lines;
    },
  };
}

function splitLines(text: string): string[] {
  return text === '' ? [] : text.split('\n');
}
