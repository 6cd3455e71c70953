import { booleanPointInPolygon } from '@turf/turf';
import { describe, expect, test } from 'vitest';
import { decodePolicyDocument, encodePolicyDocument } from '../kernel/policy-file.ts';
import { decodeRoster, encodeRoster, findUnknownZones } from '../kernel/roster-file.ts';
import { LEGAL_TYPES } from '../kernel/subject-record.ts';
import { decodeZones, encodeZones } from '../kernel/zone-file.ts';
import { COUNTIES } from './counties.ts';
import { outline } from './outline.testing.ts';
import { apportion, HOME_MARGIN_M } from './places.ts';
import { distanceToEdgeM, toLonLat } from './plane.ts';
import { createWorld, DEFAULT_SEED } from './world.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 8);
const DAY_MS = 86_400_000;
const world = createWorld({ seed: DEFAULT_SEED, nowMs: NOW_MS });

describe('world', () => {
  test('W1 has 5 counties, 96 offices with people in each, 1,762 subjects with a phone each', () => {
    expect(COUNTIES.map(({ code }) => code)).toEqual(['445202', '445203', '445222', '445224', '445281']);
    expect(world.offices).toHaveLength(96);
    expect(world.subjects).toHaveLength(1762);
    expect(new Set(world.subjects.map(({ office }) => office)).size).toBe(96);
    expect(
      world.roster.subjects.every(
        ({ devices }) => devices.filter(({ kind }) => kind === 'phone').length === 1,
      ),
    ).toBe(true);
    const ids = world.roster.subjects.flatMap(({ id, devices }) => [
      id,
      ...devices.map((device) => device.id),
    ]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('W1 shares out a total exactly', () => {
    expect(apportion([0.5, 0.3, 0.2], 7)).toEqual([4, 2, 1]);
    expect(apportion([1 / 3, 1 / 3, 1 / 3], 10).reduce((a, b) => a + b)).toBe(10);
  });

  test('W2 the same seed gives the same world, at another time too; another seed does not', () => {
    const later = createWorld({ seed: DEFAULT_SEED, nowMs: NOW_MS + 40 * DAY_MS });
    expect(later.subjects.map(({ home, phone, work }) => ({ home, phone, work }))).toEqual(
      world.subjects.map(({ home, phone, work }) => ({ home, phone, work })),
    );
    expect(later.zones).toEqual(world.zones);
    const soon = createWorld({ seed: DEFAULT_SEED, nowMs: NOW_MS + 60_000 });
    expect(soon.roster).toEqual(world.roster);
    const other = createWorld({ seed: 1, nowMs: NOW_MS });
    expect(other.subjects[0]?.home).not.toEqual(world.subjects[0]?.home);
  });

  test('W3 every home is inside its county, and far from its edge unless it is there to cross it', () => {
    for (const { county, home, role, id } of world.subjects) {
      expect(booleanPointInPolygon([...toLonLat(home)], outline(county.coordinates)), id).toBe(true);
      const atEdge = role === 'opener' || role === 'out-of-bounds';
      expect(distanceToEdgeM(county.rings, home), id).toBeGreaterThanOrEqual(atEdge ? 190 : HOME_MARGIN_M);
    }
  });

  test('W4 every road lies inside its county', () => {
    for (const county of COUNTIES) {
      const shape = outline(county.coordinates);
      const { nodes, neighbours } = world.roads.get(county.code) ?? { nodes: [], neighbours: [] };
      expect(nodes.length).toBeGreaterThan(100);
      nodes.forEach((a, i) => {
        for (const b of (neighbours[i] ?? []).map((j) => nodes[j] ?? a))
          for (const share of [0, 0.25, 0.5, 0.75]) {
            const point = toLonLat({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share });
            expect(booleanPointInPolygon([...point], shape)).toBe(true);
          }
      });
    }
  });

  test('W5 one in five wears a wristband, with an order in force of three months at most', () => {
    const bands = world.roster.subjects.flatMap(({ devices }) =>
      devices.filter(({ kind }) => kind === 'wristband'),
    );
    expect(bands.length / 1762).toBeGreaterThan(0.15);
    expect(bands.length / 1762).toBeLessThan(0.25);
    for (const { order, id } of bands) {
      if (order === null) throw new Error(`${id} has no order`);
      expect(order.fromMs).toBeLessThan(NOW_MS);
      expect(order.untilMs).toBeGreaterThan(NOW_MS);
      expect(order.untilMs - order.fromMs).toBeLessThanOrEqual(89 * DAY_MS);
    }
  });

  test('W6 the contract decodes roster, zones and policy to the same values', () => {
    const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
    expect(decodeRoster(json(encodeRoster(world.roster)))).toEqual({ ok: true, value: world.roster });
    expect(decodeZones(json(encodeZones(world.zones)))).toEqual({ ok: true, value: world.zones });
    expect(decodePolicyDocument(json(encodePolicyDocument(world.policy)))).toEqual({
      ok: true,
      value: world.policy,
    });
    expect(findUnknownZones(world.roster, new Set(world.zones.map(({ id }) => id)))).toEqual([]);
  });

  test('W7 nobody can be taken for real', () => {
    for (const { name } of world.roster.subjects) expect(name).toMatch(/^测试人员[〇一二三四五六七八九]{4}$/);
    expect(world.subjects[0]?.name).toBe('测试人员〇〇〇一');
    const offices = world.organisations.filter(({ path }) => path.includes('/'));
    expect(offices).toHaveLength(96);
    for (const { name } of offices) expect(name).toMatch(/^\S+ 演示[一二三四五六七八九十]+所$/);
    expect(offices.find(({ path }) => path === '445281/office-21')?.name).toBe('普宁市 演示二十一所');
  });

  test('W8 everybody has a legal type and dates, whose end lies well ahead whenever the demo starts', () => {
    const ends = new Set<string>();
    const types = new Set<string | undefined>();
    for (const days of [0, 27, 400, 3000]) {
      const nowMs = NOW_MS + days * DAY_MS;
      for (const { record, id } of createWorld({ seed: 3, nowMs }).roster.subjects) {
        if (record === undefined) throw new Error(`${id} has no record`);
        types.add(record.legalType);
        ends.add(record.until);
        expect(Date.parse(record.from)).toBeLessThanOrEqual(nowMs);
        expect(Date.parse(record.until) - nowMs).toBeGreaterThan(14 * DAY_MS);
      }
    }
    expect([...types].sort()).toEqual([...LEGAL_TYPES].sort());
    expect(ends.size).toBeGreaterThan(300);
  });

  test('W1 a small world has each kind of people', () => {
    const small = createWorld({ seed: 3, nowMs: NOW_MS, subjects: 40 });
    expect(small.subjects).toHaveLength(40);
    for (const [role, people] of small.byRole) expect(people.length, role).toBeGreaterThan(0);
  });
});
