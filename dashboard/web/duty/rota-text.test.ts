import { expect, test } from 'vitest';
import type { Rota } from '../api/duty.ts';
import { readText, toText } from './rota-text.ts';

const ROTA: Rota = {
  since: '2026-03-02',
  timeZone: 'Asia/Shanghai',
  shifts: [
    { name: '早班', from: '08:00' },
    { name: '晚班', from: '20:00' },
  ],
  groups: [
    { name: '一组', members: ['a', 'b'] },
    { name: '二组', members: [] },
  ],
  swaps: [{ day: '2026-03-05', shift: '晚班', group: '一组' }],
};

test('D4 a rota reads as it is written', () => {
  expect(readText(toText(ROTA), ROTA.timeZone)).toEqual(ROTA);
  expect(readText({ ...toText(ROTA), shifts: '\n 早班   08:00 \n晚班 20:00\n\n' }, ROTA.timeZone)).toEqual(
    ROTA,
  );
});

test('D4 a line that is none is named', () => {
  const text = toText(ROTA);
  expect(readText({ ...text, shifts: '早班 8 点' }, 'Asia/Shanghai')).toEqual({ broken: '早班 8 点' });
  expect(readText({ ...text, shifts: '早班' }, 'Asia/Shanghai')).toEqual({ broken: '早班' });
  expect(readText({ ...text, swaps: '明天 晚班 一组' }, 'Asia/Shanghai')).toEqual({
    broken: '明天 晚班 一组',
  });
});
