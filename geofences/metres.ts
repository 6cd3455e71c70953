/**
 * Metres for small differences of longitude and latitude on WGS-84, at a latitude (radii of curvature of the ellipsoid, as in
 * cheap-ruler: exact to a few centimetres over some kilometres). Units: degrees in, metres a degree out.
 * Source: NIMA TR8350.2.
 */
const A = 6_378_137;
const F = 1 / 298.257223563;
const E2 = F * (2 - F);
export const RAD = Math.PI / 180;

/** Metres in one degree of longitude at a latitude. */
export function scaleX(lat: number): number {
  return scaleXOf(Math.cos(lat * RAD));
}

/** Metres in one degree of latitude at a latitude. */
export function scaleY(lat: number): number {
  return scaleYOf(Math.cos(lat * RAD));
}

/** By the latitude's cosine, which is the dear part of it: where both are wanted, it is worked out once. */
export function scaleXOf(cos: number): number {
  return (RAD * A * cos) / Math.sqrt(1 - E2 * (1 - cos * cos));
}

export function scaleYOf(cos: number): number {
  const w2 = 1 - E2 * (1 - cos * cos);
  return (RAD * A * (1 - E2)) / (w2 * Math.sqrt(w2));
}

/** Distance between two points that are at most some hundred kilometres apart, metres: scale taken halfway between them. */
export function distanceM(lonA: number, latA: number, lonB: number, latB: number): number {
  const middle = (latA + latB) / 2;
  const cos = Math.cos(middle * RAD);
  const dx = wrap(lonA - lonB) * scaleXOf(cos);
  const dy = (latA - latB) * scaleYOf(cos);
  return Math.sqrt(dx * dx + dy * dy);
}

/** A difference of longitudes brought into −180…180. */
export function wrap(degrees: number): number {
  if (degrees > 180) return degrees - 360;
  return degrees < -180 ? degrees + 360 : degrees;
}
