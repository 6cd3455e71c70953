/**
 * Coordinates of a feed that are not WGS-84: GCJ-02 (AMap, Tencent, phone SDKs of mainland China) and BD-09 (Baidu), by
 * `gcoord`. Its own way back loops until it is exact, and never ends near the edge of its box, where the shift jumps to none:
 * a device could stop the process with one fix. So the way back is a bounded iteration over its way there.
 */
import module from 'gcoord';

// Its types tell of an ES module with a default; Node gives the CommonJS module itself.
const gcoord = module as unknown as typeof module.default;

export const CRS = ['wgs84', 'gcj02', 'bd09'] as const;
export type Crs = (typeof CRS)[number];

/** Degrees. */
export interface Place {
  readonly lat: number;
  readonly lon: number;
}

const NAMES = { wgs84: gcoord.WGS84, gcj02: gcoord.GCJ02, bd09: gcoord.BD09 } as const;

/** From WGS-84 to what `crs` shows there; the same place outside `SHIFTED`. */
export function fromWgs84(place: Place, crs: Crs): Place {
  return crs === 'wgs84' || !isShifted(place) ? place : shift(place, crs);
}

/** The inverse of `fromWgs84`, within a millimetre inside the area; the same place outside it. Not finite numbers come back as they are. */
export function toWgs84(place: Place, crs: Crs): Place {
  if (crs === 'wgs84' || !isNear(place)) return place;
  let guess = place;
  // Each step is some thousand times nearer: three do, and the bound holds whatever comes.
  for (let step = 0; step < 8; step++) {
    const there = shift(guess, crs);
    const lat = place.lat - there.lat;
    const lon = place.lon - there.lon;
    guess = { lat: guess.lat + lat, lon: guess.lon + lon };
    if (Math.abs(lat) < 1e-9 && Math.abs(lon) < 1e-9) break;
  }
  return isShifted(guess) ? guess : place;
}

export function convert(place: Place, from: Crs, to: Crs): Place {
  return from === to ? place : fromWgs84(toWgs84(place, from), to);
}

function shift({ lat, lon }: Place, crs: Exclude<Crs, 'wgs84'>): Place {
  const [shiftedLon = lon, shiftedLat = lat] = gcoord.transform([lon, lat], NAMES.wgs84, NAMES[crs]);
  return { lat: shiftedLat, lon: shiftedLon };
}

/** The box of the published formula, rough: spares the ring for most of the world. False for what is no number. */
function isNear({ lat, lon }: Place): boolean {
  return lon >= 72 && lon <= 138 && lat >= 0.8 && lat <= 55.9;
}

/** Even-odd rule over the ring. */
function isShifted(place: Place): boolean {
  if (!isNear(place)) return false;
  const { lat, lon } = place;
  let isInside = false;
  let [lastLon, lastLat] = SHIFTED[SHIFTED.length - 1] ?? [0, 0];
  for (const [nextLon, nextLat] of SHIFTED) {
    if (nextLat > lat !== lastLat > lat) {
      if (lon < ((lastLon - nextLon) * (lat - nextLat)) / (lastLat - nextLat) + nextLon) isInside = !isInside;
    }
    [lastLon, lastLat] = [nextLon, nextLat];
  }
  return isInside;
}

/**
 * Where such maps are shifted (longitude first): the mainland, Hainan, Hong Kong and Macau, as AMap's SDK tells it
 * (`AMapLocationDataAvailableForCoordinate`), with 20 to 60 km around so that no edge of the ring runs where people live under
 * supervision. The formula's own box takes in Korea, Mongolia and half of India. A line for arithmetic, not a border on a map.
 */
// biome-ignore format: one point after another says nothing line by line
const SHIFTED: readonly (readonly [number, number])[] = [
  [72.77, 39.4], [73.2, 38.28], [74.18, 37.81], [73.75, 37.24], [73.91, 36.76], [75.22, 36.19], [75.78, 35.34],
  [77.41, 34.89], [77.96, 34.12], [78.25, 33.13], [77.76, 32.74], [77.76, 32.07], [78.71, 30.52], [80.96, 29.46],
  [82.09, 29.49], [85.69, 27.4], [88.16, 27.3], [88.78, 26.67], [89.46, 26.79], [89.93, 27.58], [91.02, 27.28],
  [92.07, 26.28], [93.81, 26.4], [95.84, 27.64], [97.01, 27.17], [97.68, 27.37], [98.11, 26.63], [96.96, 24.94],
  [96.91, 23.82], [97.5, 23.31], [98.18, 23.46], [98.69, 22.64], [98.65, 21.83], [99.85, 20.99], [101.9, 20.58],
  [102.39, 20.99], [102.39, 21.85], [104.12, 21.94], [105.31, 22.54], [105.94, 22.36], [106.2, 21.62], [107.07, 21.09],
  [108.48, 20.96], [108.98, 20.46], [108.15, 19.64], [108.02, 18.77], [109.5, 15], [111.3, 3.2], [113.2, 3.6],
  [116.3, 8.2], [118, 11.8], [118.2, 20], [117.6, 22], [119.5, 23.8], [123.42, 29.94], [123.48, 30.88],
  [122.93, 31.39], [121.43, 36], [123.09, 36.55], [123.43, 37.44], [122.98, 37.92], [121.65, 38.26], [123.55, 38.54],
  [123.91, 39.2], [124.55, 39.26], [127.05, 40.93], [128.48, 40.87], [129.8, 41.83], [131.16, 42], [131.99, 43.02],
  [131.98, 44.52], [133.8, 44.84], [135.95, 48.52], [134.84, 49.02], [131.69, 48.29], [131.22, 49.33], [128.5, 50.18],
  [127.43, 52.34], [126.21, 53.53], [123.62, 54.13], [120.49, 53.81], [119.15, 53], [119.52, 52.12], [118.23, 50.47],
  [116.05, 50.22], [114.73, 48.36], [114.77, 47.72], [115.4, 47.22], [117.07, 47.1], [113.4, 45.37], [111.36, 45.5],
  [110.61, 44.46], [110.85, 43.91], [109.81, 43.2], [107.28, 43.02], [105.01, 42.32], [101, 43.24], [96.86, 43.36],
  [95.86, 44.77], [93.78, 45.51], [91.72, 45.7], [91.86, 46.88], [90.68, 48.29], [89.35, 48.62], [88.14, 49.71],
  [86.76, 49.71], [85, 48.69], [84.74, 47.58], [82.64, 47.73], [81.51, 45.93], [79.21, 45.24], [79.12, 44.72],
  [79.87, 43.48], [79.41, 42.48], [76.02, 41.13], [74.36, 40.96], [73.34, 40.37],
];
