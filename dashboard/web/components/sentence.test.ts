import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sentenceParts } from './sentence.ts';

const figures = (sentence: string, zone: string | null = null) =>
  sentenceParts(sentence, zone)
    .filter(({ isFigure }) => isFigure)
    .map(({ words }) => words);

test('Q6 times, distances, shares and the zone stand out', () => {
  expect(
    figures(
      '测试人员〇五八五 于 11-24 01:33:08 越出 揭西县,现在界外 640 m(误差 65 m),连续 3 次定位,置信度 99.9 %。无有效请假。电量 9 %。',
      '揭西县',
    ),
  ).toEqual(['11-24 01:33:08', '揭西县', '640 m', '65 m', '3', '99.9 %', '9 %']);
  expect(
    figures('P left Z1 at 01:33 and is 2.5 km outside (error 65 m), silent for 12 min, 2 fixes in a row.'),
  ).toEqual(['01:33', '2.5 km', '65 m', '12 min', '2']);
  expect(figures('于 2026-11-24 02:10:06 越出')).toEqual(['2026-11-24 02:10:06']);
  expect(figures('失联超过 15 分钟、2 小时')).toEqual(['15 分钟', '2 小时']);
});

test('Q6 the digits of an id do not stand out', () => {
  expect(figures('S0585 left office-08 of keep-out-S1760')).toEqual([]);
});

test('Q6 a distance is known as one', () => {
  const far = sentenceParts('界外 640 m,置信度 99.9 %', null).filter(({ isDistance }) => isDistance);
  expect(far.map(({ words }) => words)).toEqual(['640 m']);
});

test('Q6 nothing of the sentence is lost', () => {
  const piece = fc.constantFrom(
    '于 ',
    '01:33:08',
    ' 640 m',
    '(',
    '99.9 %',
    '揭西县',
    'S12',
    '-3',
    '。',
    '1.',
  );
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join('')),
      fc.constantFrom(null, '揭西县'),
      (sentence, zone) => {
        expect(
          sentenceParts(sentence, zone)
            .map(({ words }) => words)
            .join(''),
        ).toBe(sentence);
      },
    ),
  );
});
