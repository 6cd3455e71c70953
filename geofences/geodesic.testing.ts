/** The oracle of distances: Vincenty's inverse solution on WGS-84 (Survey Review 23, 1975), right to half a millimetre. Slow. */
const A = 6_378_137;
const F = 1 / 298.257223563;
const B = A * (1 - F);
const RAD = Math.PI / 180;
type Point = readonly [number, number];

export function geodesicM([lonA, latA]: Point, [lonB, latB]: Point): number {
  if (lonA === lonB && latA === latB) return 0;
  const l = (lonB - lonA) * RAD;
  const u1 = Math.atan((1 - F) * Math.tan(latA * RAD));
  const u2 = Math.atan((1 - F) * Math.tan(latB * RAD));
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = l;
  for (let i = 0; i < 200; i++) {
    const sinLambda = Math.sin(lambda);
    const cosLambda = Math.cos(lambda);
    const sinSigma = Math.hypot(c2 * sinLambda, c1 * s2 - s1 * c2 * cosLambda);
    if (sinSigma === 0) return 0;
    const cosSigma = s1 * s2 + c1 * c2 * cosLambda;
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (c1 * c2 * sinLambda) / sinSigma;
    const cos2Alpha = 1 - sinAlpha * sinAlpha;
    const cos2m = cos2Alpha === 0 ? 0 : cosSigma - (2 * s1 * s2) / cos2Alpha;
    const c = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
    const next =
      l + (1 - c) * F * sinAlpha * (sigma + c * sinSigma * (cos2m + c * cosSigma * (-1 + 2 * cos2m * cos2m)));
    const isDone = Math.abs(next - lambda) < 1e-12;
    lambda = next;
    if (!isDone) continue;
    const k2 = (cos2Alpha * (A * A - B * B)) / (B * B);
    const a = 1 + (k2 / 16384) * (4096 + k2 * (-768 + k2 * (320 - 175 * k2)));
    const b = (k2 / 1024) * (256 + k2 * (-128 + k2 * (74 - 47 * k2)));
    const delta =
      b *
      sinSigma *
      (cos2m +
        (b / 4) *
          (cosSigma * (-1 + 2 * cos2m * cos2m) -
            (b / 6) * cos2m * (-3 + 4 * sinSigma * sinSigma) * (-3 + 4 * cos2m * cos2m)));
    return B * a * (sigma - delta);
  }
  throw new Error('Vincenty does not converge: the points are nearly antipodal');
}

/** To the nearest point of lines that are straight in longitude and latitude, by trying. */
export function geodesicToLinesM(point: Point, lines: readonly (readonly Point[])[]): number {
  let best = Infinity;
  for (const line of lines) {
    for (let i = 1; i < line.length; i++) best = Math.min(best, toEdgeM(point, line[i - 1], line[i]));
  }
  return best;
}

function toEdgeM(point: Point, a: Point | undefined, b: Point | undefined): number {
  if (a === undefined || b === undefined) throw new Error('an edge has two ends');
  const at = (t: number) => geodesicM(point, [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
  let from = 0;
  let to = 1;
  // The distance along an edge has one minimum.
  for (let i = 0; i < 60; i++) {
    const left = from + (to - from) / 3;
    const right = to - (to - from) / 3;
    if (at(left) < at(right)) to = right;
    else from = left;
  }
  return Math.min(at(0), at(1), at((from + to) / 2));
}
