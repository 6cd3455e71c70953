import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOTICES } from '../kernel/notices.ts';
import { maskName } from './masked-name.ts';
import { compose, type Line, type OfPerson, type OfPlace } from './message.ts';
import { roundPlace } from './rounded-place.ts';

const CHINA_MS = 8 * 3_600_000;
const common = {
  what: 'alert-opened',
  ref: 'a1',
  kind: 'out-of-bounds',
  severity: 'critical',
  atMs: Date.parse('2026-03-01T06:05:00Z'),
} as const;
const person = (name: string, minor = false): OfPerson => ({
  ...common,
  of: 'person',
  name: maskName(name, minor),
  office: '测试司法所',
});

test.each([
  ['王试验', '王某某'],
  ['王试', '王某'],
  ['欧阳试验', '欧阳某某'],
  ['欧阳', '欧某'],
  ['阿卜杜·试验', '阿某某'],
  ['王', '某某'],
  ['', '某某'],
  ['Test Person', 'T. P.'],
  [' 王试验 ', '王某某'],
])('N5 %s becomes %s', (name, expected) => {
  expect(maskName(name, false)).toBe(expected);
});

test('N5 of a minor nothing is left', () => {
  expect(maskName('王试验', true)).toBe('某某');
});

test('N5 one line, in both languages', () => {
  expect(compose([person('王试验')], 'zh', CHINA_MS)).toEqual({
    title: '【守界】 〔紧急〕新告警',
    text: '【守界】 〔紧急〕新告警 · 越界 · 王某某（测试司法所） · 03-01 14:05 · 编号 a1',
  });
  const place: OfPlace = { ...common, of: 'place', place: roundPlace(23.52349, 116.35) };
  expect(compose([place], 'en', CHINA_MS).text).toBe(
    '[Wardline] CRITICAL: new alert · out of bounds · position 23.523, 116.350 · 03-01 14:05 · ref a1',
  );
  expect(compose([], 'zh', CHINA_MS).text).toContain('测试消息');
});

test('N3 many are one message that lists ten and counts the others', () => {
  const { title, text } = compose(
    Array.from({ length: 13 }, () => person('王试验')),
    'zh',
    CHINA_MS,
  );
  expect(title).toBe('【守界】 13 条通知');
  expect(text.split('\n')).toHaveLength(12);
  expect(text).toContain('另有 3 条');
});

test('N5 no template has a full name, and none has a name with a position', () => {
  const name = fc.string({
    unit: fc.constantFrom(...'王李张刘陈杨黄赵吴周试验测欧阳'),
    minLength: 2,
    maxLength: 5,
  });
  const line = fc.record({
    what: fc.constantFrom(...NOTICES),
    of: fc.constantFrom('person' as const, 'place' as const),
    name,
    isMinor: fc.boolean(),
    lat: fc.double({ min: -90, max: 90, noNaN: true }),
    lon: fc.double({ min: -180, max: 180, noNaN: true }),
  });
  fc.assert(
    fc.property(line, fc.constantFrom('zh' as const, 'en' as const), (given, language) => {
      const masked = maskName(given.name, given.isMinor);
      const made: Line =
        given.of === 'person'
          ? { ...common, what: given.what, of: 'person', name: masked, office: '9' }
          : { ...common, what: given.what, of: 'place', place: roundPlace(given.lat, given.lon) };
      const { title, text } = compose([made], language, CHINA_MS);
      expect(title + text).not.toContain(given.name);
      const isPlaced = /\d\.\d{3}, /.test(text);
      expect(text.includes(masked)).toBe(given.of === 'person');
      expect(isPlaced).toBe(given.of === 'place');
      expect(text).not.toMatch(/\d\.\d{4}/);
    }),
  );
});

test('N5 the types refuse a full name, and a name with a position', () => {
  // @ts-expect-error: a text is no masked name
  const full: OfPerson = { ...common, of: 'person', name: '王试验', office: '' };
  // @ts-expect-error: who is named has no position
  const both: Line = { ...person('王试验'), place: roundPlace(1, 1) };
  // @ts-expect-error: a position names nobody
  const named: Line = { ...common, of: 'place', place: roundPlace(1, 1), name: maskName('王试验', false) };
  // @ts-expect-error: nor an office, which is small
  const placed: Line = { ...common, of: 'place', place: roundPlace(1, 1), office: '' };
  // @ts-expect-error: a position is rounded
  const exact: OfPlace = { ...common, of: 'place', place: { text: '23.523456, 116.3' } };
  expect([full, both, named, placed, exact]).toHaveLength(5);
});
