import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, rowText } from './canonical.ts';
import { hashOfSeal, NO_SEAL, packLeaves, printSeal, unpackLeaves } from './chain.ts';
import { climb, leafOf, pathOf, rootOf } from './merkle.ts';

test('SL1 canonical JSON: the example of RFC 8785, appendix', () => {
  // RFC 8785, section 3.2.2 and 3.2.3.
  const value = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  ) as unknown;
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('SL1 a row’s text is the canonical JSON of its columns, without nulls', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.option(fc.string())), (row) => {
      const columns = Object.keys(row).sort();
      const kept = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
      expect(rowText('audit', columns, row)).toBe(canonicalJson({ table: 'audit', row: kept }));
    }),
  );
});

test('SL2 roots of RFC 9162’s tree: of nothing, one, and the published ones', () => {
  // The reference vectors of Certificate Transparency: entries "", 00, 10, 2021, 3031, 40414243 …
  const leaf = (hex: string) =>
    createHash('sha256')
      .update(Buffer.concat([Buffer.of(0), Buffer.from(hex, 'hex')]))
      .digest();
  const leaves = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map(leaf);
  expect(rootOf([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(rootOf(leaves.slice(0, 1))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  expect(rootOf(leaves.slice(0, 3))).toBe('aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77');
  expect(rootOf(leaves)).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
});

test('SL2 the path of every row leads to the root, and no other row’s does', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 40 }), fc.nat(), (entries, n) => {
      const leaves = entries.map((entry, i) => leafOf(`${i} ${entry}`));
      const index = n % leaves.length;
      const path = pathOf(leaves, index);
      expect(climb(leaves[index] as Buffer, path)).toBe(rootOf(leaves));
      expect(climb(leafOf('another'), path)).not.toBe(rootOf(leaves));
    }),
  );
});

test('SL3 a seal’s hash covers each of its members', () => {
  const part = { table: 'audit', from: 0, until: 3, rows: 3, root: 'a'.repeat(64) };
  const seal = { seal: 1, atMs: 0, previous: NO_SEAL, parts: [part] };
  const others = [
    { ...seal, seal: 2 },
    { ...seal, atMs: 1 },
    { ...seal, previous: 'b'.repeat(64) },
    ...(['table', 'from', 'until', 'rows', 'root'] as const).map((key) => ({
      ...seal,
      parts: [{ ...part, [key]: key === 'table' || key === 'root' ? 'x' : 9 }],
    })),
    { ...seal, parts: [] },
  ];
  expect(new Set([seal, ...others].map(hashOfSeal)).size).toBe(others.length + 1);
  expect(printSeal({ ...seal, hash: hashOfSeal(seal) }).replaceAll(' ', '')).toContain(hashOfSeal(seal));
});

test('SL3 leaves are kept as bytes and come back', () => {
  const leaves = [-1n, 0n, 7n, 2n ** 40n].map((seq) => ({ seq, hash: leafOf(String(seq)) }));
  expect(unpackLeaves(packLeaves(leaves))).toEqual(leaves);
});
