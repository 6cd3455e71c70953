import { expect, test } from 'vitest';
import { isPicture, MOST_PX, shrunk } from './photograph.ts';

test('P14 a photograph is no longer than 2,560 px, keeps its shape, and is never made larger', () => {
  expect(shrunk(8000, 6000)).toEqual({ width: MOST_PX, height: 1920 });
  expect(shrunk(3000, 6000)).toEqual({ width: 1280, height: MOST_PX });
  expect(shrunk(640, 480)).toEqual({ width: 640, height: 480 });
  expect(shrunk(100_000, 1)).toEqual({ width: MOST_PX, height: 1 });
});

test('P14 a picture is one by its type, or by its name where the browser knows no type', () => {
  expect(isPicture({ type: 'image/heic', name: 'a' })).toBe(true);
  expect(isPicture({ type: '', name: 'IMG_0001.HEIC' })).toBe(true);
  expect(isPicture({ type: '', name: 'notes.docx' })).toBe(false);
  expect(isPicture({ type: 'application/pdf', name: 'a.jpg' })).toBe(false);
});
