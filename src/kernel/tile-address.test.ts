import { expect, test } from 'vitest';
import { readTileUrls, tileOrigins } from './tile-address.ts';

const TIANDITU = (layer: string) =>
  `https://t0.tianditu.gov.cn/${layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=${layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=key`;

test("P18 a tile address with its three places is taken, Tianditu's template too, several as layers", () => {
  expect(readTileUrls('http://localhost:8000/{z}/{x}/{y}.png')).toEqual({
    value: ['http://localhost:8000/{z}/{x}/{y}.png'],
  });
  const both = `${TIANDITU('vec')} ${TIANDITU('cva')}`;
  expect(readTileUrls(both)).toEqual({ value: [TIANDITU('vec'), TIANDITU('cva')] });
  expect(tileOrigins([TIANDITU('vec'), TIANDITU('cva')])).toEqual(['https://t0.tianditu.gov.cn']);
});

test.each([
  ['ftp://host/{z}/{x}/{y}', 'http or https'],
  ['host/{z}/{x}/{y}', 'http or https'],
  ['https://host/{z}/{x}.png', 'must have {y}'],
  ['https://t{s}.host/{z}/{x}/{y}', 'one host'],
  ['https://user:word@host/{z}/{x}/{y}', 'password'],
  ['https://host/{z}/{x}/{y}{r}.png', 'knows no {r}'],
  ['https://webrd01.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}', 'GCJ-02'],
  ['https://rt0.map.gtimg.com/tile?z={z}&x={x}&y={y}', 'GCJ-02'],
  ['https://maponline0.bdimg.com/tile/?x={x}&y={y}&z={z}', 'BD-09'],
  [TIANDITU('vec').replace('vec_w', 'vec_c'), 'take …_w'],
  ['https://host/{z}/{x}/{y} https://amap.com/{z}/{x}/{y}', 'layer 2 amap.com'],
])('P18 %s is refused with a word', (given, word) => {
  expect(readTileUrls(given)).toContain(word);
});
