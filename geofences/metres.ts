/**
 * Metres for small differences of longitude and latitude on WGS-84, at a latitude (the series of cheap-ruler, exact to
 * a few centimetres over some kilometres). Units: degrees in, metres a degree out.
 * Source: ellipsoid radii of curvature, NIMA TR8350.2.
 */
const A = 6_378_137;
const F = 1 / 298.257223563;
const E2 = F * (2 - F);
const RAD = Math.PI / 180;

/** Metres in one degree of longitude and of latitude at a latitude. */
export function metresPerDegree(lat: number): { x: number; y: number } {
  const cos = Math.cos(lat * RAD);
  const w2 = 1 / (1 - E2 * (1 - cos * cos));
  const w = Math.sqrt(w2);
  return { x: RAD * A * w * cos, y: RAD * A * w * w2 * (1 - E2) };
}

/** Distance between two points that are at most some hundred kilometres apart, metres: scale taken halfway between them. */
export function distanceM(lonA: number, latA: number, lonB: number, latB: number): number {
  const { x, y } = metresPerDegree((latA + latB) / 2);
  const dx = wrap(lonA - lonB) * x;
  const dy = (latA - latB) * y;
  return Math.sqrt(dx * dx + dy * dy);
}

/** A difference of longitudes brought into −180…180. */
export function wrap(degrees: number): number {
  if (degrees > 180) return degrees - 360;
  return degrees < -180 ? degrees + 360 : degrees;
}
