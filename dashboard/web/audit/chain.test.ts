import { expect, test } from 'vitest';
import type { Seal } from '../api/audit.ts';
import { canonical, checkChain } from './chain.ts';

/** Hashed by src/seal: what the page hashes again must be the same bytes. */
const first: Seal = {
  seal: 1,
  at: '2026-03-01T00:00:00.000Z',
  previous: '0'.repeat(64),
  parts: [{ table: 'audit', from: 0, until: 3, rows: 3, root: 'ab'.repeat(32) }],
  hash: '59527b95c5a43a8b2abd429a135551c4db4a3f152dd4dcc62221a3bcbd0182aa',
};
const second: Seal = {
  ...first,
  seal: 2,
  previous: first.hash,
  hash: '7dbc30e4626a42b716bb5a9e47ef436c3eefbfcb658abd2635c2cb3f00d61e99',
};

test('V1 a chain that the sealer made is whole', async () => {
  expect(await checkChain([second, first])).toEqual({ seals: 2, isHashed: true, broken: null });
  expect(canonical({ b: [1, 'x'], a: null })).toBe('{"a":null,"b":[1,"x"]}');
});

test('V2 a member, a link or a hash that was changed is found, with its number', async () => {
  const parts = first.parts.map((part) => ({ ...part, rows: 4 }));
  expect(await checkChain([second, { ...first, parts }])).toMatchObject({ broken: 1 });
  expect(await checkChain([{ ...second, previous: 'f'.repeat(64) }, first])).toMatchObject({ broken: 2 });
  expect(await checkChain([second, { ...first, hash: 'f'.repeat(64) }])).toMatchObject({ broken: 2 });
});
