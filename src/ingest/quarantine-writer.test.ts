import { expect, test } from 'vitest';
import { LogUnavailable } from '../ports/observation-log.ts';
import { createQuarantineWriter } from './quarantine-writer.ts';

const MEBIBYTE = 1024 * 1024;
const row = (bytes: number) => ({ raw: new Uint8Array(bytes) });

test('U5 what comes during a write goes together into the next, in order', async () => {
  const writes: number[][] = [];
  let release = () => {};
  const writer = createQuarantineWriter<{ raw: Uint8Array; n: number }>(async (rows) => {
    writes.push(rows.map(({ n }) => n));
    if (writes.length === 1) await new Promise<void>((resolve) => (release = resolve));
  });
  const all = [0, 1, 2, 3].map((n) => writer.push([{ ...row(1), n }]));
  release();
  await Promise.all(all);
  expect(writes).toEqual([[0], [1, 2, 3]]);
});

test('U6 a flood of refused items is told to come again, and taken once there is room', async () => {
  let release = () => {};
  const writer = createQuarantineWriter<{ raw: Uint8Array }>(
    () => new Promise<void>((resolve) => (release = resolve)),
  );
  const taken = Array.from({ length: 47 }, () => writer.push([row(MEBIBYTE)]));
  await expect(writer.push([row(MEBIBYTE)])).rejects.toBeInstanceOf(LogUnavailable);
  const done = Promise.all(taken);
  const pump = setInterval(() => release(), 1);
  await done;
  await expect(writer.push([row(MEBIBYTE)])).resolves.toBeUndefined();
  clearInterval(pump);
});

test('U7 a write that fails is told to all whose rows it held, and to nobody else', async () => {
  let fails = true;
  const writer = createQuarantineWriter<{ raw: Uint8Array }>(async () => {
    if (fails) throw new Error('the disk is full');
  });
  await expect(writer.push([row(1)])).rejects.toBeInstanceOf(LogUnavailable);
  fails = false;
  await expect(writer.push([row(1)])).resolves.toBeUndefined();
});
