import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { decodeRoster, findUnknownZones } from '../kernel/roster-file.ts';
import { decodeZones } from '../kernel/zone-file.ts';
import { runSimulate } from './simulate.ts';

function io() {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  return { stdout, stderr, errors: () => String(stderr.read() ?? '') };
}

test('S1 names every wrong flag at once', async () => {
  const out = io();
  expect(await runSimulate(['--native', 'nowhere', '--speed', 'fast', '--subjects', '0'], out)).toBe(2);
  const errors = out.errors();
  for (const flag of ['--native', '--osmand', '--token', '--speed', '--subjects'])
    expect(errors).toContain(`${flag} `);
  const unknown = io();
  expect(await runSimulate(['--colour', 'red'], unknown)).toBe(2);
  expect(unknown.errors()).toContain('--colour');
});

test('S4 an address of devices over TCP is checked like the others', async () => {
  const out = io();
  const argv = ['--native', 'http://127.0.0.1:1', '--osmand', 'http://127.0.0.1:1', '--token', 't'];
  expect(
    await runSimulate([...argv, '--jt808', 'http://x', '--watch', '5093', '--mlp-port', '70000'], out),
  ).toBe(2);
  const errors = out.errors();
  for (const flag of ['--jt808', '--watch', '--mlp-port']) expect(errors).toContain(`${flag} must`);
});

test('S2 writes roster and zones that the contract takes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wardline-simulate-'));
  try {
    const roster = join(folder, 'roster.json');
    const zones = join(folder, 'zones.geojson');
    expect(
      await runSimulate(['--write-roster', roster, '--write-zones', zones, '--subjects', '30'], io()),
    ).toBe(0);
    const people = decodeRoster(JSON.parse(await readFile(roster, 'utf8')));
    const shapes = decodeZones(JSON.parse(await readFile(zones, 'utf8')));
    if (!people.ok || !shapes.ok) throw new Error('not what the contract takes');
    expect(people.value.subjects).toHaveLength(30);
    expect(findUnknownZones(people.value, new Set(shapes.value.map(({ id }) => id)))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('S3 a server that is not there is said so', async () => {
  const out = io();
  const nowhere = 'http://127.0.0.1:1';
  const argv = [
    '--native',
    nowhere,
    '--osmand',
    nowhere,
    '--jt808',
    'none',
    '--watch',
    'none',
    '--token',
    't',
    '--subjects',
    '12',
    '--duration',
    '1',
  ];
  expect(await runSimulate(argv, out)).toBe(1);
  expect(out.errors()).toContain('nothing arrived');
});
