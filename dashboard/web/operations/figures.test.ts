import { expect, test } from 'vitest';
import { figuresOf, perMinute, readSamples } from './figures.ts';

const TEXT = `# HELP wardline_frontier_seconds Newest tick handled
# TYPE wardline_frontier_seconds gauge
wardline_frontier_seconds{stage="detector",partition="0"} 990
wardline_frontier_seconds{stage="detector",partition="1"} 970
wardline_observations_accepted_total{source="osmand"} 120
wardline_observations_accepted_total{source="a \\"b\\", c"} 1
wardline_observations_refused_total{source="osmand",code="bad-time"} 2
wardline_observations_refused_total{source="osmand",code="not-json"} 3
process_resident_memory_bytes 1048576
wardline_self_test_age_seconds{partition="0"} 61.5
wardline_self_test_age_seconds{partition="1"} 12
nonsense
`;

test('O1 the slowest partition is what a stage is behind', () => {
  const figures = figuresOf(readSamples(TEXT), 1_000_000);
  expect(figures.behindS).toEqual(new Map([['detector', 30]]));
  expect(figures).toMatchObject({ refused: 5, memoryBytes: 1_048_576, judged: 0 });
  expect([...figures.accepted.keys()]).toEqual(['osmand', 'a \\"b\\", c']);
});

test('ST5 the age of each partition’s self-test', () => {
  expect([...figuresOf(readSamples(TEXT), 1_000_000).selfTestS]).toEqual([
    ['0', 61.5],
    ['1', 12],
  ]);
});

test('O2 a rate needs two looks at one process', () => {
  const at = (accepted: number, atMs: number) =>
    figuresOf(readSamples(`wardline_observations_accepted_total{source="osmand"} ${accepted}`), atMs);
  expect(perMinute(at(180, 30_000), at(120, 0), 'osmand')).toBe(120);
  expect(perMinute(at(180, 30_000), null, 'osmand')).toBe(null);
  expect(perMinute(at(5, 30_000), at(120, 0), 'osmand')).toBe(null);
});
