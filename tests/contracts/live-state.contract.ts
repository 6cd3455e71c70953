/**
 * What every live state keeps (rules S1… of `src/ports/SPEC.md`), run over each adapter. `open` gives one more client of the same
 * state: several of them stand for a board and dashboards in different processes, where the adapter can be shared at all.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Frontier, LastKnown, LiveChange, LiveState } from '../../src/ports/live-state.ts';

export interface LiveStateHarness {
  open(): Promise<LiveState>;
}

const WAIT = { timeout: 10_000, interval: 20 };
const AT = Date.parse('2026-03-01T00:00:00Z');

const known = (subject: string, more: Partial<LastKnown> = {}): LastKnown => ({
  subject,
  device: 'D1',
  atMs: AT,
  lat: 23.52,
  lon: 116.35,
  accuracyM: 15,
  speedMps: null,
  method: 'gnss',
  batteryPct: 80,
  heardMs: AT + 1000,
  off: false,
  ...more,
});
const frontier = (partition: number, tickMs: number): Frontier => ({ stage: 'detector', partition, tickMs });
const bySubject = (subjects: readonly LastKnown[]) =>
  [...subjects].sort((a, b) => a.subject.localeCompare(b.subject));

export function liveStateContract(name: string, harness: LiveStateHarness): void {
  describe(`live state: ${name}`, () => {
    let writer: LiveState;
    let reader: LiveState;
    const opened: LiveState[] = [];
    beforeAll(async () => {
      writer = await harness.open();
      reader = await harness.open();
      opened.push(...new Set([writer, reader]));
    });
    afterAll(async () => {
      for (const state of opened) await state.close();
    });

    test('S1 before anything was put there is nothing', async () => {
      expect(await reader.all()).toEqual({ subjects: [], frontiers: [] });
    });

    test('S2 what was put last is what is known, each field as it was, whoever asks', async () => {
      await writer.put({ subjects: [known('S1'), known('S2')], frontiers: [frontier(0, AT)] });
      const moved = known('S1', { lat: -1.5, atMs: null, accuracyM: 3.25, off: true });
      await writer.put({ subjects: [moved], frontiers: [frontier(0, AT + 10), frontier(1, AT)] });
      const { subjects, frontiers } = await reader.all();
      expect(bySubject(subjects)).toEqual([moved, known('S2')]);
      expect([...frontiers].sort((a, b) => a.partition - b.partition)).toEqual([
        frontier(0, AT + 10),
        frontier(1, AT),
      ]);
    });

    test('S3 who watches gets every later change, in order', async () => {
      const seen: LiveChange[] = [];
      const end = await reader.watch((change) => seen.push(change));
      for (let n = 0; n < 200; n++)
        await writer.put({ subjects: [known(`S${n % 3}`, { atMs: AT + n })], frontiers: [] });
      await expect.poll(() => seen.flatMap(({ subjects }) => subjects).at(-1)?.atMs, WAIT).toBe(AT + 199);
      for (const subject of ['S0', 'S1', 'S2']) {
        const times = seen
          .flatMap(({ subjects }) => subjects)
          .flatMap((last) => (last.subject === subject ? [last.atMs ?? 0] : []));
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times.length).toBeGreaterThan(0);
      }
      await end();
    });

    test('S4 who watches first and asks then misses nothing that is put meanwhile', async () => {
      const latest = new Map<string, number>();
      const take = ({ subjects }: LiveChange) => {
        for (const { subject, atMs } of subjects)
          latest.set(subject, Math.max(latest.get(subject) ?? 0, atMs ?? 0));
      };
      const putting = (async () => {
        for (let n = 0; n < 300; n++)
          await writer.put({ subjects: [known(`M${n}`, { atMs: AT + n })], frontiers: [] });
      })();
      const end = await reader.watch(take);
      take(await reader.all());
      await putting;
      await expect.poll(() => [...latest.keys()].filter((id) => id.startsWith('M')).length, WAIT).toBe(300);
      await end();
    });

    test('S5 who has ended watching hears nothing more', async () => {
      const seen: LiveChange[] = [];
      const end = await reader.watch((change) => seen.push(change));
      await end();
      await writer.put({ subjects: [known('late')], frontiers: [] });
      await expect
        .poll(async () => (await reader.all()).subjects.some(({ subject }) => subject === 'late'), WAIT)
        .toBe(true);
      expect(seen).toEqual([]);
    });
  });
}
